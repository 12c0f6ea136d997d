"""The log in a PostgreSQL database, which several brokers write at once: one tree, dense, each entry durable.

Whoever appends moves the one row of ``head`` from the tree that it knows to the tree that it makes, in the
statement that also writes the entries. When another broker was faster the row does not match, and nothing is
written: the broker then hashes what the other wrote, onto the tree that it verified itself, and follows that. So
no index is given twice or left out, and nobody signs a tree that did not grow from one that they checked.

Nothing is ever tried again whose answer was lost. Until a restart the writer then takes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from broker.audit.entry import Entry
from broker.audit.events import ASKED, CASE_CHECKED, CLOSED, OPENED
from broker.audit.match_events import FEEDBACK
from broker.audit.stores import postgresql_schema as schema
from broker.audit.stores.contract import (
    CLOCKS_DIFFER_BY,
    OUT_OF_ORDER,
    Appended,
    IndexRows,
    StoreFault,
    UnsafeStore,
    as_stored,
    placed,
    root_of_subtree,
    rows_of,
)
from broker.audit.stores.postgresql_session import READS, WRITES, Address, Connection, Manner, Session
from broker.audit.tree import Frontier
from broker.audit.witness.kept import Kept

_FEW, _PAGE = 16, 500
_LEAVES_AT_ONCE = 10_000
_BEHIND_ALL = 2**63 - 1

_APPEND = """
WITH moved AS (
    UPDATE head SET size = $1, roots = $2 WHERE size = $3 AND roots = $4 RETURNING size
), entries AS (
    INSERT INTO entry SELECT one.* FROM moved, unnest($5::bigint[], $6::bytea[], $7::bytea[]) AS one
), subtrees AS (
    INSERT INTO subtree SELECT one.* FROM moved, unnest($8::integer[], $9::bigint[], $10::bytea[]) AS one
), queries AS (
    INSERT INTO query SELECT one.*, $15
      FROM moved, unnest($11::bigint[], $12::text[], $13::text[], $14::text[]) AS one
), tags AS (
    INSERT INTO tag SELECT one.* FROM moved, unnest($16::bytea[], $17::bigint[]) AS one
) SELECT size FROM moved"""

_LISTED = """
SELECT (SELECT count(*) FROM unnest($1::bytea[], $2::bigint[]) AS one (tag, idx) JOIN tag USING (tag, idx))
     + (SELECT count(*) FROM unnest($3::integer[], $4::bigint[], $5::bytea[]) AS one (height, number, root)
          JOIN subtree USING (height, number, root))
     + (SELECT count(*) FROM unnest($6::bigint[], $7::text[], $8::text[], $9::text[])
          AS one (idx, query_id, kind, at) JOIN query USING (idx, query_id, kind, at))"""

_UNCLOSED = f"""
SELECT query_id FROM query AS begun
 WHERE kind IN ($1, $2)
   AND NOT EXISTS (SELECT FROM query WHERE query_id = begun.query_id AND kind = $3)
   AND NOT EXISTS (SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
                    WHERE datname = current_database() AND locktype = 'advisory' AND granted
                      AND classid = {schema.LOCKS} AND objid = begun.writer AND objsubid = 2)
 ORDER BY idx"""  # nosec B608  # noqa: S608 -- put together from a constant

_LATELY = "(SELECT idx FROM query WHERE at >= {} ORDER BY at LIMIT 1) - {}"
"""The index from which on to look: none, where nothing was written since."""

_ASKED_ABOUT = f"""
SELECT query_id, at, EXISTS (SELECT FROM tag WHERE tag = $2 AND idx = about.idx) AS own
  FROM tag AS about JOIN query AS asked USING (idx)
 WHERE about.tag = ANY ($1) AND idx >= {_LATELY.format("$8", OUT_OF_ORDER)} AND kind IN ($3, $4) AND at >= $5
   AND NOT EXISTS (SELECT FROM query WHERE query_id = asked.query_id AND kind IN ($6, $7))"""  # nosec B608  # noqa: S608 -- put together from a constant

_ASKED_BY = f"""
SELECT kind, at, raw FROM tag JOIN query USING (idx) JOIN entry USING (idx)
 WHERE tag = ANY ($1) AND idx >= {_LATELY.format("$2", OUT_OF_ORDER)} AND idx <= $3 AND at >= $4
   AND kind IN ($5, $6)
 ORDER BY idx"""  # nosec B608  # noqa: S608 -- put together from a constant

_KEEP_NOTE = r"""
INSERT INTO checkpoint VALUES (true, $1) ON CONFLICT (single) DO UPDATE SET note = excluded.note
 WHERE split_part(checkpoint.note, E'\n', 2)::bigint <= split_part(excluded.note, E'\n', 2)::bigint"""


_KEEP_COSIGNATURE = """
INSERT INTO cosignature VALUES ($1, $2, $3, $4, $5) ON CONFLICT (witness) DO UPDATE
   SET size = excluded.size, root = excluded.root, line = excluded.line, sealed_note = excluded.sealed_note
 WHERE excluded.size >= cosignature.size"""


class PostgresqlStore:
    """An open log (``contract.Store``). ``writer`` is this broker's number among those that write; None reads."""

    def __init__(self, session: Session, writer: int | None) -> None:
        self._session, self._writer = session, writer
        self._alone = True

    @property
    def alive(self) -> bool:
        return self._session.alive

    def append(self, entries: Sequence[Entry], after: Frontier) -> Appended:
        """As ``contract.Store.append``. One round trip as long as nobody else writes."""
        return self._session.run(lambda connection: self._append(connection, entries, after))

    def afterwards(self) -> None:
        """As ``contract.Store.afterwards``: the server has processes of its own for it."""

    def keep_note(self, note: str) -> None:
        """As ``contract.Store.keep_note``, unless another broker signed a larger tree meanwhile."""
        self._session.rows(_KEEP_NOTE, note)

    def note(self) -> str | None:
        """As ``contract.Store.note``."""
        found: str | None = self._session.value("SELECT note FROM checkpoint")
        return found

    def keep_cosignatures(self, found: Sequence[Kept]) -> None:
        """As ``contract.Store.keep_cosignatures``."""
        for one in found:
            self._session.rows(_KEEP_COSIGNATURE, one.witness, one.size, one.root, one.line, one.sealed_note)

    def cosignatures(self) -> list[Kept]:
        """As ``contract.Store.cosignatures``."""
        sql = "SELECT witness, size, root, line, sealed_note FROM cosignature ORDER BY witness"
        return [Kept(*row) for row in self._session.rows(sql)]

    def size(self) -> int:
        """As ``contract.Store.size``."""
        return int(self._session.value("SELECT coalesce(max(idx) + 1, 0) FROM entry"))

    def rows(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes, bytes]]:
        """As ``contract.Store.rows``, some hundred a time."""
        sql = "SELECT idx, leaf, raw FROM entry WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3"
        before = _BEHIND_ALL if end is None else end
        while found := self._session.rows(sql, start, before, _PAGE):
            yield from ((row["idx"], row["leaf"], row["raw"]) for row in found)
            start = found[-1]["idx"] + 1

    def subtree(self, height: int, number: int) -> bytes:
        """As ``contract.Store.subtree``."""
        return root_of_subtree(self, height, number)

    def kept_hashes(self, height: int, first: int, count: int) -> list[bytes]:
        """As ``contract.Store.kept_hashes``."""
        if height == 0:
            sql = "SELECT leaf FROM entry WHERE idx >= $1 AND idx < $2 ORDER BY idx"
            found = self._session.rows(sql, first, first + count)
        else:
            sql = (
                "SELECT root FROM subtree WHERE height = $1 AND number >= $2 AND number < $3 ORDER BY number"
            )
            found = self._session.rows(sql, height, first, first + count)
        return [row[0] for row in found]

    def of_query(self, query_id: str) -> list[tuple[int, bytes]]:
        """As ``contract.Store.of_query``."""
        sql = "SELECT idx, raw FROM query JOIN entry USING (idx) WHERE query_id = $1 ORDER BY idx"
        return [(row["idx"], row["raw"]) for row in self._session.rows(sql, query_id)]

    def unclosed(self) -> list[str]:
        """As ``contract.Store.unclosed``: a broker lives as long as it holds its lock."""
        found = self._session.rows(_UNCLOSED, ASKED, OPENED, CLOSED)
        return list(dict.fromkeys(row["query_id"] for row in found))

    @contextmanager
    def orphans(self) -> Iterator[list[str]]:
        """As ``contract.Store.orphans``: brokers that start together come here one after the other."""
        lock = f"({schema.LOCKS}, 0)"
        with self._session.held(f"SELECT pg_advisory_lock{lock}", f"SELECT pg_advisory_unlock{lock}"):
            yield self.unclosed()

    def asked_about(
        self, tags: Collection[bytes], requester: bytes, since: datetime
    ) -> list[tuple[str, str, bool]]:
        """As ``contract.Store.asked_about``, in one round trip."""
        kinds = (ASKED, CASE_CHECKED, as_stored(since), OPENED, FEEDBACK)
        found = self._session.rows(
            _ASKED_ABOUT, list(tags), requester, *kinds, as_stored(since - CLOCKS_DIFFER_BY)
        )
        return [(row["query_id"], row["at"], row["own"]) for row in found]

    def asked_by(
        self, requester: Collection[bytes], since: datetime, up_to: int
    ) -> list[tuple[str, str, bytes]]:
        """As ``contract.Store.asked_by``, in one round trip."""
        lately, at = as_stored(since - CLOCKS_DIFFER_BY), as_stored(since)
        found = self._session.rows(_ASKED_BY, list(requester), lately, up_to, at, ASKED, CASE_CHECKED)
        return [(row["kind"], row["at"], row["raw"]) for row in found]

    def tagged(self, tag: bytes) -> Iterator[bytes]:
        """As ``contract.Store.tagged``."""
        return (raw for _, raw in self.bearing(tag))

    def bearing(self, tag: bytes) -> Iterator[tuple[int, bytes]]:
        """As ``contract.Store.bearing``: a few first, for most want no more, then some hundred a time."""
        sql = "SELECT idx, raw FROM tag JOIN entry USING (idx) WHERE tag = $1 AND idx < $2"
        sql += " ORDER BY idx DESC LIMIT $3"
        before, count = _BEHIND_ALL, _FEW
        while found := self._session.rows(sql, tag, before, count):
            yield from ((row["idx"], row["raw"]) for row in found)
            before, count = found[-1]["idx"], _PAGE

    def ends_with(self, tree: Frontier) -> bool:
        """As ``contract.Store.ends_with``: the row of ``head``."""
        sql = "SELECT true FROM head WHERE size = $1 AND roots = $2"
        return bool(self._session.value(sql, tree.size, b"".join(tree.roots)))

    def lists(self, rows: IndexRows) -> bool:
        """As ``contract.Store.lists``, in one round trip."""
        columns = (*_turned(rows.tags, 2), *_turned(rows.subtrees, 3), *_turned(rows.queries, 4))
        return bool(self._session.value(_LISTED, *columns) == len(rows))

    def in_order(self, start: int, end: int) -> None:
        """As ``contract.Store.in_order``: what takes time is the journey."""

    def listed(self) -> int:
        """As ``contract.Store.listed``."""
        return int(
            self._session.value(
                "SELECT (SELECT count(*) FROM tag) + (SELECT count(*) FROM query) + (SELECT count(*) FROM subtree)"
            )
        )

    def again(self) -> None:
        """As ``contract.Store.again``: the server has cores of its own."""

    @contextmanager
    def as_of_now(self) -> Iterator[None]:
        """As ``contract.Store.as_of_now``."""
        with self._session.held("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "COMMIT"):
            yield

    def close(self) -> None:
        self._session.close()

    async def _append(self, connection: Connection, entries: Sequence[Entry], after: Frontier) -> Appended:
        if self._alone and (appended := await self._put(connection, entries, after)):
            return appended
        known = await _grown(connection, after)  # before the lock, since it may be long
        async with connection.transaction():
            await connection.execute("SELECT FROM head FOR UPDATE")
            now = await _grown(connection, known)
            self._alone = now.size == after.size
            if appended := await self._put(connection, entries, now):
                return appended
        raise StoreFault("The head of the tree is not that of its entries.", "TreeBroken")

    async def _put(
        self, connection: Connection, entries: Sequence[Entry], after: Frontier
    ) -> Appended | None:
        """Write entries behind a tree; None, and nothing written, when the head is not that tree's."""
        appended = placed(entries, after)
        rows, now = rows_of(appended.written), appended.frontier
        moved = (now.size, b"".join(now.roots), after.size, b"".join(after.roots))
        trees = (*_turned(rows.entries, 3), *_turned(rows.subtrees, 3))
        values = (*moved, *trees, *_turned(rows.queries, 4), self._writer, *_turned(rows.tags, 2))
        return appended if await connection.fetchval(_APPEND, *values) is not None else None


def _turned(rows: Sequence[tuple[object, ...]], width: int) -> tuple[Sequence[object], ...]:
    """Rows column by column, as ``unnest`` takes them."""
    return tuple(zip(*rows, strict=True)) if rows else ((),) * width


async def _grown(connection: Connection, known: Frontier) -> Frontier:
    """The tree as the database has it now, by the leaves that were added to the one that is known."""
    sql = "SELECT leaf FROM entry WHERE idx >= $1 ORDER BY idx LIMIT $2"
    while found := await connection.fetch(sql, known.size, _LEAVES_AT_ONCE):
        for row in found:
            known = known.with_leaf(row["leaf"])
    return known


@dataclass(frozen=True, slots=True)
class PostgresqlDatabase:
    """A database that a log is kept in (``contract.Place``)."""

    address: Address

    def __str__(self) -> str:
        return str(self.address)

    def check(self) -> None:
        """As ``contract.Place.check``."""
        with self._opened(WRITES) as session:
            session.run(schema.check_safe)
            session.close()

    def open_to_write(self) -> PostgresqlStore:
        """As ``contract.Place.open_to_write``: beside any other broker that writes the same log."""

        async def made_ready(connection: Connection) -> int:
            await schema.check_safe(connection)
            await schema.make_tables(connection)
            await schema.check_version(connection)
            return await schema.new_writer(connection)

        with self._opened(WRITES) as session:
            return PostgresqlStore(session, session.run(made_ready))

    def open_to_read(self) -> PostgresqlStore:
        """As ``contract.Place.open_to_read``."""
        with self._opened(READS) as session:
            session.run(schema.check_version)
            return PostgresqlStore(session, None)

    @contextmanager
    def _opened(self, manner: Manner) -> Iterator[Session]:
        """A session, closed again when it turns out that it may not be used. Raises UnsafeStore."""
        session = None
        try:
            session = Session(self.address, manner)
            yield session
        except (StoreFault, UnsafeStore) as fault:
            if session is not None:
                session.close()
            raise UnsafeStore(f"{self} cannot be used as the audit log. {fault}") from None
