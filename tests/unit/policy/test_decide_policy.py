"""What a sharing policy decides: rows of who asks about which record, and what is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policy.dates import cut, earliest_shown
from policy.levels import level_name
from policy.load import load_policy
from policy.testing import run_tests
from tests.unit.policy.policy_samples import TODAY, ask, record, sample, write

EVERYTHING = "involved yes, status exact, last_contact full_date, lead_practitioner named"
ROWS: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    # who asks                            about which record                              what is shown
    ({}, {}, EVERYTHING),
    ({"role": "mash"}, {}, "involved yes, last_contact full_date, lead_practitioner named"),
    ({"relation": "other_adult"}, {}, EVERYTHING.replace("full_date", "year")),
    ({"case": "unverified"}, {}, EVERYTHING.replace("full_date", "month")),
    ({"case": None}, {}, EVERYTHING.replace("full_date", "month")),
    ({"case": None, "relation": "other_adult"}, {}, EVERYTHING.replace("full_date", "year")),
    ({"purpose": "help"}, {}, "involved yes, lead_practitioner team"),
    (
        {"purpose": "help", "family_agreement": "given"},
        {},
        "involved yes, last_contact month, lead_practitioner team",
    ),
    ({"purpose": "help", "family_agreement": "withdrawn"}, {}, "involved yes, lead_practitioner team"),
    ({"purpose": "curiosity"}, {}, "nothing"),
    ({"today": date(2026, 3, 31)}, {}, "nothing"),
    ({"today": date(2027, 4, 1)}, {}, "nothing"),
    ({"caps": {"last_contact": 1}}, {}, EVERYTHING.replace("full_date", "year")),
    ({"caps": {"involved": 0}}, {}, "nothing"),
    ({}, {"gates": {"category": "parking", "role": "parent"}}, "nothing"),
    ({}, {"gates": {"category": "other", "role": "parent"}}, "nothing"),
    ({}, {"gates": {"category": None, "role": "parent"}}, "nothing"),
    ({}, {"gates": {"category": "support"}}, "nothing"),
    ({}, {"gates": {"category": "support", "role": "victim"}}, "nothing"),
    ({}, {"gates": {"category": "missing", "role": "anything"}}, EVERYTHING),
    ({}, {"age": 17}, "nothing"),
    ({}, {"age": 18}, EVERYTHING),
    ({}, {"age": 91}, "nothing"),
    ({}, {"age": None}, "nothing"),
    ({}, {"last_contact": None}, "nothing"),
    ({}, {"last_contact": date(2026, 6, 2)}, "nothing"),
    ({}, {"last_contact": TODAY}, EVERYTHING),
    ({}, {"last_contact": date(2024, 6, 1)}, EVERYTHING),
    ({}, {"last_contact": date(2024, 5, 31)}, "nothing"),
    ({"look_back_months": 1}, {"last_contact": date(2026, 4, 30)}, "nothing"),
    ({"look_back_months": 60}, {"last_contact": date(2024, 5, 31)}, "nothing"),
]


@pytest.mark.parametrize(("asks", "about", "shown"), ROWS)
def test_what_is_shown(tmp_path: Path, asks: dict[str, Any], about: dict[str, Any], shown: str) -> None:
    policy = sample(tmp_path)
    levels = policy.levels(ask(**asks), record(**about))
    named = {name: level_name(name, at) for name, at in levels.items()}
    assert (", ".join(f"{name} {at}" for name, at in named.items() if at != "nothing") or "nothing") == shown
    assert policy.withholds(ask(**asks), record(**about)) == (shown == "nothing")


def test_what_the_record_says_never_closes_a_policy(tmp_path: Path) -> None:
    policy = sample(tmp_path)
    assert not policy.closes(ask())
    assert not policy.closes(ask(typed_age=None))
    assert policy.closes(ask(typed_age=17))
    assert policy.closes(ask(purpose="curiosity"))
    assert policy.opens(ask(purpose="help")) == {"involved", "last_contact", "lead_practitioner"}


def test_a_service_that_rings_back_shows_nothing(tmp_path: Path) -> None:
    policy = sample(tmp_path, ("version: 3", "version: 3\ndiscloses: by_request"))
    assert policy.by_request
    assert policy.reduce(ask(), record()) is None


def test_dates_are_cut_and_codes_become_labels(tmp_path: Path) -> None:
    involvement = sample(tmp_path).reduce(ask(case="unverified"), record(ended=date(2026, 1, 1)))
    assert involvement is not None
    assert (involvement.last_contact, involvement.started, involvement.ended) == ("2026-05", None, None)
    assert (involvement.status, involvement.status_means) == ("Open", "Someone works on it.")


def test_a_code_that_the_owner_did_not_list_is_not_shown(tmp_path: Path) -> None:
    involvement = sample(tmp_path).reduce(ask(), record(status="under surveillance"))
    assert involvement is not None
    assert (involvement.status, involvement.status_means) == (None, None)


CONTACTS: list[tuple[dict[str, Any], dict[str, Any], tuple[str | None, ...]]] = [
    ({}, {}, ("named", "Pat Quayle", "Officer", "North team", "01632 960123", "pat@sample.example")),
    ({"purpose": "help"}, {}, ("team", None, None, "North team", None, None)),
    ({}, {"contact_name": None}, ("team", None, None, "North team", "01632 960123", None)),
    (
        {},
        {"contact_name": None, "contact_phone": "07700 900123"},
        ("team", None, None, "North team", None, None),
    ),
    ({"purpose": "help"}, {"contact_team": None}, ("desk", None, None, None, None, None)),
    ({"caps": {"lead_practitioner": 1}}, {}, ("desk", None, None, None, None, None)),
]


@pytest.mark.parametrize(("asks", "about", "shown"), CONTACTS)
def test_contacts_are_shown_at_their_level(
    tmp_path: Path, asks: dict[str, Any], about: dict[str, Any], shown: tuple[str | None, ...]
) -> None:
    involvement = sample(tmp_path).reduce(ask(**asks), record(**about))
    assert involvement is not None
    lead = involvement.lead_practitioner
    assert lead is not None
    assert (lead.shown, lead.name, lead.role, lead.team, lead.phone, lead.email) == shown


@pytest.mark.parametrize(
    "number", ["07700900123", "+44 7700 900123", "0044 (0)7700 900-123", "07700\u00a0900123"]
)
def test_a_mobile_number_is_shown_only_when_the_owner_says_that_it_is_the_services(
    tmp_path: Path, number: str
) -> None:
    lead = _lead(sample(tmp_path), number)
    assert (lead.name, lead.phone) == ("Pat Quayle", None)
    owned = sample(
        tmp_path, ("    justification: To put two", "    work_mobiles: true\n    justification: To put two")
    )
    assert _lead(owned, number).phone == number


def test_a_team_is_shown_by_the_label_that_the_owner_approved(tmp_path: Path) -> None:
    listed = "    teams: {North team: Locality team}\n    justification: To put two"
    policy = sample(tmp_path, ("    justification: To put two", listed))
    assert _lead(policy, "01632 960123").team == "Locality team"
    unlisted = policy.reduce(ask(purpose="help"), record(contact_team="Refuge"))
    assert unlisted is not None
    assert unlisted.lead_practitioner is not None
    assert (unlisted.lead_practitioner.shown, unlisted.lead_practitioner.team) == ("desk", None)


def _lead(policy: Any, number: str) -> Any:
    return policy.reduce(ask(), record(contact_phone=number)).lead_practitioner


@pytest.mark.parametrize(
    ("today", "months", "earliest"),
    [
        (date(2026, 3, 31), 1, date(2026, 2, 28)),
        (date(2024, 3, 31), 1, date(2024, 2, 29)),
        (date(2024, 2, 29), 12, date(2023, 2, 28)),
        (date(2026, 1, 15), 1, date(2025, 12, 15)),
        (date(2026, 1, 15), 13, date(2024, 12, 15)),
        (date(2026, 6, 1), 24, date(2024, 6, 1)),
        (date(2026, 6, 1), 0, date(2026, 6, 1)),
        (date(2026, 6, 1), 999_999, date.min),
    ],
)
def test_months_back_end_on_the_same_day_or_the_months_last(today: date, months: int, earliest: date) -> None:
    assert earliest_shown(today, months) == earliest


def test_a_date_is_cut_to_its_level() -> None:
    assert [cut(date(2024, 3, 9), at) for at in range(4)] == [None, "2024", "2024-03", "2024-03-09"]
    assert cut(None, 3) is None


def test_a_failing_test_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    tests = """
tests:
  - name: It is shown to everyone
    ask: {purpose: enquiry, role: social_worker, relation: parent, age: 34, case: verified, today: 2026-06-01}
    record: {category: parking, role: parent, last_contact: 2026-05-01}
    expect: {involved: yes}
  - name: Nobody under 18 is asked about
    ask: {purpose: enquiry, role: social_worker, relation: parent, age: 17, today: 2026-06-01}
    expect: withheld
"""
    path = write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8") + tests, encoding="utf-8")
    failed, passed = run_tests(load_policy(path))
    assert (failed.passed, failed.expected, failed.got) == (False, "involved: yes", "nothing")
    assert (
        path.read_text(encoding="utf-8").splitlines()[failed.line - 1].strip()
        == "- name: It is shown to everyone"
    )
    assert passed.passed


def test_nothing_shown_depends_on_what_is_not_shown(tmp_path: Path) -> None:
    policy = sample(tmp_path)
    one = record(status="open", last_contact=date(2026, 5, 2), started=date(2020, 1, 1))
    other = replace(
        one, last_contact=date(2026, 5, 30), started=date(2021, 7, 7), ended=date(2026, 5, 30), age=60
    )
    hidden = ask(case="unverified")
    assert policy.reduce(hidden, one) == policy.reduce(hidden, other)
