"""What a command is about to do and a running broker has to record, since the log has one writer.

The command leaves it in the partnership's registers, encrypted, and does it when it stands in the log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime

from broker.audit.change_events import PolicySimulated
from broker.audit.log import LogUnavailable
from broker.registers.store import RegisterUnavailable, Store
from broker.registers.watching import EVERY, Record

REGISTER = "announced"
log = logging.getLogger(__name__)


def announce(store: Store, event: PolicySimulated) -> None:
    """Leave an event for the broker that runs. Raises RegisterUnavailable."""
    facts = {name: fact for name, fact in asdict(event).items() if name != "at"}
    store.write(REGISTER, facts, event.at)


@dataclass(slots=True)
class Announcements:
    """Writes down what is announced while a broker runs. What is older was never done: nobody recorded it."""

    store: Store
    _seen: int = -1
    _known: set[str] = field(default_factory=set)

    def started(self) -> None:
        """Leave alone what is there already. Raises RegisterUnavailable."""
        self._seen = self.store.changes()
        self._known = {one.id for one in self.store.entries(REGISTER)}

    async def watch(self, record: Record, now: Callable[[], datetime]) -> None:
        """Write down what is announced, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look(record, now)

    async def look(self, record: Record, now: Callable[[], datetime]) -> None:
        """Write down what was announced since the last look."""
        try:
            changes = self.store.changes()
            if changes == self._seen:
                return
            for one in self.store.entries(REGISTER):
                if one.id not in self._known:
                    await record(PolicySimulated(at=now(), **one.facts))
                    self._known.add(one.id)
            self._seen = changes
        except (RegisterUnavailable, LogUnavailable) as fault:
            log.warning("announcements: %s", fault)
