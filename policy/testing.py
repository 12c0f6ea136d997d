"""The tests that stand in a policy file, run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from policy.compile import CompiledPolicy, compile_policy
from policy.facts import LEVELS, Ask, Record, Restriction
from policy.levels import level_name
from policy.load import LoadedPolicy
from policy.model import Levels, PolicyTest
from policy.roster_model import RosterTest


@dataclass(frozen=True, slots=True)
class TestOutcome:
    """One test: its name and line, and in plain words what was expected and what came."""

    __test__ = False

    name: str
    passed: bool
    line: int
    expected: str
    got: str


def run_tests(loaded: LoadedPolicy) -> tuple[TestOutcome, ...]:
    """Run every test of a policy file."""
    policy, line_of = compile_policy(loaded), loaded.positions.of
    of_records = (
        _run(policy, test, line_of(("tests", place, "name"))[0])
        for place, test in enumerate(loaded.policy.tests)
    )
    of_the_roster = (
        _run_roster(policy, test, line_of(("roster", "tests", place, "name"))[0])
        for place, test in enumerate(loaded.policy.roster_tests())
    )
    return (*of_records, *of_the_roster)


def _run(policy: CompiledPolicy, test: PolicyTest, line: int) -> TestOutcome:
    expected = test.expect if isinstance(test.expect, str) else _in_words(_named(test.expect))
    got = _got(policy, test)
    return TestOutcome(test.name, expected == got, line, expected, got)


def _run_roster(policy: CompiledPolicy, test: RosterTest, line: int) -> TestOutcome:
    granted = policy.roster(ask_of(test), test.ask.age)
    expected = _roster_in_words(test.show, test.search_with)
    got = _roster_in_words(granted.shown.name.lower(), granted.search_with)
    return TestOutcome(test.name, expected == got, line, expected, got)


def _roster_in_words(shown: str, search_with: Iterable[str]) -> str:
    return f"{shown}, search with {', '.join(sorted(search_with)) or 'nothing'}"


def _got(policy: CompiledPolicy, test: PolicyTest) -> str:
    ask, record = ask_of(test), record_of(test)
    if policy.closes(ask):
        return "withheld"
    if policy.withholds(ask, record):
        return "nothing"
    return _in_words({name: level_name(name, at) for name, at in policy.levels(ask, record).items()})


def _named(expected: Levels) -> Mapping[str, str]:
    return {name: getattr(expected, name) for name in LEVELS}


def _in_words(levels: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {at}" for name, at in levels.items() if at != "nothing") or "nothing"


def ask_of(test: PolicyTest | RosterTest) -> Ask:
    """The request facts of a test; the age that was typed is the subject's."""
    asked = test.ask
    return Ask(
        purpose=asked.purpose,
        role=asked.role,
        relation=asked.relation,
        today=asked.today,
        typed_age=asked.age,
        case=asked.case,
        family_agreement=asked.family_agreement,
        time=asked.time,
    )


def record_of(test: PolicyTest) -> Record:
    """The record of a test. Its age is its own when it names one, else that of the ask."""
    written = test.record
    age = written.get("age")
    return Record(
        age=int(age) if age else test.ask.age,
        status=written.get("status"),
        gates={name: value for name, value in written.items() if name not in Record.__dataclass_fields__},
        contact_name=written.get("contact_name"),
        contact_role=written.get("contact_role"),
        contact_team=written.get("contact_team"),
        contact_phone=written.get("contact_phone"),
        contact_email=written.get("contact_email"),
        started=_day(written.get("started")),
        ended=_day(written.get("ended")),
        last_contact=_day(written.get("last_contact")),
        restriction=_restriction(written),
    )


def _restriction(written: Mapping[str, str | None]) -> Restriction | None:
    """What the record is marked with: nothing, where the test says nothing; unknown, where it says none."""
    return cast("Restriction | None", written.get("restriction", "none"))


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None
