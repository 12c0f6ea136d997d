"""How many queries at once this machine can stand, found out from how late the event loop is.

A query that waits for a database costs nothing here; one that is worked on keeps the loop from all others. So the
sign of too much is not how long queries take, as it would be for a service with nothing behind it: one source that
hangs would close the broker. It is how late the loop comes to what is due. The number falls by a tenth whenever
that is too late, and rises by and by while it is used up (additive increase, multiplicative decrease: Chiu and
Jain, Analysis of the increase and decrease algorithms for congestion avoidance, 1989).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOOKED_AT_EVERY = 0.05
TOO_LATE = 0.025
"""Seconds: an answer's way through the loop has some ten turns, so it then takes a quarter of a second more."""

_FEWER, _MORE = 0.9, 0.5


@dataclass(slots=True)
class Pace:
    """``most`` at once, ``least`` whatever the loop says; ``allowed`` is the number of this moment."""

    most: int
    least: int = 8
    _allowed: float = field(init=False)

    def __post_init__(self) -> None:
        self.least = min(self.least, self.most)
        self._allowed = float(self.most)

    @property
    def allowed(self) -> int:
        return int(self._allowed)

    def seen(self, late: float, inside: int) -> None:
        """The loop was so many seconds late, with so many queries inside."""
        if late > TOO_LATE:
            self._allowed = max(float(self.least), self._allowed * _FEWER)
        elif inside >= self.allowed:
            self._allowed = min(float(self.most), self._allowed + _MORE)


async def keep_looking(seen: Callable[[float], None]) -> None:
    """Tell ``seen``, for ever, by how many seconds the loop is late."""
    while True:
        due = time.monotonic() + LOOKED_AT_EVERY
        await asyncio.sleep(LOOKED_AT_EVERY)
        seen(time.monotonic() - due)
