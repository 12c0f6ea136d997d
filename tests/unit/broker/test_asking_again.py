"""A question of the past, put once more: with what was typed, and with what holds today."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from broker.asking_again import Again, Circumstances, asked_again
from broker.past_questions import PastQuery
from broker.questions import Person
from connectors.contract import Identifiers
from consent_rules.agreements import Recorded
from consent_rules.load import load_purposes
from consent_rules.model import PurposeRules
from tests.fakes.littleworth import PURPOSES

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TYPED = Identifiers(
    given_name="Emm*a", family_name="Ashdown", birth_date=date(1991, 9, 7), other_family_names=("Vane",)
)
REQUEST: dict[str, Any] = {
    "requester": {
        "subject": "lw-2",
        "name": "Elin Rees",
        "organisation": "Littleworth",
        "role": "early_help_lead",
    },
    "purpose": "early_help_assessment",
    "view": "details",
    "journey": "people",
    "reason": "A referral",
    "case_reference": None,
    "conversation": None,
}
GIVEN = Person("parent", TYPED, "given", "Conversation of 1 May")
PAST = PastQuery(
    datetime(2026, 6, 1, tzinfo=UTC), REQUEST, False, "verified", {1: GIVEN}, {}, [{"number": 1}]
)


def again(past: PastQuery = PAST, *agreed: Recorded) -> Again:
    found = asked_again(past, circumstances(*agreed))
    assert isinstance(found, Again)
    return found


def circumstances(*agreed: Recorded) -> Circumstances:
    return Circumstances("simulate-1", "police", NOW, rules(), lambda _: agreed, 2.0)


@cache
def rules() -> PurposeRules:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "purposes.yaml"
        path.write_text(PURPOSES, encoding="utf-8")
        return load_purposes(path).rules


def test_who_was_asked_about_is_asked_about_as_of_today() -> None:
    consultation = again().consultation
    (one,) = consultation.people
    assert one.identifiers == replace(TYPED, given_name="Emma")
    assert (one.ask.today, one.ask.typed_age) == (
        date(2026, 11, 24),
        35,
    )  # who was 34 when she was asked about
    assert (one.ask.case, one.ask.role, one.ask.look_back_months) == ("verified", "early_help_lead", 24)
    assert (one.ask.family_agreement, consultation.query_id) == ("given", "simulate-1")


def test_flags_are_asked_for_as_flags() -> None:
    (one,) = again(replace(PAST, request=REQUEST | {"view": "flags"})).consultation.people
    assert (one.ask.caps["last_contact"], one.ask.caps["lead_practitioner"]) == (0, 0)
    assert "last_contact" not in again().consultation.people[0].ask.caps


def test_an_agreement_that_was_withdrawn_since_closes() -> None:
    withdrawn = Recorded(
        "early_help_assessment", "withdrawn", "the_adult", "A call", NOW.date(), NOW.date(), NOW
    )
    assert again(PAST, withdrawn).consultation.people == ()


def test_without_one_of_its_people_a_question_is_not_put() -> None:
    assert asked_again(replace(PAST, people={1: GIVEN, 2: None}), circumstances()) == "forgotten"


def test_what_is_not_permitted_any_more_is_not_put() -> None:
    for changed in (
        {"purpose": "gone"},
        {"requester": {"role": None}},
        {"reason": None},
        {"journey": "case"},
    ):
        assert asked_again(replace(PAST, request=REQUEST | changed), circumstances()) == "not_permitted"
