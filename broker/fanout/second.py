"""A second question where the first was in vain: once more after a fault, or to a replica when it takes long.

At most one of either, only of what changes nothing over there (a consultation reads), and only within the guard's
allowances (Dean and Barroso, The tail at scale, 2013; full jitter: Brooker, Exponential backoff and jitter, 2015).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from broker.answers import Outcome
from broker.fanout.guard import Guard

Found = TypeVar("Found")
Attempt = Callable[[float], Awaitable[Found]]
"""Asks a source, which has that many seconds."""

LONGEST_PAUSE = 0.1
"""Seconds before a question is put again, at most; and no more than a quarter of what is left."""


@dataclass(frozen=True, slots=True)
class Questions(Generic[Found]):
    """One question, to a source and to its replica, if it has one. ``failure``: how the source failed, if so."""

    first: Attempt[Found] = field(repr=False)
    replica: Attempt[Found] | None = field(repr=False)
    failure: Callable[[Found], Outcome | None] = field(repr=False)

    def unreached(self, found: Found) -> bool:
        """Whether the source said nothing at all: what took too long is not put again."""
        return self.failure(found) is Outcome.UNAVAILABLE


async def with_second(questions: Questions[Found], guard: Guard, deadline: float) -> Found:
    """What the source says by ``deadline`` (on time.monotonic), or its replica. Whoever calls ends it then."""
    guard.retries.earned()
    guard.hedges.earned()
    found = await _hedged(questions, guard, deadline)
    if not questions.unreached(found) or not guard.asking.retry or not guard.retries.taken():
        return found
    await asyncio.sleep(guard.chance() * min(LONGEST_PAUSE, (deadline - time.monotonic()) / 4))
    return await questions.first(deadline - time.monotonic())


async def _hedged(questions: Questions[Found], guard: Guard, deadline: float) -> Found:
    patience = guard.hedge_after() if questions.replica else None
    if questions.replica is None or patience is None:
        return await questions.first(deadline - time.monotonic())
    first = guard.strays.begun(_put(questions.first, deadline))
    asked = {first}
    try:
        await asyncio.wait(asked, timeout=patience)
        if not first.done() and guard.hedges.taken():
            asked.add(guard.strays.begun(_put(questions.replica, deadline)))
        return await _first_reached(asked, questions)
    finally:
        for one in asked:
            one.cancel()


async def _put(attempt: Attempt[Found], deadline: float) -> Found:
    return await attempt(deadline - time.monotonic())


async def _first_reached(asked: set[asyncio.Task[Found]], questions: Questions[Found]) -> Found:
    """What came first, unless it came to nothing: then the other."""
    waiting = set(asked)
    while True:
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            if not waiting or (one.exception() is None and not questions.unreached(one.result())):
                return one.result()
