"""The explorer of a policy says what the engine decides, with the owner's own reasons, and never more."""

from __future__ import annotations

import itertools
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from broker.catalogue import load_catalogue
from broker.surroundings import LONDON
from broker.web.owning.explored import Told, choices, decided, speaks_of_time, tried_of
from broker.web.owning.owned import Owned
from tests.fakes.littleworth import POLICIES, write_files

AT = datetime(2026, 6, 1, 10, 0, tzinfo=LONDON)
ASKED = {
    "purpose": "section_47_enquiry",
    "role": "social_worker",
    "relation": "parent",
    "age": "34",
    "months": "2",
    "gate-category": "support",
}


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def owned(town: Path, source: str = "housing") -> Owned:
    catalogue = load_catalogue(town)
    return Owned(catalogue.services[source], cast("Any", SimpleNamespace(catalogue=catalogue)))


def told(of: Owned, **changed: str) -> Told:
    return decided(
        of, tried_of(of, ASKED | {name.replace("gate_", "gate-"): text for name, text in changed.items()}), AT
    )


def levels(said: Told) -> dict[str, str]:
    return {one.name: one.level for one in said.fields}


def test_a_fitting_record_is_shown_with_the_line_that_shows_it(town: Path) -> None:
    said = told(owned(town))
    assert said.outcome == "shown"
    assert levels(said) == {
        "involved": "yes",
        "status": "exact",
        "started": "month",
        "ended": "nothing",
        "last_contact": "full_date",
        "lead_practitioner": "named",
    }
    involved = said.fields[0].because[0]
    line = POLICIES["housing"].splitlines()[(involved.line or 0) - 1]
    assert line.strip() == "- {purpose: section_47_enquiry}"


def test_another_relation_is_shown_less_for_the_owners_own_reason(town: Path) -> None:
    said = told(owned(town), relation="other_adult")
    assert levels(said)["last_contact"] == "year"
    reasons = [one.sentence for field in said.fields for one in field.because]
    assert any("Proportionate for others." in one for one in reasons)


@pytest.mark.parametrize(
    ("changed", "outcome", "says"),
    [
        ({"gate_category": "parking"}, "withheld", "Irrelevant to a child's welfare."),
        ({"gate_category": "somebody_else"}, "withheld", "alone pass"),
        ({"gate_category": ""}, "withheld", "is missing"),
        ({"months": "37"}, "withheld", "more than 36 months ago"),
        ({"months": ""}, "withheld", "by which it is judged"),
        ({"age": ""}, "withheld", "not known"),
        ({"restriction": "shielded"}, "withheld", "never shown"),
        ({"age": "2"}, "closed", "People of 3 and over".removeprefix("People of ")),
    ],
)
def test_what_withholds_a_record_is_said(
    town: Path, changed: dict[str, str], outcome: str, says: str
) -> None:
    said = told(owned(town), **changed)
    assert said.outcome == outcome
    assert says in " ".join(one.sentence for one in said.why)
    assert {one.level for one in said.fields} <= {"nothing"} or outcome == "closed"


def test_a_role_that_may_not_ask_is_refused_by_the_purpose_rules(town: Path) -> None:
    assert told(owned(town), role="early_help_lead").outcome == "refused"


def test_a_relation_that_the_purpose_is_not_about_is_refused(town: Path) -> None:
    said = told(owned(town), relation="carer")
    assert (said.outcome, "This purpose is about" in said.why[0].sentence) == ("refused", True)


def test_a_service_that_the_purpose_does_not_ask_is_not_asked(town: Path) -> None:
    early = {"purpose": "early_help_assessment", "role": "early_help_lead", "agreement": "given"}
    assert told(owned(town, "police"), **early).outcome == "not_asked"
    assert told(owned(town, "housing"), **early).outcome == "shown"


@pytest.mark.parametrize("agreement", ["not_recorded", "refused", "withdrawn"])
def test_without_the_familys_agreement_the_purpose_leaves_nothing(town: Path, agreement: str) -> None:
    early = {"purpose": "early_help_assessment", "role": "early_help_lead", "agreement": agreement}
    assert told(owned(town), **early).outcome == "no_agreement"


def test_it_never_says_more_than_the_policy_decides(town: Path) -> None:
    """Over every combination of what can be chosen."""
    of = owned(town)
    names = [one.name for one in choices(of)]
    shown = 0
    for values in itertools.product(*(one.options for one in choices(of))):
        chosen = dict(zip(names, values, strict=True))
        said = decided(of, tried_of(of, chosen | {"age": "34", "months": "2"}), AT)
        assert bool(levels(said).get("involved") == "yes") == (said.outcome == "shown")
        shown += said.outcome == "shown"
        if chosen["gate-category"] in ("parking", "somebody_else") or chosen["restriction"] in (
            "shielded",
            "staff",
        ):
            assert said.outcome != "shown", chosen
    assert shown > 10


def test_what_is_no_option_counts_as_not_chosen(town: Path) -> None:
    of = owned(town)
    tried = tried_of(
        of, {"purpose": "none_such", "case": "open", "gate-category": "<b>", "age": "12x", "time": "25:00"}
    )
    assert list(tried.missing()) == ["purpose", "role", "relation"]
    assert list(tried.misfits()) == ["age", "time"]
    assert (tried.typed["case"], tried.typed["gate-category"]) == ("unverified", "")


def test_the_time_of_day_is_asked_for_only_where_a_rule_looks_at_it(tmp_path: Path) -> None:
    plain = owned(write_files(tmp_path / "plain"))
    by_night = POLICIES["housing"].replace(
        "- {purpose: section_47_enquiry, show: exact}",
        '- {purpose: section_47_enquiry, when: {time: {from: "22:00", to: "06:00"}}, show: exact}',
    )
    timed = owned(write_files(tmp_path / "timed", policies={**POLICIES, "housing": by_night}))
    assert (speaks_of_time(plain.service.loaded.policy), speaks_of_time(timed.service.loaded.policy)) == (
        False,
        True,
    )
    assert levels(told(timed))["status"] == "nothing"
    assert levels(told(timed, time="23:30"))["status"] == "exact"
