"""Sources asked side by side, under one deadline, each behind a bulkhead of its own.

A source that hangs, breaks or is overrun costs its own part of the answer and nothing else. What is asked of a
source is a function passed in: whether it runs in this process or in an agent is not known here.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from broker.answers import Outcome
from broker.consultation import CaseConsultation, CaseFinding, Consultation, PersonFinding, SourceFinding

log = logging.getLogger(__name__)

KEPT_FOR_REPLY_SECONDS = 0.15
"""Of the deadline, what the disclosure's commit and the reply may take."""

Part = TypeVar("Part")
Found = TypeVar("Found")
Ask = Callable[[Consultation], Awaitable[SourceFinding]]
AskCase = Callable[[CaseConsultation], Awaitable[CaseFinding]]


@dataclass(slots=True)
class Bulkhead:
    """At most ``at_once`` questions to one source, and ``waiting`` more in the queue; beyond, they are shed.

    ``took`` is how many milliseconds the last one took.
    """

    at_once: int = 8
    waiting: int = 16
    took: int = 0
    _inside: int = 0
    _gate: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._gate = asyncio.Semaphore(self.at_once)

    @property
    def full(self) -> bool:
        return self._inside >= self.at_once + self.waiting

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        self._inside += 1
        try:
            async with self._gate:
                yield
        finally:
            self._inside -= 1


@dataclass(frozen=True, slots=True)
class Lane:
    """The way to one source: its name, what asks it, and its bulkhead."""

    source: str
    ask: Ask = field(repr=False)
    bulkhead: Bulkhead = field(default_factory=Bulkhead, repr=False)


@dataclass(frozen=True, slots=True)
class CaseLane:
    """The way to the requesters' case system."""

    source: str
    ask: AskCase = field(repr=False)
    bulkhead: Bulkhead = field(default_factory=Bulkhead, repr=False)


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


async def hear(lane: Lane, consultation: Consultation, deadline: float) -> Heard:
    """Ask one source, until ``deadline`` (on time.monotonic) less what the reply needs. Never raises."""
    found, milliseconds = await _answered(
        lane,
        lambda seconds: lane.ask(replace(consultation, seconds=seconds)),
        deadline - KEPT_FOR_REPLY_SECONDS,
        _instead(consultation, Outcome.TIMED_OUT),
        _instead(consultation, Outcome.UNAVAILABLE),
    )
    return Heard(lane.source, found.people, milliseconds, found.as_of, found.alert)


async def hear_case(
    lane: CaseLane, consultation: CaseConsultation, deadline: float
) -> tuple[CaseFinding, int]:
    """Ask the case system, until ``deadline``: what it says, and the milliseconds it took. Never raises."""
    return await _answered(
        lane,
        lambda seconds: lane.ask(replace(consultation, seconds=seconds)),
        deadline,
        CaseFinding("timed_out"),
        CaseFinding("unavailable"),
    )


async def _answered(
    lane: Lane | CaseLane,
    ask: Callable[[float], Awaitable[Found]],
    deadline: float,
    timed_out: Found,
    unavailable: Found,
) -> tuple[Found, int]:
    """What ``ask``, given the seconds that are left, answers in time; and how many milliseconds it took."""
    began = time.monotonic()
    seconds, found = deadline - began, timed_out
    if lane.bulkhead.full:
        found = unavailable
    elif seconds > 0:
        try:
            async with asyncio.timeout(seconds), lane.bulkhead.place():
                found = await ask(deadline - time.monotonic())
        except TimeoutError:
            pass
        except Exception as fault:  # noqa: BLE001 -- whatever is on the way to a source, the others still answer
            # Only the kind of fault is logged: its text may quote values.
            log.warning("%s: unavailable after %s", lane.source, type(fault).__name__)
            found = unavailable
    lane.bulkhead.took = round((time.monotonic() - began) * 1000)
    return found, lane.bulkhead.took


async def side_by_side(lanes: Sequence[Lane], one: Callable[[Lane], Awaitable[Part]]) -> tuple[Part, ...]:
    """``one`` for every lane, at the same time; the parts in the order of the lanes.

    The one that was slowest last is asked first: the others' questions are put together while it works. The first
    exception (of the audit log, say) ends the others and is raised as itself.
    """

    async def awaited(lane: Lane) -> Part:
        return await one(lane)

    try:
        async with asyncio.TaskGroup() as group:
            slowest_first = sorted(lanes, key=lambda lane: -lane.bulkhead.took)
            tasks = {lane.source: group.create_task(awaited(lane)) for lane in slowest_first}
    except ExceptionGroup as faults:
        raise faults.exceptions[0] from None
    return tuple(tasks[lane.source].result() for lane in lanes)


def _instead(consultation: Consultation, outcome: Outcome) -> SourceFinding:
    return SourceFinding(tuple(PersonFinding(one.number, outcome) for one in consultation.people))
