"""The keystore: a key for every person and epoch, wrapped, and the tags under which they are found.

It is the only part of the log that can be changed, and the only one that has tags of people: entries bear the
ids of their keys, which are random. Destroying a person's key and tags makes their parts of the log unreadable
for ever, and nobody can tell any more whether they stand in it, while every proof still holds.

A key is wrapped by its epoch's key and its *period's* together, its tags are veiled by both, and neither lies
in the keystore. A new period begins when keys were destroyed: what is left is wrapped again, and once the
period before is destroyed too, no copy of the keystore from before opens, or tells whom it has.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import apsw
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.sealing import KEY_BYTES
from broker.audit.tags import PersonTags
from broker.audit.veil import Veil
from broker.audit.written_anew import written_anew

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
_ID_BYTES = 16
_WRAPPED_TOGETHER = 100
"""Keys that are wrapped again in one transaction: few milliseconds, for a broker may wait to write."""

Wrapping = Callable[[str, str], bytes | None]
"""What wraps the keys of an epoch and a period (32 bytes); None when either was destroyed. "" is the period of
keys that an earlier version wrapped by the epoch's key alone.
"""


class KeyVanished(Exception):
    """A person's key, or its epoch, was destroyed while an entry about them was being written."""


class KeystoreUnfit(Exception):
    """The keystore may not be used as it is; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Veils:
    """The veils of every epoch and period. Tags of keys that an earlier version wrapped lie there as they are."""

    wrapping: Wrapping = field(repr=False)
    _veils: dict[bytes, Veil] = field(default_factory=dict, repr=False, compare=False)

    def veiled(self, tags: Sequence[bytes], epoch: str, period: str) -> Sequence[bytes]:
        """The tags as they lie in the keystore; none, when the epoch or the period was destroyed."""
        veil = self._veil(epoch, period)
        return tags if period == "" else veil.veiled(tags) if veil else ()

    def unveiled(self, tags: Sequence[bytes], epoch: str, period: str) -> Sequence[bytes]:
        """The tags again; none, likewise."""
        veil = self._veil(epoch, period)
        return tags if period == "" else veil.unveiled(tags) if veil else ()

    def _veil(self, epoch: str, period: str) -> Veil | None:
        wrapping = self.wrapping(epoch, period)
        if wrapping is None:
            return None
        if wrapping not in self._veils:
            self._veils[wrapping] = Veil(wrapping)
        return self._veils[wrapping]


class Keystore(Protocol):
    """What the log asks of a keystore, wherever it lies. ``wrapping`` (``Wrapping``) is given to it when opened.

    Every method but ``together`` may be called within it; what was changed is durable at its end, else on return.
    """

    def together(self) -> AbstractContextManager[None]:
        """Make all that is made inside durable at once, at the end."""
        ...

    def ahead(self, tags: Callable[[], Iterable[bytes]], epoch: str) -> None:
        """That ``key_for`` will be asked for these key tags within this ``together``."""
        ...

    def key_for(self, tags: PersonTags, epoch: str) -> tuple[bytes, bytes]:
        """The id and key of the person with these tags, which are of the epoch; made when there is none yet.

        It is found by those that stand for one person alone, and is from then on kept under every one. Made under
        the period that ``current_period`` says at that moment. Raises KeyVanished.
        """
        ...

    def key(self, key_id: bytes) -> bytes | None:
        """A person's key by its id; None when it, its epoch or its period was destroyed."""
        ...

    def ids(self, tags: Iterable[bytes], epoch: str) -> set[bytes]:
        """The ids of every key of the epoch that is kept under one of these tags."""
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

    def write_anew(self) -> None:
        """See to it that what it holds is on the disk, also where somebody's sync failed before they were killed.

        Before a log is written: an entry is worth nothing when a power cut takes the key. Raises KeystoreUnfit.
        """
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SqliteKeystore:
    """A keystore in a file (``Keystore``). Methods raise apsw.Error."""

    connection: apsw.Connection
    wrapping: Wrapping = field(repr=False)
    veils: Veils = field(repr=False)

    @contextmanager
    def together(self) -> Iterator[None]:
        if self.connection.in_transaction:
            yield  # whoever began it ends it: a savepoint would cost more than what it holds
            return
        with self.connection:
            yield

    def ahead(self, tags: Callable[[], Iterable[bytes]], epoch: str) -> None:
        """A file is near: there is nothing to gain."""

    def key_for(self, tags: PersonTags, epoch: str) -> tuple[bytes, bytes]:
        with self.together():
            periods = self._periods()
            found = self._first(tags.alone, epoch, periods)
            key_id, key, period = (
                self._made(epoch, next(iter(periods), ""))
                if found is None
                else (found[0], self.key(found[0]), found[1])
            )
            if key is None:
                raise KeyVanished
            under = self._under(key_id) if found else ()
            self.connection.executemany(
                "INSERT INTO person_tag VALUES (?, ?)",
                [(tag, key_id) for tag in self.veils.veiled(tags.every, epoch, period) if tag not in under],
            )
        return key_id, key

    def key(self, key_id: bytes) -> bytes | None:
        row = self.connection.execute(
            "SELECT wrapped, epoch, period FROM person_key WHERE key_id = ?", (key_id,)
        ).fetchone()
        return None if row is None else self._unwrapped(*row)

    def ids(self, tags: Iterable[bytes], epoch: str) -> set[bytes]:
        wanted = list(tags)
        return {
            found
            for period in self._periods()
            for tag in self.veils.veiled(wanted, epoch, period)
            for found in self._kept_under(tag)
        }

    def destroy(self, key_ids: Iterable[bytes]) -> int:
        destroyed = 0
        with self.connection:
            for key_id in key_ids:
                destroyed += self._destroyed(key_id)
        self._leave_nothing_beside()
        return destroyed

    def destroy_epoch(self, epoch: str) -> int:
        found = self.connection.execute("SELECT key_id FROM person_key WHERE epoch = ?", (epoch,))
        return self.destroy([key_id for (key_id,) in found])

    def counts(self) -> Mapping[str, int]:
        found = self.connection.execute("SELECT epoch, count(*) FROM person_key GROUP BY epoch")
        return {str(epoch): int(count) for epoch, count in found}

    def current_period(self) -> str:
        return next(iter(self._periods()), "")

    def begin_period(self, period: str) -> None:
        with self.connection as db:
            db.execute("INSERT OR IGNORE INTO period VALUES (?, 0)", (period,))
            db.execute("UPDATE period SET is_current = (name = ?)", (period,))

    def wrap_again(self) -> int:
        with self.connection as db:
            period = self.current_period()
            rows: list[Any] = db.execute(
                "SELECT key_id, wrapped, epoch, period FROM person_key WHERE period <> ? LIMIT ?",
                (period, _WRAPPED_TOGETHER),
            ).fetchall()
            for key_id, wrapped, epoch, before in rows:
                self._wrap_again(key_id, self._unwrapped(wrapped, epoch, before), epoch, before, period)
            if not rows:
                db.execute("DELETE FROM period WHERE NOT is_current")
        if not rows:
            self._leave_nothing_beside()
        return len(rows)

    def write_anew(self) -> None:
        try:
            done = written_anew(self.connection)
        except apsw.Error as fault:
            raise KeystoreUnfit(
                f"The keystore cannot be written: mend the disk first. SQLite says: {fault}."
            ) from None
        if not done:
            raise KeystoreUnfit("Somebody reads the keystore: wait until they have done, then start again.")

    def close(self) -> None:
        self.connection.close()

    def _leave_nothing_beside(self) -> None:
        """Cut the write-ahead log, where what was destroyed stands yet. Raises apsw.BusyError."""
        if not written_anew(self.connection):
            raise apsw.BusyError("somebody reads the keystore")

    def _wrap_again(self, key_id: bytes, key: bytes | None, epoch: str, before: str, period: str) -> None:
        wrapping = self.wrapping(epoch, period)
        if key is None or wrapping is None:
            self._destroyed(key_id)
            return
        self.connection.execute(
            "UPDATE person_key SET wrapped = ?, period = ? WHERE key_id = ?",
            (aes_key_wrap(wrapping, key), period, key_id),
        )
        tags = self.veils.unveiled(self._under(key_id), epoch, before)
        self.connection.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.connection.executemany(
            "INSERT INTO person_tag VALUES (?, ?)",
            ((tag, key_id) for tag in self.veils.veiled(tags, epoch, period)),
        )

    def _destroyed(self, key_id: bytes) -> int:
        self.connection.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.connection.execute("DELETE FROM person_key WHERE key_id = ?", (key_id,))
        return self.connection.changes()

    def _made(self, epoch: str, period: str) -> tuple[bytes, bytes, str]:
        """A new key's id, the key, and its period."""
        key_id, key = os.urandom(_ID_BYTES), os.urandom(KEY_BYTES)
        wrapping = self.wrapping(epoch, period)
        if wrapping is None:
            raise KeyVanished
        self.connection.execute(
            "INSERT INTO person_key VALUES (?, ?, ?, ?)", (key_id, aes_key_wrap(wrapping, key), epoch, period)
        )
        return key_id, key, period

    def _first(self, tags: Sequence[bytes], epoch: str, periods: Sequence[str]) -> tuple[bytes, str] | None:
        """The id of a key that is kept under one of these tags, by their order, and its period."""
        found = [
            (place, key_id, period)
            for period in periods
            for place, tag in enumerate(self.veils.veiled(tags, epoch, period))
            for key_id in self._kept_under(tag)
        ]
        return min(found)[1:] if found else None

    def _periods(self) -> list[str]:
        """Those that there are keys of, the current one first."""
        found = self.connection.execute("SELECT name FROM period ORDER BY is_current DESC, name")
        return [name for (name,) in found]

    def _unwrapped(self, wrapped: bytes, epoch: str, period: str) -> bytes | None:
        wrapping = self.wrapping(epoch, period)
        return None if wrapping is None else aes_key_unwrap(wrapping, wrapped)

    def _under(self, key_id: bytes) -> list[bytes]:
        """The tags that a key is kept under, as they lie."""
        found = self.connection.execute("SELECT tag FROM person_tag WHERE key_id = ?", (key_id,))
        return [tag for (tag,) in found]

    def _kept_under(self, tag: bytes) -> list[bytes]:
        found = self.connection.execute("SELECT key_id FROM person_tag WHERE tag = ? ORDER BY key_id", (tag,))
        return [key_id for (key_id,) in found]


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
    return SqliteKeystore(connection, wrapping, Veils(wrapping))


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
