"""The log in an SQLite file, opened so that what is acknowledged survives a power cut, and checked to be so."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path

import apsw

from broker.audit.entry import Entry
from broker.audit.events import ASKED, CASE_CHECKED, CLOSED, OPENED
from broker.audit.match_events import FEEDBACK
from broker.audit.stores.contract import (
    Appended,
    IndexRows,
    StoreFault,
    UnsafeStore,
    placed,
    root_of_subtree,
    rows_of,
)
from broker.audit.stores.sqlite_lock import WriteLock
from broker.audit.stores.sqlite_wal import LongWal
from broker.audit.tree import Frontier
from broker.audit.witness.kept import Kept
from broker.audit.written_anew import written_anew

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, raw BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS subtree
    (height INTEGER, number INTEGER, root BLOB NOT NULL, PRIMARY KEY (height, number)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS query
    (idx INTEGER PRIMARY KEY, query_id TEXT NOT NULL, kind TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS query_by_id ON query (query_id, kind);
CREATE INDEX IF NOT EXISTS query_by_time ON query (at);
CREATE TABLE IF NOT EXISTS tag (tag BLOB, idx INTEGER, PRIMARY KEY (tag, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (only INTEGER PRIMARY KEY CHECK (only = 1), note TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS cosignature
    (witness TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, line TEXT NOT NULL,
    sealed_note BLOB NOT NULL) STRICT;
"""
_QUERIES = "SELECT idx, query_id, kind, at FROM query WHERE idx BETWEEN ? AND ?"
_TAGS = """
SELECT tag.tag, tag.idx FROM carray(?1) AS wanted CROSS JOIN tag ON tag.tag = wanted.value
 WHERE tag.idx BETWEEN ?2 AND ?3"""
_QUERIES_IN_ORDER = "SELECT idx, query_id, kind, at FROM query WHERE idx >= ? AND idx < ? ORDER BY idx"
_TAGS_IN_ORDER = "SELECT tag, idx FROM tag WHERE idx >= ? AND idx < ? ORDER BY idx, tag"
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "checkpoint_fullfsync": 1}
_VERSION = 2
_READ_MEANWHILE = (
    "Somebody reads it, and it was not closed properly: wait until they have done, then start again."
)


@contextmanager
def _told() -> Iterator[None]:
    """SQLite's faults as the store's. They tell of the disk and the file, and quote no value."""
    try:
        yield
    except apsw.Error as fault:
        raise StoreFault(f"SQLite says: {fault}.", type(fault).__name__) from fault


