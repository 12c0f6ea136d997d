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
        self._tasks: set[asyncio.Task[object]] = set()

    def add(self, task: asyncio.Task[object]) -> None:
        """Keep a task from being collected, until it ends by itself."""
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def gone(self, seconds: float) -> None:
        """Wait until all have ended, but no longer than this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)

    def _ended(self, task: asyncio.Task[object]) -> None:
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
    task = asyncio.get_running_loop().create_task(work)
    try:
        await asyncio.wait({task}, timeout=max(seconds, 0))
    finally:
        # Also one that is done: nobody sees its fault when the caller goes away in the same moment.
        left.add(task)
        if not task.done():
            cut()
            task.cancel()
    if task.done() and not task.cancelled():
        return task.result()
    raise SourceTimedOut(f"no answer within {seconds:.2f} seconds")
