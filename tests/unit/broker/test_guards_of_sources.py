"""What stands between a source and its questions: breaker, second questions, strays, maintenance."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.answers import Outcome
from broker.consultation import Consultation, Consulted, PersonFinding, SourceFinding
from broker.fanout import Guard, Lane, hear
from broker.fanout.allowance import Allowance
from broker.fanout.breaker import Breaker
from broker.fanout.guard import TOO_SHORT_TO_TELL
from broker.fanout.maintenance import under_maintenance
from broker.settings import AnswerSettings
from broker.surroundings import LONDON
from connectors.asking import Asking, BreakerSettings, Maintenance
from connectors.contract import Identifiers
from tests.unit.broker.broker_samples import ASK

ASKED = Consultation("q-1", (Consulted(1, Identifiers(), ASK),), 1.0)


def found(outcome: Outcome) -> SourceFinding:
    return SourceFinding((PersonFinding(1, outcome),))


NOTHING, DOWN = found(Outcome.NOTHING_TO_SHARE), found(Outcome.UNAVAILABLE)


def at_once() -> float:
    return 0.0


class Source:
    """A source that gives these answers, one after the other; the last for ever. ``calls`` counts questions."""

    def __init__(self, *answers: SourceFinding, seconds: float = 0.0) -> None:
        self.answers, self.seconds, self.calls = list(answers), seconds, 0

    async def __call__(self, _: Consultation) -> SourceFinding:
        self.calls += 1
        await asyncio.sleep(self.seconds)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


async def outcome(lane: Lane, seconds: float = 1.0) -> Outcome:
    heard = await hear(lane, ASKED, time.monotonic() + seconds)
    return heard.people[0].outcome


# The breaker


def test_five_failures_in_a_row_open_it_and_a_probe_closes_it() -> None:
    breaker = Breaker(chance=lambda: 0.5)
    for _ in range(4):
        breaker.failed(now=100)
    assert breaker.admits(100)
    breaker.failed(now=100)
    assert [breaker.admits(at) for at in (100, 103.4)] == [False, False]
    assert [breaker.admits(103.6) for _ in range(3)] == [True, False, False]
    breaker.succeeded()
    assert [breaker.admits(104) for _ in range(3)] == [True, True, True]


def test_half_of_twenty_open_it_though_never_five_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(9):
        breaker.failed(0)
        breaker.succeeded()
    breaker.succeeded()
    assert breaker.admits(0)
    breaker.failed(0)
    assert breaker.state == "open"


def test_an_answer_in_between_starts_the_row_anew() -> None:
    breaker = Breaker(BreakerSettings(of_last=1000))
    for _ in range(30):
        for _ in range(4):
            breaker.failed(0)
        breaker.succeeded()
    assert breaker.state == "closed"


def test_it_stays_open_twice_as_long_each_time_up_to_a_minute() -> None:
    breaker, now = Breaker(chance=lambda: 0.999999), 0.0
    for _ in range(5):
        breaker.failed(now)
    waits = []
    for _ in range(6):
        waits.append(round(breaker.opens_again_in(now)))
        now += waits[-1] + 1
        assert breaker.admits(now)
        breaker.failed(now)
    assert waits == [4, 9, 18, 36, 54, 54], "nine tenths, at most: the rest is for the probe"


def test_a_probe_that_tells_nothing_is_made_anew() -> None:
    breaker = Breaker(chance=at_once)
    for _ in range(5):
        breaker.failed(0)
    assert breaker.admits(10)
    breaker.undecided()
    assert breaker.admits(10)


@given(st.lists(st.sampled_from(["ok", "fails", "asks", "waits"])), st.floats(0, 0.999))
def test_whatever_happens_it_admits_again_within_one_period_of_the_longest(
    happens: list[str], drawn: float
) -> None:
    breaker, now = Breaker(chance=lambda: drawn), 0.0
    for one in happens:
        if one == "waits":
            now += 7
        elif breaker.admits(now):
            breaker.succeeded() if one == "ok" else breaker.failed(now)
    assert breaker.admits(now + BreakerSettings().longest_seconds)


async def test_a_source_that_keeps_failing_is_left_alone_and_found_again() -> None:
    settings = BreakerSettings(open_seconds=0.1)
    source = Source(DOWN)
    lane = Lane("school", source, Guard(Asking(breaker=settings, retry=False), at_once))
    assert [await outcome(lane) for _ in range(9)] == [Outcome.UNAVAILABLE] * 9
    assert (source.calls, lane.guard.standing()["state"]) == (5, "open")
    source.answers = [NOTHING]
    await asyncio.sleep(0.1)
    assert [await outcome(lane) for _ in range(2)] == [Outcome.NOTHING_TO_SHARE] * 2
    assert lane.guard.standing()["state"] == "closed"


async def test_who_gave_a_source_no_time_does_not_open_its_breaker() -> None:
    lane = Lane("school", Source(NOTHING, seconds=5))
    for _ in range(6):
        assert await outcome(lane, 0.15 + 0.02) is Outcome.TIMED_OUT
    assert (TOO_SHORT_TO_TELL > 0.02, lane.guard.breaker.state) == (True, "closed")


# A second question


async def test_a_source_that_could_not_be_reached_is_asked_once_more() -> None:
    source = Source(DOWN, NOTHING)
    assert await outcome(Lane("school", source, Guard(chance=at_once))) is Outcome.NOTHING_TO_SHARE
    assert source.calls == 2


@pytest.mark.parametrize("answer", [NOTHING, found(Outcome.TIMED_OUT), found(Outcome.AMBIGUOUS)])
async def test_what_answered_or_took_too_long_is_not_asked_again(answer: SourceFinding) -> None:
    source = Source(answer)
    await outcome(Lane("school", source, Guard(chance=at_once)))
    assert source.calls == 1


async def test_retries_are_a_tenth_of_the_questions_at_most() -> None:
    source = Source(DOWN)
    lane = Lane("school", source, Guard(Asking(breaker=BreakerSettings(in_a_row=100, of_last=1000)), at_once))
    for _ in range(90):
        await outcome(lane)
    assert 90 < source.calls <= 90 + 1 + 9


@given(st.lists(st.booleans(), max_size=300))
def test_second_questions_never_exceed_their_share(wanted: list[bool]) -> None:
    allowance, taken = Allowance(0.05), 0
    for wants in wanted:
        allowance.earned()
        taken += wants and allowance.taken()
    assert taken <= 1 + 0.05 * len(wanted) + 1e-9


async def known(guard: Guard, seconds: float = 0.001) -> None:
    for _ in range(20):
        guard.answered(seconds)


async def test_a_replica_is_asked_when_the_first_takes_longer_than_usual() -> None:
    slow, replica = Source(DOWN, seconds=5), Source(NOTHING)
    lane = Lane("school", slow, Guard(), replica)
    await known(lane.guard)
    began = time.monotonic()
    assert await outcome(lane) is Outcome.NOTHING_TO_SHARE
    assert (slow.calls, replica.calls, time.monotonic() - began < 0.5) == (1, 1, True)
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_replica_that_is_down_costs_nothing() -> None:
    slow, replica = Source(NOTHING, seconds=0.1), Source(DOWN)
    lane = Lane("school", slow, Guard(), replica)
    await known(lane.guard)
    assert await outcome(lane) is Outcome.NOTHING_TO_SHARE
    assert (slow.calls, replica.calls) == (1, 1)


async def test_without_a_replica_or_known_times_nothing_is_asked_twice() -> None:
    slow, replica = Source(NOTHING, seconds=0.05), Source(NOTHING)
    assert await outcome(Lane("school", slow, Guard(), replica)) is Outcome.NOTHING_TO_SHARE
    assert (slow.calls, replica.calls) == (1, 0)


# What outlives its deadline


async def test_a_driver_that_does_not_let_go_costs_no_more_than_the_deadline_and_is_counted() -> None:
    released = asyncio.Event()

    async def clings(_: Consultation) -> SourceFinding:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        return NOTHING

    lane = Lane("school", clings)
    began = time.monotonic()
    assert await outcome(lane, 0.4) is Outcome.TIMED_OUT
    assert time.monotonic() - began < 0.4
    assert (len(lane.guard.strays), lane.guard.bulkhead.inside) == (1, 1)
    released.set()
    await asyncio.sleep(0.01)
    assert (len(lane.guard.strays), lane.guard.bulkhead.inside, lane.guard.strays.late) == (0, 0, 1)


# Maintenance

SUNDAY_NIGHT = Maintenance.model_validate({"days": ["sunday"], "begins": "22:00", "ends": "04:00"})
ONE_NOON = Maintenance.model_validate({"on": "2026-06-03", "begins": "12:00", "ends": "13:00"})
DAILY = Maintenance.model_validate({"begins": "02:00", "ends": "02:30"})


@pytest.mark.parametrize(
    ("window", "moment", "down"),
    [
        (SUNDAY_NIGHT, "2026-06-07T21:59", False),
        (SUNDAY_NIGHT, "2026-06-07T22:00", True),
        (SUNDAY_NIGHT, "2026-06-08T03:59", True),
        (SUNDAY_NIGHT, "2026-06-08T04:00", False),
        (SUNDAY_NIGHT, "2026-06-08T22:30", False),
        (SUNDAY_NIGHT, "2026-06-07T03:00", False),
        (ONE_NOON, "2026-06-03T12:30", True),
        (ONE_NOON, "2026-06-03T13:00", False),
        (ONE_NOON, "2026-06-04T12:30", False),
        (DAILY, "2026-06-04T02:29", True),
        (DAILY, "2026-06-04T02:30", False),
    ],
)
def test_a_window_holds_when_its_owner_says(window: Maintenance, moment: str, down: bool) -> None:
    assert (under_maintenance((window,), datetime.fromisoformat(moment)) is not None) == down


async def test_a_source_in_maintenance_is_not_asked_and_says_so() -> None:
    source = Source(NOTHING)
    lane = Lane("school", source, maintenance=lambda: True)
    assert (await outcome(lane), source.calls) == (Outcome.MAINTENANCE, 0)
    assert lane.guard.breaker.state == "closed"


def test_maintenance_is_told_in_the_time_of_london() -> None:
    summer = datetime(2026, 6, 4, 1, 10, tzinfo=UTC).astimezone(LONDON)
    assert under_maintenance((DAILY,), summer) == DAILY


def test_a_source_has_room_for_as_many_questions_as_the_broker_answers_at_once() -> None:
    asking, answers = Asking(), AnswerSettings()
    bulkhead = Guard(asking).bulkhead
    assert asking.at_once + asking.waiting == bulkhead.at_once + bulkhead.waiting == answers.at_once
