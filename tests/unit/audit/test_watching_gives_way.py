"""A look at the log gives way to whoever answers, and does nothing again that did not change."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.audit.events import Refused
from broker.audit.review_events import ReviewDecided
from broker.audit.watching import looking as looks
from broker.audit.watching.evaluate import evaluate
from broker.audit.watching.facts import Facts, LookUp
from broker.audit.watching.load import load_watching
from broker.audit.watching.looking import Looking, Watched, opened
from broker.audit.watching.pace import GivingWay, Paced
from broker.audit.watching.queue import event_of
from broker.audit.watching.ties import staff_tags
from broker.audit.watching.windows import Different, people
from broker.settings import load_settings
from broker.staff.names import staff_names
from tests.unit.audit.audit_samples import KIT, NOW, ORIGIN, closed, intent, writing
from tests.unit.audit.watching_samples import MONDAY, REVIEW_WITHIN, looked, rules, written

BROKER = f"""\
format: broker/1
partnership: Northshire
audit: {{log: audit.db, keys: keys, origin: {ORIGIN}}}
identity: {{issuer: "https://sign-in.example", audience: family-context, jwks: "file:jwks.json"}}
references: {{key: "env:SEAL_KEY"}}
"""
STAFF = "staff_directory: {kind: csv, path: staff.csv, fields: {staff_id: id, name: name}}\n"
SAID = "means: It may be., does_not_mean: It need not be., what_to_do: Ask."
WATCHING = f"""\
format: watching/1
rules:
  refused: {{watches: refusals, refusals: 2, within: 1 hour, {SAID}}}
  unreviewed: {{watches: emergency_not_reviewed, {SAID}}}
"""


class Rests(threading.Event):
    """Counts the rests that are taken, and takes none."""

    taken = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.taken += 1
        return True


@pytest.mark.parametrize(("work", "rests"), [(0.0, 9), (1000.0, 0)])
def test_after_its_work_it_rests_and_whatever_is_gone_through_stays_as_it_is(work: float, rests: int) -> None:
    hurry = Rests()
    assert list(GivingWay(work, 1, hurry)(range(9))) == list(range(9))
    assert hurry.taken == rests


def test_in_a_hurry_it_rests_no_more() -> None:
    pace = GivingWay(0, 600)
    pace.hurry.set()
    assert list(pace(range(99))) == list(range(99))  # or this test would not end


def test_what_is_paced_can_be_gone_through_again() -> None:
    paced = Paced((3, 1, 2), GivingWay(0, 0))
    assert [*paced, *paced] == [3, 1, 2, 3, 1, 2]
    assert (len(paced), paced[0], paced[1:], 2 in paced) == (3, 3, (1, 2), True)


@pytest.mark.parametrize(
    "of_one",
    [
        {"watches": "rate", "people": 3, "within": "1 hour"},
        {"watches": "spread", "of": "families", "at_least": 4, "times_peers": 2, "within": "7 days"},
        {"watches": "retries", "times": 4, "ways": 3, "within": "1 hour"},
        {"watches": "colleagues"},
        {"watches": "emergency_not_reviewed"},
    ],
)
def test_every_rule_rests_while_it_goes_through_what_happened(of_one: dict[str, Any]) -> None:
    hurry = Rests()
    happened = Facts(tuple(looked(number, number, f"Peer{number % 3}") for number in range(50)))
    without = evaluate(rules(**of_one), happened, MONDAY, REVIEW_WITHIN)
    assert evaluate(rules(**of_one), happened, MONDAY, REVIEW_WITHIN, pace=GivingWay(0, 0, hurry)) == without
    assert hurry.taken >= 100  # once to bring it into order, and once at least for the rule


def test_each_look_up_is_counted_in_once_and_out_once_however_many_there_are() -> None:
    counted: Counter[int] = Counter()

    def of(one: LookUp) -> Iterator[bytes]:
        counted[one.index] += 1
        yield from people(one)

    window = Different(timedelta(hours=1), of)
    for number in range(3000):
        window.take(looked(number, number / 2))
        assert window.number == len(window.inside) <= 120
    window.clear()
    assert (window.number, set(counted.values())) == (0, {2})


@dataclass(slots=True)
class Held:
    """Looks at a log in a directory, and which rules each of them held against it."""

    looking: Looking
    rules: list[set[str]] = field(default_factory=list)

    def look(self, now: datetime = NOW) -> list[str]:
        return [one.rule for one in self.looking.look(now)]


@contextmanager
def held_in(directory: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> Iterator[Held]:
    (directory / "broker.yaml").write_text(BROKER + more, encoding="utf-8")
    loaded = load_watching(written(directory, WATCHING))
    watched = Watched(
        load_settings(directory, {"SEAL_KEY": "5e" * 32}),
        loaded,
        {"section_47_enquiry": timedelta(days=3)},
        (),
    )
    held = Held(opened(watched))

    def evaluated(rules: Any, *others: Any) -> Any:
        held.rules.append(set(rules.rules))
        return evaluate(rules, *others)

    monkeypatch.setattr(looks, "evaluate", evaluated)
    try:
        yield held
    finally:
        held.looking.close()


ALL, BY_THE_CLOCK = {"refused", "unreviewed"}, {"unreviewed"}
REFUSED = Refused(NOW, KIT, "not_permitted", "x", 1)


async def test_where_nothing_came_only_rules_that_wait_for_a_time_are_held_against_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent("q-1"))
        with held_in(tmp_path, monkeypatch) as held:
            assert (held.look(), held.look()) == ([], [])
            await log.record(closed("q-1"))  # of no rule's concern
            assert held.look() == []
            await log.record(REFUSED)
            assert (held.look(), held.look()) == ([], [])
            assert held.look(NOW + timedelta(days=4)) == ["unreviewed"]
            await log.record(ReviewDecided("q-1", NOW, "dpo", "fine", "As it should be"))
            assert held.look(NOW + timedelta(days=4)) == []
    assert held.rules == [ALL, BY_THE_CLOCK, BY_THE_CLOCK, ALL, BY_THE_CLOCK, BY_THE_CLOCK, ALL]


async def test_what_was_found_and_not_recorded_is_found_again_by_every_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with writing(tmp_path) as log:
        for _ in range(2):
            await log.record(REFUSED)
        with held_in(tmp_path, monkeypatch) as held:
            assert (held.look(), held.look()) == (["refused"], ["refused"])
            (one,) = held.looking.look(NOW)
            await log.record(event_of(one, "look-1", "sha256:dd", [], NOW))
            assert (held.look(), held.look()) == ([], [])
    assert held.rules == [ALL, ALL, ALL, ALL, BY_THE_CLOCK]


async def test_a_staff_directory_is_read_again_where_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[tuple[str, ...]] = []

    def names(*directory: Any) -> tuple[str, ...]:
        read.append(staff_names(*directory))
        return read[-1]

    monkeypatch.setattr(looks, "staff_names", names)
    staff = tmp_path / "staff.csv"
    staff.write_text("id,name\n1,Sam Okafor\n", encoding="utf-8")
    async with writing(tmp_path):
        with held_in(tmp_path, monkeypatch, STAFF) as held:
            for _ in range(3):
                held.look()
            staff.write_text("id,name\n1,Sam Okafor\n2,Marta Lis\n", encoding="utf-8")
            for _ in range(3):
                held.look()
            staff.unlink()
            held.look()
            known = held.looking.gathered.ties
    assert read == [("Sam Okafor",), ("Sam Okafor", "Marta Lis")]
    assert known.staff == staff_tags(read[-1], known.keys)  # what can't be read stays as it was
