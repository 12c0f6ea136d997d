"""An open log in an SQLite file: written by one, read by many."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import apsw

from broker.audit.entry import Entry
from broker.audit.events import ASKED, CASE_CHECKED, CLOSED, OPENED
from broker.audit.match_events import FEEDBACK
from broker.audit.stores import sqlite_index
from broker.audit.stores.contract import (
    CLOCKS_DIFFER_BY,
    OUT_OF_ORDER,
    Appended,
    IndexRows,
    StoreFault,
    as_stored,
    placed,
    root_of_subtree,
    rows_of,
)
from broker.audit.stores.sqlite_lock import WriteLock
from broker.audit.stores.sqlite_transaction import transaction
from broker.audit.stores.sqlite_wal import LongWal
from broker.audit.tree import Frontier
from broker.audit.witness.kept import Kept

_LATELY = "(SELECT idx FROM query WHERE at >= {} ORDER BY at LIMIT 1) - {}"
"""The index from which on to look: none, where nothing was written since."""

_ASKED_ABOUT = f"""
SELECT query_id, at, EXISTS (SELECT 1 FROM tag WHERE tag = ?2 AND idx = about.idx)
  FROM carray(?1) AS wanted CROSS JOIN tag AS about ON about.tag = wanted.value
                            CROSS JOIN query AS asked USING (idx)
 WHERE about.idx >= {_LATELY.format("?8", OUT_OF_ORDER)} AND kind IN (?3, ?4) AND at >= ?5
   AND NOT EXISTS (SELECT 1 FROM query WHERE query_id = asked.query_id AND kind IN (?6, ?7))"""  # nosec B608  # noqa: S608 -- put together from a constant

_ASKED_BY = f"""
SELECT kind, at, raw FROM tag CROSS JOIN query USING (idx) CROSS JOIN entry USING (idx)
 WHERE tag = ?1 AND idx >= {_LATELY.format("?2", OUT_OF_ORDER)} AND idx <= ?3 AND at >= ?4 AND kind IN (?5, ?6)
 ORDER BY idx"""  # nosec B608  # noqa: S608 -- put together from a constant
"""Both read what there is of some hours and no more, however long the log is (CROSS JOIN: in this order)."""

_NO_END = 2**63 - 1
"""SQLite's largest integer. A bound that may be none would have it go on to the file's end, whatever is asked."""


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
    reopens: Callable[[], SqliteStore] | None = None

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
            with self._or_marked():
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
        last = _NO_END if end is None else end - 1
        with _told():
            yield from self.connection.execute(
                "SELECT idx, leaf, raw FROM entry WHERE idx BETWEEN ? AND ? ORDER BY idx", (start, last)
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
    def asked_about(
        self, tags: Collection[bytes], requester: bytes, since: datetime
    ) -> list[tuple[str, str, bool]]:
        """As ``contract.Store.asked_about``."""
        if not tags:
            return []
        values = (requester, ASKED, CASE_CHECKED, as_stored(since), OPENED, FEEDBACK, _before(since))
        found = self.connection.execute(_ASKED_ABOUT, (apsw.carray(tuple(tags)), *values))
        return [(query_id, at, bool(own)) for query_id, at, own in found]

    @_told()
    def asked_by(
        self, requester: Collection[bytes], since: datetime, up_to: int
    ) -> list[tuple[str, str, bytes]]:
        """As ``contract.Store.asked_by``."""
        values = (_before(since), up_to, as_stored(since), ASKED, CASE_CHECKED)
        return [row for tag in requester for row in self.connection.execute(_ASKED_BY, (tag, *values))]

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
        return sqlite_index.lists(self.connection, rows)

    @_told()
    def in_order(self, start: int, end: int) -> Callable[[IndexRows], bool]:
        """As ``contract.Store.in_order``: sorted once, which takes a second where looking them up takes five."""
        return _told()(sqlite_index.in_order(self.connection, start, end))

    @_told()
    def listed(self) -> int:
        """As ``contract.Store.listed``."""
        return sqlite_index.listed(self.connection)

    def again(self) -> Callable[[], SqliteStore] | None:
        """As ``contract.Store.again``."""
        return self.reopens

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
        """A transaction."""
        with self._or_marked(), transaction(self.connection) as db:
            yield db

    @contextmanager
    def _or_marked(self) -> Iterator[None]:
        """After a write that failed, the file is not closed properly, whatever follows."""
        try:
            yield
        except BaseException:
            if self.lock is not None:
                self.lock.failed = True
            raise


def _before(since: datetime) -> str:
    return as_stored(since - CLOCKS_DIFFER_BY)
