"""The deadline, kept from outside: also where a driver catches the cancellation, or never comes back.

A question runs in a task of its own. When its time is up, it is asked to end and nobody waits for it any more: it
is a *stray* until it ends, and what it still answers is counted and thrown away.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

Found = TypeVar("Found")

LETTING_GO_SECONDS = 0.01
"""What a driver that lets go needs for it; a query waits no longer for one that doesn't."""


@dataclass(slots=True)
class Strays:
    """Questions that outlived their deadline. ``late`` counts those that answered all the same."""

    late: int = 0
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set, repr=False)

    def __len__(self) -> int:
        return len(self._tasks)

    async def until(
        self, question: Coroutine[Any, Any, Found], seconds: float, ended: Callable[[], None]
    ) -> Found:
        """What ``question`` gives within ``seconds``. Raises TimeoutError, and whatever it raises itself.

        ``ended`` is called when the question has really ended, which for a stray is later.
        """
        loop = asyncio.get_running_loop()
        told: asyncio.Future[Found] = loop.create_future()
        asking = self.begun(self._tell(told, question, ended))
        timer = loop.call_later(seconds, _time_is_up, told)
        try:
            return await told
        finally:
            timer.cancel()
            if told.done() and not told.cancelled():
                told.exception()  # looked at: whoever was cancelled in this moment leaves it for asyncio to report
            if not asking.done():
                asking.cancel()
                await asyncio.wait({asking}, timeout=LETTING_GO_SECONDS)
            del told  # a fault holds the frames that it came through: with this one it would hold itself

    def begun(self, question: Coroutine[Any, Any, Found]) -> asyncio.Task[Found]:
        """A question under way, which ends by itself or by ``close``."""
        asking = asyncio.get_running_loop().create_task(question)
        self._tasks.add(asking)  # the loop itself keeps no reference
        asking.add_done_callback(self._ended)
        return asking

    async def close(self) -> None:
        """Ask all that are left to end, and wait a moment for them."""
        for one in self._tasks:
            one.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LETTING_GO_SECONDS)

    async def _tell(
        self, told: asyncio.Future[Found], question: Coroutine[Any, Any, Found], ended: Callable[[], None]
    ) -> None:
        """Tell whoever waits, in the same turn of the loop; where nobody does any more, count it as late."""
        try:
            found = await question
        except asyncio.CancelledError:
            ended()
            told.cancel()
            raise
        except Exception as fault:  # noqa: BLE001 -- it is whoever waits that has to see it
            ended()
            if not told.done():
                told.set_exception(fault)
        else:
            ended()
            if told.done():
                self.late += 1
            else:
                told.set_result(found)
        finally:
            del told  # as above

    def _ended(self, asked: asyncio.Task[Any]) -> None:
        self._tasks.discard(asked)
        if not asked.cancelled():
            asked.exception()  # raised to whoever waits for it; asyncio need not report it as well


def _time_is_up(told: asyncio.Future[Any]) -> None:
    if not told.done():
        told.set_exception(TimeoutError())
