"""The keystore in the log's own PostgreSQL database, for brokers that share the log: one person, one key for all.

What wraps the keys, and veils the tags, never lies in the database. Two brokers that meet a new person in
the same moment may each make a key: both stand under the person's tags, and are destroyed together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial

from cryptography.hazmat.primitives.keywrap import aes_key_wrap

from broker.audit.keystore import Veils
from broker.audit.person_keys import Kept, Known, PersonKey, Wrapping, key_tags, keys_of, unwrapped
from broker.audit.stores.postgresql_session import WRITES, Address, Connection, Row, Session
from broker.audit.tags import PersonTags

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

_KEEP = """
WITH periods AS (
    INSERT INTO period SELECT DISTINCT one, false FROM unnest($4::text[]) AS one ON CONFLICT DO NOTHING
), keys AS (
    INSERT INTO person_key SELECT one.* FROM unnest($1::bytea[], $2::bytea[], $3::text[], $4::text[]) AS one
) INSERT INTO person_tag SELECT one.* FROM unnest($5::bytea[], $6::bytea[]) AS one ON CONFLICT DO NOTHING"""

_KEEP_TAGS = """
INSERT INTO person_tag SELECT one.* FROM unnest($1::bytea[], $2::bytea[]) AS one ON CONFLICT DO NOTHING"""

_STILL = "SELECT key_id, wrapped, epoch, period FROM person_key WHERE key_id = ANY ($1) FOR SHARE"
"""Nobody wraps them again, or destroys them, until the transaction ends."""

_BEGIN_PERIOD = """
INSERT INTO period VALUES ($1, true) ON CONFLICT (name) DO UPDATE SET is_current = true"""

_DESTROY = """
WITH tags AS (DELETE FROM person_tag WHERE key_id = ANY ($1)),
     keys AS (DELETE FROM person_key WHERE key_id = ANY ($1) RETURNING 1)
SELECT count(*) FROM keys"""
"""Of a list of ids; how many keys there were."""


class PostgresqlKeystore:
    """A keystore (``keystore.Keystore``) that connects when it is first asked. Methods raise StoreFault."""

    def __init__(self, address: Address, wrapping: Wrapping, first_period: str) -> None:
        """``first_period``: which one a keystore begins in that nobody used yet."""
        self._address, self._wrapping, self._first_period = address, wrapping, first_period
        self._session: Session | None = None
        self._veils = Veils(wrapping)
        self._periods: list[str] = [first_period]

    @contextmanager
    def keys_for(self, people: Sequence[PersonTags], epoch: str) -> Iterator[list[PersonKey | None]]:
        """Two round trips for people who are asked about for the first time, one for those who are known."""
        if not people:
            yield []
            return
        known = self._known(list(key_tags(people)), epoch)
        found = keys_of(people, known, epoch, self._periods[0], cache(self._wrapping))
        written = (
            self._open().begun(partial(self._written, known=known)) if known.tags or known.keys else None
        )
        try:
            yield found
        finally:
            if written is not None:
                written()

    def afterwards(self) -> None:
        """The server has processes of its own for it."""

    def key(self, key_id: bytes) -> bytes | None:
        found = self._rows("SELECT key_id, wrapped, epoch, period FROM person_key WHERE key_id = $1", key_id)
        return unwrapped(Kept(*found[0]), self._wrapping) if found else None

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
            again = [(one, self._under_period(one, period)) for one in (Kept(*row) for row in rows)]
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

    async def _veil_again(self, connection: Connection, kept: Mapping[bytes, Kept], period: str) -> None:
        lie = await connection.fetch(
            "DELETE FROM person_tag WHERE key_id = ANY ($1) RETURNING tag, key_id", list(kept)
        )
        again = [(row["key_id"], self._tag_under(row["tag"], kept[row["key_id"]], period)) for row in lie]
        await connection.execute(_KEEP_TAGS, [tag for _, tag in again], [key_id for key_id, _ in again])

    def _tag_under(self, tag: bytes, one: Kept, period: str) -> bytes:
        return self._veils.veiled(self._veils.unveiled([tag], one.epoch, one.period), one.epoch, period)[0]

    def _under_period(self, one: Kept, period: str) -> bytes | None:
        key, wrapping = unwrapped(one, self._wrapping), self._wrapping(one.epoch, period)
        return None if key is None or wrapping is None else aes_key_wrap(wrapping, key)

    def _known(self, tags: Sequence[bytes], epoch: str) -> Known:
        """Whose key tags these are, under every period; looked up anew when there is another than was known."""
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
        known = Known()
        for _, veil, key_id, wrapped, of_epoch, period, every in rows:
            if veil:
                known.learn(lie[veil], Kept(key_id, wrapped, of_epoch, period))
                known.under[key_id] = set(self._veils.unveiled(every, of_epoch, period))
        return known

    def _in_periods(self, names: list[str]) -> list[str]:
        """Take these periods for those that there are; where there is none yet, begin with the first."""
        if not names:
            self._rows("INSERT INTO period VALUES ($1, true) ON CONFLICT DO NOTHING", self._first_period)
            names = [self._first_period]
        if names != self._periods:
            self._periods = names
        return names

    async def _written(self, connection: Connection, known: Known) -> None:
        """New keys and tags: in one statement, unless some are of keys that somebody may be about to destroy."""
        made = set(known.keys)
        earlier = [kept.key_id for kept, _ in known.tags if kept not in made]
        if not earlier:
            await self._keep(connection, known.keys, known.tags)
            return
        async with connection.transaction():
            still = {row[0]: Kept(*row) for row in await connection.fetch(_STILL, earlier)}
            now = [(kept if kept in made else still.get(kept.key_id), tags) for kept, tags in known.tags]
            await self._keep(connection, known.keys, [(kept, tags) for kept, tags in now if kept])

    async def _keep(
        self, connection: Connection, keys: Sequence[Kept], tags: Iterable[tuple[Kept, Sequence[bytes]]]
    ) -> None:
        columns = zip(*sorted(keys), strict=True) if keys else ((),) * len(Kept._fields)
        lie = self._veils.rows(tags)
        await connection.execute(_KEEP, *columns, [tag for tag, _ in lie], [key_id for _, key_id in lie])

    def _rows(self, sql: str, *values: object) -> list[Row]:
        return self._open().rows(sql, *values)

    def _open(self) -> Session:
        if self._session is None:
            self._session = Session(self._address, _MANNER)
        return self._session
