"""The keystore in an SQLite file, which lies in the key directory: of a broker that has the log for itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from threading import Event
from typing import Any

import apsw
from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from broker.audit.keystore import KeystoreUnfit, Veils
from broker.audit.person_keys import Kept, Known, PersonKey, Wrapping, key_tags, keys_of, unwrapped
from broker.audit.stores.sqlite_transaction import transaction
from broker.audit.stores.sqlite_wal import LongWal
from broker.audit.tags import PersonTags
from broker.audit.written_anew import written_anew

_WHOSE = """
SELECT person_tag.tag, person_key.key_id, wrapped, epoch, period
  FROM carray(?1) AS wanted CROSS JOIN person_tag ON person_tag.tag = wanted.value
                            CROSS JOIN person_key ON person_key.key_id = person_tag.key_id"""
_KEEP_KEYS = "INSERT INTO person_key SELECT substr(value, 1, 16), substr(value, 17), ?2, ?3 FROM carray(?1)"
_KEEP_TAGS = "INSERT INTO person_tag SELECT substr(value, 1, 16), substr(value, 17) FROM carray(?1)"
_WRAPPED_TOGETHER = 100
"""Keys that are wrapped again in one transaction: few milliseconds, for a broker may wait to write."""


@dataclass(frozen=True, slots=True)
class SqliteKeystore:
    """A keystore in a file (``Keystore``). Methods raise apsw.Error.

    ``committer``: a thread that waits for the disk while keys are already used. It alone has the connection then.
    """

    connection: apsw.Connection
    wrapping: Wrapping = field(repr=False)
    veils: Veils = field(repr=False)
    wal: LongWal
    committer: ThreadPoolExecutor = field(
        default_factory=partial(ThreadPoolExecutor, 1, thread_name_prefix="audit keystore"), repr=False
    )

    @contextmanager
    def keys_for(self, people: Sequence[PersonTags], epoch: str) -> Iterator[list[PersonKey | None]]:
        if not people:
            yield []
            return
        with ExitStack() as begun:
            # Nobody destroys, or wraps again, what is found until it is over.
            begun.enter_context(transaction(self.connection))
            periods = self._periods()
            known = self._known(key_tags(people), epoch, periods)
            found = keys_of(people, known, epoch, next(iter(periods), ""), cache(self.wrapping))
            self._keep(known)
            committed = self._commit(begun.pop_all())
        try:
            yield found
        finally:
            committed.result()

    def afterwards(self) -> None:
        """Copy the write-ahead log, where it has become long."""
        self.wal.copied(self.connection)

    def key(self, key_id: bytes) -> bytes | None:
        row = self.connection.execute(
            "SELECT wrapped, epoch, period FROM person_key WHERE key_id = ?", (key_id,)
        ).fetchone()
        return None if row is None else unwrapped(Kept(key_id, *row), self.wrapping)

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
            for row in rows:
                self._wrap_again(Kept(*row), period)
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
        self.committer.shutdown()
        self.connection.close()

    def _leave_nothing_beside(self) -> None:
        """Cut the write-ahead log, where what was destroyed stands yet. Raises apsw.BusyError."""
        if not written_anew(self.connection):
            raise apsw.BusyError("somebody reads the keystore")

    def _wrap_again(self, kept: Kept, period: str) -> None:
        key, wrapping = unwrapped(kept, self.wrapping), self.wrapping(kept.epoch, period)
        if key is None or wrapping is None:
            self._destroyed(kept.key_id)
            return
        self.connection.execute(
            "UPDATE person_key SET wrapped = ?, period = ? WHERE key_id = ?",
            (aes_key_wrap(wrapping, key), period, kept.key_id),
        )
        tags = self.veils.unveiled(self._under(kept.key_id), kept.epoch, kept.period)
        self.connection.execute("DELETE FROM person_tag WHERE key_id = ?", (kept.key_id,))
        self.connection.executemany(
            "INSERT INTO person_tag VALUES (?, ?)",
            ((tag, kept.key_id) for tag in self.veils.veiled(tags, kept.epoch, period)),
        )

    def _destroyed(self, key_id: bytes) -> int:
        self.connection.execute("DELETE FROM person_tag WHERE key_id = ?", (key_id,))
        self.connection.execute("DELETE FROM person_key WHERE key_id = ?", (key_id,))
        return self.connection.changes()

    def _known(self, tags: Collection[bytes], epoch: str, periods: Sequence[str]) -> Known:
        """Whose key tags these are, under whichever period."""
        known, wanted = Known(), list(tags)
        lie = {
            veil: tag
            for period in periods
            for tag, veil in zip(wanted, self.veils.veiled(wanted, epoch, period), strict=False)
        }
        # In the order in which they lie on the disk.
        for veil, *kept in self.connection.execute(_WHOSE, (apsw.carray(tuple(sorted(lie))),)) if lie else ():
            known.learn(lie[veil], Kept(*kept))
        for one in set(known.by_tag.values()):
            known.under[one.key_id] = set(self.veils.unveiled(self._under(one.key_id), one.epoch, one.period))
        return known

    def _keep(self, known: Known) -> None:
        """Write what is new, in the order in which it lies on the disk; packed, so that few statements do."""
        keys: dict[tuple[str, str], list[bytes]] = {}
        for one in sorted(known.keys):
            keys.setdefault((one.epoch, one.period), []).append(one.key_id + one.wrapped)
        for under, rows in keys.items():
            self.connection.execute(_KEEP_KEYS, (apsw.carray(tuple(rows)), *under))
        if tags := [tag + key_id for tag, key_id in self.veils.rows(known.tags)]:
            self.connection.execute(_KEEP_TAGS, (apsw.carray(tuple(tags)),))

    def _commit(self, begun: ExitStack) -> Future[None]:
        """Begin to commit, and go on."""
        under_way = Event()

        def commit() -> None:
            under_way.set()
            begun.close()

        committed = self.committer.submit(commit)
        under_way.wait()  # else that thread waits some milliseconds for the interpreter, which this one would keep
        return committed

    def _periods(self) -> list[str]:
        """Those that there are keys of, the current one first."""
        found = self.connection.execute("SELECT name FROM period ORDER BY is_current DESC, name")
        return [name for (name,) in found]

    def _under(self, key_id: bytes) -> list[bytes]:
        """The tags that a key is kept under, as they lie."""
        found = self.connection.execute("SELECT tag FROM person_tag WHERE key_id = ?", (key_id,))
        return [tag for (tag,) in found]

    def _kept_under(self, tag: bytes) -> list[bytes]:
        found = self.connection.execute("SELECT key_id FROM person_tag WHERE tag = ? ORDER BY key_id", (tag,))
        return [key_id for (key_id,) in found]
