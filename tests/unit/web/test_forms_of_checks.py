"""From what was typed to the API's own body, and back to the fields with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import Complaint
from broker.web.faults import on_page
from broker.web.forms import CheckForm, body_of, changed, check_form, complaints, empty_form
from broker.web.shown import hidden
from broker.web.texts import texts_of


def person(**typed: str) -> dict[str, str]:
    return {"how_many": "1", "conflict": "no"} | {f"people-1-{name}": text for name, text in typed.items()}


def asked(**typed: str) -> Any:
    return body_of(check_form(person(relation="child", **typed)), "flags", "child")["people"][0]


@pytest.mark.parametrize(
    ("day", "month", "year", "means"),
    [
        ("7", "3", "2019", "2019-03-07"),
        ("07", "03", "2019", "2019-03-07"),
        ("", "3", "2019", "2019-03"),
        ("", "", "2019", "2019"),
    ],
)
def test_a_birth_date_is_taken_whole_or_in_part(day: str, month: str, year: str, means: str) -> None:
    assert asked(day=day, month=month, year=year)["birth_date"] == means


@pytest.mark.parametrize(
    ("day", "month", "year"),
    [("7", "3", ""), ("7", "", "2019"), ("7", "March", "2019"), ("7", "3", "19"), ("٧", "3", "2019")],
)
def test_what_is_no_birth_date_is_complained_of(day: str, month: str, year: str) -> None:
    form = check_form(person(relation="child", day=day, month=month, year=year))
    assert [one.code for one in complaints(form)] == ["birth_date_form"]


def test_what_was_left_empty_is_not_sent() -> None:
    assert asked(family_name="Ashdown", postcode="") == {"relation": "child", "family_name": "Ashdown"}


def test_an_agreement_goes_with_where_it_is_recorded() -> None:
    assert asked(agreement="given", evidence="Note 4")["family_agreement"] == {
        "state": "given",
        "evidence": "Note 4",
    }


def test_whoever_answers_the_question_of_interest_not_at_all_is_asked_again() -> None:
    form = check_form({"how_many": "1", "people-1-relation": "child"})
    assert [one.code for one in complaints(form)] == ["conflict_missing"]


def test_people_are_added_up_to_twelve_and_removed_down_to_one() -> None:
    form = empty_form("early_help", "people")
    for _ in range(20):
        form = changed(CheckForm(form.typed, form.people, "add"))
    assert len(form.people) == 12
    for _ in range(20):
        form = changed(CheckForm(form.typed, form.people, "remove-1"))
    assert len(form.people) == 1


def test_the_person_that_is_removed_is_the_one_that_was_meant() -> None:
    typed = {"how_many": "3"} | {f"people-{n}-family_name": name for n, name in enumerate("ABC", start=1)}
    form = changed(check_form({**typed, "do": "remove-2"}))
    assert [one["family_name"] for one in form.people] == ["A", "C"]


def test_what_a_form_does_not_have_is_dropped() -> None:
    form = check_form(
        {"how_many": "99999", "people-1-role": "admin", "view": "details", "only_source": "police"}
    )
    assert len(form.people) == 1
    assert body_of(form, "flags", "child") == {
        "journey": "people",
        "view": "flags",
        "people": [{"relation": "child"}],
    }


def test_a_form_comes_back_from_its_hidden_fields() -> None:
    typed = {**person(relation="child", family_name="Ashdown", day="7"), "reason": "Referral", "purpose": "x"}
    form = check_form(typed)
    assert check_form(dict(hidden(form))) == CheckForm(form.typed, form.people, "ask")


@pytest.mark.parametrize(
    ("pointer", "field"),
    [
        ("/reason", "reason"),
        ("/people", "people-1-family_name"),
        ("/people/0/birth_date", "people-1-day"),
        ("/people/11/other_family_names/0", "people-12-other_family_name"),
        ("/people/1/family_agreement/state", "people-2-agreement"),
        ("", ""),
    ],
)
def test_a_complaint_finds_its_field(pointer: str, field: str) -> None:
    found = on_page([Complaint("code", "Mend it.", pointer)], texts_of("en"))
    assert [(one.field, one.sentence) for one in found] == [(field, "Mend it.")]
