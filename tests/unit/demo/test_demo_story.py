"""The story family: for any seed, its records show what each rule of the shipped policies does."""

from __future__ import annotations

from datetime import date

import pytest

from deploy.demo import referral
from deploy.demo.records import SERVICES
from deploy.demo.truth import Truth, expected, make_truth, may_be_shown
from tests.unit.demo.demo_samples import TODAY

SEEDS = range(50)


FAMILY = {(part, "childrens_cases", "the case") for part in referral.PARTS}


def shown(truth: Truth, purpose: str, *, agreed: bool = False) -> set[tuple[str, str, str]]:
    """Part, service and why the record is in the story, of all that may be shown."""
    return {
        (part, one.service, one.designed)
        for part in referral.PARTS
        for service in SERVICES
        for one in truth.of(truth.story(part), service)
        if may_be_shown(one, truth.story(part), purpose, truth.made_on, agreed=agreed) is not None
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_a_section_47_enquiry_shows_eleven_records_and_withholds_the_others(seed: int) -> None:
    truth = make_truth(seed, 4, TODAY)
    assert (
        shown(truth, "section_47_enquiry")
        == {
            ("child", "school", "attends, misspelt"),
            ("sibling", "school", "attends a school with only a desk"),
            ("mother", "adult_social_care", "a plan in force"),
            ("mother", "housing", "a tenancy"),
            ("partner", "police", "relevant"),
            ("partner", "housing", "a former tenancy"),
            ("partner", "housing_asb", "complained of"),
        }
        | FAMILY
    )
    told = {what for _, _, what in shown(truth, "section_47_enquiry")}
    assert {one.designed for one in truth.records} - told == {
        "too young for this policy", "planned, never in scope", "irrelevant", "who reported is never told",
        "would prejudice an investigation", "beyond the look-back", "who suffered is never told",
    }  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS)
def test_early_help_is_told_less_and_nothing_without_agreement(seed: int) -> None:
    truth = make_truth(seed, 4, TODAY)
    told = {(part, service) for part, service, _ in shown(truth, "early_help_assessment", agreed=True)}
    own_case = {(part, service) for part, service, _ in FAMILY if part != "partner"}
    assert told == {("child", "school"), ("sibling", "school"), ("mother", "housing")} | own_case
    assert shown(truth, "early_help_assessment") == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_family_is_as_the_story_has_it(seed: int) -> None:
    truth = make_truth(seed, 4, TODAY)
    child, sibling, mother, partner = (truth.story(p) for p in ("child", "sibling", "mother", "partner"))
    ages = [one.age_on(TODAY) for one in (child, sibling, mother, partner)]
    assert ages == [8, 12, 31, 35]
    assert child.family_name == sibling.family_name == mother.family_name != partner.family_name
    assert len({one.given_name for one in (child, sibling, mother, partner)}) == 4
    assert len({one.address for one in (child, sibling, mother, partner)}) == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_the_childs_school_misspells_the_name_and_has_no_number(seed: int) -> None:
    truth = make_truth(seed, 4, TODAY)
    (record,) = truth.of(truth.story("child"), "school")
    assert record.written.family_name != truth.story("child").family_name
    assert record.written.birth_date == truth.story("child").birth_date
    assert record.written.upn is None
    assert record.worker.name is not None
    (other,) = truth.of(truth.story("sibling"), "school")
    assert other.worker.name is None
    assert other.worker.team != record.worker.team


def test_the_story_holds_on_any_day_even_the_29th_of_february() -> None:
    for day in (date(2026, 4, 1), date(2028, 2, 29), date(2027, 1, 1), date(2030, 8, 31), date(2026, 12, 31)):
        assert len(shown(make_truth(3, 4, day), "section_47_enquiry")) == 11


def test_the_referral_types_only_what_a_social_worker_knows() -> None:
    truth = make_truth(3, 4, TODAY)
    query = referral.section_47(truth)
    assert [one["relation"] for one in query["people"]] == ["child", "parent", "household_adult", "sibling"]
    assert {key for one in query["people"] for key in one} == {
        "relation", "given_name", "family_name", "birth_date", "postcode",
    }  # fmt: skip
    assert [one["given_name"] for one in query["people"]] == [
        truth.story(p).given_name for p in referral.PARTS
    ]


def test_early_help_asks_for_those_who_agreed_and_not_for_the_partner() -> None:
    people = referral.early_help(make_truth(3, 4, TODAY))["people"]
    assert [one["relation"] for one in people] == ["child", "parent", "sibling"]
    assert all(one["family_agreement"]["state"] == "given" for one in people)


def test_what_is_expected_is_newest_first_and_each_once() -> None:
    truth = make_truth(3, 4, TODAY)
    partner = truth.story("partner").person_id
    (matter,) = expected(truth, partner, "police", "section_47_enquiry", "household_adult", TODAY)
    assert matter["status"] == "Matter open"
    assert matter["started"] is None
    assert len(matter["last_contact"]) == len("2026-11")
    (verified,) = expected(
        truth, partner, "police", "section_47_enquiry", "household_adult", TODAY, verified=True
    )
    assert len(verified["last_contact"]) == len("2026-11-23")
    (outside,) = expected(truth, partner, "police", "section_47_enquiry", "other_adult", TODAY)
    assert len(outside["last_contact"]) == len("2026")
    assert outside["lead_practitioner"]["shown"] == "team"
    with pytest.raises(KeyError):
        expected(truth, "nobody", "police", "section_47_enquiry", "parent", TODAY)
