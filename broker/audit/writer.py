"""The one thread that writes the log.

While it commits, what arrives waits, and goes into the next commit together (at most 64 entries). After any
error it takes nothing more until the log was opened, and verified, again: a database may call a commit durable
that follows a failed one and is not; and of one whose answer was lost nobody knows whether it is there.
"""

from __future__ import annotations

import asyncio
import binascii
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from broker.audit.checkpoint import Checkpoint, signed
from broker.audit.encoding import entries_of
from broker.audit.entry import Entry, EntryTooLong
from broker.audit.event import Event
from broker.audit.keys import Keys
from broker.audit.stores.contract import Store, StoreFault
from broker.audit.tree import Frontier
from broker.audit.witness.kept import Kept

log = logging.getLogger(__name__)

TOGETHER = 64
CHECKPOINT_SECONDS, CHECKPOINT_ENTRIES = 1.0, 256

MEND = "The audit log failed or is closed. Mend the disk or the audit database, then start the broker again."


class LogUnavailable(Exception):
    """The log cannot be written; the sentence says what to do."""


class LogInUse(LogUnavailable):
    """Another process writes the log."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an entry is durable: the log's origin, its index, and its leaf hash in base64."""

    log: str
    index: int
    leaf_hash: str


@dataclass(slots=True)
class _Waiting:
    """An event that waits to be written, and what its caller waits for: told in the caller's loop.

    ``outcome``: what to tell, once it is known; until then, that the log failed.
    """

    event: Event = field(repr=False)
    receipt: asyncio.Future[Receipt]
    outcome: Receipt | str = MEND


@dataclass(frozen=True, slots=True)
class _Keeping:
    """Cosignatures that wait to be kept, and what their caller waits for."""

    found: Sequence[Kept]
    kept: Future[None]


