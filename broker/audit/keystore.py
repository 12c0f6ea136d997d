"""The keystore: a key for every person and epoch, wrapped, and the tags under which they are found.

It is the only part of the log that can be changed. Destroying a person's key makes their parts of the log
unreadable for ever, while every proof still holds. It holds nothing but tags and wrapped keys.

A key is wrapped by its epoch's key and its *period's* together, and neither lies in the keystore. A new period
begins when keys were destroyed: what is left is wrapped again, and once the period before is destroyed too, no
copy of the keystore from before opens.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import apsw
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES

_SCHEMA = """
CREATE TABLE IF NOT EXISTS person_key (
  key_id BLOB PRIMARY KEY, wrapped BLOB NOT NULL,
  epoch TEXT NOT NULL DEFAULT '', period TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS person_tag (tag BLOB, key_id BLOB, PRIMARY KEY (tag, key_id)) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS person_tag_of_key ON person_tag (key_id);
CREATE TABLE IF NOT EXISTS period (only INTEGER PRIMARY KEY CHECK (only = 1), name TEXT NOT NULL) STRICT;
"""
_PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "secure_delete": 1}
_ID_BYTES = 16
_WRAPPED_TOGETHER = 500
"""Keys that are wrapped again in one transaction: few milliseconds, for a broker may wait to write."""

Wrapping = Callable[[str, str], bytes | None]
"""What wraps the keys of an epoch and a period (32 bytes); None when either was destroyed. "" is the period of
keys that an earlier version wrapped by the epoch's key alone.
"""


class KeyVanished(Exception):
    """A person's key, or its epoch, was destroyed while an entry about them was being written."""


class Keystore(Protocol):
    """What the log asks of a keystore, wherever it lies. ``wrapping`` (``Wrapping``) is given to it when opened.

    Every method but ``together`` may be called within it; what was changed is durable at its end, else on return.
    """

    def together(self) -> AbstractContextManager[None]:
        """Make all that is made inside durable at once, at the end."""
        ...

    def ahead(self, tags: Callable[[], Iterable[bytes]]) -> None:
        """That ``key_for`` will be asked for these tags within this ``together``; called only where it helps."""
        ...

    def key_for(self, tags: Sequence[bytes], epoch: str) -> tuple[bytes, bytes]:
        """The id and key of the person with these key tags, which are of the epoch; made when there is none yet.

        Made under the period that ``current_period`` says at that moment. Raises KeyVanished.
        """
        ...

    def key(self, key_id: bytes) -> bytes | None:
        """A person's key by its id; None when it, its epoch or its period was destroyed."""
        ...

    def ids(self, tags: Iterable[bytes]) -> set[bytes]:
        """The ids of every key that is kept under one of these tags."""
        ...

    def destroy(self, key_ids: Iterable[bytes]) -> int:
        """Destroy keys and their tags; how many there were. It cannot be undone.

        Nothing of them is left in the keystore or beside it when this returns.
        """
        ...

    def destroy_epoch(self, epoch: str) -> int:
        """The same of every key of an epoch."""
        ...

    def counts(self) -> Mapping[str, int]:
        """How many people's keys there are, by epoch."""
        ...

    def current_period(self) -> str:
        """The period under which keys are made."""
        ...

    def begin_period(self, period: str) -> None:
        """From now on keys are made under this one. What is older is wrapped again by ``wrap_again``."""
        ...

    def wrap_again(self) -> int:
        """Wrap some keys of older periods under the current one; how many there were, 0 when none is left.

        Keys whose epoch or period was destroyed are destroyed as well.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SqliteKeystore:
    """A keystore in a file (``Keystore``). Methods raise apsw.Error."""

    connection: apsw.Connection
    wrapping: Wrapping = field(repr=False)

    @contextmanager
    def together(self) -> Iterator[None]:
        with self.connection:
            yield

    def ahead(self, tags: Callable[[], Iterable[bytes]]) -> None:
        """A file is near: there is nothing to gain."""

    def key_for(self, tags: Sequence[bytes], epoch: str) -> tuple[bytes, bytes]:
        with self.connection as db:
            key_id = next((found for tag in tags for found in self._kept_under(tag)), None) or self._made(
                epoch
            )
            db.executemany("INSERT OR IGNORE INTO person_tag VALUES (?, ?)", ((tag, key_id) for tag in tags))
        key = self.key(key_id)
        if key is None:
            raise KeyVanished
        return key_id, key

    def key(self, key_id: bytes) -> bytes | None:
        row = self.connection.execute(
            "SELECT wrapped, epoch, period FROM person_key WHERE key_id = ?", (key_id,)
        ).fetchone()
        return None if row is None else self._unwrapped(*row)

    def ids(self, tags: Iterable[bytes]) -> set[bytes]:
        return {found for tag in tags for found in self._kept_under(tag)}

    def destroy(self, key_ids: Iterable[bytes]) -> int:
        destroyed = 0
        with self.connection:
            for key_id in key_ids:
                destroyed += self._destroyed(key_id)
        self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return destroyed

    def destroy_epoch(self, epoch: str) -> int:
        found = self.connection.execute("SELECT key_id FROM person_key WHERE epoch = ?", (epoch,))
        return self.destroy([key_id for (key_id,) in found])

    def counts(self) -> Mapping[str, int]:
        found = self.connection.execute("SELECT epoch, count(*) FROM person_key GROUP BY epoch")
        return {str(epoch): int(count) for epoch, count in found}

    def current_period(self) -> str:
        return str(self.connection.execute("SELECT coalesce(max(name), '') FROM period").get)

    def begin_period(self, period: str) -> None:
        with self.connection as db:
            db.execute("INSERT OR REPLACE INTO period VALUES (1, ?)", (period,))

    def wrap_again(self) -> int:
        with self.connection as db:
            period = self.current_period()
            rows: list[Any] = db.execute(
                "SELECT key_id, wrapped, epoch, period FROM person_key WHERE period <> ? LIMIT ?",
                (period, _WRAPPED_TOGETHER),
            ).fetchall()
            for key_id, wrapped, epoch, before in rows:
                self._wrap_again(key_id, self._unwrapped(wrapped, epoch, before), epoch, period)
        if not rows:
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return len(rows)

    def close(self) -> None:
        self.connection.close()

    def _wrap_again(self, key_id: bytes, key: bytes | None, epoch: str, period: str) -> None:
        wrapping = self.wrapping(epoch, period)
        if key is None or wrapping is None:
            self._destroyed(key_id)
        else:
            self.connection.execute(
                "UPDATE person_key SET wrapped = ?, period = ? WHERE key_id = ?",
                (aes_key_wrap(wrapping, key), period, key_id),
            )

    def _destroyed(self, key_id: bytes) -> int:
        self.connection.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.connection.execute("DELETE FROM person_key WHERE key_id = ?", (key_id,))
        return self.connection.changes()

    def _made(self, epoch: str) -> bytes:
        key_id, period = secrets.token_bytes(_ID_BYTES), self.current_period()
        wrapping = self.wrapping(epoch, period)
        if wrapping is None:
            raise KeyVanished
        wrapped = aes_key_wrap(wrapping, secrets.token_bytes(KEY_BYTES))
        self.connection.execute(
            "INSERT INTO person_key VALUES (?, ?, ?, ?)", (key_id, wrapped, epoch, period)
        )
        return key_id

    def _unwrapped(self, wrapped: bytes, epoch: str, period: str) -> bytes | None:
        wrapping = self.wrapping(epoch, period)
        return None if wrapping is None else aes_key_unwrap(wrapping, wrapped)

    def _kept_under(self, tag: bytes) -> list[bytes]:
        found = self.connection.execute("SELECT key_id FROM person_tag WHERE tag = ? ORDER BY key_id", (tag,))
        return [key_id for (key_id,) in found]


def make_keystore(path: Path, period: str) -> None:
    """Make an empty keystore that is in this period. Raises FileExistsError, apsw.Error."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    connection = _opened(path)
    connection.execute(_SCHEMA)
    connection.execute("INSERT INTO period VALUES (1, ?)", (period,))
    connection.close()


def open_keystore(path: Path, wrapping: Wrapping) -> SqliteKeystore:
    """Open the keystore of a key directory, which must be there. Raises apsw.Error."""
    connection = _opened(path)
    connection.execute("SELECT only FROM period LIMIT 1")  # an empty file is none
    return SqliteKeystore(connection, wrapping)


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
        connection.execute("INSERT OR REPLACE INTO period VALUES (1, ?)", (period,))
    connection.close()


def _opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(5000)
    connection.transaction_mode = "IMMEDIATE"  # else a transaction that read first may be refused to write
    for name, value in _PRAGMAS.items():
        connection.pragma(name, value)
    return connection
