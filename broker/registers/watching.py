"""Shields in force while the broker runs: those of this moment, at every question."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime

from broker.audit.change_events import ShieldsChanged
from broker.audit.event import Event
from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.tags import TagKeys
from broker.registers.shields import Shields, in_force, shields_of
from broker.registers.store import RegisterUnavailable, Store

Record = Callable[[Event], Awaitable[object]]
"""Makes an entry of the audit log durable."""

_told = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks that write down what has changed. What has changed holds before."""


async def recorded_in(log: AuditLog) -> frozenset[str]:
    """The ids of the shields that are in force by the log's entries. Raises LogUnavailable."""
    held: set[str] = set()
    for entry in reversed(await log.tagged(_changes, "shields")):
        held = (held | {*entry["shields"]["added"]}) - {*entry["shields"]["lifted"]}
    return frozenset(held)


def _changes(tags: TagKeys) -> tuple[bytes, ...]:
    return (tags.kind(ShieldsChanged.kind),)


@dataclass(slots=True)
class ShieldsInForce:
    """Called, it gives the shields of this moment: a look at the file costs microseconds.

    Raises RegisterUnavailable: a source whose shields can't be known is not answered for.
    """

    store: Store
    _seen: int = -1
    _current: Shields = field(default_factory=Shields, repr=False)
    _ids: frozenset[str] = frozenset()
    _recorded: frozenset[str] = frozenset()

    def __call__(self) -> Shields:
        changes = self.store.changes()
        if changes != self._seen:
            found = in_force(self.store)
            self._current, self._ids, self._seen = (
                shields_of(found),
                frozenset(one.id for one in found),
                changes,
            )
        return self._current

    def started(self, recorded: frozenset[str]) -> None:
        """Read them for the first time. What differs from those of the log changed while no broker ran."""
        self()
        self._recorded = recorded

    async def watch(self, record: Record, now: Callable[[], datetime]) -> None:
        """Write down what has changed, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look(record, now)

    async def look(self, record: Record, now: Callable[[], datetime]) -> None:
        """Write down what has changed since the last look."""
        try:
            self()
            ids = self._ids
            if ids != self._recorded:
                added, lifted = ids - self._recorded, self._recorded - ids
                await record(ShieldsChanged(now(), tuple(sorted(added)), tuple(sorted(lifted))))
                self._recorded = ids
        except (RegisterUnavailable, LogUnavailable) as fault:
            _told.warning("shields: %s", fault)