@dataclass(frozen=True, slots=True)
class SqliteStore:
    """An open log file. A writer holds the lock beside it for as long as it lives."""

    connection: apsw.Connection
    lock: WriteLock | None
    wal: LongWal | None = None

    @property
    def alive(self) -> bool:
        return True

    @_told()
    def append(self, entries: Sequence[Entry], after: Frontier) -> Appended:
        """As ``contract.Store.append``; nobody else writes, so ``after`` is what the file holds."""
        appended = placed(entries, after)
        rows = rows_of(appended.written)
        with self._durably() as db:
            db.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows.entries)
            db.executemany("INSERT INTO subtree VALUES (?, ?, ?)", rows.subtrees)
            db.executemany("INSERT INTO query VALUES (?, ?, ?, ?)", rows.queries)
            # In the order in which they lie on the disk.
            db.executemany("INSERT INTO tag VALUES (?, ?)", sorted(rows.tags))
        return appended

    @_told()
    def afterwards(self) -> None:
        """As ``contract.Store.afterwards``: copy the write-ahead log, where it has become long."""
        if self.wal is not None:
            self.wal.copied(self.connection)

    @_told()
    def keep_note(self, note: str) -> None:
        """Keep a signed checkpoint instead of the last one, durably."""
        with self._durably() as db:
            db.execute("INSERT OR REPLACE INTO checkpoint VALUES (1, ?)", (note,))

    @_told()
    def note(self) -> str | None:
        """The last signed checkpoint."""
        found: str | None = self.connection.execute("SELECT note FROM checkpoint").get
        return found

    @_told()
    def keep_cosignatures(self, found: Sequence[Kept]) -> None:
        """As ``contract.Store.keep_cosignatures``."""
        with self._durably() as db:
            db.executemany(
                "INSERT INTO cosignature VALUES (?, ?, ?, ?, ?) ON CONFLICT (witness) DO UPDATE SET size ="
                " excluded.size, root = excluded.root, line = excluded.line, sealed_note = excluded.sealed_note"
                " WHERE excluded.size >= size",
                ((one.witness, one.size, one.root, one.line, one.sealed_note) for one in found),
            )

    @_told()
    def cosignatures(self) -> list[Kept]:
        """As ``contract.Store.cosignatures``."""
        found = self.connection.execute(
            "SELECT witness, size, root, line, sealed_note FROM cosignature ORDER BY witness"
        )
        return [Kept(*row) for row in found]

    @_told()
    def size(self) -> int:
        """How many entries there are, when none is missing."""
        return int(self.connection.execute("SELECT coalesce(max(idx) + 1, 0) FROM entry").get)

    def rows(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes, bytes]]:
        """Index, leaf hash and bytes of the entries from ``start`` to before ``end``, in order."""
        last = -1 if end is None else end - 1
        with _told():
            yield from self.connection.execute(
                "SELECT idx, leaf, raw FROM entry WHERE idx >= ?1 AND (?2 < 0 OR idx <= ?2) ORDER BY idx",
                (start, last),
            )

    def subtree(self, height: int, number: int) -> bytes:
        """As ``contract.Store.subtree``."""
        return root_of_subtree(self, height, number)

    @_told()
    def kept_hashes(self, height: int, first: int, count: int) -> list[bytes]:
        """Roots kept at a height that is a multiple of TILE_HEIGHT; leaf hashes at height 0."""
        if height == 0:
            found = self.connection.execute(
                "SELECT leaf FROM entry WHERE idx >= ? AND idx < ? ORDER BY idx", (first, first + count)
            )
        else:
            found = self.connection.execute(
                "SELECT root FROM subtree WHERE height = ? AND number >= ? AND number < ? ORDER BY number",
                (height, first, first + count),
            )
        return [root for (root,) in found]

    @_told()
    def of_query(self, query_id: str) -> list[tuple[int, bytes]]:
        """Index and bytes of a query's entries, in order."""
        found = self.connection.execute(
            "SELECT idx, raw FROM query JOIN entry USING (idx) WHERE query_id = ? ORDER BY idx", (query_id,)
        )
        return [(index, raw) for index, raw in found]

    @_told()
    def unclosed(self) -> list[str]:
        """Queries that were begun and have no end, in order."""
        found = self.connection.execute(
            "SELECT query_id FROM query AS begun WHERE kind IN (?, ?) AND NOT EXISTS"
            " (SELECT 1 FROM query WHERE query_id = begun.query_id AND kind = ?) ORDER BY idx",
            (ASKED, OPENED, CLOSED),
        )
        return list(dict.fromkeys(query_id for (query_id,) in found))

    @contextmanager
    def orphans(self) -> Iterator[list[str]]:
        """As ``contract.Store.orphans``: whoever writes the file is alone."""
        yield self.unclosed()

    @_told()
    def asked_about(self, tags: Collection[bytes], requester: bytes, since: datetime) -> set[str]:
        """As ``contract.Store.asked_about``."""
        at = since.astimezone(UTC).isoformat(timespec="milliseconds")
        return {
            query_id
            for tag in tags
            for (query_id,) in self.connection.execute(
                "SELECT query_id FROM tag AS about JOIN tag AS theirs USING (idx)"
                " JOIN query AS asked USING (idx)"
                " WHERE about.tag = ? AND theirs.tag = ? AND kind IN (?, ?) AND at >= ? AND NOT EXISTS"
                " (SELECT 1 FROM query WHERE query_id = asked.query_id AND kind IN (?, ?))",
                (tag, requester, ASKED, CASE_CHECKED, at, OPENED, FEEDBACK),
            )
        }

    def tagged(self, tag: bytes) -> Iterator[bytes]:
        """The bytes of the entries that bear a tag, newest first."""
        return (raw for _, raw in self.bearing(tag))

    def bearing(self, tag: bytes) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of the entries that bear a tag, newest first."""
        with _told():
            yield from self.connection.execute(
                "SELECT idx, raw FROM tag JOIN entry USING (idx) WHERE tag = ? ORDER BY idx DESC", (tag,)
            )

    def ends_with(self, tree: Frontier) -> bool:  # noqa: ARG002 -- as contract.Store has it
        """As ``contract.Store.ends_with``: the file says nothing but its entries."""
        return True

    @_told()
    def lists(self, rows: IndexRows) -> bool:
        """As ``contract.Store.lists``, with one statement for each table."""
        return (
            self._has_queries(rows.queries)
            and set(rows.tags) <= self._tags(rows.tags)
            and all(map(self._has_subtree, rows.subtrees))
        )

    def _has_queries(self, rows: Sequence[tuple[int, str, str, str]]) -> bool:
        indexes = [index for index, *_ in rows]
        found = self.connection.execute(_QUERIES, (min(indexes), max(indexes))).fetchall() if rows else []
        return found == rows or set(rows) <= set(found)

    def _tags(self, rows: Sequence[tuple[bytes, int]]) -> set[tuple[bytes, int]]:
        """All rows of the same tags between the same entries."""
        if not rows:
            return set()
        tags, indexes = {tag for tag, _ in rows}, [index for _, index in rows]
        wanted = apsw.carray(tuple(sorted(tags)))  # in the order in which they lie on the disk
        return set(self.connection.execute(_TAGS, (wanted, min(indexes), max(indexes))))

    def _has_subtree(self, row: tuple[int, int, bytes]) -> bool:
        return bool(
            self.connection.execute(
                "SELECT 1 FROM subtree WHERE height = ? AND number = ? AND root = ?", row
            ).get
        )

    @_told()
    def in_order(self, start: int, end: int) -> Callable[[IndexRows], bool]:
        """As ``contract.Store.in_order``: sorted once, which takes a second where looking them up takes five."""
        tags = self.connection.execute(_TAGS_IN_ORDER, (start, end))
        queries = self.connection.execute(_QUERIES_IN_ORDER, (start, end))

        @_told()
        def are_next(rows: IndexRows) -> bool:
            return (
                list(islice(queries, len(rows.queries))) == rows.queries
                and sorted(islice(tags, len(rows.tags))) == sorted(rows.tags)
                and all(map(self._has_subtree, rows.subtrees))
            )

        return are_next

    @_told()
    def listed(self) -> int:
        """As ``contract.Store.listed``."""
        return int(
            self.connection.execute(
                "SELECT (SELECT count(*) FROM tag) + (SELECT count(*) FROM query)"
                " + (SELECT count(*) FROM subtree)"
            ).get
        )

    def again(self) -> Callable[[], SqliteStore]:
        """As ``contract.Store.again``."""
        return partial(open_to_read, Path(self.connection.filename))

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """As ``contract.Store.as_of_now``."""
        with _told(), self.connection:
            yield

    @_told()
    def close(self) -> None:
        try:
            self.connection.close()
            if self.lock is not None:
                self.lock.end()
        finally:
            if self.lock is not None:
                self.lock.release()

    @contextmanager
    def _durably(self) -> Iterator[apsw.Connection]:
        """A transaction. After one that failed, the file is not closed properly, whatever follows."""
        try:
            with self.connection as db:
                yield db
        except BaseException:
            if self.lock is not None:
                self.lock.failed = True
            raise


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A log's file (``contract.Place``). ``vfs`` is SQLite's way to the disk, "" the usual."""

    path: Path
    vfs: str = ""

    def __str__(self) -> str:
        return str(self.path)

    def check(self) -> None:
        """As ``contract.Place.check``: whether it is one shows when it is opened to write."""

    def open_to_write(self) -> SqliteStore:
        """As ``contract.Place.open_to_write``. Raises StoreInUse while another process writes the file."""
        return open_to_write(self.path, self.vfs)

    def open_to_read(self) -> SqliteStore:
        """As ``contract.Place.open_to_read``."""
        return open_to_read(self.path)


