"""A register on the disk: one SQLite file of encrypted entries, written by commands, watched by the broker.

Clear is an entry's id, which register it is of, when it was written, and keyed tags of whom it is about. All else
is sealed under a key that is derived from the audit log's, and bound to the clear part: an entry can't be changed,
moved to another register, or made one about somebody else.

Entries are never changed: what supersedes one is another entry.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw

from broker.audit.keys import Keys
from broker.audit.sealing import Sealed, Unreadable, seal, unseal

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, register TEXT NOT NULL, at TEXT NOT NULL,
  wrapped_key BLOB NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tag (
  tag BLOB NOT NULL, entry_id TEXT NOT NULL, PRIMARY KEY (tag, entry_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_of_entry ON tag (entry_id);
"""
_ENTRIES = """
SELECT id, at, wrapped_key, sealed, (SELECT json_group_array(hex(tag)) FROM tag WHERE entry_id = id)
FROM entry WHERE register = ? ORDER BY number
"""
_TAGGED = """
SELECT id, at, wrapped_key, sealed, (SELECT json_group_array(hex(tag)) FROM tag WHERE entry_id = id)
FROM entry WHERE register = ? AND id IN
  (SELECT entry_id FROM tag WHERE tag IN (SELECT unhex(value) FROM json_each(?)))
ORDER BY number
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}
_BUSY_MS = 5000
_ROOM = 2048


class RegisterUnavailable(Exception):
    """The register can't be read or written just now."""


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it was read: its id, when it was written (UTC), and what it says."""

    id: str
    at: datetime
    facts: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Store:
    """An open register file. ``keys`` are the audit log's."""

    connection: apsw.Connection
    keys: Keys = field(repr=False)

    @classmethod
    def open(cls, path: Path, keys: Keys) -> Store:
        """Make the file when there is none yet. Raises RegisterUnavailable."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = apsw.Connection(str(path))
            connection.set_busy_timeout(_BUSY_MS)
            for name, value in _PRAGMAS.items():
                connection.pragma(name, value)
            connection.execute(_SCHEMA)
        except (apsw.Error, OSError):
            raise RegisterUnavailable(f"The register {path} cannot be opened.") from None
        return cls(connection, keys)

    def write(
        self, register: str, facts: Mapping[str, Any], now: datetime, tags: Sequence[bytes] = ()
    ) -> str:
        """Write an entry that ``tags`` find, durable when this returns; its id. Raises RegisterUnavailable."""
        entry_id, at = secrets.token_hex(6), now.astimezone(UTC).isoformat()
        plain = json.dumps(facts, ensure_ascii=True).encode()
        sealed = seal(plain, self.keys.for_register(register), _bound(entry_id, register, at, tags), _ROOM)
        row = (entry_id, register, at, sealed.wrapped_key, sealed.sealed)
        try:
            with self.connection as db:
                db.execute(
                    "INSERT INTO entry (id, register, at, wrapped_key, sealed) VALUES (?, ?, ?, ?, ?)", row
                )
                db.executemany("INSERT INTO tag VALUES (?, ?)", ((tag, entry_id) for tag in tags))
        except apsw.Error:
            raise RegisterUnavailable("The register cannot be written.") from None
        return entry_id

    def entries(self, register: str) -> list[Written]:
        """The entries of one register, oldest first. Raises RegisterUnavailable, also where one was changed."""
        key = self.keys.for_register(register)
        try:
            rows = self.connection.execute(_ENTRIES, (register,)).fetchall()
        except apsw.Error:
            raise RegisterUnavailable("The register cannot be read.") from None
        return [_written(row, register, key) for row in rows]

    def tagged(self, register: str, tags: Sequence[bytes]) -> list[Written]:
        """The entries of one register that bear any of these tags, oldest first. Raises as ``entries``."""
        key, wanted = self.keys.for_register(register), json.dumps([tag.hex() for tag in tags])
        try:
            rows = self.connection.execute(_TAGGED, (register, wanted)).fetchall()
        except apsw.Error:
            raise RegisterUnavailable("The register cannot be read.") from None
        return [_written(row, register, key) for row in rows]

    def changes(self) -> int:
        """A number that is another one after somebody else wrote. Raises RegisterUnavailable."""
        try:
            return int(self.connection.pragma("data_version"))
        except apsw.Error:
            raise RegisterUnavailable("The register cannot be read.") from None

    def close(self) -> None:
        self.connection.close()


def _written(row: tuple[Any, ...], register: str, key: bytes) -> Written:
    entry_id, at, wrapped, sealed, tags = row
    bound = _bound(entry_id, register, at, map(bytes.fromhex, json.loads(tags)))
    try:
        plain = unseal(Sealed(wrapped, sealed), key, bound)
    except Unreadable:
        raise RegisterUnavailable("An entry of the register was changed, or is under another key.") from None
    return Written(entry_id, datetime.fromisoformat(at), json.loads(plain))


def _bound(entry_id: str, register: str, at: str, tags: Iterable[bytes]) -> bytes:
    about = "".join(f"{tag.hex()}\n" for tag in sorted(set(tags)))
    return f"{register}\n{entry_id}\n{at}\n{about}".encode()
