"""The keystore in the log's own PostgreSQL database, for brokers that share the log: one person, one key for all.

What wraps the keys never lies in the database. Within ``together``, what was looked up ahead costs no round trip
of its own, and new keys are written at the end, at once. Two brokers that meet a new person in the same moment may
each make a key: both stand under the person's tags, and are destroyed together.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.keystore import KeyVanished, Wrapping
from broker.audit.sealing import KEY_BYTES
from broker.audit.stores.postgresql_session import WRITES, Address, Connection, Row, Session

_ID_BYTES = 16
_WRAPPED_TOGETHER = 500

# A connection that was lost may come back here: keys that are not durable were never used.
_MANNER = replace(WRITES, comes_back=True)

_UNDER = """
SELECT DISTINCT ON (tag) tag, key_id, wrapped, epoch, period FROM person_tag JOIN person_key USING (key_id)
 WHERE tag = ANY ($1) ORDER BY tag, key_id"""

_KEEP = """
WITH keys AS (
    INSERT INTO person_key SELECT one.* FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[]) AS one
) INSERT INTO person_tag SELECT one.* FROM unnest($5::bytea[], $6::bytea[]) AS one ON CONFLICT DO NOTHING"""

_DESTROY = """
WITH tags AS (DELETE FROM person_tag WHERE key_id = ANY ($1)),
     keys AS (DELETE FROM person_key WHERE key_id = ANY ($1) RETURNING 1)
