"""The file of a keystore in SQLite: made, opened, and brought from an earlier version's form to today's."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from broker.audit.keystore import Veils
from broker.audit.person_keys import Wrapping
from broker.audit.stores.sqlite_keystore import SqliteKeystore
from broker.audit.stores.sqlite_wal import LongWal

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_key (
  key_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL,
  epoch TEXT NOT NULL DEFAULT '', period TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person_tag (tag BLOB, key_id BLOB, PRIMARY KEY (tag, key_id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_tag_of_key ON person_tag (key_id);
CREATE TABLE IF NOT EXISTS period (name TEXT PRIMARY KEY, is_current INTEGER NOT NULL) STRICT, WITHOUT ROWID;
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}


def make_keystore(path: Path, period: str) -> None:
    """Make an empty keystore that is in this period. Raises FileExistsError, apsw.Error."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = _opened(path)
    connection.execute(_SCHEMA)
    connection.execute("INSERT INTO period VALUES (?, 1)", (period,))
    connection.close()


def open_keystore(path: Path, wrapping: Wrapping) -> SqliteKeystore:
    """Open the keystore of a key directory, which must be there. Raises apsw.Error."""
    connection = _opened(path)
    connection.execute("SELECT is_current FROM period LIMIT 1")  # an empty file is none
    return SqliteKeystore(connection, wrapping, Veils(wrapping), LongWal.watched(connection))


def move_keystore(path: Path, epoch: str, period: str) -> None:
    """Bring a keystore of an earlier version, all of whose keys are of one epoch, to today's form."""
    connection = _opened(path)
    with connection:
        columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(person_key)")}
        for name in ("epoch", "period"):
            if columns and name not in columns:
                connection.execute(f"ALTER TABLE person_key ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
        connection.execute(_SCHEMA)
        connection.execute("UPDATE person_key SET epoch = ? WHERE epoch = ''", (epoch,))
        connection.execute("INSERT OR IGNORE INTO period VALUES ('', 0)")
        connection.execute("INSERT OR IGNORE INTO period VALUES (?, 1)", (period,))
    connection.close()


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5000)
    connection.transaction_mode = "IMMEDIATE"  # else a transaction that read first may be refused to write
    for name, value in _PRAGMAS.items():
        connection.pragma(name, value)
    return connection
