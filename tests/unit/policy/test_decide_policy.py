"""What a sharing policy decides: rows of who asks about which record, and what is shown."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from policy.dates import cut, earliest_shown
from policy.facts import LEVELS, LeadPractitioner
from policy.levels import level_name
from policy.load import load_policy
from policy.rules import Trace
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
    ({}, {"gates": {"category": "Support", "role": "parent"}}, "nothing"),
    ({}, {"gates": {"category": "support", "role": "VICTIM"}}, "nothing"),
    ({}, {"gates": {"category": "support", "role": " vic tim"}}, "nothing"),
    ({"typed_age": 17}, {}, "nothing"),
    ({"typed_age": None}, {}, EVERYTHING),
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
    assert policy.opens(ask(purpose="help")) == {"involved", "lead_practitioner"}
    agreed = ask(purpose="help", family_agreement="given")
    assert policy.opens(agreed) == {"involved", "last_contact", "lead_practitioner"}


def test_a_limit_that_depends_on_the_record_does_not_close_the_policy(tmp_path: Path) -> None:
    limit = "\n    at_most: [{when: {age: {to: 20}}, show: nothing, why: Through the desk.}]"
    policy = sample(tmp_path, ("[enquiry, help]}", "[enquiry, help]}" + limit))
    assert not policy.closes(ask(typed_age=None))
    assert policy.withholds(ask(typed_age=None), record(age=20))
    assert not policy.withholds(ask(typed_age=None), record(age=21))


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
    "number",
    [
        "07700900123",
        "+44 7700 900123",
        "0044 (0)7700 900-123",
        "07700\u00a0900123",
        "447700900123",
        "07700/900123",
        "7700 900 123",
        "\uff10\uff17\uff17\uff10\uff10\uff19\uff10\uff10\uff11\uff12\uff13",
        "07700 900123 ext 4",
        "mobile: 07700 900123",
        "01632 960123, 07700 900123",
        "01632 960123 / 07700 900123",
        "01632 960123 or 07700900123",
    ],
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


@pytest.mark.parametrize(
    "number",
    [
        "01632 960123",
        "0161 496 0701",
        "+44 (0)20 7946 0701",
        "020 7946 0701 ext 7700",
        "01632 960123 / 01632 960701",
        "1632960123",
        "0808 157 0770",
        "999",
    ],
)
def test_a_number_at_a_desk_is_shown(tmp_path: Path, number: str) -> None:
    assert _lead(sample(tmp_path), number).phone == number


def test_a_mobile_number_leaves_by_no_other_field_of_a_contact(tmp_path: Path) -> None:
    policy = sample(tmp_path)
    typed = {
        "contact_name": "Pat Quayle 07700 900123",
        "contact_role": "Officer (07700 900123)",
        "contact_team": "North, 07700900123",
        "contact_email": "07700900123@texts.example",
    }
    for name, text in typed.items():
        involvement = policy.reduce(ask(), record(**{name: text}))
        assert involvement is not None
        assert "900123" not in str(involvement.lead_practitioner and astuple(involvement.lead_practitioner))
    nobody = policy.reduce(ask(), record(contact_name=typed["contact_name"]))
    assert nobody is not None
    assert nobody.lead_practitioner == LeadPractitioner("team", team="North team")


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


TRACES: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {},
        {},
        ["involved 1 by 21", "status 1 by 27", "last_contact 3 by 31", "lead_practitioner 3 by 39"],
    ),
    (
        {"case": "unverified", "relation": "other_adult"},
        {},
        [
            "involved 1 by 21",
            "status 1 by 27",
            "last_contact 1 by 31 limited by 34",
            "lead_practitioner 3 by 39",
        ],
    ),
    (
        {"purpose": "help", "family_agreement": "given", "caps": {"last_contact": 1}},
        {},
        ["involved 1 by 21", "last_contact 1 by 32 limited by purpose", "lead_practitioner 2 by 40"],
    ),
    ({"caps": {"involved": 0}}, {}, ["involved 0 by 21 limited by purpose"]),
    ({}, {"age": 17}, []),
    ({"purpose": "curiosity"}, {}, []),
]


@pytest.mark.parametrize(("asks", "about", "told"), TRACES)
def test_a_decision_is_traced_to_the_lines_of_the_policy(
    tmp_path: Path, asks: dict[str, Any], about: dict[str, Any], told: list[str]
) -> None:
    traces = sample(tmp_path).trace(ask(**asks), record(**about))
    assert [one.field for one in traces] == list(LEVELS)
    assert [_told(one) for one in traces if one != Trace(one.field, 0)] == told


def test_a_trace_names_every_rule_that_gave_the_most_and_none_that_gave_less(tmp_path: Path) -> None:
    twice = "\n      - {purpose: enquiry, show: full_date}\n      - {purpose: enquiry, show: year}"
    policy = sample(
        tmp_path, ("{purpose: enquiry, show: full_date}", "{purpose: enquiry, show: full_date}" + twice)
    )
    (dated,) = (one for one in policy.trace(ask(), record()) if one.field == "last_contact")
    assert _told(dated) == "last_contact 3 by 31 32"


def _told(one: Trace) -> str:
    limits = [*map(str, one.limited), *(["purpose"] if one.limited_by_purpose else [])]
    said = f"{one.field} {one.level} by {' '.join(map(str, one.given))}"
    return f"{said} limited by {' '.join(limits)}" if limits else said


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