class Writer:
    """Writes events to a store that was verified, and signs checkpoints of what is durable."""

    def __init__(self, store: Store, keys: Keys, origin: str, frontier: Frontier) -> None:
        """``frontier`` is that of the store, and its checkpoint is signed."""
        self._store, self._keys, self._origin, self._frontier = store, keys, origin, frontier
        self._signed_size, self._signed_at = frontier.size, time.monotonic()
        self._queue: queue.SimpleQueue[_Waiting | _Keeping | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._broken = self._closed = False
        self._thread = threading.Thread(target=self._run, name="audit log", daemon=True)
        self._thread.start()

    @property
    def healthy(self) -> bool:
        """Whether entries can still be written."""
        return not self._broken and not self._closed and self._store.alive

    def submit(self, event: Event) -> asyncio.Future[Receipt]:
        """The receipt to come, once the event is durable. Raises LogUnavailable, at once or from the future.

        What was begun is written, also where the future is cancelled.
        """
        waiting = _Waiting(event, asyncio.get_running_loop().create_future())
        with self._gate:
            if not self.healthy:
                raise LogUnavailable(MEND)
            self._queue.put(waiting)
        return waiting.receipt

    def keep(self, found: Sequence[Kept]) -> Future[None]:
        """Keep what witnesses cosigned; done when it is durable.

        Raises LogUnavailable, at once or from the future.
        """
        keeping = _Keeping(found, Future())
        keeping.kept.set_running_or_notify_cancel()
        with self._gate:
            if not self.healthy:
                raise LogUnavailable(MEND)
            self._queue.put(keeping)
        return keeping.kept

    def close(self) -> None:
        """Write what waits, sign a last checkpoint, and let go of the file."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        while self._turn():
            pass
        try:
            self._store.close()
        except StoreFault as fault:  # what was acknowledged is durable all the same
            log.error("audit log: %s while closing", fault.name)  # noqa: TRY400 -- a traceback quotes values

    def _turn(self) -> bool:
        """Write what waits, and sign when it is time; False when it was the last turn.

        Nothing of the batch outlives its turn: the thread may then wait for hours.
        """
        batch, goes_on = self._gathered()
        if batch:
            self._unless_broken(partial(self._write, batch))
            _tell(batch)
            self._unless_broken(self._afterwards)
        if not goes_on or self._until_due() == 0:
            self._unless_broken(self._sign)
        return goes_on

    def _gathered(self) -> tuple[list[_Waiting], bool]:
        """The next events to write together, and whether more may come; none, when a checkpoint is due first."""
        batch: list[_Waiting] = []
        take = self._queue.get
        with contextlib.suppress(queue.Empty):
            while len(batch) < TOGETHER:
                one = take(False) if batch else take(timeout=self._until_due())
                if one is None:
                    return batch, False
                if isinstance(one, _Keeping):
                    self._keep(one)
                else:
                    batch.append(one)
        return batch, True

    def _until_due(self) -> float | None:
        """Seconds until a checkpoint is due; None when every entry is signed, or none will be any more."""
        unsigned = self._frontier.size - self._signed_size
        if not unsigned or self._broken:
            return None
        late = self._signed_at + CHECKPOINT_SECONDS - time.monotonic()
        return 0 if unsigned >= CHECKPOINT_ENTRIES else max(0, late)

    def _unless_broken(self, step: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            step()
        except Exception as fault:  # noqa: BLE001 -- whatever failed, nothing may be acknowledged after it
            self._broken = True
            log.error("audit log: %s while writing; it takes no more entries", _named(fault))  # noqa: TRY400 -- a traceback quotes values

    def _keep(self, one: _Keeping) -> None:
        self._unless_broken(partial(self._store.keep_cosignatures, one.found))
        if self._broken:
            one.kept.set_exception(LogUnavailable(MEND))
        else:
            one.kept.set_result(None)

    def _write(self, batch: Sequence[_Waiting]) -> None:
        sealed = self._sealed(batch)
        appended = self._store.append([entry for _, entry in sealed], self._frontier)
        self._frontier = appended.frontier
        for (waiting, _), one in zip(sealed, appended.written, strict=True):
            leaf = binascii.b2a_base64(one.filled[0], newline=False).decode()
            waiting.outcome = Receipt(self._origin, one.index, leaf)

    def _sealed(self, batch: Sequence[_Waiting]) -> list[tuple[_Waiting, Entry]]:
        """The entries of a batch, and the keys of new people durable. What cannot be an entry fails alone."""
        sealed = []
        for one, made in zip(batch, entries_of([one.event for one in batch], self._keys), strict=True):
            if isinstance(made, Entry):
                sealed.append((one, made))
            elif isinstance(made, EntryTooLong):
                one.outcome = "This is more than one entry of the log can hold."
            else:
                log.error("audit log: %s in making an entry; it was not written", type(made).__name__)
                one.outcome = "This cannot be made an entry of the log."
        return sealed

    def _afterwards(self) -> None:
        """What a commit leaves to be done, and nobody waits for."""
        self._store.afterwards()
        self._keys.keystore.afterwards()

    def _sign(self) -> None:
        """Sign what is durable, and only that."""
        if self._frontier.size > self._signed_size:
            self._store.keep_note(note_of(self._frontier, self._keys, self._origin))
        self._signed_size, self._signed_at = self._frontier.size, time.monotonic()


def _tell(batch: Sequence[_Waiting]) -> None:
    """Tell all callers what became of their events. Each loop is woken once: that costs more than the telling."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Waiting]] = {}
    for one in batch:
        by_loop.setdefault(one.receipt.get_loop(), []).append(one)
    for loop, theirs in by_loop.items():
        with contextlib.suppress(RuntimeError):  # it is closed: nobody waits there any more
            loop.call_soon_threadsafe(_settle, theirs)


def _settle(batch: Sequence[_Waiting]) -> None:
    for one in batch:
        if one.receipt.done():
            continue  # its caller went away
        if isinstance(one.outcome, Receipt):
            one.receipt.set_result(one.outcome)
        else:
            one.receipt.set_exception(LogUnavailable(one.outcome))


def note_of(frontier: Frontier, keys: Keys, origin: str) -> str:
    """The signed checkpoint of a tree."""
    return signed(Checkpoint(origin, frontier.size, frontier.root()), *keys.ring.signing.keys())


def _named(fault: Exception) -> str:
    return fault.name if isinstance(fault, StoreFault) else type(fault).__name__
