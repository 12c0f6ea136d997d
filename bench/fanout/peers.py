"""The same without a broker: a bare loop on asyncpg, and one statement over postgres_fdw.

Both ask what the broker's connectors ask, in the same words, of the same rows, and make the same candidates of
them. Both commit twice to an SQLite log (WAL, synchronous=FULL) with as many bytes as the broker writes of a
query. What they don't have is what a broker is for: a deadline that holds, breakers, who may ask what, keys, an
audit tree.

The bare loop works out the statement's values once for all six, and scores rows by the same matcher. Over
postgres_fdw, the token is checked and each owner's policy applied as well.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import asyncpg

from bench.fanout.six import HUB, NAMES, PASSWORD, READER, VIEW, Six
from broker.consult import judged
from broker.consultation import Consultation, PersonFinding
from broker.consulting.side import OwnersSide
from broker.matching.grades import Hit
from broker.matching.match import match
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from connectors.candidate_query import CandidateQuery, Question
from connectors.contract import Candidates, Identifiers, Search
from connectors.dialects import postgresql_dialect
from connectors.memory import MemoryConnector
from connectors.postgresql_catalogue import live_columns
from connectors.read_rows import candidates_of

WANTED = frozenset(["started", "last_contact", "status", "contact"])
_WHO_ASKS = re.compile(r"\s*WHERE \(SELECT set_config\([^)]*\) AS set_config_1\) IS NOT NULL\s*")


class Log:
    """Durable commits of so many bytes, as SQLite makes them."""

    def __init__(self, path: Path) -> None:
        self._database = apsw.Connection(str(path))
        self._database.pragma("journal_mode", "wal")
        self._database.pragma("synchronous", 2)
        self._database.execute("CREATE TABLE entry (id INTEGER PRIMARY KEY, content BLOB NOT NULL)")

    def commit(self, content: bytes) -> None:
        with self._database:
            self._database.execute("INSERT INTO entry (content) VALUES (?)", (content,))

    def close(self) -> None:
        self._database.close()


@dataclass(frozen=True, slots=True)
class Peers:
    """``sizes``: bytes of the first and of the second commit."""

    six: Six
    sides: Mapping[str, OwnersSide]
    query: CandidateQuery
    pools: Mapping[str, asyncpg.Pool] = field(repr=False)
    hub: asyncpg.Pool = field(repr=False)
    log: Log
    sizes: tuple[int, int]

    async def bare(self, typed: Identifiers) -> Sequence[Sequence[Hit]]:
        """Who is who in every source."""
        question = self._question(typed)
        self.log.commit(bytes(self.sizes[0]))

        async def one(name: str) -> Sequence[Hit]:
            async with self.pools[name].acquire() as connection:
                rows = await connection.fetch(question.text, *question.values)
            source = self.sides[name].connector.source
            found = candidates_of(source, question.columns, [tuple(row.values()) for row in rows])
            return match([typed], found.rows, source.population)[0]

        hits = await asyncio.gather(*map(one, NAMES))
        self.log.commit(bytes(self.sizes[1]))
        return hits

    async def by_fdw(self, typed: Identifiers, asked: Consultation, token: str) -> list[PersonFinding]:
        """What every owner's policy lets out, to who has the token."""
        town = self.six.town
        await town.front.tokens.token(token, town.clock())
        question = over_fdw(self._question(typed))
        self.log.commit(bytes(self.sizes[0]))
        async with self.hub.acquire() as connection:
            rows = await connection.fetch(question.text, *question.values)
        by_source: dict[str, list[tuple[Any, ...]]] = {name: [] for name in NAMES}
        for source, *row in rows:
            by_source[source].append(tuple(row))
        found: list[PersonFinding] = []
        for name, its in by_source.items():
            side = self.sides[name]
            candidates: Candidates = candidates_of(side.connector.source, question.columns, its)
            found += await judged(asked, side, candidates)
        self.log.commit(bytes(self.sizes[1]))
        return found

    def _question(self, typed: Identifiers) -> Question:
        also = other_forms_of(fold(typed.given_name or ""))
        question = self.query.question(Search("q", (typed,), WANTED, 4.0, (also,)))
        if question is None:
            raise ValueError
        return question


def over_fdw(question: Question) -> Question:
    """The same of the view: every condition in one scan of each foreign table, and whose row it is.

    As a UNION, each server would be scanned once for every branch (twice the time).
    """
    conditions = re.findall(r"WHERE (r\..*?)(?: UNION|\) AS candidate)", question.text, re.DOTALL)
    columns = ", ".join(f'r."{name}"' for name in question.columns)
    text = f"SELECT r.source, {columns} FROM {VIEW} AS r WHERE {' OR '.join(conditions)} LIMIT 120001"  # noqa: S608 -- the connector's own words
    return Question(text, question.values[:-1], question.columns)


@asynccontextmanager
async def both(six: Six, directory: Path, sizes: tuple[int, int], at_once: int) -> AsyncIterator[Peers]:
    """Both, with as many connections as they may need."""
    cluster, services = six.cluster, six.town.front.broker.around.catalogue.services
    pools = {name: await _pool(cluster.dsn(name, READER, PASSWORD), 8) for name in NAMES}
    hub, log = await _pool(cluster.dsn(HUB, READER, PASSWORD), at_once), Log(directory / "bare.db")
    try:
        sides = {
            name: OwnersSide(MemoryConnector(one.source), one.policy, None, one.weights)
            for name, one in services.items()
        }
        connection = await asyncpg.connect(cluster.dsn(NAMES[0], READER, PASSWORD))
        live = await live_columns(connection, services[NAMES[0]].source)
        await connection.close()
        query = CandidateQuery(services[NAMES[0]].source, live, postgresql_dialect())
        yield Peers(six, sides, query, pools, hub, log, sizes)
    finally:
        log.close()
        await asyncio.gather(hub.close(), *(one.close() for one in pools.values()))


async def _pool(dsn: str, size: int) -> asyncpg.Pool:
    return await asyncpg.create_pool(dsn, min_size=1, max_size=size, reset=_as_it_is)


async def _as_it_is(_: object) -> None:
    """Nothing is to be reset behind a SELECT; asyncpg would ask the server to, in a round trip more."""
