"""At most so many questions to one source at once, so that one slow source can't hold all that the broker has."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bulkhead:
    """At most ``at_once`` questions to one source, and ``waiting`` more in the queue; beyond, they are shed."""

    at_once: int
    waiting: int
    inside: int = 0
    _gate: asyncio.Semaphore = field(init=False)

    def __post_init__(self) -> None:
        self._gate = asyncio.Semaphore(self.at_once)

    @property
    def full(self) -> bool:
        return self.inside >= self.at_once + self.waiting

    def enter(self) -> None:
        """Count a question in, at once: so many in one turn of the loop find no more room than there is."""
        self.inside += 1

    def leave(self) -> None:
        """Count it out, whatever became of it."""
        self.inside -= 1

    def place(self) -> asyncio.Semaphore:
        """A place among those at once, for a question that was counted in: ``async with``."""
        return self._gate
