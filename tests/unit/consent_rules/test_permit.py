"""What a purpose opens, and every reason why it opens nothing."""

from __future__ import annotations

from typing import Any

import pytest

from consent_rules.caps import LEVELS, NOTHING, ONLY_INVOLVED
from consent_rules.model import PurposeRules
from consent_rules.permit import Asked, AskedPerson, Grant, Refusal, permit
from tests.unit.consent_rules.purpose_samples import a_purpose, ask, rules_of, the_rules


def granted(rules: PurposeRules, asked: Asked) -> Grant:
    decided = permit(rules, asked)
    assert isinstance(decided, Grant), decided
    return decided


def refused(rules: PurposeRules, asked: Asked) -> tuple[Refusal, ...]:
    decided = permit(rules, asked)
    assert isinstance(decided, tuple), decided
    assert decided, "a refusal says why"
    return decided


def codes(rules: PurposeRules, asked: Asked) -> list[tuple[str, str, str]]:
    return [(one.kind, one.code, one.pointer) for one in refused(rules, asked)]


def caps_of(rules: PurposeRules, asked: Asked) -> dict[str, str]:
    return dict(granted(rules, asked).people[0].caps)


def test_a_purpose_that_limits_nothing_caps_nothing() -> None:
    grant = granted(the_rules(), ask())
    assert (grant.purpose, grant.role, grant.view) == ("section_47_enquiry", "social_worker", "details")
    assert grant.look_back_months == 24
    assert (grant.people[0].caps, grant.people[0].closed) == ({}, False)


def test_flags_show_that_a_service_is_involved_and_no_more() -> None:
    assert caps_of(the_rules(), ask(view="flags")) == ONLY_INVOLVED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"purpose": "nonsense"}, ("not_permitted", "unknown_purpose", "/purpose")),
        ({"held_roles": frozenset()}, ("not_permitted", "role_may_not_ask", "/purpose")),
        ({"held_roles": frozenset({"auditor"})}, ("not_permitted", "role_may_not_ask", "/purpose")),
        (
            {"held_roles": frozenset({"auditor", "social_worker"}), "role": "auditor"},
            ("not_permitted", "role_may_not_ask", "/role"),
        ),
        ({"role": "early_help_lead"}, ("not_permitted", "role_not_held", "/role")),
        ({"people": ()}, ("incomplete", "nobody_named", "/people")),
        (
            {"people": (AskedPerson("child"), AskedPerson("other_adult"))},
            ("not_permitted", "relation_not_allowed", "/people/1/relation"),
        ),
        ({"people": (AskedPerson("chidl"),)}, ("not_permitted", "unknown_relation", "/people/0/relation")),
    ],
)
def test_what_the_rules_do_not_say_is_refused(changes: dict[str, Any], expected: tuple[str, ...]) -> None:
    assert codes(the_rules(), ask(**changes)) == [expected]


