"""Reading the log beside the broker that writes it: in threads of its own, and never many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from broker.audit.reader import AuditReader
from broker.audit.stores.contract import StoreFault, UnsafeStore
from broker.errors import NotRecorded, Overloaded

Told = TypeVar("Told")
AT_ONCE = 2
"""How many readings may run: each takes a thread, and time from the queries."""


@dataclass(slots=True)
class LogReadings:
    """How the log is read. ``open_log`` opens it; ``inside`` counts the readings that run."""

    open_log: Callable[[], AuditReader]
    at_once: int = AT_ONCE
    inside: int = 0
    verifying: bool = False

    async def read(self, ask: Callable[[AuditReader], Told]) -> Told:
        """Ask the log, off the event loop. Raises Overloaded, and what ``ask`` raises.

        NotRecorded when the log cannot be read: then it cannot be written either.

        Whoever waits may be cancelled: the reading ends by itself, and keeps its place until then.
        """
        if self.inside >= self.at_once:
            raise Overloaded
        self.inside += 1
        reading = asyncio.get_running_loop().run_in_executor(None, self._asked, ask)
        reading.add_done_callback(self._ended)
        return await asyncio.shield(reading)

    def _asked(self, ask: Callable[[AuditReader], Told]) -> Told:
        try:
            with self.open_log() as reader:
                return ask(reader)
        except (StoreFault, UnsafeStore):
            raise NotRecorded from None

    def _ended(self, reading: asyncio.Future[Told]) -> None:
        self.inside -= 1
        if not reading.cancelled():
            reading.exception()  # seen, also where nobody waits for it any more
