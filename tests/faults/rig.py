"""Littleworth on real databases behind fault proxies: the broker, its log and all between are the real ones.

school    a PostgreSQL, by asyncpg, behind a proxy
police    the same server, by its ODBC driver, behind another
housing   a SQLite file, which nothing befalls: it always has to answer
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apsw
import yaml
from opentelemetry.sdk.trace import SpanProcessor

from connectors.contract import Candidate
from connectors.memory_rows import database_of, row_of
from connectors.source_file import SourceFile
from deploy.demo.postgres import PostgresCluster
from tests.fakes.identity_provider import IdentityProvider
from tests.fakes.littleworth import BROKER, SOURCES, Littleworth, littleworth, part, row
from tests.faults.proxy import FaultProxy

DATABASE, READER, PASSWORD = "littleworth", "family_context", "a reader's own"
SECONDS = 1.5
"""What a query may take in Littleworth."""
SLACK = 1.0
"""What it may take longer on a machine that has other things to do; the benchmark holds it to .1."""
BREAKER = 1.0
"""Seconds for which a source that fails is left alone at first."""
HOST = "localhost"
"""The school's: a name, so that a name server may fail."""
ALL = ("housing", "police", "school")

_ASKING = f"asking: {{breaker: {{in_a_row: 5, open_seconds: {BREAKER}}}}}\n"
_POSTGRESQL = (
    "{{host: {host}, port: {port}, database: littleworth, user: family_context,"
    " password: 'file:password.txt', ssl: disable}}"
)
_ODBC = (
    "{{driver: PostgreSQL Unicode, server: 127.0.0.1, port: {port}, database: littleworth,"
    " user: family_context, password: 'file:password.txt', ssl: disable}}"
)


@dataclass(slots=True)
class Rig:
    """A running Littleworth, and what can be broken about it. ``proxies`` are by the source's name."""

    town: Littleworth
    cluster: PostgresCluster
    proxies: Mapping[str, FaultProxy]

    async def timed(self, **said: Any) -> tuple[Any, float]:
        """The answer about Emma, and the seconds that it took."""
        began = time.monotonic()
        return await self.town.ask(**said), time.monotonic() - began

    async def recovered(self, source: str) -> float:
        """Seconds after which the source answers again, by itself: at most one period of its breaker."""
        began = time.monotonic()
        while part(await self.town.ask(), source)["outcome"] != "involved":
            assert time.monotonic() - began < BREAKER + SLACK + 2 * SECONDS, f"{source} does not recover"
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    def logged(self, answer: Any) -> tuple[list[str], dict[str, str]]:
        """What the auditor sees of a query: the kinds of its entries; the outcome of each source's disclosure."""
        with self.town.reader() as reader:
            entries = reader.trace(answer["query_id"]).entries
        told = {
            one.facts["source"]: one.facts["disclosed"]["outcomes"][0]["outcome"]
            for one in entries
            if one.kind == "disclosure"
        }
        return [one.kind for one in entries], told


@contextmanager
def server(directory: Path, rows: Sequence[Candidate] = ()) -> Iterator[PostgresCluster]:
    """A PostgreSQL with Emma Ashdown in two tables, and whoever ``rows`` are about."""
    cluster = PostgresCluster(directory, settings={"fsync": "off", "max_connections": "60"})
    cluster.start()
    try:
        cluster.create_role(READER, PASSWORD)
        cluster.create_database(DATABASE)
        for name in ("school", "police"):
            fill(cluster, _source(name), [row(), *rows])
        yield cluster
    finally:
        cluster.thaw()
        cluster.destroy()


@asynccontextmanager
async def rig(
    directory: Path,
    cluster: PostgresCluster,
    *,
    broker: str = BROKER,
    sign_in: IdentityProvider | None = None,
    source_file: Callable[[str], str] = lambda text: text,
    spans_also_to: Sequence[SpanProcessor] = (),
) -> AsyncIterator[Rig]:
    """The rig, running and asked once. ``broker``: its broker.yaml; ``sign_in`` makes tokens that it believes;
    ``source_file`` may change the text of each source's.
    """
    proxies = {name: FaultProxy(cluster.port) for name in ("school", "police")}
    for proxy in proxies.values():
        proxy.start()
    try:
        _write_housing(directory)
        (directory / "password.txt").write_text(PASSWORD)
        sources = {name: source_file(text) for name, text in _sources(proxies).items()}
        async with littleworth(
            directory, on_files=True, sources=sources, broker=broker, spans_also_to=spans_also_to
        ) as town:
            if sign_in is not None:
                town.sign_in = sign_in  # type: ignore[assignment]  # its tokens are as good
            made = Rig(town, cluster, proxies)
            before = await town.ask()
            assert {part(before, name)["outcome"] for name in ALL} == {"involved"}
            yield made
    finally:
        for proxy in proxies.values():
            proxy.stop()


def _sources(proxies: Mapping[str, FaultProxy]) -> dict[str, str]:
    kinds = {
        "school": ("postgresql", _POSTGRESQL.format(host=HOST, port=proxies["school"].port)),
        "police": ("odbc", _ODBC.format(port=proxies["police"].port)),
        "housing": ("sqlite", "{path: housing.db}"),
    }
    return {
        name: SOURCES[name]
        .replace("kind: memory", f"kind: {kind}")
        .replace("connection: {}", f"connection: {connection}")
        .replace("table: people", f"table: {'rows' if kind == 'sqlite' else name}")
        + _ASKING
        for name, (kind, connection) in kinds.items()
    }


def _source(name: str) -> SourceFile:
    return SourceFile.model_validate(yaml.safe_load(SOURCES[name]))


def _write_housing(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    source = _source("housing")
    made = database_of(source, [row_of(row(), source)])
    kept = apsw.Connection(str(directory / "housing.db"))
    with kept.backup("main", made, "main") as copying:
        copying.step()
    made.close()
    kept.close()


def fill(cluster: PostgresCluster, source: SourceFile, rows: Iterable[Candidate]) -> None:
    """A table of the source's name with these records, which the broker's role may read and no more."""
    records = [row_of(one, source) for one in rows]
    dates = {"birth_date", "started", "ended", "last_contact"}
    columns = ", ".join(f"{one} {'date' if one in dates else 'text'}" for one in records[0])
    values = ", ".join(f"({', '.join(map(_literal, one.values()))})" for one in records)
    name = source.source
    cluster.run(
        f"CREATE TABLE {name} ({columns}); INSERT INTO {name} VALUES {values};"  # noqa: S608 -- psql binds nothing
        f"GRANT SELECT ON {name} TO {READER}",
        DATABASE,
    )


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"
