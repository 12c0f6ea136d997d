"""What a file of purpose rules may say: its short forms, and that nothing is open by being left empty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from consent_rules.caps import LEVELS
from consent_rules.checks import findings
from consent_rules.model import Caps, Purpose
from policy.facts import LEVELS as POLICY_LEVELS
from tests.unit.consent_rules.purpose_samples import a_purpose, rules_of, the_rules

NEEDED = {"without_agreement": "nothing", "if_withdrawn": "nothing"}
EMERGENCY = {"tell_owner_within": "1 hour", "review_within": "3 days", "ends_after": "30 minutes"}


def test_fields_and_levels_are_those_that_sharing_policies_use() -> None:
    theirs = {field: tuple(level.name.lower() for level in levels) for field, levels in POLICY_LEVELS.items()}
    assert theirs == LEVELS
    assert tuple(Caps.model_fields) == tuple(LEVELS)


def test_nothing_is_short_for_no_involvement() -> None:
    rules = the_rules(family_agreement={"needed": NEEDED})
    needed = rules.purposes["section_47_enquiry"].family_agreement.needed
    assert needed is not None
    assert needed.without_agreement == Caps(involved="nothing")


def test_lengths_of_time_are_read_in_words() -> None:
    emergency = the_rules(emergency=EMERGENCY).purposes["section_47_enquiry"].emergency
    assert emergency is not None
    assert emergency.tell_owner_within == timedelta(hours=1)
    assert emergency.review_within == timedelta(days=3)
    assert emergency.ends_after == timedelta(minutes=30)


def test_how_long_a_purpose_waits_is_read_in_words() -> None:
    waits = (
        the_rules(longest_wait=text).purposes["section_47_enquiry"].longest_wait
        for text in ("1 second", "10 seconds")
    )
    assert [*waits] == [1, 10]
    assert the_rules().purposes["section_47_enquiry"].longest_wait is None


@pytest.mark.parametrize("text", ["0 seconds", "11 seconds", "1.5 seconds", "2 minutes", "2", 2, "", None])
def test_another_wait_is_a_fault(text: object) -> None:
    with pytest.raises(ValidationError):
        the_rules(longest_wait=text)


def test_purposes_are_unchecked_until_somebody_signs() -> None:
    rules = rules_of(
        first=a_purpose(),
        second=a_purpose(checked_by={"officer": "A. Example", "on": "2026-05-01"}),
        third=a_purpose(checked_by=None),
        fourth=a_purpose(checked_by="null"),
    )
    assert rules.unchecked() == ("first", "third", "fourth")


@pytest.mark.parametrize(
    ("rule", "lacks"),
    [
        ({}, False),
        ({"offence_data": ["DPA 2018 Sch. 1 para. 18"]}, True),
        ({"special_category": [{"article": "9(2)(g)", "condition": "para. 18"}]}, True),
        ({"special_category": [{"article": "9(2)(c)"}]}, False),
        ({"offence_data": ["para. 18"], "appropriate_policy_document": "APD-4"}, False),
    ],
)
def test_grounds_of_substantial_public_interest_need_a_policy_document(
    rule: dict[str, Any], lacks: bool
) -> None:
    assert the_rules(**rule).purposes["section_47_enquiry"].lacks_policy_document is lacks


@pytest.mark.parametrize("key", sorted(a_purpose()))
def test_no_key_that_could_open_something_may_be_left_out(key: str) -> None:
    plain = a_purpose()
    del plain[key]
    with pytest.raises(ValidationError) as caught:
        rules_of(first=plain)
    assert [fault["loc"] for fault in caught.value.errors()] == [("purposes", "first", key)]


MAY_BE_EMPTY = {"appropriate_policy_document", "checked_by"}


@pytest.mark.parametrize("key", sorted(set(Purpose.model_fields) - MAY_BE_EMPTY))
def test_a_key_without_a_value_is_a_fault(key: str) -> None:
    for empty in (None, "", "null", "~"):
        with pytest.raises(ValidationError, match="this has no value") as caught:
            the_rules(**{key: empty})
        assert caught.value.errors()[0]["loc"] == ("purposes", "section_47_enquiry", key)


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ({"case_check": {"unverified": None}}, ("case_check", "unverified")),
        ({"family_agreement": {"needed": None}}, ("family_agreement", "needed")),
        ({"at_most": {"last_contact": None}}, ("at_most", "last_contact")),
        ({"sources": {"only": None}}, ("sources", "only")),
        ({"case_check": {"unverified": {}}}, ("case_check", "unverified")),
        ({"case_check": {}}, ("case_check",)),
        ({"family_agreement": {}}, ("family_agreement",)),
        ({"at_most": {}}, ("at_most",)),
        ({"sources": {}}, ("sources",)),
    ],
)
def test_a_limit_that_was_left_empty_is_a_fault(rule: dict[str, Any], where: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        the_rules(**rule)
    assert [fault["loc"] for fault in caught.value.errors()] == [("purposes", "section_47_enquiry", *where)]


@pytest.mark.parametrize(
    "rule",
    [
        {"look_back": "24"},
        {"look_back": 24},
        {"look_back": "0 months"},
        {"look_back": "24 months\n"},
        {"look_back": "a while"},
        {"emergency": EMERGENCY | {"ends_after": "0 minutes"}},
        {"emergency": EMERGENCY | {"ends_after": "soon"}},
        {"emergency": EMERGENCY | {"ends_after": 30}},
        {"emergency": {"tell_owner_within": "1 hour", "ends_after": "30 minutes"}},
        {"family_agreement": "need"},
        {"family_agreement": {"needed": {"without_agreement": "nothing"}}},
        {"family_agreement": {"needed": {"if_withdrawn": "nothing"}}},
        {"case_check": "none"},
        {"sources": "every"},
        {"sources": ["school"]},
        {"checked_by": "A. Example"},
        {"checked_by": {"officer": "A. Example"}},
        {"checked_by": {"officer": "A. Example", "on": "May"}},
        {"at_most": {"address": "nothing"}},
        {"at_most": {"last_contact": "day"}},
        {"about": ["uncle"]},
        {"views": ["everything"]},
        {"must_record": ["mood"]},
        {"who_may_ask": []},
        {"lawful_basis": []},
        {"lawful_basis": ["because"]},
        {"special_category": [{"article": "9(2)"}]},
        {"title": ""},
        {"surprise": 1},
    ],
)
def test_what_is_not_in_the_format_is_a_fault(rule: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        the_rules(**rule)


NO_LIMIT = (
    "The level full_date is the most there is, so this limits nothing; and a field that is not named here is "
    "not limited. Write nothing for each field that must not be seen."
)


@pytest.mark.parametrize(
    ("rule", "path", "sentence"),
    [
        (
            {"who_may_ask": ["social_worker", "social_wroker"]},
            ("who_may_ask", 1),
            "There is no role social_wroker under roles.",
        ),
        (
            {"special_category": [{"article": "9(2)(c)"}, {"article": "9(2)(g)"}]},
            ("special_category", 1, "article"),
            "Article 9(2)(g) holds only with a condition of DPA 2018 Sch. 1: add condition.",
        ),
        (
            {"about": ["child", "parent", "child"]},
            ("about", 2),
            "Here child stands for the second time. Was another one meant?",
        ),
        (
            {"family_agreement": {"needed": NEEDED | {"if_withdrawn": {"last_contact": "year"}}}},
            ("family_agreement", "needed", "if_withdrawn"),
            "A withdrawal may not show more of anything than no agreement at all does.",
        ),
        (
            {"family_agreement_for_details": {"needed": NEEDED | {"if_withdrawn": {"last_contact": "year"}}}},
            ("family_agreement_for_details", "needed", "if_withdrawn"),
            "A withdrawal may not show more of anything than no agreement at all does.",
        ),
        (
            {"views": ["details_after_flags"]},
            ("views", 0),
            "Details can only follow flags where flags are a view too: add flags.",
        ),
        (
            {"views": ["flags", "details", "details_after_flags"]},
            ("views", 2),
            "Details at once and details after flags cannot both be meant: keep one.",
        ),
        ({"at_most": {"started": "full_date"}}, ("at_most", "started"), NO_LIMIT),
        (
            {"case_check": {"unverified": {"started": "full_date"}}},
            ("case_check", "unverified", "started"),
            NO_LIMIT,
        ),
        (
            {"family_agreement": {"needed": NEEDED | {"without_agreement": {"started": "full_date"}}}},
            ("family_agreement", "needed", "without_agreement", "started"),
            NO_LIMIT,
        ),
        (
            {"sources": {"only": ["school"], "never": ["police"]}},
            ("sources", "never"),
            "Name the sources that may be asked (only), or those that may not (never), not both.",
        ),
        ({"about": []}, ("about",), "Nobody could ask while this list is empty: name at least one."),
        ({"views": []}, ("views",), "Nobody could ask while this list is empty: name at least one."),
        (
            {"sources": "none", "about": [], "views": []},
            ("journeys",),
            "This purpose asks no source, so there is nothing to say here: write [].",
        ),
        (
            {"emergency": EMERGENCY | {"ends_after": "2 days"}},
            ("emergency", "ends_after"),
            "Emergency access ends within a day: write at most 24 hours.",
        ),
    ],
)
def test_what_only_the_whole_file_shows_is_found(
    rule: dict[str, Any], path: tuple[str | int, ...], sentence: str
) -> None:
    found = findings(the_rules(**rule))
    assert [(one.path, one.sentence) for one in found] == [
        (("purposes", "section_47_enquiry", *path), sentence)
    ]


def test_a_misspelt_role_is_recognised() -> None:
    (found,) = findings(the_rules(who_may_ask=["social_wroker"]))
    assert found.meant == "social_worker"


def test_a_stricter_withdrawal_is_fine() -> None:
    rule = {"needed": {"without_agreement": {"last_contact": "year"}, "if_withdrawn": "nothing"}}
    assert findings(the_rules(family_agreement=rule)) == ()
