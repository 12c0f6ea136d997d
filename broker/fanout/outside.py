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
        asking = self.begun(question)
        asking.add_done_callback(lambda _: ended())
        try:
            await asyncio.wait({asking}, timeout=seconds)
        except asyncio.CancelledError:
            await self._left(asking)
            raise
        if not asking.done():
            await self._left(asking)
            raise TimeoutError
        return asking.result()

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

    async def _left(self, asking: asyncio.Task[Any]) -> None:
        asking.add_done_callback(self._late)
        asking.cancel()
        await asyncio.wait({asking}, timeout=LETTING_GO_SECONDS)

    def _ended(self, asked: asyncio.Task[Any]) -> None:
        self._tasks.discard(asked)
        if not asked.cancelled():
            asked.exception()  # raised to whoever waits for it; asyncio need not report it as well

    def _late(self, stray: asyncio.Task[Any]) -> None:
        if not stray.cancelled() and stray.exception() is None:
            self.late += 1
