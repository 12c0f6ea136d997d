"""A deadline that holds whatever the driver does.

Drivers bound their waits in their own ways, and a frozen server gets round most of them (measured with a
deadline of 1.0 s: asyncpg 0.32's own timeout took 2.0 s; a task of its own that is left behind, 1.00 s). So
the work runs in its own task. At the deadline its connection is cut, the task is cancelled, and nobody waits
for either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TypeVar

from connectors.contract import SourceTimedOut

T = TypeVar("T")

_STEPS = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0)


def step_for(seconds: float) -> float:
    """The next longer of a few usual times: so a database need not be told anew for every question."""
    return next((one for one in _STEPS if one >= seconds), _STEPS[-1])


class LeftBehind:
    """Tasks that missed their deadline and are on their way out."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, task: asyncio.Task[None]) -> None:
        """Keep a task from being collected, until it ends by itself."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def gone(self, seconds: float) -> None:
        """Wait until all have ended, but no longer than this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not report it: its source is already given up


async def within(
    seconds: float, work: Coroutine[object, object, T], cut: Callable[[], None], left: LeftBehind
) -> T:
    """What the work returns or raises, when it ends in time.

    Otherwise, and when the caller is cancelled: ``cut`` is called (it has to return at once), the work is
    cancelled and left behind. Raises SourceTimedOut.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Future[T] = loop.create_future()
    task = loop.create_task(_tell(told, work))
    timer = loop.call_later(max(seconds, 0), _time_is_up, told)
    try:
        return await told
    except _TimeIsUp:
        raise SourceTimedOut(f"no answer within {seconds:.2f} seconds") from None
    finally:
        timer.cancel()
        if told.done() and not told.cancelled():
            told.exception()  # looked at: asyncio would report, and quote, what nobody waits for any more
        if not task.done():
            left.add(task)
            cut()
            task.cancel()
        del told  # a fault holds the frames that it came through: with this one it would hold itself


class _TimeIsUp(Exception):
    """The deadline came first."""


async def _tell(told: asyncio.Future[T], work: Coroutine[object, object, T]) -> None:
    """Tell whoever waits, in the same turn of the loop. What comes too late is for nobody."""
    try:
        found = await work
    except asyncio.CancelledError:
        _time_is_up(told)  # whoever cut it off from inside had its own deadline
        raise
    except Exception as fault:  # noqa: BLE001 -- it is whoever waits that has to see it
        if not told.done():
            told.set_exception(fault)
    else:
        if not told.done():
            told.set_result(found)
    finally:
        del told  # as above


def _time_is_up(told: asyncio.Future[T]) -> None:
    if not told.done():
        told.set_exception(_TimeIsUp())
