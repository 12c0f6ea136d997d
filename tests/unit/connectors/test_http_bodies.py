"""What is sent of the people of a search, and of whom nothing is."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors.contract import Identifiers, Search
from connectors.request_body import Bodies, bodies_of
from connectors.request_file import Request
from tests.spec.connectors.engines import housing, search_for

ADA = Identifiers("Ada", "Smith", birth_date=date(1985, 3, 7))
EVERYTHING = {
    name: f"{{{name}}}"
    for name in (
        "given_name", "family_name", "birth_date", "born_from", "born_to", "sex", "address", "postcode", "uprn",
        "nhs_number", "upn", "case_id", "other_family_names", "other_given_names",
    )
}  # fmt: skip


def bodies(search: Search, body: dict[str, Any], **changed: Any) -> Bodies:
    request = Request.model_validate({"body": body, "rows": "", **changed})
    return bodies_of(housing(sex_codes={"1": "male", "2": "female"}), request, search)


def sent(person: Identifiers, body: dict[str, Any] = EVERYTHING, **changed: Any) -> Any:
    (one,) = bodies(search_for(person), body, **changed).bodies
    return one


def test_every_identifier_travels_in_the_partners_own_words() -> None:
    person = Identifiers(
        "Ada", "Smith", ("Byron", "King"), date(1985, 3, 7), None, "female", "4 Mill Lane", "sk13xe", "100 0112",
        "943 476 5919", "a123456789012", "CS-0001",
    )  # fmt: skip
    (body,) = bodies(search_for(person, also_called=[["Adele"]]), EVERYTHING).bodies
    assert body == {
        "given_name": "Ada", "family_name": "Smith", "birth_date": "1985-03-07", "born_from": "1985-03-07",
        "born_to": "1985-03-07", "sex": "2", "address": "4 Mill Lane", "postcode": "SK1 3XE", "uprn": "1000112",
        "nhs_number": "9434765919", "upn": "a123456789012", "case_id": "CS-0001",
        "other_family_names": ["Byron", "King"], "other_given_names": ["Adele"],
    }  # fmt: skip


def test_what_is_not_known_is_left_out_with_what_held_only_that() -> None:
    template = {
        "who": {"nhs": {"value": "{nhs_number}"}, "names": ["{given_name}", "{postcode}"], "sex": "{sex}"},
        "whole": "{family_name}, {given_name} {nhs_number}",
        "fields": ["ref", None, 7],
        "empty": {},
        "nothing": None,
    }
    assert sent(ADA, template) == {
        "who": {"names": ["Ada"]},
        "whole": "Smith, Ada",
        "fields": ["ref", None, 7],
        "empty": {},
        "nothing": None,
    }


@pytest.mark.parametrize(("dates", "written"), [("dmy_text", "07/03/1985"), ("compact_text", "19850307")])
def test_dates_are_written_as_the_partner_reads_them(dates: str, written: str) -> None:
    assert sent(ADA, dates=dates)["birth_date"] == written


def test_an_age_travels_as_the_days_that_it_leaves() -> None:
    about = Identifiers("Ada", "Smith", born_between=(date(1984, 1, 1), date(1985, 12, 31)))
    body = sent(about)
    assert (body["born_from"], body["born_to"]) == ("1984-01-01", "1985-12-31")
    assert "birth_date" not in body


@pytest.mark.parametrize("typed", ["Sm*th", "S%", "_", "*"])
def test_what_another_system_takes_for_anything_does_not_travel(typed: str) -> None:
    body = bodies(search_for(Identifiers("Ada", typed, case_id="*", address=typed)), EVERYTHING)
    assert not {one for one in "*%_" if one in str([list(known.values()) for known in body.bodies])}


def test_half_a_postcode_is_a_town_and_does_not_travel() -> None:
    assert "postcode" not in sent(Identifiers("Ada", "Smith", postcode="SK1"))


TOO_LITTLE = [
    Identifiers(),
    Identifiers(family_name="Smith"),
    Identifiers(given_name="Ada", address="4 Mill Lane"),
    Identifiers(postcode="SK1 3XE", uprn="1"),
    Identifiers(family_name="*", given_name="Ada"),
    Identifiers(born_between=(date(1985, 1, 1), date(1985, 12, 31))),
    Identifiers(nhs_number="12"),
]
ENOUGH = [
    ADA,
    Identifiers("Ada", "Smith"),
    Identifiers(birth_date=date(1985, 3, 7)),
    Identifiers(nhs_number="9434765919"),
    Identifiers(family_name="Smith", postcode="SK1 3XE"),
    Identifiers(given_name="Ada", uprn="1"),
    Identifiers(given_name="Ada", born_between=(date(1985, 1, 1), date(1985, 12, 31))),
    Identifiers(case_id="CS-1"),
]


@pytest.mark.parametrize("whole", ["each_person", "whole_query"])
def test_who_is_known_too_little_of_is_not_asked_about_and_the_others_are(whole: str) -> None:
    """A body without identifiers would ask for everybody."""
    asked = bodies(search_for(*TOO_LITTLE, *ENOUGH), {"people": [EVERYTHING]}, **{"for": whole})
    assert asked.not_asked == frozenset(range(len(TOO_LITTLE)))
    sent_in: Any = asked.bodies
    people = [one for body in sent_in for one in body["people"]]
    assert len(people) == len(ENOUGH)
    assert all(people)


def test_when_nobody_is_asked_about_nothing_is_sent() -> None:
    asked = bodies(search_for(*TOO_LITTLE), {"people": [EVERYTHING]}, **{"for": "whole_query"})
    assert asked.bodies == ()


def test_what_the_body_does_not_take_counts_for_nothing() -> None:
    asked = bodies(search_for(ADA, Identifiers(nhs_number="9434765919")), {"nhs": "{nhs_number}"})
    assert asked.not_asked == {0}
    assert asked.bodies == ({"nhs": "9434765919"},)


def test_a_partner_may_need_more() -> None:
    needs = [["nhs_number"], ["family_name", "birth_date"]]
    asked = bodies(search_for(ADA, Identifiers("Bob", "Smith")), EVERYTHING, needs=needs)
    assert asked.not_asked == {1}


def test_a_partner_can_not_need_less_than_tells_a_person() -> None:
    asked = bodies(search_for(Identifiers(given_name="Ada", uprn="")), EVERYTHING, needs=[["given_name"]])
    assert asked.not_asked == {0}


def test_one_body_for_all_keeps_the_rest_of_the_template_once() -> None:
    template = {
        "ask": {"people": [{"n": "{family_name}", "b": "{birth_date}"}]},
        "id": "{query_id}",
        "top": 50,
    }
    bob = Identifiers("Bob", "Jones", birth_date=date(2001, 1, 2))
    (body,) = bodies(search_for(ADA, bob), template, **{"for": "whole_query"}).bodies
    assert body == {
        "ask": {"people": [{"n": "Smith", "b": "1985-03-07"}, {"n": "Jones", "b": "2001-01-02"}]},
        "id": "q-1",
        "top": 50,
    }


def test_nothing_that_is_sent_is_printed() -> None:
    assert "Smith" not in repr(bodies(search_for(ADA), EVERYTHING))
