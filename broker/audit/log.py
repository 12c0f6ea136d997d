"""The audit log, open to write: an entry is durable before ``record`` returns, or nothing goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

import apsw

from broker.audit.asked import AskedAbout, AskedBy
from broker.audit.checkpoint import Verifier
from broker.audit.entry import key_ids_in, listing, opened
from broker.audit.event import Event, Facts
from broker.audit.events import ASKED, QueryClosed, TokenEnded
from broker.audit.keys import Keys
from broker.audit.keystore import Keystore, KeystoreUnfit
from broker.audit.stores.contract import Place, Store, StoreFault, StoreInUse, UnsafeStore
from broker.audit.stores.sqlite import SqliteFile
from broker.audit.tags import TagKeys
from broker.audit.verify import LogBroken, starting_point
from broker.audit.witness.kept import Kept
from broker.audit.witness.standing import alone
from broker.audit.writer import MEND, LogInUse, LogUnavailable, Receipt, Writer, note_of
from connectors.contract import Identifiers

__all__ = ["AuditLog", "LogInUse", "LogUnavailable", "Receipt"]

T = TypeVar("T")

_UNREADABLE = "The audit log cannot be read."


class AuditLog:
    """Made by ``AuditLog.open``. Any number of callers may record at once."""

    def __init__(self, writer: Writer, reading: Store, people: Keystore, keys: Keys) -> None:
        """``people``: a way to the keystore for the thread that reads."""
        self._writer, self._reading, self._people, self._keys = writer, reading, people, keys
        # One connection, so one thread: SQLite's may not be used by two at once.
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit log reader")
        self.standing = alone()
        """How the log stands with its witnesses: renewed by whoever asks them."""

    @classmethod
    async def open(
        cls,
        where: Path | Place,
        keys: Keys,
        origin: str,
        *,
        now: Callable[[], datetime],
        vfs: str = "",
        in_passing: bool = False,
    ) -> AuditLog:
        """Open the log, verify it, and close what a crash left open. Raises LogUnavailable.

        ``where``: a path is an SQLite file's, and ``vfs`` SQLite's way to the disk, "" the usual one.
        ``in_passing`` is for a command that writes one entry beside brokers: it reads again only what is not
        signed yet, and closes nothing that a crash left open. The log closes the keys with itself.
        """
        place = SqliteFile(where, vfs) if isinstance(where, Path) else where
        async with AsyncExitStack() as unless_open:
            writer = await asyncio.to_thread(_writer, place, keys, origin, in_passing)
            unless_open.push_async_callback(asyncio.to_thread, writer.close)
            reading = await asyncio.to_thread(_reading, place)
            unless_open.push_async_callback(asyncio.to_thread, _given_up, reading.close)
            people = await asyncio.to_thread(_people, keys)
            unless_open.push_async_callback(asyncio.to_thread, _given_up, people.close)
            opened = cls(writer, reading, people, keys)
            if not in_passing:
                await opened._close_orphans(now)
            unless_open.pop_all()
        return opened

    @property
    def healthy(self) -> bool:
        """Whether entries can still be written."""
        return self._writer.healthy

    async def record(self, event: Event) -> Receipt:
        """Write an event; return when it is durable. Raises LogUnavailable.

        Whoever calls may be cancelled: what was begun is written all the same.
        """
        return await self._writer.submit(event)

    async def repeats(self, subject: str, people: Sequence[Identifiers], since: datetime) -> int:
        """How many queries of this requester since then are about somebody who shares a tag with one of these.

        Opening the details of an answer is none. Raises LogUnavailable.
        """
        return sum(one.own for one in await self.asked_about(subject, people, since))

    async def asked_about(
        self, subject: str, people: Sequence[Identifiers], since: datetime
    ) -> list[AskedAbout]:
        """Everybody's queries since then about somebody who shares a tag with one of these, in order of time.

        Opening the details of an answer is none. ``subject``: whose own are told apart. Raises LogUnavailable.
        """
        if not self.healthy:
            raise LogUnavailable(MEND)
        reading = self._reader.submit(self._asked_about, subject, people, since)
        return await asyncio.wrap_future(reading)

    async def asked_by(self, subject: str, since: datetime, up_to: int) -> list[AskedBy]:
        """What a requester asked from then on, and about whom, as far as the entry of that index.

        Raises LogUnavailable.
        """
        return await asyncio.wrap_future(self._reader.submit(self._asked_by, subject, since, up_to))

    async def tagged(
        self, tags: Callable[[TagKeys], Iterable[bytes]], part: str, about: Sequence[Identifiers] = ()
    ) -> list[Facts]:
        """The clear facts of the entries that bear one of these tags, and their part of this name.

        ``about``: of those only that are about exactly one of these people, if there are any. No part about a
        person: their keys are the writer's to read. Raises LogUnavailable.
        """
        if not self.healthy:
            raise LogUnavailable(MEND)
        wanted = tuple(tag for keys in self._keys.every_tags for tag in tags(keys))
        return await asyncio.wrap_future(self._reader.submit(self._tagged, wanted, part, about))

    async def of_query(self, query_id: str, part: str) -> list[Facts]:
        """The clear facts of a query's entries, in order, and their part of this name; no part about a person.

        Raises LogUnavailable.
        """
        return await asyncio.wrap_future(self._reader.submit(self._of_query, query_id, part))

    async def tokens_ended(self, since: datetime) -> dict[str, datetime]:
        """The fingerprints of the tokens that were ended from then on, and when; oldest first.

        It reads that many entries and one more, through the index. Raises LogUnavailable.
        """
        return await asyncio.wrap_future(self._reader.submit(self._tokens_ended, since))

    async def bearing(self, tag: Callable[[TagKeys], bytes]) -> tuple[int, bytes] | None:
        """Index and bytes of the latest entry that bears a tag, in whichever epoch. Raises LogUnavailable."""
        wanted = tuple(tag(keys) for keys in self._keys.every_tags)
        return await asyncio.wrap_future(self._reader.submit(self._latest_bearing, wanted))

    async def take_up_keys(self) -> bool:
        """Go on with keys that a command made or destroyed meanwhile; whether there are any.

        Raises keys.KeysMissing, keys.providers.ProviderFailed.
        """
        return await asyncio.to_thread(self._keys.take_up)

    def verifier(self, origin: str) -> Verifier:
        """Whose signatures the checkpoints of the log of this origin bear, by the keys as they are now."""
        return self._keys.verifier(origin)

    async def read(self, reads: Callable[[Store], T]) -> T:
        """What ``reads`` finds in the store, in the one thread that reads it. Raises LogUnavailable."""
        return await asyncio.wrap_future(self._reader.submit(self._read, reads))

    async def keep(self, cosigned: Sequence[Kept]) -> None:
        """Keep what witnesses cosigned. Raises LogUnavailable."""
        await asyncio.shield(asyncio.wrap_future(self._writer.keep(cosigned)))

    async def close(self) -> None:
        """Write what waits, sign a last checkpoint, and let go of the file and the keys, whatever fails of it."""
        async with AsyncExitStack() as last_first:
            last_first.callback(self._keys.close)
            last_first.push_async_callback(asyncio.to_thread, self._writer.close)
            last_first.push_async_callback(asyncio.to_thread, self._people.close)
            # Before the writer: SQLite tidies up behind the last that closes, if it may write.
            last_first.push_async_callback(asyncio.to_thread, self._reading.close)
            last_first.push_async_callback(asyncio.to_thread, self._reader.shutdown)

    async def _close_orphans(self, now: Callable[[], datetime]) -> None:
        """End the queries that a crash left open, so that none looks as if it went on for ever."""
        try:
            async with _in_a_thread(self._reading.orphans()) as orphans:
                for query_id in orphans:
                    await self.record(QueryClosed(query_id, now(), "aborted"))
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None

    def _asked_about(self, subject: str, people: Sequence[Identifiers], since: datetime) -> list[AskedAbout]:
        found: dict[str, AskedAbout] = {}
        try:
            for epoch in self._keys.ring.epochs:
                requester = epoch.tags.requester(subject)
                theirs = {tag for one in people for tag in epoch.tags.person(one)}
                about = self._people.ids(theirs, epoch.name)
                for query_id, at, own in self._reading.asked_about(about, requester, since):
                    found[query_id] = AskedAbout(datetime.fromisoformat(at), own)
        except (StoreFault, apsw.Error):
            raise LogUnavailable(_UNREADABLE) from None
        return sorted(found.values(), key=attrgetter("at"))

    def _asked_by(self, subject: str, since: datetime, up_to: int) -> list[AskedBy]:
        tags = [keys.requester(subject) for keys in self._keys.every_tags]
        try:
            found = self._reading.asked_by(tags, since, up_to)
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None
        return [
            AskedBy(datetime.fromisoformat(at), kind == ASKED, key_ids_in(raw)) for kind, at, raw in found
        ]

    def _tagged(self, tags: Iterable[bytes], part: str, about: Sequence[Identifiers]) -> list[Facts]:
        try:
            found = dict.fromkeys(raw for tag in tags for raw in self._reading.tagged(tag))
            if found and about:
                theirs = {key_id for one in about for key_id in self._keys.key_ids(one, self._people)}
                found = dict.fromkeys(raw for raw in found if not theirs.isdisjoint(listing(raw)[3]))
        except (StoreFault, apsw.Error):
            raise LogUnavailable(_UNREADABLE) from None
        return [opened(raw, self._keys, only=(part,)) for raw in found]

    def _of_query(self, query_id: str, part: str) -> list[Facts]:
        try:
            return [opened(raw, self._keys, only=(part,)) for _, raw in self._reading.of_query(query_id)]
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None

    def _read(self, reads: Callable[[Store], T]) -> T:
        try:
            return reads(self._reading)
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None

    def _latest_bearing(self, tags: Iterable[bytes]) -> tuple[int, bytes] | None:
        try:
            return next((found for tag in tags for found in self._reading.bearing(tag)), None)
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None

    def _tokens_ended(self, since: datetime) -> dict[str, datetime]:
        found = []
        of_kind = (
            raw for one in self._keys.every_tags for raw in self._reading.tagged(one.kind(TokenEnded.kind))
        )
        try:
            for raw in of_kind:
                facts = opened(raw, self._keys)
                if (at := datetime.fromisoformat(facts["at"])) < since:
                    break
                found.append((facts["token"], at))
        except StoreFault:
            raise LogUnavailable(_UNREADABLE) from None
        return dict(reversed(found))


@asynccontextmanager
async def _in_a_thread(of: AbstractContextManager[T]) -> AsyncIterator[T]:
    """A context whose beginning and end may wait for a database."""
    entered = await asyncio.to_thread(of.__enter__)
    try:
        yield entered
    finally:
        await asyncio.to_thread(of.__exit__, None, None, None)


def _writer(place: Place, keys: Keys, origin: str, in_passing: bool) -> Writer:
    """A writer of a log that verifies, with its checkpoint signed. Raises LogUnavailable."""
    try:
        store = place.open_to_write()
    except StoreInUse as fault:
        raise LogInUse(str(fault)) from None
    except UnsafeStore as fault:
        raise LogUnavailable(str(fault)) from None
    try:
        keys.keystore.write_anew()
        start = starting_point(store, keys.verifier(origin), in_passing=in_passing)
        if start.signed_size != start.frontier.size:
            store.keep_note(note_of(start.frontier, keys, origin))
        return Writer(store, keys, origin, start.frontier)
    except LogBroken as fault:
        store.close()
        raise LogUnavailable(_what_to_do(place, fault)) from None
    except KeystoreUnfit as fault:
        store.close()
        raise LogUnavailable(str(fault)) from None
    except StoreFault as fault:
        store.close()
        raise LogUnavailable(
            f"{place} cannot be written: {fault.name}. Mend the disk or the database first."
        ) from None


def _reading(place: Place) -> Store:
    try:
        return place.open_to_read()
    except UnsafeStore as fault:
        raise LogUnavailable(str(fault)) from None


def _people(keys: Keys) -> Keystore:
    try:
        return keys.another_keystore()
    except (apsw.Error, StoreFault):
        raise LogUnavailable("The keystore cannot be read. Mend the disk or the database first.") from None


def _given_up(close: Callable[[], None]) -> None:
    """Close what a start that failed leaves behind. Why it failed is told; what closing met besides is not."""
    with suppress(apsw.Error, StoreFault):
        close()


def _what_to_do(place: Place, fault: LogBroken) -> str:
    return (
        f"{place} does not verify: {fault} The broker does not start on it. Copy it as it is (of a file, those"
        " beside it too), tell whoever is responsible for information governance, and find out more with"
        " broker audit verify. Bring the log back from a copy that verifies; or begin a new one in another place,"
        " and keep this one."
    )
