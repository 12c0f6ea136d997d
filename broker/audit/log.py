"""Writing the audit log: an entry is durable before ``record`` returns, or nothing goes on.

One thread owns the file. While it commits, what arrives waits, and goes into the next commit together (at most
64 entries). After any error the log takes nothing more until it was opened, and verified, again: SQLite may
call a commit durable that follows a failed one and is not.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from broker.audit import store as stores
from broker.audit.checkpoint import Checkpoint, signed
from broker.audit.entry import entry_of
from broker.audit.events import Event, QueryClosed, QueryIntent
from broker.audit.keys import Keys
from broker.audit.tree import Frontier, leaf_hash
from broker.audit.verify import LogBroken, verified_frontier
from connectors.contract import Identifiers

log = logging.getLogger(__name__)

TOGETHER = 64
CHECKPOINT_SECONDS, CHECKPOINT_ENTRIES = 1.0, 256


class LogUnavailable(Exception):
    """The log cannot be written; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an entry is durable: the log's origin, its index, and its leaf hash in base64."""

    log: str
    index: int
    leaf_hash: str


@dataclass(slots=True)
class _Waiting:
    """An event that waits to be written, and who waits for it."""

    event: Event = field(repr=False)
    done: asyncio.Future[Receipt]
    loop: asyncio.AbstractEventLoop


class AuditLog:
    """The log, open to write. Made by ``AuditLog.open``; ``record`` and ``repeats`` may be called at once."""

    def __init__(
        self, store: stores.Store, reading: stores.Store, keys: Keys, origin: str, frontier: Frontier
    ) -> None:
        self._store, self._reading, self._keys, self._origin = store, reading, keys, origin
        self._frontier, self._signed_size, self._signed_at = frontier, 0, 0.0
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._broken = False
        self._closed = False
        self._thread = threading.Thread(target=self._write_until_closed, name="audit log", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path, keys: Keys, origin: str, *, now: Callable[[], datetime]) -> AuditLog:
        """Open the log, verify it, and close what a crash left open. Raises LogUnavailable."""
        try:
            store = await asyncio.to_thread(stores.open_to_write, path)
        except stores.UnsafeStore as fault:
            raise LogUnavailable(str(fault)) from None
        try:
            frontier = await asyncio.to_thread(verified_frontier, store, origin, keys.public)
        except LogBroken as fault:
            store.close()
            raise LogUnavailable(
                f"{path} does not verify: {fault} Keep it as it is, and begin an inquiry."
            ) from None
        opened = cls(store, stores.open_to_read(path), keys, origin, frontier)
        for query_id in await asyncio.to_thread(opened._reading.unclosed):
            await opened.record(QueryClosed(query_id, now(), "aborted"))
        return opened

    @property
    def healthy(self) -> bool:
        """Whether entries can still be written."""
        return not self._broken and not self._closed

    async def record(self, event: Event) -> Receipt:
        """Write an event; return when it is durable. Raises LogUnavailable."""
        if not self.healthy:
            raise LogUnavailable(
                "The audit log failed or is closed. Mend the disk, then start the broker again."
            )
        loop = asyncio.get_running_loop()
        waiting = _Waiting(event, loop.create_future(), loop)
        self._queue.put(waiting)
        # Shielded: whoever asked may go away, but what was begun is written all the same.
        return await asyncio.shield(waiting.done)

    async def repeats(self, subject: str, people: Sequence[Identifiers], since: datetime) -> int:
        """How many earlier queries of this requester share a tag with any of these people."""
        return await asyncio.to_thread(self._count_repeats, subject, people, since)

    async def close(self) -> None:
        """Write what waits, sign a last checkpoint, and let go of the file."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            await asyncio.to_thread(self._thread.join)
            self._reading.close()
            self._keys.close()

    def _count_repeats(self, subject: str, people: Sequence[Identifiers], since: datetime) -> int:
        tags = self._keys.tags
        about = {
            index for person in people for tag in tags.person(person) for index in self._reading.with_tag(tag)
        }
        mine = self._reading.with_tag(tags.tag("requester", subject))
        return sum(intent_since(self._reading.raw(index), since) for index in about & mine)

    def _write_until_closed(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._write(batch)
        self._sign_last()
        self._store.close()

    def _next_batch(self) -> list[_Waiting] | None:
        """The next events to write together; None when the log was closed and nothing waits."""
        first = self._queue.get()
        batch = [first]
        while len(batch) < TOGETHER and not self._queue.empty():
            batch.append(self._queue.get())
        if None not in batch:
            return [one for one in batch if one is not None]
        self._queue.put(None)
        return [one for one in batch if one is not None] or None

    def _write(self, batch: Sequence[_Waiting]) -> None:
        try:
            receipts = self._committed([one.event for one in batch])
        except Exception as fault:  # noqa: BLE001 -- whatever failed, nothing may be acknowledged after it
            self._broken = True
            log.error(  # noqa: TRY400 -- a traceback would quote values
                "audit log: %s while writing; it takes no more entries until it is restarted",
                type(fault).__name__,
            )
            for one in batch:
                _tell(
                    one, LogUnavailable("The audit log failed. Mend the disk, then start the broker again.")
                )
            return
        for one, receipt in zip(batch, receipts, strict=True):
            _tell(one, receipt)

    def _committed(self, events: Sequence[Event]) -> list[Receipt]:
        """The receipts of events that are durable now."""
        if self._broken:
            raise LogUnavailable("The audit log failed earlier.")
        entries = [entry_of(event, self._keys) for event in events]
        leaves = [leaf_hash(entry.raw) for entry in entries]
        start, frontier = self._frontier.size, self._frontier
        for leaf in leaves:
            frontier = frontier.with_leaf(leaf)
        note = self._note(frontier) if self._checkpoint_is_due(frontier.size) else None
        self._store.append(start, list(zip(entries, leaves, strict=True)), note, frontier.size)
        self._frontier = frontier
        if note:
            self._signed_size, self._signed_at = frontier.size, time.monotonic()
        return [
            Receipt(self._origin, at, base64.b64encode(leaf).decode())
            for at, leaf in enumerate(leaves, start)
        ]

    def _checkpoint_is_due(self, size: int) -> bool:
        late = time.monotonic() - self._signed_at >= CHECKPOINT_SECONDS
        return late or size - self._signed_size >= CHECKPOINT_ENTRIES

    def _note(self, frontier: Frontier) -> str:
        return signed(Checkpoint(self._origin, frontier.size, frontier.root()), self._keys.signing)

    def _sign_last(self) -> None:
        if not self._broken and self._frontier.size > self._signed_size:
            self._store.append(self._frontier.size, (), self._note(self._frontier), self._frontier.size)


def _tell(waiting: _Waiting, outcome: Receipt | LogUnavailable) -> None:
    """Give the outcome to whoever waits, on their own event loop; it may have ended meanwhile."""

    def settle() -> None:
        if waiting.done.done():
            return
        if isinstance(outcome, Receipt):
            waiting.done.set_result(outcome)
        else:
            waiting.done.set_exception(outcome)
            waiting.done.exception()  # seen, also when nobody waits any more

    with contextlib.suppress(RuntimeError):
        waiting.loop.call_soon_threadsafe(settle)


def intent_since(raw: bytes, since: datetime) -> bool:
    """Whether an entry is a query's intent from ``since`` on."""
    clear = json.loads(raw)["clear"]
    return clear["type"] == QueryIntent.kind and datetime.fromisoformat(clear["at"]) >= since