def open_to_write(path: Path, vfs: str = "") -> SqliteStore:
    """Open (or make) the log to write. ``vfs`` is SQLite's way to the disk, "" the usual. Raises UnsafeStore."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = WriteLock.taken(path)
    try:
        _made_durably(path)
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=vfs or None)
        connection.set_busy_timeout(5000)
        _set_up(connection, path, lock)
    except (apsw.Error, OSError, UnsafeStore) as fault:
        lock.release()
        reason = str(fault) if isinstance(fault, UnsafeStore) else f"SQLite says: {fault}."
        raise UnsafeStore(f"The audit log {path} cannot be opened safely. {reason}") from None
    return SqliteStore(connection, lock, LongWal.watched(connection))


def open_to_read(path: Path) -> SqliteStore:
    """Open the log to read, beside a broker that writes it. Raises UnsafeStore when there is none."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        version = connection.pragma("user_version")
    except apsw.Error:
        raise UnsafeStore(f"There is no audit log at {path} that can be read.") from None
    if version != _VERSION:
        connection.close()
        raise UnsafeStore(f"{path} is no audit log of this version of the broker.")
    return SqliteStore(connection, None)


def _made_durably(path: Path) -> None:
    """Make an empty file that only this account reads, and sync the directory that names it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _set_up(connection: apsw.Connection, path: Path, lock: WriteLock) -> None:
    version = connection.pragma("user_version")
    if version not in (0, _VERSION):
        raise UnsafeStore("It was written by another version of the broker: start it with that one.")
    for name, value in _DURABLE.items():
        connection.pragma(name, value)
    for name, value in _DURABLE.items():  # read back: SQLite says nothing when it does not take a setting
        if (found := connection.pragma(name)) != value:
            raise UnsafeStore(f"{name} is {found} and not {value}: put {path.name} on a local disk.")
    closed = lock.was_closed()
    lock.begin()  # before anything is written, for that may fail too
    with connection:
        connection.execute(_SCHEMA)
        connection.pragma("user_version", _VERSION)
    if not closed and not written_anew(connection):
        raise UnsafeStore(_READ_MEANWHILE)
