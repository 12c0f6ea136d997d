"""How an answer leaves: whole, or part by part as the sources answer. What it says is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from broker.answers import Answer, SourcePart

Left = Callable[[], float]
"""Seconds that are left until the next time on the grid at which something may leave (law 5)."""


class Leaving(Protocol):
    """What the flow hands over: each once it is recorded."""

    def opening(self, opening: Answer, left: Left) -> None:
        """The answer without what sources say that are asked: the people, the receipt, and who is not asked."""

    async def part(self, part: SourcePart, left: Left) -> None:
        """What one source says."""


class Together:
    """Nothing leaves before everything does."""

    def opening(self, opening: Answer, left: Left) -> None:
        """Keep it."""

    async def part(self, part: SourcePart, left: Left) -> None:
        """Keep it."""


class OneByOne:
    """Each part leaves when it is recorded, at the next time on the grid; the opening before them all."""

    def __init__(self, put: Callable[[Answer | SourcePart], None]) -> None:
        self._put = put
        self._opening: Answer | None = None

    def opening(self, opening: Answer, left: Left) -> None:
        """Hand it on at its time: the sources are asked meanwhile."""
        self._opening = opening
        asyncio.get_running_loop().call_later(left(), self._open)

    async def part(self, part: SourcePart, left: Left) -> None:
        """Hand it on at its time."""
        await asyncio.sleep(left())
        self._open()
        self._put(part)

    def _open(self) -> None:
        if self._opening is not None:
            opening, self._opening = self._opening, None
            self._put(opening)


TOGETHER = Together()
