"""Lives of a log on a disk that fails: written, killed, written again; and whether its promises are then kept."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import apsw

from broker.audit.keys import KeysMissing
from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.stores.contract import StoreFault
from broker.audit.tree import leaf_hash
from tests.integration.audit.disk import Disk
from tests.unit.audit.audit_samples import ANNA, closed, disclosure, intent, keys_in, open_log, reading


@dataclass(slots=True)
class Lives:
    """One log on one disk, and the leaf hash, by index, of all that it acknowledged."""

    directory: Path
    disk: Disk
    promised: dict[int, bytes] = field(default_factory=dict)

    @asynccontextmanager
    async def life(self, *, killed: bool) -> AsyncIterator[AuditLog]:
        """From a start to the end: killed, or closed as a broker closes that meets an error.

        Raises LogUnavailable where it does not start.
        """
        log = await self._started()
        try:
            yield log
        finally:
            self.disk.stopped |= killed
            with contextlib.suppress(apsw.IOError, apsw.FullError):
                await log.close()

    async def _started(self) -> AuditLog:
        try:
            return await open_log(self.directory)
        except (
            KeysMissing,
            StoreFault,
            apsw.Error,
        ) as fault:  # apsw tells of faults in closing, SQLite does not
            raise LogUnavailable(str(fault)) from None

    async def record(self, log: AuditLog, name: str, queries: int = 1) -> None:
        """Queries about one new person each, one entry after the other. Raises LogUnavailable."""
        for number in range(queries):
            query_id = f"q-{name}-{number}"
            somebody = replace(ANNA, nhs_number=None, family_name=f"Thistlewood {query_id}")
            for event in (intent(query_id, somebody), disclosure(query_id), closed(query_id)):
                receipt = await log.record(event)
                self.promised[receipt.index] = base64.b64decode(receipt.leaf_hash)

    async def record_at_once(self, log: AuditLog, name: str, callers: int, queries: int) -> None:
        """The same by several callers, each until the log refuses."""
        asking = (self.record(log, f"{name}-{caller}", queries) for caller in range(callers))
        for outcome in await asyncio.gather(*asking, return_exceptions=True):
            if outcome is not None and not isinstance(outcome, LogUnavailable):
                raise outcome

    def lost(self) -> list[int]:
        """The promises that the log does not keep: no such entry, or the person's key is not there.

        The log verifies, and has no gap, or this fails.
        """
        if not self.promised:
            return []  # the power may be cut before there is a log
        with reading(self.directory) as reader:
            found = reader.verify()
            assert found.fault is None, found.fault
            kept = {index: leaf_hash(raw) for index, _, raw in reader.store.rows()}
            assert list(kept) == list(range(len(kept)))
            unreadable = {
                one.index for one in reader.entries() if any(part is None for part in parts(one.facts))
            }
        return [at for at, leaf in self.promised.items() if kept.get(at) != leaf or at in unreadable]


def parts(facts: object) -> Iterator[object]:
    """Those parts of an entry that no entry lacks."""
    assert isinstance(facts, dict)
    return (value for name, value in facts.items() if name.startswith("person ") or name == "request")


@contextlib.contextmanager
def on_a_disk(directory: Path, chance: Random) -> Iterator[Lives]:
    """A log's keys, made while the disk was well, and lives of the log from then on."""
    keys_in(directory)
    disk = Disk(directory, chance)
    try:
        yield Lives(directory, disk)
    finally:
        disk.unregister()