SELECT count(*) FROM keys"""
"""Of a list of ids; how many keys there were."""


class _Kept(NamedTuple):
    """A row of ``person_key``."""

    key_id: bytes
    wrapped: bytes
    epoch: str
    period: str


@dataclass(slots=True)
class _Together:
    """What is known of tags for as long as ``together`` lasts (None: nobody), and what is written at its end."""

    known: dict[bytes, _Kept | None] = field(default_factory=dict)
    keys: list[_Kept] = field(default_factory=list)
    tags: list[tuple[bytes, bytes]] = field(default_factory=list)
    period: str | None = None


class PostgresqlKeystore:
    """A keystore (``keystore.Keystore``) that connects when it is first asked. Methods raise StoreFault."""

    def __init__(self, address: Address, wrapping: Wrapping, first_period: str) -> None:
        """``first_period``: which one a keystore begins in that nobody used yet."""
        self._address, self._wrapping, self._first_period = address, wrapping, first_period
        self._session: Session | None = None
        self._now: _Together | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        if self._now is not None:
            yield
            return
        self._now = _Together()
        try:
            yield
            self._keep(self._now)
        finally:
            self._now = None

    def ahead(self, tags: Callable[[], Iterable[bytes]]) -> None:
        """Look up, in one round trip, what ``key_for`` will be asked within this ``together``."""
        if self._now is not None and (wanted := set(tags())):
            self._now.known |= self._found(wanted)

    def key_for(self, tags: Sequence[bytes], epoch: str) -> tuple[bytes, bytes]:
        with self.together():
            assert self._now is not None  # noqa: S101 -- for mypy: within together
            now = self._now
            now.known |= self._found([tag for tag in tags if tag not in now.known])
            kept = next((found for tag in tags if (found := now.known[tag])), None) or self._made(now, epoch)
            for tag in tags:
                if now.known[tag] != kept:
                    now.tags.append((tag, kept.key_id))
                    now.known[tag] = now.known[tag] or kept
            key = self._unwrapped(kept)
        if key is None:
            raise KeyVanished
        return kept.key_id, key

    def key(self, key_id: bytes) -> bytes | None:
        found = self._rows("SELECT key_id, wrapped, epoch, period FROM person_key WHERE key_id = $1", key_id)
        return self._unwrapped(_Kept(*found[0])) if found else None

    def ids(self, tags: Iterable[bytes]) -> set[bytes]:
        found = self._rows("SELECT DISTINCT key_id FROM person_tag WHERE tag = ANY ($1)", list(tags))
        return {row["key_id"] for row in found}

    def destroy(self, key_ids: Iterable[bytes]) -> int:
        """What is left in the database's files opens for nobody once the keystore's period is over."""
        return int(self._rows(_DESTROY, list(key_ids))[0][0])

    def destroy_epoch(self, epoch: str) -> int:
        found = self._rows("SELECT key_id FROM person_key WHERE epoch = $1", epoch)
        return self.destroy([row["key_id"] for row in found])

    def counts(self) -> Mapping[str, int]:
        found = self._rows("SELECT epoch, count(*) FROM person_key GROUP BY epoch")
        return {str(row["epoch"]): int(row["count"]) for row in found}

    def current_period(self) -> str:
        for _ in range(2):
            if found := self._rows("SELECT name FROM period"):
                return str(found[0]["name"])
            self._rows("INSERT INTO period VALUES (true, $1) ON CONFLICT DO NOTHING", self._first_period)
        return self._first_period

    def begin_period(self, period: str) -> None:
        self._rows(
            "INSERT INTO period VALUES (true, $1) ON CONFLICT (single) DO UPDATE SET name = excluded.name",
            period,
        )

    def wrap_again(self) -> int:
        period = self.current_period()
        return self._open().run(lambda connection: self._wrap_again(connection, period))

    def close(self) -> None:
        if self._session is not None:
            self._session.close()

    async def _wrap_again(self, connection: Connection, period: str) -> int:
        async with connection.transaction():
            # Waits for another broker that is at it: a key that was passed over would be lost with its period.
            rows = await connection.fetch(
                "SELECT key_id, wrapped, epoch, period FROM person_key WHERE period <> $1"
                " ORDER BY key_id LIMIT $2 FOR UPDATE",
                period,
                _WRAPPED_TOGETHER,
            )
            again = [(one, self._under_period(one, period)) for one in (_Kept(*row) for row in rows)]
            kept = [(one.key_id, wrapped) for one, wrapped in again if wrapped is not None]
            await connection.fetch(_DESTROY, [one.key_id for one, wrapped in again if wrapped is None])
            await connection.execute(
                "UPDATE person_key SET wrapped = one.wrapped, period = $3"
                " FROM unnest($1::bytea[], $2::bytea[]) AS one (key_id, wrapped)"
                " WHERE person_key.key_id = one.key_id",
                [key_id for key_id, _ in kept],
                [wrapped for _, wrapped in kept],
                period,
            )
        return len(rows)

    def _under_period(self, one: _Kept, period: str) -> bytes | None:
        key, wrapping = self._unwrapped(one), self._wrapping(one.epoch, period)
        return None if key is None or wrapping is None else aes_key_wrap(wrapping, key)

    def _found(self, tags: Iterable[bytes]) -> dict[bytes, _Kept | None]:
        wanted = list(tags)
        found = {row["tag"]: _Kept(*row[1:]) for row in self._rows(_UNDER, wanted)} if wanted else {}
        return {tag: found.get(tag) for tag in wanted}

    def _made(self, now: _Together, epoch: str) -> _Kept:
        now.period = now.period or self.current_period()
        wrapping = self._wrapping(epoch, now.period)
        if wrapping is None:
            raise KeyVanished
        wrapped = aes_key_wrap(wrapping, secrets.token_bytes(KEY_BYTES))
        kept = _Kept(secrets.token_bytes(_ID_BYTES), wrapped, epoch, now.period)
        now.keys.append(kept)
        return kept

    def _keep(self, now: _Together) -> None:
        if now.tags:
            keys = list(zip(*now.keys, strict=True)) or [()] * len(_Kept._fields)
            self._rows(_KEEP, *keys, *zip(*now.tags, strict=True))

    def _unwrapped(self, kept: _Kept) -> bytes | None:
        wrapping = self._wrapping(kept.epoch, kept.period)
        return None if wrapping is None else aes_key_unwrap(wrapping, kept.wrapped)

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return self._open().rows(sql, *values)

    def _open(self) -> Session:
        if self._session is None:
            self._session = Session(self._address, _MANNER)
        return self._session
