"""The keystore in the log's own PostgreSQL database, for brokers that share the log: one person, one key for all.

What wraps the keys, and veils the tags, never lies in the database. Within ``together``, what was looked up ahead
costs no round trip of its own, and new keys are written at the end, at once. Two brokers that meet a new person in
the same moment may each make a key: both stand under the person's tags, and are destroyed together.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from broker.audit.keystore import KeyVanished, Veils, Wrapping
from broker.audit.sealing import KEY_BYTES
from broker.audit.stores.postgresql_session import WRITES, Address, Connection, Row, Session
from broker.audit.tags import PersonTags

_ID_BYTES = 16
_WRAPPED_TOGETHER = 100

# A connection that was lost may come back here: keys that are not durable were never used.
_MANNER = replace(WRITES, comes_back=True)

_UNDER = """
WITH found AS (
    SELECT DISTINCT ON (tag) tag, key_id, wrapped, epoch, period FROM person_tag JOIN person_key USING (key_id)
     WHERE tag = ANY ($1) ORDER BY tag, key_id
) SELECT (SELECT array_agg(name ORDER BY is_current DESC, name) FROM period) AS periods, found.*,
         ARRAY (SELECT tag FROM person_tag WHERE person_tag.key_id = found.key_id) AS every
    FROM (VALUES (1)) AS one LEFT JOIN found ON true"""
"""Of a list of tags: the periods; and of each tag the first key under it, with every tag that this has."""

_KEEP_KEYS = """
WITH periods AS (
    INSERT INTO period SELECT DISTINCT one, false FROM unnest($4::text[]) AS one ON CONFLICT DO NOTHING
) INSERT INTO person_key SELECT one.* FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[]) AS one"""

_KEEP_TAGS = """
INSERT INTO person_tag SELECT one.* FROM unnest($1::bytea[], $2::bytea[]) AS one ON CONFLICT DO NOTHING"""

_STILL = "SELECT key_id, epoch, period FROM person_key WHERE key_id = ANY ($1) FOR SHARE"
"""Nobody wraps them again, or destroys them, until the transaction ends."""

_BEGIN_PERIOD = """
INSERT INTO period VALUES ($1, true) ON CONFLICT (name) DO UPDATE SET is_current = true"""

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
    """What is known for as long as ``together`` lasts, and what is written at its end.

    ``known``: whose a key tag is (None: nobody's). ``under``: every tag of a key. ``tags``: those to write.
    """

    known: dict[bytes, _Kept | None] = field(default_factory=dict)
    under: dict[bytes, set[bytes]] = field(default_factory=dict)
    keys: list[_Kept] = field(default_factory=list)
    tags: dict[bytes, list[bytes]] = field(default_factory=dict)


class PostgresqlKeystore:
    """A keystore (``keystore.Keystore``) that connects when it is first asked. Methods raise StoreFault."""

    def __init__(self, address: Address, wrapping: Wrapping, first_period: str) -> None:
        """``first_period``: which one a keystore begins in that nobody used yet."""
        self._address, self._wrapping, self._first_period = address, wrapping, first_period
        self._session: Session | None = None
        self._now: _Together | None = None
        self._veils = Veils(wrapping)
        self._periods: list[str] = [first_period]

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

    def ahead(self, tags: Callable[[], Iterable[bytes]], epoch: str) -> None:
        """Look up, in one round trip, what ``key_for`` will be asked within this ``together``."""
        if self._now is not None and (wanted := set(tags())):
            self._look_up(list(wanted), epoch, self._now)

    def key_for(self, tags: PersonTags, epoch: str) -> tuple[bytes, bytes]:
        with self.together():
            assert self._now is not None  # noqa: S101 -- for mypy: within together
            now = self._now
            self._look_up([tag for tag in tags.alone if tag not in now.known], epoch, now)
            kept = next((found for tag in tags.alone if (found := now.known[tag])), None)
            kept = kept or self._made(now, epoch)
            for tag in tags.alone:
                now.known[tag] = now.known[tag] or kept
            under = now.under[kept.key_id]
            if new := [tag for tag in tags.every if tag not in under]:
                now.tags.setdefault(kept.key_id, []).extend(new)
                under.update(new)
            key = self._unwrapped(kept)
        if key is None:
            raise KeyVanished
        return kept.key_id, key

    def key(self, key_id: bytes) -> bytes | None:
        found = self._rows("SELECT key_id, wrapped, epoch, period FROM person_key WHERE key_id = $1", key_id)
        return self._unwrapped(_Kept(*found[0])) if found else None

    def ids(self, tags: Iterable[bytes], epoch: str) -> set[bytes]:
        wanted = list(tags)
        self.current_period()
        lie = [tag for period in self._periods for tag in self._veils.veiled(wanted, epoch, period)]
        found = self._rows("SELECT DISTINCT key_id FROM person_tag WHERE tag = ANY ($1)", lie)
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
        found = self._rows("SELECT name FROM period ORDER BY is_current DESC, name")
        return self._in_periods([row["name"] for row in found])[0]

    def begin_period(self, period: str) -> None:
        async def begun(connection: Connection) -> None:
            async with connection.transaction():
                await connection.execute("UPDATE period SET is_current = false WHERE name <> $1", period)
                await connection.execute(_BEGIN_PERIOD, period)

        self._open().run(begun)

    def wrap_again(self) -> int:
        period = self.current_period()
        return self._open().run(lambda connection: self._wrap_again(connection, period))

    def write_anew(self) -> None:
        """PostgreSQL sees to it itself: where a sync fails it stops, and writes again from its own log."""

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
            kept = {one: wrapped for one, wrapped in again if wrapped is not None}
            await connection.fetch(_DESTROY, [one.key_id for one, wrapped in again if wrapped is None])
            await connection.execute(
                "UPDATE person_key SET wrapped = one.wrapped, period = $3"
                " FROM unnest($1::bytea[], $2::bytea[]) AS one (key_id, wrapped)"
                " WHERE person_key.key_id = one.key_id",
                [one.key_id for one in kept],
                list(kept.values()),
                period,
            )
            await self._veil_again(connection, {one.key_id: one for one in kept}, period)
            if not rows:
                await connection.execute(
                    "DELETE FROM period WHERE NOT is_current"
                    " AND NOT EXISTS (SELECT FROM person_key WHERE period = period.name)"
                )
        return len(rows)

    async def _veil_again(self, connection: Connection, kept: Mapping[bytes, _Kept], period: str) -> None:
        lie = await connection.fetch(
            "DELETE FROM person_tag WHERE key_id = ANY ($1) RETURNING tag, key_id", list(kept)
        )
        again = [(row["key_id"], self._tag_under(row["tag"], kept[row["key_id"]], period)) for row in lie]
        await connection.execute(_KEEP_TAGS, [tag for _, tag in again], [key_id for key_id, _ in again])

    def _tag_under(self, tag: bytes, one: _Kept, period: str) -> bytes:
        return self._veils.veiled(self._veils.unveiled([tag], one.epoch, one.period), one.epoch, period)[0]

    def _under_period(self, one: _Kept, period: str) -> bytes | None:
        key, wrapping = self._unwrapped(one), self._wrapping(one.epoch, period)
        return None if key is None or wrapping is None else aes_key_wrap(wrapping, key)

    def _look_up(self, tags: Sequence[bytes], epoch: str, now: _Together) -> None:
        """Learn whose key tags these are, under every period; once more when there is another than was known."""
        if not tags:
            return
        before: list[str] = []
        while before != self._periods:
            before = self._periods
            lie = {
                veil: tag
                for period in before
                for tag, veil in zip(tags, self._veils.veiled(tags, epoch, period), strict=False)
            }
            rows = self._rows(_UNDER, list(lie))
            self._in_periods(rows[0]["periods"] or [])
        found = [(lie[row["tag"]], _Kept(*row[2:6]), row["every"]) for row in rows if row["tag"]]
        now.known |= dict.fromkeys(tags) | {tag: kept for tag, kept, _ in found}
        for _, kept, every in found:
            now.under[kept.key_id] = set(self._veils.unveiled(every, kept.epoch, kept.period))

    def _in_periods(self, names: list[str]) -> list[str]:
        """Take these periods for those that there are; where there is none yet, begin with the first."""
        if not names:
            self._rows("INSERT INTO period VALUES ($1, true) ON CONFLICT DO NOTHING", self._first_period)
            names = [self._first_period]
        if names != self._periods:
            self._periods = names
        return names

    def _made(self, now: _Together, epoch: str) -> _Kept:
        wrapping = self._wrapping(epoch, self._periods[0])
        if wrapping is None:
            raise KeyVanished
        wrapped = aes_key_wrap(wrapping, secrets.token_bytes(KEY_BYTES))
        kept = _Kept(secrets.token_bytes(_ID_BYTES), wrapped, epoch, self._periods[0])
        now.keys.append(kept)
        now.under[kept.key_id] = set()
        return kept

    def _keep(self, now: _Together) -> None:
        if now.tags:
            self._open().run(lambda connection: self._written(connection, now))

    async def _written(self, connection: Connection, now: _Together) -> None:
        """New keys, and tags veiled by the period that their key is in by now; none of a key that is gone."""
        made = {one.key_id: one for one in now.keys}
        async with connection.transaction():
            if made:
                await connection.execute(_KEEP_KEYS, *zip(*now.keys, strict=True))
            under = {key_id: (one.epoch, one.period) for key_id, one in made.items()}
            if known := [key_id for key_id in now.tags if key_id not in made]:
                under |= {row[0]: (row[1], row[2]) for row in await connection.fetch(_STILL, known)}
            lie = [
                (tag, key_id)
                for key_id, tags in now.tags.items()
                if key_id in under
                for tag in self._veils.veiled(tags, *under[key_id])
            ]
            await connection.execute(_KEEP_TAGS, [tag for tag, _ in lie], [key_id for _, key_id in lie])

    def _unwrapped(self, kept: _Kept) -> bytes | None:
        wrapping = self._wrapping(kept.epoch, kept.period)
        return None if wrapping is None else aes_key_unwrap(wrapping, kept.wrapped)

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return self._open().rows(sql, *values)

    def _open(self) -> Session:
        if self._session is None:
            self._session = Session(self._address, _MANNER)
        return self._session
