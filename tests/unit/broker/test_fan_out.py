"""Sources side by side: each behind its own bulkhead, all under one deadline, and no task left over."""

from __future__ import annotations

import asyncio
import time
from datetime import date

import pytest

from broker.answers import Outcome
from broker.consultation import Consultation, Consulted, PersonFinding, SourceFinding
from broker.fanout import KEPT_FOR_REPLY_SECONDS, Guard, Heard, Lane, hear, side_by_side
from broker.in_common import InCommon
from connectors.asking import Asking
from connectors.contract import Identifiers
from tests.unit.broker.broker_samples import ASK

ASKED = Consultation("q-1", (Consulted(1, Identifiers(), ASK), Consulted(2, Identifiers(), ASK)), 1.0)
FOUND = SourceFinding(
    tuple(PersonFinding(number, Outcome.NOTHING_TO_SHARE) for number in (1, 2)), date(2026, 5, 31)
)


async def answers(_: Consultation) -> SourceFinding:
    return FOUND


async def hangs(_: Consultation) -> SourceFinding:
    await asyncio.Event().wait()
    return FOUND


async def breaks(_: Consultation) -> SourceFinding:
    raise ValueError("Emma")


def outcomes(heard: Heard) -> list[Outcome]:
    return [one.outcome for one in heard.people]


async def test_a_source_that_hangs_costs_its_own_part_and_no_more_than_the_deadline() -> None:
    deadline = (began := time.monotonic()) + 0.4
    lanes = [Lane("slow", hangs), Lane("quick", answers)]
    slow, quick = await side_by_side(lanes, lambda lane: hear(lane, ASKED, deadline))
    assert time.monotonic() - began < 0.4
    assert outcomes(slow) == [Outcome.TIMED_OUT] * 2
    assert (quick.people, quick.as_of) == (FOUND.people, FOUND.as_of)
    assert slow.as_of is None
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_source_that_breaks_costs_its_own_part(caplog: pytest.LogCaptureFixture) -> None:
    heard = await hear(Lane("broken", breaks), ASKED, time.monotonic() + 1)
    assert outcomes(heard) == [Outcome.UNAVAILABLE] * 2
    assert "ValueError" in caplog.text
    assert "Emma" not in caplog.text


async def test_without_time_left_a_source_is_not_asked() -> None:
    heard = await hear(Lane("slow", breaks), ASKED, time.monotonic() + KEPT_FOR_REPLY_SECONDS)
    assert outcomes(heard) == [Outcome.TIMED_OUT] * 2


async def test_a_source_is_told_how_long_it_has() -> None:
    told: list[float] = []

    async def asks(consultation: Consultation) -> SourceFinding:
        told.append(consultation.seconds)
        return FOUND

    await hear(Lane("school", asks), ASKED, time.monotonic() + 1)
    assert 0.7 < told[0] <= 1 - KEPT_FOR_REPLY_SECONDS


async def test_what_is_beyond_the_queue_is_shed_at_once() -> None:
    lane = Lane("school", hangs, Guard(Asking(at_once=2, waiting=3)))
    deadline = time.monotonic() + 0.5
    asked = [asyncio.create_task(hear(lane, ASKED, deadline)) for _ in range(5)]
    await asyncio.sleep(0)
    began = time.monotonic()
    shed = await hear(lane, ASKED, deadline)
    assert (outcomes(shed), time.monotonic() - began < 0.1) == ([Outcome.UNAVAILABLE] * 2, True)
    assert all(outcomes(heard) == [Outcome.TIMED_OUT] * 2 for heard in await asyncio.gather(*asked))
    assert not lane.guard.bulkhead.full


async def test_a_bulkhead_lets_no_more_in_at_once_than_it_says() -> None:
    inside, most = 0, 0

    async def counts(_: Consultation) -> SourceFinding:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.005)
        inside -= 1
        return FOUND

    lane = Lane("school", counts, Guard(Asking(at_once=3)))
    heard = await asyncio.gather(*(hear(lane, ASKED, time.monotonic() + 1) for _ in range(12)))
    assert (most, {one.people for one in heard}) == (3, {FOUND.people})


async def test_a_query_that_is_given_up_leaves_no_task_and_no_place_taken() -> None:
    lanes = [Lane(name, hangs, Guard(Asking(at_once=1, waiting=1))) for name in ("a", "b", "c")]
    asked = asyncio.create_task(side_by_side(lanes, lambda lane: hear(lane, ASKED, time.monotonic() + 5)))
    await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert asyncio.all_tasks() == {asyncio.current_task()}
    for lane in lanes:
        async with asyncio.timeout(0.1), lane.guard.bulkhead.place():
            assert not lane.guard.bulkhead.full


async def test_when_the_log_fails_for_one_part_the_others_end_and_it_is_raised_as_itself() -> None:
    async def part(lane: Lane) -> Heard:
        if lane.source == "a":
            raise LookupError
        return await hear(lane, ASKED, time.monotonic() + 5)

    with pytest.raises(LookupError):
        await side_by_side([Lane("a", answers), Lane("b", hangs)], part)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_what_a_query_has_in_common_goes_with_the_last_of_its_consultations() -> None:
    in_common = InCommon()
    with in_common.of("q-1") as first:
        first["name"] = "spelled"
        with in_common.of("q-2") as other, in_common.of("q-1") as second:
            assert (other, second) == ({}, {"name": "spelled"})
    with in_common.of("q-1") as anew:
        assert anew == {}
    assert in_common == InCommon()
