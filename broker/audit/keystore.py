"""The keystore: a key for every person, wrapped by the epoch's, and the tags under which they are found.

It is the only part of the log that can be changed. Destroying a person's key makes their parts of the log
unreadable for ever, while every proof still holds. It holds nothing but tags and wrapped keys.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_key (key_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person_tag (tag BLOB, key_id BLOB, PRIMARY KEY (tag, key_id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_tag_of_key ON person_tag (key_id);
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}
_ID_BYTES = 16


class KeyVanished(Exception):
    """A person's key was destroyed while an entry about them was being written."""


@dataclass(frozen=True, slots=True)
class Keystore:
    """An open keystore. ``wrapping`` is the epoch's key, 32 bytes."""

    connection: apsw.Connection
    wrapping: bytes = field(repr=False)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all that is made inside durable at once, at the end."""
        with self.connection:
            yield

    def key_for(self, tags: Sequence[bytes]) -> tuple[bytes, bytes]:
        """The id and key of the person with these key tags, made when there is none yet.

        Durable at the end of ``together``. Raises KeyVanished.
        """
        with self.connection as db:
            key_id = next((found for tag in tags for found in self._kept_under(tag)), None) or self._made()
            db.executemany("INSERT OR IGNORE INTO person_tag VALUES (?, ?)", ((tag, key_id) for tag in tags))
        key = self.key(key_id)
        if key is None:
            raise KeyVanished
        return key_id, key

    def key(self, key_id: bytes) -> bytes | None:
        """A person's key by its id; None when it was destroyed."""
        wrapped = self.connection.execute("SELECT wrapped FROM person_key WHERE key_id = ?", (key_id,)).get
        return None if wrapped is None else aes_key_unwrap(self.wrapping, wrapped)

    def destroy(self, tags: Sequence[bytes]) -> int:
        """Destroy every key that is kept under one of these tags; how many there were. It cannot be undone.

        Nothing of them is left in the file or beside it when this returns.
        """
        with self.connection as db:
            ids = {found for tag in tags for found in self._kept_under(tag)}
            for key_id in ids:
                db.execute("DELETE FROM person_key WHERE key_id = ?", (key_id,))
                db.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return len(ids)

    def close(self) -> None:
        self.connection.close()

    def _made(self) -> bytes:
        key_id = secrets.token_bytes(_ID_BYTES)
        wrapped = aes_key_wrap(self.wrapping, secrets.token_bytes(KEY_BYTES))
        self.connection.execute("INSERT INTO person_key VALUES (?, ?)", (key_id, wrapped))
        return key_id

    def _kept_under(self, tag: bytes) -> list[bytes]:
        found = self.connection.execute("SELECT key_id FROM person_tag WHERE tag = ? ORDER BY key_id", (tag,))
        return [key_id for (key_id,) in found]


def open_keystore(path: Path, wrapping: bytes) -> Keystore:
    """Open the keystore of a key directory, which must be there. Raises apsw.Error."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5000)
    connection.transaction_mode = "IMMEDIATE"  # else a transaction that read first may be refused to write
    for name, value in _PRAGMAS.items():
        connection.pragma(name, value)
    connection.execute(_SCHEMA)
    return Keystore(connection, wrapping)
