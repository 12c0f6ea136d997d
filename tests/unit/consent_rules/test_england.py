"""The shipped purpose rules say what the partnership's table of purposes says, purpose by purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from consent_rules.load import load_purposes, shipped_path
from consent_rules.model import Purpose, PurposeRules, Sources
from consent_rules.permit import Asked, AskedPerson, Grant, permit


@pytest.fixture(scope="module")
def england() -> PurposeRules:
    return load_purposes(shipped_path()).rules


LEGAL, TASK, VITAL = "legal_obligation", "public_task", "vital_interests"

TABLE: list[tuple[str, set[str], set[str], set[str]]] = [
    ("section_47_enquiry", {LEGAL, TASK}, {"9(2)(g)"}, {"social_worker", "mash_practitioner"}),
    ("section_17_child_in_need", {LEGAL, TASK}, {"9(2)(g)"}, {"social_worker"}),
    ("mash_triage", {TASK}, {"9(2)(g)"}, {"mash_practitioner"}),
    ("early_help_assessment", {TASK}, {"9(2)(g)", "9(2)(h)"}, {"early_help_lead"}),
    (
        "missing_from_home_or_care",
        {TASK, VITAL},
        {"9(2)(g)", "9(2)(c)"},
        {"duty_worker", "out_of_hours_worker"},
    ),
    ("children_missing_education", {LEGAL, TASK}, {"9(2)(g)"}, {"education_welfare_officer"}),
    ("looked_after_or_care_leaver", {LEGAL, TASK}, {"9(2)(g)", "9(2)(h)"}, {"social_worker"}),
    ("adult_safeguarding_enquiry", {LEGAL, TASK}, {"9(2)(g)", "9(2)(h)"}, {"adult_social_worker"}),
    ("domestic_abuse_conference", {TASK}, {"9(2)(g)"}, {"marac_coordinator"}),
    ("immediate_danger", {TASK, VITAL}, {"9(2)(g)", "9(2)(c)"}, {"duty_worker", "out_of_hours_worker"}),
    ("allegation_against_worker", {TASK}, {"9(2)(g)"}, {"designated_officer"}),
    ("audit_and_subject_access", {LEGAL}, set(), {"auditor", "data_protection_officer"}),
]


def test_the_table_names_every_purpose(england: PurposeRules) -> None:
    assert list(england.purposes) == [row[0] for row in TABLE]


@pytest.mark.parametrize(("key", "bases", "articles", "roles"), TABLE)
def test_each_purpose_has_its_grounds_and_its_roles(
    england: PurposeRules, key: str, bases: set[str], articles: set[str], roles: set[str]
) -> None:
    purpose = england.purposes[key]
    assert set(purpose.lawful_basis) == bases
    assert {ground.article for ground in purpose.special_category} == articles
    assert set(purpose.who_may_ask) == roles


def test_every_purpose_waits_for_a_data_protection_officer(england: PurposeRules) -> None:
    assert england.unchecked() == tuple(england.purposes)
    assert shipped_path().read_text("utf-8").count("# to be checked by your data protection officer") == len(
        TABLE
    )


def test_no_purpose_rests_on_consent(england: PurposeRules) -> None:
    assert all("consent" not in purpose.lawful_basis for purpose in england.purposes.values())


def test_every_purpose_records_a_reason(england: PurposeRules) -> None:
    assert all("reason" in purpose.must_record for purpose in england.purposes.values())


def agreement(purpose: Purpose) -> str:
    if purpose.family_agreement.needed is not None:
        return "needed"
    return "record_conversation" if purpose.family_agreement.record_conversation else "not_needed"


def test_family_agreement_is_as_in_the_table(england: PurposeRules) -> None:
    said = {key: agreement(purpose) for key, purpose in england.purposes.items()}
    assert {key: rule for key, rule in said.items() if rule != "not_needed"} == {
        "section_17_child_in_need": "record_conversation",
        "early_help_assessment": "needed",
        "adult_safeguarding_enquiry": "record_conversation",
    }


def test_sources_are_as_in_the_table(england: PurposeRules) -> None:
    sources = {key: purpose.sources for key, purpose in england.purposes.items()}
    assert sources["section_47_enquiry"] == Sources()
    assert sources["children_missing_education"] == Sources(only=("school", "housing"))
    assert sources["audit_and_subject_access"].are_none
    early_help = sources["early_help_assessment"]
    assert not early_help.permit("police", sensitive=False)
    assert not early_help.permit("domestic_abuse_service", sensitive=True)
    assert early_help.permit("school", sensitive=False)


def test_staff_records_open_for_allegations_and_section_47_only(england: PurposeRules) -> None:
    opening = [
        key for key, purpose in england.purposes.items() if purpose.sources.permit("staff_records", False)
    ]
    assert opening == ["section_47_enquiry", "allegation_against_worker"]


def test_emergency_access_is_minutes_long_and_reviewed(england: PurposeRules) -> None:
    assert [key for key, purpose in england.purposes.items() if purpose.emergency] == ["immediate_danger"]
    emergency = england.purposes["immediate_danger"].emergency
    assert emergency is not None
    assert emergency.ends_after <= timedelta(hours=1)


def ask(purpose: str, role: str, relation: str, **changes: Any) -> Asked:
    plain: dict[str, Any] = {
        "journey": "people",
        "view": "details",
        "reason": "Strategy meeting today",
        "case_reference": "C-1",
        "conversation": "Spoke with the family on 3 May",
        "case": "verified",
        "people": (AskedPerson(relation),),
    }
    return Asked(purpose=purpose, held_roles=frozenset({role}), role=None, **(plain | changes))


def granted(england: PurposeRules, asked: Asked) -> Grant:
    decided = permit(england, asked)
    assert isinstance(decided, Grant), decided
    return decided


def test_a_section_47_enquiry_asks_every_source_without_a_cap(england: PurposeRules) -> None:
    grant = granted(england, ask("section_47_enquiry", "social_worker", "other_adult"))
    assert grant.permits_source("police", sensitive=True)
    assert grant.people[0].caps == {}
    assert grant.look_back_months is None


def test_an_unallocated_section_17_case_shows_years_and_teams(england: PurposeRules) -> None:
    asked = ask("section_17_child_in_need", "social_worker", "child", case=None)
    assert granted(england, asked).people[0].caps == {
        "started": "year",
        "ended": "year",
        "last_contact": "year",
        "lead_practitioner": "team",
    }


def test_early_help_is_closed_without_agreement(england: PurposeRules) -> None:
    without = ask("early_help_assessment", "early_help_lead", "parent")
    assert granted(england, without).people[0].closed
    agreed = (AskedPerson("parent", "given", "Plan of 3 May"),)
    assert (
        not granted(england, ask("early_help_assessment", "early_help_lead", "parent", people=agreed))
        .people[0]
        .closed
    )


def test_triage_sees_flags_first(england: PurposeRules) -> None:
    at_once = permit(england, ask("mash_triage", "mash_practitioner", "child"))
    assert isinstance(at_once, tuple)
    assert [one.code for one in at_once] == ["flags_first"]
    assert (
        granted(england, ask("mash_triage", "mash_practitioner", "child", view="flags")).look_back_months
        == 12
    )
    granted(england, ask("mash_triage", "mash_practitioner", "child", after_flags=True))


def test_a_domestic_abuse_conference_never_learns_a_team_that_would_tell_a_place(
    england: PurposeRules,
) -> None:
    asked = ask("domestic_abuse_conference", "marac_coordinator", "adult_at_risk")
    assert granted(england, asked).people[0].caps == {"lead_practitioner": "desk"}


def test_a_looked_after_childs_old_and_new_names_are_not_linked(england: PurposeRules) -> None:
    assert not granted(england, ask("looked_after_or_care_leaver", "social_worker", "child")).former_names
    used = [key for key, purpose in england.purposes.items() if purpose.former_names == "not_used"]
    assert used == ["looked_after_or_care_leaver"]


def test_an_audit_opens_no_source(england: PurposeRules) -> None:
    decided = permit(england, ask("audit_and_subject_access", "auditor", "child"))
    assert isinstance(decided, tuple)
    assert "opens_no_source" in [one.code for one in decided]
