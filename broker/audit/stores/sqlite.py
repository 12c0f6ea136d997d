"""The log in an SQLite file, opened so that what is acknowledged survives a power cut, and checked to be so."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import apsw

from broker.audit.stores.contract import UnsafeStore
from broker.audit.stores.sqlite_lock import WriteLock
from broker.audit.stores.sqlite_store import SqliteStore
from broker.audit.stores.sqlite_wal import LongWal
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
_DURABLE = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "checkpoint_fullfsync": 1}
_VERSION = 2
_READ_MEANWHILE = (
    "Somebody reads it, and it was not closed properly: wait until they have done, then start again."
)


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
    return SqliteStore(connection, lock, LongWal.watched(connection), partial(open_to_read, path))


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
    return SqliteStore(connection, None, reopens=partial(open_to_read, path))


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
