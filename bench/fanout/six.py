"""Six PostgreSQL databases of 100,000 people each, kept in ``.state/bench`` between runs, and who asks them.

Every database has the same people, as another careless clerk wrote them. A seventh sees all six through
postgres_fdw, by one view: that is how somebody would do it who has no broker.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import asyncpg

from bench.register import carelessly_written
from deploy.demo.people import Person
from deploy.demo.postgres import PostgresCluster
from deploy.demo.town import Town as People
from tests.fakes.littleworth import BROKER, NOW, Littleworth, littleworth, policy_file, source_file

NAMES = tuple(f"service_{number}" for number in range(1, 7))
PEOPLE, SEED = 100_000, 9
KEPT = Path(".state/bench/six")
READER, PASSWORD = "family_context", "a reader's own"
TABLE, VIEW, HUB = "people", "everyone", "hub"
ADULT = 18

_SHAPE = "2"
"""Of what is kept: another one makes it anew."""
_COLUMNS = (
    "local_key", "given_name", "family_name", "former_name", "birth_date", "sex", "address", "postcode",
    "nhs_number", "upn", "started", "ended", "last_contact", "status", "worker", "worker_role", "team", "phone",
    "email", "category", "shielded",
)  # fmt: skip
_DATES = frozenset(["birth_date", "started", "ended", "last_contact"])
_INDEXED = ("family_name", "former_name", "birth_date", "postcode", "nhs_number")
_REACHED = "host '127.0.0.1', port :'port', async_capable 'true', fetch_size '1000'"
_ONE = "answers: {seconds: 4, released_every_ms: 1, at_once: 64, of_one_requester: 64}"


@dataclass(frozen=True, slots=True)
class Six:
    """The databases, the people who stand in them, and the broker that asks them."""

    cluster: PostgresCluster
    people: Sequence[Person] = field(repr=False)
    town: Littleworth
    token: str = field(repr=False)


@contextmanager
def databases() -> Iterator[tuple[PostgresCluster, Sequence[Person]]]:
    """The server, running, with all databases; made where there are none yet (about two minutes)."""
    people = People(SEED, NOW.date()).people(PEOPLE)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    done = KEPT / "shape"
    if KEPT.exists() and not (done.exists() and done.read_text() == _SHAPE):
        shutil.rmtree(KEPT)
    with PostgresCluster(KEPT, settings={"shared_buffers": "768MB", "max_connections": "220"}) as cluster:
        yield cluster, people


async def filled(cluster: PostgresCluster, people: Sequence[Person]) -> None:
    """Fill what is empty."""
    if (KEPT / "shape").exists():
        return
    cluster.create_role(READER, PASSWORD)
    for number, name in enumerate(NAMES):
        cluster.drop_database(name)
        cluster.create_database(name)
        await _into(cluster.dsn(name), _rows(people, number))
    (KEPT / "shape").write_text(_SHAPE)


@asynccontextmanager
async def six(directory: Path) -> AsyncIterator[Six]:
    """All of it, running. The broker's log is on the disk of ``directory``."""
    with databases() as (cluster, people):
        await filled(cluster, people)
        _view(cluster)  # each time: the server's port may be another
        _told_password(directory)
        async with littleworth(
            directory,
            on_files=True,
            sources={name: source_text(name, cluster.port) for name in NAMES},
            policies={name: policy_file(name) for name in NAMES},
            broker=BROKER.replace("answers: {seconds: 1.5, released_every_ms: 25}", _ONE),
        ) as town:
            adults = [one for one in people if one.age_on(NOW.date()) >= ADULT]
            random.Random(SEED).shuffle(adults)  # so that no household follows on itself
            yield Six(cluster, adults, town, town.headers()["Authorization"])


def _told_password(directory: Path) -> None:
    directory.mkdir(parents=True)
    (directory / "password.txt").write_text(PASSWORD)


def source_text(name: str, port: int) -> str:
    """The source file of one of them."""
    text = source_file(name, name.replace("_", " ").capitalize()).replace("kind: memory", "kind: postgresql")
    where = f"host: 127.0.0.1, port: {port}, database: {name}, user: {READER}, password: 'file:password.txt'"
    text = text.replace("connection: {}", f"connection: {{{where}, ssl: disable}}")
    text = text.replace("[former_name]", "[{column: former_name, indexed: true}]")
    for column in _INDEXED:
        text = text.replace(f"  {column}: {column}\n", f"  {column}: {{column: {column}, indexed: true}}\n")
    return text.replace("population: 20000", f"population: {PEOPLE}")


def _rows(people: Sequence[Person], number: int) -> Iterator[tuple[object, ...]]:
    """What one clerk made of everybody; half of the records are open."""
    for place, row in enumerate(carelessly_written(people, SEED + number).rows):
        key, given, family, former, born, sex, address, postcode, nhs, *_ = row
        seen = NOW.date() - timedelta(days=place % 700)
        status = "open" if place % 2 else "closed"
        worker = (f"Worker {place % 300}", "Officer", f"Team {place % 20}", "0191 498 0100", None)
        yield (
            f"{number}-{key}", given, family, former, born, sex, address, postcode, nhs, None,
            date(2023, 1, 1), None, seen, status, *worker, "support", None,
        )  # fmt: skip


async def _into(dsn: str, rows: Iterator[tuple[object, ...]]) -> None:
    """Filled by COPY, with an index for each indexed column."""
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE TABLE {TABLE} ({_typed()}); GRANT SELECT ON {TABLE} TO {READER}")
    await connection.copy_records_to_table(TABLE, records=rows, columns=_COLUMNS)
    for name in _INDEXED:
        await connection.execute(f"CREATE INDEX ON {TABLE} ({name})")
    await connection.execute(f"VACUUM ANALYZE {TABLE}")
    await connection.close()


def _typed() -> str:
    return ", ".join(f"{name} {'date' if name in _DATES else 'text'}" for name in _COLUMNS)


def _view(cluster: PostgresCluster) -> None:
    """The view of all six, each of whose servers is asked without waiting for the others."""
    cluster.drop_database(HUB)
    cluster.create_database(HUB)
    made = ["CREATE EXTENSION postgres_fdw", f"GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {READER}"]
    for name in NAMES:
        made += [
            f"CREATE SERVER {name} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({_REACHED}, dbname '{name}')",
            f"CREATE USER MAPPING FOR {READER} SERVER {name} OPTIONS (user '{READER}', password :'password')",
            f"CREATE FOREIGN TABLE {name} ({_typed()}) SERVER {name} OPTIONS (table_name '{TABLE}')",
            f"GRANT SELECT ON {name} TO {READER}",
        ]
    parts = (f"SELECT '{name}'::text AS source, * FROM {name}" for name in NAMES)  # noqa: S608 -- constants
    made += [
        f"CREATE VIEW {VIEW} WITH (security_invoker) AS {' UNION ALL '.join(parts)}",
        f"GRANT SELECT ON {VIEW} TO {READER}",
    ]
    cluster.run(";\n".join(made), HUB, port=str(cluster.port), password=PASSWORD)
