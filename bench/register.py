"""One large table of Northshire's people, as careless clerks wrote them, in real databases with real indexes."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import apsw
import asyncpg

from connectors.contract import Connector
from connectors.registry import connect
from connectors.source_file import SourceFile
from deploy.demo.clerks import Written, carelessly, faithfully
from deploy.demo.people import Person
from deploy.demo.postgres import PostgresCluster
from deploy.demo.town import Town
from tests.fakes.mariadb import MariadbServer
from tests.spec.connectors.engines import PASSWORD, READER, TABLE, by_odbc, connection_to, housing

COLUMNS = (
    "ref", "forename", "surname", "maiden_name", "dob", "sex", "address", "postcode", "nhs", "started", "seen",
    "status", "officer", "officer_phone",
)  # fmt: skip
INDEXED = ("surname", "maiden_name", "dob", "postcode", "nhs")
_DATES = ("dob", "started", "seen")
_ROWS_AT_ONCE = 500


def register(**changed: object) -> SourceFile:
    """The source file of the table."""
    identifiers = {
        "given_name": "forename",
        "family_name": {"column": "surname", "indexed": True},
        "other_family_names": [{"column": "maiden_name", "indexed": True}],
        "birth_date": {"column": "dob", "indexed": True},
        "sex": "sex",
        "address": "address",
        "postcode": {"column": "postcode", "indexed": True},
        "nhs_number": {"column": "nhs", "indexed": True},
    }
    involvement = {"started": "started", "last_contact": "seen", "status": "status"}
    parts = {"identifiers": identifiers, "involvement": involvement, "gates": {}, "restricted": None}
    return housing(**{"population": 270_000, **parts, **changed})


@dataclass(frozen=True, slots=True)
class Register:
    """The people, and what one clerk made of each: a row apiece, whose ``ref`` is its place."""

    people: Sequence[Person]
    rows: Sequence[tuple[object, ...]]


def made(seed: int, people: int, today: date) -> Register:
    """So many people of Northshire, or a few more, as careless clerks wrote them."""
    return carelessly_written(Town(seed, today).people(people), seed)


def carelessly_written(people: Sequence[Person], seed: int) -> Register:
    chance = random.Random(f"register {seed}")
    return Register(people, [_row(number, carelessly(one, chance)) for number, one in enumerate(people)])


def faithfully_written(people: Sequence[Person]) -> Register:
    return Register(people, [_row(number, faithfully(one)) for number, one in enumerate(people)])


def _row(number: int, written: Written) -> tuple[object, ...]:
    names = (written.given_name, written.family_name, written.former_family_name)
    place = (written.address, written.postcode, written.nhs_number)
    involved = (date(2024, 1, 1 + number % 28), date(2026, 1, 1 + number % 28), "C")
    return (
        str(number), *names, written.birth_date, written.sex, *place, *involved, "Sam Okafor", "01632 960641",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """The table in real databases; each connector reads it its own way."""

    connectors: dict[str, Connector]
    postgres: PostgresCluster
    mariadb: MariadbServer
    sqlite: Path


@asynccontextmanager
async def held(whole: Register, directory: Path) -> AsyncIterator[Held]:
    """The table in PostgreSQL, SQLite and MariaDB."""
    with ExitStack() as until:
        (directory / "postgres").mkdir(mode=0o755)
        cluster = PostgresCluster(directory / "postgres", settings={"fsync": "off"})
        cluster.start()
        until.callback(cluster.destroy)
        cluster.create_role(READER, PASSWORD)
        mariadb = until.enter_context(MariadbServer(directory / "mariadb", buffer="256M"))
        mariadb.create_reader(READER, PASSWORD)
        native = _source("postgresql", connection_to(cluster, "postgres"))
        file = _source("sqlite", {"path": str(directory / "register.db")})
        connectors = {
            "postgresql": native,
            "sqlite": file,
            "postgresql by odbc": by_odbc(native.source),
            "mariadb by odbc": _source("odbc", mariadb.connection(READER)),
        }
        await _into_postgresql(cluster, whole)
        into_sqlite(directory / "register.db", whole)
        _into_mariadb(mariadb, whole)
        yield Held(connectors, cluster, mariadb, directory / "register.db")


def _source(kind: str, connection: dict[str, object]) -> Connector:
    source = register(kind=kind, connection=connection)
    return connect(source, {"env:PASSWORD": PASSWORD}.__getitem__, Path())


async def _into_postgresql(cluster: PostgresCluster, whole: Register) -> None:
    """Filled by COPY, with an index for each indexed column."""
    kinds = ", ".join(f"{name} {'date' if name in _DATES else 'text'}" for name in COLUMNS)
    connection = await asyncpg.connect(cluster.dsn())
    await connection.execute(f"CREATE TABLE {TABLE} ({kinds}); GRANT SELECT ON {TABLE} TO {READER}")
    await connection.copy_records_to_table(TABLE, records=whole.rows, columns=COLUMNS)
    for name in INDEXED:
        await connection.execute(f"CREATE INDEX ON {TABLE} ({name})")
    await connection.execute(f"VACUUM ANALYZE {TABLE}")
    await connection.close()


def in_sqlite(path: Path, whole: Register, **changed: object) -> Connector:
    """The table in a new SQLite file, and the connector that reads it."""
    into_sqlite(path, whole)
    source = register(kind="sqlite", connection={"path": str(path)}, **changed)
    return connect(source, str, Path())


def into_sqlite(path: Path, whole: Register) -> None:
    database = apsw.Connection(str(path))
    database.execute(f"CREATE TABLE {TABLE} ({', '.join(COLUMNS)})")
    with database:
        database.executemany(_insert(1), (_texts(row) for row in whole.rows))
    for name in INDEXED:
        database.execute(f"CREATE INDEX by_{name} ON {TABLE} ({name})")
    database.execute("ANALYZE")
    database.close()


def _into_mariadb(server: MariadbServer, whole: Register) -> None:
    kinds = ", ".join(f"{name} {'date' if name in _DATES else 'varchar(100)'}" for name in COLUMNS)
    server.run(f"CREATE TABLE {TABLE} ({kinds}) COLLATE utf8mb4_bin")
    with server.connected() as cursor:
        cursor.execute("START TRANSACTION")
        for first in range(0, len(whole.rows), _ROWS_AT_ONCE):
            some = whole.rows[first : first + _ROWS_AT_ONCE]
            cursor.execute(_insert(len(some)), *(value for row in some for value in _texts(row)))
        cursor.execute("COMMIT")
    server.run(*(f"CREATE INDEX by_{name} ON {TABLE} ({name})" for name in INDEXED))
    server.run(f"ANALYZE TABLE {TABLE}")


def _insert(rows: int) -> str:
    one = f"({', '.join('?' * len(COLUMNS))})"
    return f"INSERT INTO {TABLE} VALUES {', '.join([one] * rows)}"  # noqa: S608 -- question marks only


def _texts(row: Sequence[object]) -> list[object]:
    return [one.isoformat() if isinstance(one, date) else one for one in row]
