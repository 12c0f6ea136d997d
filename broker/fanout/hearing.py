"""One source, or the case system, asked under its guard; and all sources of a query side by side. Never raises."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Generic, TypeVar

from broker.answers import FAILURES, Outcome
from broker.consultation import CaseConsultation, CaseFinding, Consultation, PersonFinding, SourceFinding
from broker.fanout.guard import Guard
from broker.fanout.second import Questions, with_second

log = logging.getLogger(__name__)

KEPT_FOR_REPLY_SECONDS = 0.15
"""Of the deadline, what the disclosure's commit and the reply may take."""

Part = TypeVar("Part")
Found = TypeVar("Found", SourceFinding, CaseFinding)
Ask = Callable[[Consultation], Awaitable[SourceFinding]]
AskCase = Callable[[CaseConsultation], Awaitable[CaseFinding]]


def _no_maintenance() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one source: its name, what asks it (and its replica, where it has one), and its guard.

    ``maintenance``: whether it is down now, as planned.
    """

    source: str
    ask: Ask = field(repr=False)
    guard: Guard = field(default_factory=Guard, repr=False)
    replica: Ask | None = field(default=None, repr=False)
    maintenance: Callable[[], bool] = field(default=_no_maintenance, repr=False)


@dataclass(frozen=True, slots=True)
class CaseLane:
    """The way to the requesters' case system."""

    source: str
    ask: AskCase = field(repr=False)
    guard: Guard = field(default_factory=Guard, repr=False)
    maintenance: Callable[[], bool] = field(default=_no_maintenance, repr=False)


@dataclass(frozen=True, slots=True)
class Heard:
    """What one source answered, how long it took, in milliseconds; the day it is of and what it has its owner told
    (see SourceFinding).
    """

    source: str
    people: tuple[PersonFinding, ...]
    milliseconds: int
    as_of: date | None = None
    alert: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Instead(Generic[Found]):
    """What stands for an answer that did not come."""

    timed_out: Found
    unavailable: Found
    maintenance: Found


async def hear(lane: Lane, consultation: Consultation, deadline: float) -> Heard:
    """Ask one source, until ``deadline`` (on time.monotonic) less what the reply needs. Never raises."""

    def put(ask: Ask) -> Callable[[float], Awaitable[SourceFinding]]:
        return lambda seconds: ask(replace(consultation, seconds=seconds))

    found, milliseconds = await _answered(
        lane,
        Questions(put(lane.ask), put(lane.replica) if lane.replica else None, _of_source),
        deadline - KEPT_FOR_REPLY_SECONDS,
        _Instead(*(_all(consultation, one) for one in _NO_ANSWER)),
    )
    return Heard(lane.source, found.people, milliseconds, found.as_of, found.alert)


async def hear_case(
    lane: CaseLane, consultation: CaseConsultation, deadline: float
) -> tuple[CaseFinding, int]:
    """Ask the case system, until ``deadline``: what it says, and the milliseconds it took. Never raises."""
    unavailable = CaseFinding("unavailable")
    return await _answered(
        lane,
        Questions(lambda seconds: lane.ask(replace(consultation, seconds=seconds)), None, _of_case),
        deadline,
        _Instead(CaseFinding("timed_out"), unavailable, unavailable),
    )


async def _answered(
    lane: Lane | CaseLane, questions: Questions[Found], deadline: float, instead: _Instead[Found]
) -> tuple[Found, int]:
    """What is answered in time, or what stands for it; and how many milliseconds it took."""
    began, guard = time.monotonic(), lane.guard
    seconds = min(deadline - began, guard.asking.seconds or deadline - began)
    if lane.maintenance():
        found = instead.maintenance
    elif seconds <= 0:
        found = instead.timed_out
    elif not guard.admits():
        found = instead.unavailable
    else:
        found = await _guarded(lane, questions, began + seconds, instead)
    guard.took = round((time.monotonic() - began) * 1000)
    return found, guard.took


async def _guarded(
    lane: Lane | CaseLane, questions: Questions[Found], deadline: float, instead: _Instead[Found]
) -> Found:
    """Ask within the bulkhead and until the deadline, and let the breaker know."""
    guard, turn, found = lane.guard, _Turn(), instead.timed_out
    try:
        question = _in_turn(questions, guard, turn, deadline)
        guard.bulkhead.enter()
        found = await guard.strays.until(question, deadline - time.monotonic(), guard.bulkhead.leave)
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        guard.breaker.undecided()
        raise
    except Exception as fault:  # noqa: BLE001 -- whatever is on the way to a source, the others still answer
        # Only the kind of fault is logged: its text may quote values.
        log.warning("%s: unavailable after %s", lane.source, type(fault).__name__)
        found = instead.unavailable
    turn.told(guard, failed=questions.failure(found) is not None, deadline=deadline)
    return found


@dataclass(slots=True)
class _Turn:
    """When a question got its place in the bulkhead; 0 while it waits for one."""

    began: float = 0.0

    def told(self, guard: Guard, *, failed: bool, deadline: float) -> None:
        """Let the breaker know. Who only waited for a place learnt nothing of the source."""
        if not failed:
            guard.answered(time.monotonic() - self.began)
        elif self.began:
            guard.failed(had=deadline - self.began)
        else:
            guard.breaker.undecided()


async def _in_turn(questions: Questions[Found], guard: Guard, turn: _Turn, deadline: float) -> Found:
    async with guard.bulkhead.place():
        turn.began = time.monotonic()
        return await with_second(questions, guard, deadline)


async def side_by_side(lanes: Sequence[Lane], one: Callable[[Lane], Awaitable[Part]]) -> tuple[Part, ...]:
    """``one`` for every lane, at the same time; the parts in the order of the lanes.

    The one that was slowest last is asked first: the others' questions are put together while it works. The first
    exception (of the audit log, say) ends the others and is raised as itself.
    """

    async def awaited(lane: Lane) -> Part:
        return await one(lane)

    try:
        async with asyncio.TaskGroup() as group:
            slowest_first = sorted(lanes, key=lambda lane: -lane.guard.took)
            tasks = {lane.source: group.create_task(awaited(lane)) for lane in slowest_first}
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None
    return tuple(tasks[lane.source].result() for lane in lanes)


_NO_ANSWER = (Outcome.TIMED_OUT, Outcome.UNAVAILABLE, Outcome.MAINTENANCE)


def _all(consultation: Consultation, outcome: Outcome) -> SourceFinding:
    return SourceFinding(tuple(PersonFinding(one.number, outcome) for one in consultation.people))


def _of_source(found: SourceFinding) -> Outcome | None:
    """How a source failed; None when it answered."""
    return next((one.outcome for one in found.people if one.outcome in FAILURES), None)


def _of_case(found: CaseFinding) -> Outcome | None:
    return Outcome(found.state) if found.state in FAILURES else None
