"""The log's file: SQLite, opened so that what is acknowledged survives a power cut, and checked to be so.

One table of entries by index, their leaf hashes, an index of tags and of queries, and the signed checkpoints.
Everything but the entries can be made again from them.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import apsw

from broker.audit.entry import Entry

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (idx INTEGER PRIMARY KEY, leaf BLOB NOT NULL, raw BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS tag (tag BLOB, idx INTEGER, PRIMARY KEY (tag, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS query
    (query_id TEXT, idx INTEGER, kind TEXT, PRIMARY KEY (query_id, idx)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS checkpoint (size INTEGER PRIMARY KEY, note TEXT NOT NULL);
"""
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1}


class UnsafeStore(Exception):
    """The file may not be written as it is; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Store:
    """An open log file. A writer holds the lock beside it for as long as it lives."""

    connection: apsw.Connection
    lock: int | None

    def append(self, index: int, entries: Sequence[tuple[Entry, bytes]], note: str | None, size: int) -> None:
        """Write entries with their leaf hashes, and a checkpoint of ``size``, in one durable transaction."""
        with self.connection as db:
            for at, (entry, leaf) in enumerate(entries, start=index):
                db.execute("INSERT INTO entry VALUES (?, ?, ?)", (at, leaf, entry.raw))
                db.executemany("INSERT INTO tag VALUES (?, ?)", ((tag, at) for tag in entry.tags))
                if entry.query_id:
                    db.execute("INSERT INTO query VALUES (?, ?, ?)", (entry.query_id, at, entry.kind))
            if note is not None:
                db.execute("INSERT OR REPLACE INTO checkpoint VALUES (?, ?)", (size, note))

    def size(self) -> int:
        return int(self.connection.execute("SELECT count(*) FROM entry").get)

    def rows(self, start: int = 0) -> Iterator[tuple[int, bytes, bytes]]:
        """Index, leaf hash and bytes of every entry from ``start``, in order."""
        yield from self.connection.execute(
            "SELECT idx, leaf, raw FROM entry WHERE idx >= ? ORDER BY idx", (start,)
        )

    def of_query(self, query_id: str) -> list[tuple[int, bytes]]:
        """Index and bytes of a query's entries, in order."""
        found = self.connection.execute(
            "SELECT idx, raw FROM query JOIN entry USING (idx) WHERE query_id = ? ORDER BY idx", (query_id,)
        )
        return [(index, raw) for index, raw in found]

    def unclosed(self) -> list[str]:
        """Queries that have an intent and no end."""
        found = self.connection.execute(
            "SELECT query_id FROM query GROUP BY query_id"
            " HAVING sum(kind = 'query.intent') > 0 AND sum(kind = 'query.closed') = 0"
        )
        return [query_id for (query_id,) in found]

    def with_tag(self, tag: bytes) -> set[int]:
        """The indexes of the entries that bear a tag."""
        return {index for (index,) in self.connection.execute("SELECT idx FROM tag WHERE tag = ?", (tag,))}

    def raw(self, index: int) -> bytes:
        return bytes(self.connection.execute("SELECT raw FROM entry WHERE idx = ?", (index,)).get)

    def last_note(self) -> str | None:
        """The latest signed checkpoint."""
        row = self.connection.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self.connection.close()
        if self.lock is not None:
            os.close(self.lock)


def open_to_write(path: Path) -> Store:
    """Open (or make) the log to write. Raises UnsafeStore."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise UnsafeStore(
            f"Another broker writes {path}. Stop it first, or give this one a log of its own."
        ) from None
    try:
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(5000)
        for name, value in _DURABLE.items():
            connection.pragma(name, value)
        _read_back(connection, path)
        connection.execute(_SCHEMA)
    except (apsw.Error, UnsafeStore) as fault:
        os.close(lock)
        raise UnsafeStore(f"{path} cannot be opened safely: {fault}") from None
    return Store(connection, lock)


def open_to_read(path: Path) -> Store:
    """Open the log to read, beside a broker that writes it. Raises UnsafeStore when there is none."""
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(5000)
        connection.execute("SELECT 1 FROM entry LIMIT 1").fetchall()
    except apsw.Error:
        raise UnsafeStore(f"There is no audit log at {path}.") from None
    return Store(connection, None)


def _read_back(connection: apsw.Connection, path: Path) -> None:
    """That SQLite took the settings: it says nothing when it does not."""
    for name, value in _DURABLE.items():
        if (found := connection.pragma(name)) != value:
            raise UnsafeStore(f"{name} is {found} and not {value}: put {path.name} on a local disk.")