@pytest.mark.parametrize(
    ("rule", "changes", "expected"),
    [
        ({"journeys": ["people"]}, {"journey": "case"}, ("not_permitted", "journey_not_allowed", "/journey")),
        ({"journeys": ["case"]}, {"journey": "people"}, ("not_permitted", "journey_not_allowed", "/journey")),
        ({"views": ["flags"]}, {"view": "details"}, ("not_permitted", "view_not_allowed", "/view")),
        ({"views": ["details"]}, {"view": "flags"}, ("not_permitted", "view_not_allowed", "/view")),
        ({"sources": "none"}, {}, ("not_permitted", "opens_no_source", "/purpose")),
        ({"must_record": ["reason"]}, {"reason": None}, ("incomplete", "reason_missing", "/reason")),
        ({"must_record": ["reason"]}, {"reason": " \t"}, ("incomplete", "reason_missing", "/reason")),
        (
            {"must_record": ["case_reference"]},
            {"case_reference": ""},
            ("incomplete", "case_reference_missing", "/case_reference"),
        ),
        (
            {"must_record": ["conversation"]},
            {"conversation": None},
            ("incomplete", "conversation_missing", "/conversation"),
        ),
        (
            {"family_agreement": "record_conversation"},
            {"conversation": None},
            ("incomplete", "conversation_missing", "/conversation"),
        ),
        (
            {
                "emergency": {
                    "tell_owner_within": "1 hour",
                    "review_within": "1 day",
                    "ends_after": "30 minutes",
                }
            },
            {"reason": None},
            ("incomplete", "reason_missing", "/reason"),
        ),
    ],
)
def test_what_a_purpose_does_not_allow_is_refused(
    rule: dict[str, Any], changes: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert codes(the_rules(**rule), ask(**changes)) == [expected]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    rules = the_rules(must_record=["reason", "case_reference"], views=["flags"])
    wrong = ask(reason=None, case_reference=None, people=(AskedPerson("other_adult"), AskedPerson("uncle")))
    assert [one.code for one in refused(rules, wrong)] == [
        "view_not_allowed",
        "reason_missing",
        "case_reference_missing",
        "relation_not_allowed",
        "unknown_relation",
    ]


def test_somebody_with_several_fitting_roles_is_asked_to_name_one() -> None:
    rules = the_rules(who_may_ask=["social_worker", "early_help_lead"])
    both = ask(held_roles=frozenset({"social_worker", "early_help_lead", "auditor"}))
    (refusal,) = refused(rules, both)
    assert (refusal.kind, refusal.code, refusal.pointer) == ("incomplete", "name_one_role", "/role")
    assert refusal.sentence == (
        "Several of your roles may ask for this: early_help_lead, social_worker. "
        "Name the one that you act in."
    )


def test_the_single_fitting_role_need_not_be_named() -> None:
    asked = ask(held_roles=frozenset({"social_worker", "auditor"}))
    assert granted(the_rules(), asked).role == "social_worker"


def test_a_misspelt_purpose_is_recognised_among_those_that_the_roles_may_ask() -> None:
    (refusal,) = refused(the_rules(), ask(purpose="Section_47_enquirey"))
    assert refusal.sentence == "There is no such purpose. Did you mean section_47_enquiry?"


def test_a_misspelt_purpose_does_not_tell_of_purposes_for_other_roles() -> None:
    rules = rules_of(
        section_47_enquiry=a_purpose(), section_47_audit=a_purpose(who_may_ask=["auditor"], about=["child"])
    )
    (refusal,) = refused(rules, ask(purpose="section_47_audi"))
    assert "audit" not in refusal.sentence
    (refusal,) = refused(rules, ask(purpose="section_47_audi", held_roles=frozenset({"early_help_lead"})))
    assert refusal.sentence == "There is no such purpose. Choose one that your role may ask for."


def test_a_named_role_alone_decides_which_purposes_are_suggested() -> None:
    rules = rules_of(section_47_enquiry=a_purpose(), plain_audit=a_purpose(who_may_ask=["auditor"]))
    asked = ask(
        purpose="plain_audi", held_roles=frozenset({"social_worker", "auditor"}), role="social_worker"
    )
    assert "plain_audit" not in refused(rules, asked)[0].sentence


def test_a_role_that_is_not_held_is_no_way_to_learn_of_its_purposes() -> None:
    rules = rules_of(section_47_enquiry=a_purpose(), plain_audit=a_purpose(who_may_ask=["auditor"]))
    told = refused(rules, ask(purpose="plain_audi", role="auditor"))
    assert all("plain_audit" not in one.sentence for one in told)


def test_a_role_that_is_not_held_is_refused_also_for_an_unknown_purpose() -> None:
    asked = ask(purpose="nonsense", role="auditor")
    assert [one.code for one in refused(the_rules(), asked)] == ["unknown_purpose", "role_not_held"]


def test_a_refusal_never_repeats_what_was_typed() -> None:
    typed = "Zebedee Quill"
    asked = ask(
        purpose=typed, role=typed, reason=typed, people=(AskedPerson(typed, agreement_evidence=typed),)
    )
    known = ask(people=(AskedPerson(typed),), role=typed)
    told = [*refused(the_rules(), asked), *refused(the_rules(), known)]
    assert len(told) == 4
    assert all("Quill" not in one.sentence + one.pointer for one in told)


def test_what_was_typed_is_not_in_a_repr() -> None:
    typed = "Zebedee Quill"
    asked = ask(
        reason=typed, case_reference=typed, conversation=typed, people=(AskedPerson("child", None, typed),)
    )
    assert "Quill" not in repr(asked)


def test_details_after_flags_open_only_from_a_flags_answer() -> None:
    rules = the_rules(views=["flags", "details_after_flags"])
    assert codes(rules, ask()) == [("not_permitted", "flags_first", "/view")]
    assert granted(rules, ask(view="flags")).view == "flags"
    assert granted(rules, ask(after_flags=True)).view == "details"


def test_details_do_not_follow_from_flags_where_only_flags_are_allowed() -> None:
    assert codes(the_rules(views=["flags"]), ask(after_flags=True)) == [
        ("not_permitted", "view_not_allowed", "/view")
    ]


def test_a_case_may_be_permitted_before_its_people_are_known() -> None:
    assert granted(the_rules(), ask(journey="case", people=())).people == ()


@pytest.mark.parametrize("case", ["unverified", None])
def test_a_case_that_was_not_verified_is_capped(case: str | None) -> None:
    rules = the_rules(case_check={"unverified": {"last_contact": "year"}})
    assert caps_of(rules, ask(case=case)) == {"last_contact": "year"}
    assert caps_of(rules, ask(case="verified")) == {}


def test_the_least_of_all_caps_applies() -> None:
    rules = the_rules(
        at_most={"last_contact": "month", "started": "year", "lead_practitioner": "team"},
        case_check={"unverified": {"last_contact": "year", "started": "month", "status": "nothing"}},
    )
    assert caps_of(rules, ask(case="unverified")) == {
        "last_contact": "year",
        "started": "year",
        "lead_practitioner": "team",
        "status": "nothing",
    }


LIMITED = {
    "needed": {"without_agreement": {"last_contact": "month"}, "if_withdrawn": {"last_contact": "year"}}
}
CLOSED = {"needed": {"without_agreement": "nothing", "if_withdrawn": "nothing"}}


@pytest.mark.parametrize(
    ("agreement", "evidence", "taken", "caps"),
    [
        ("given", "plan of 3 May", "given", {}),
        ("given", None, None, {"last_contact": "year"}),
        ("given", "  ", None, {"last_contact": "year"}),
        ("not_recorded", None, None, {"last_contact": "month"}),
        (None, None, None, {"last_contact": "year"}),
        ("withdrawn", "letter of 4 May", "withdrawn", {"last_contact": "year"}),
        ("refused", None, "refused", {"last_contact": "year"}),
    ],
)
def test_only_an_agreement_with_evidence_opens(
    agreement: Any, evidence: str | None, taken: str | None, caps: dict[str, str]
) -> None:
    grant = granted(
        the_rules(family_agreement=LIMITED), ask(people=(AskedPerson("child", agreement, evidence),))
    )
    assert (grant.people[0].family_agreement, grant.people[0].caps) == (taken, caps)


def test_one_adults_agreement_never_opens_anothers_record() -> None:
    people = (AskedPerson("parent", "given", "plan of 3 May"), AskedPerson("parent", "refused"))
    grant = granted(the_rules(family_agreement=CLOSED), ask(people=people))
    assert [person.closed for person in grant.people] == [False, True]


def test_nobody_is_asked_about_who_is_closed() -> None:
    (person,) = granted(the_rules(family_agreement=CLOSED), ask()).people
    assert (person.closed, person.caps) == (True, NOTHING)


def test_a_cap_on_involvement_closes_every_field() -> None:
    (person,) = granted(the_rules(at_most={"involved": "nothing"}), ask()).people
    assert (person.closed, person.caps) == (True, dict.fromkeys(LEVELS, "nothing"))


def test_details_may_need_what_flags_do_not() -> None:
    rules = the_rules(family_agreement_for_details="record_conversation")
    assert granted(rules, ask(view="flags", conversation=None)).view == "flags"
    assert codes(rules, ask(conversation=None)) == [("incomplete", "conversation_missing", "/conversation")]


def test_an_agreement_may_be_needed_for_details_alone() -> None:
    rules = the_rules(family_agreement_for_details=CLOSED)
    assert granted(rules, ask()).people[0].closed
    assert not granted(rules, ask(view="flags")).people[0].closed


def test_what_details_need_is_needed_besides_what_flags_need() -> None:
    rules = the_rules(family_agreement=CLOSED, family_agreement_for_details="not_needed")
    assert granted(rules, ask()).people[0].closed


@pytest.mark.parametrize(
    ("sources", "permitted"),
    [
        ("all", {"school", "housing", "police"}),
        ({"only": ["school", "housing"]}, {"school", "housing"}),
        ({"never": ["housing"]}, {"school", "police"}),
        ({"sensitive": False}, {"school", "housing"}),
        ({"only": ["school", "police"], "sensitive": False}, {"school"}),
        ({"never": ["school"], "sensitive": False}, {"housing"}),
    ],
)
def test_a_purpose_says_which_sources_may_be_asked(sources: Any, permitted: set[str]) -> None:
    sensitive = {"school": False, "housing": False, "police": True}
    grant = granted(the_rules(sources=sources), ask())
    assert {name for name in sensitive if grant.permits_source(name, sensitive[name])} == permitted


@pytest.mark.parametrize(("written", "months"), [("5 years", 60), ("1 month", 1), ("unlimited", None)])
def test_look_back_is_granted_in_months(written: str, months: int | None) -> None:
    assert granted(the_rules(look_back=written), ask()).look_back_months == months


def test_former_names_are_not_used_where_the_purpose_says_so() -> None:
    assert granted(the_rules(), ask()).former_names
    assert not granted(the_rules(former_names="not_used"), ask()).former_names


def test_a_purpose_for_the_registered_is_refused_to_whom_no_register_is_known_to_have() -> None:
    rules = the_rules(needs_registration=True)
    assert codes(rules, ask()) == [("not_permitted", "registration_needed", "/purpose")]
    assert granted(rules, ask(registered=True)).role == "social_worker"
    assert ("not_permitted", "role_may_not_ask", "/purpose") in codes(
        rules, ask(held_roles=frozenset({"auditor"}), registered=True)
    )
