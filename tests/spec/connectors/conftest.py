"""A test says which rows a source holds; it runs once for each engine that can hold them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from connectors.contract import Connector
from connectors.memory import MemoryConnector
from connectors.source_file import SourceFile
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import (
    PASSWORD,
    READER,
    Row,
    by_odbc,
    housing,
    in_extract,
    in_mariadb,
    in_postgresql,
    in_sqlite,
)
from tests.spec.connectors.served_by_http import REQUESTS, WebApi, in_http
from tests.spec.connectors.troubles import InExtract, InMariadb, InPostgresql, InSqlite, Troubles

Hold = Callable[..., Awaitable[Connector]]
Make = Callable[[SourceFile, Sequence[Row], Mapping[str, str]], Connector]


WITH_TYPES = ["postgresql", "postgresql by odbc"]
"""Databases whose columns have types."""

ENGINES = [
    "memory",
    "sqlite",
    "extract",
    "extract of xlsx",
    "extract of parquet",
    "postgresql",
    "sqlite by odbc",
    "postgresql by odbc",
    "mariadb by odbc",
    "http",
    "http person by person",
]

WITH_SQL = [one for one in ENGINES if one not in REQUESTS]
"""A web API is asked no SQL: what is said of tables, views and queries is not for it."""


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def postgres_with_reader(postgres: PostgresCluster) -> PostgresCluster:
    """The server, with the role that reads."""
    postgres.create_role(READER, PASSWORD)
    return postgres


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MariadbServer]:
    """A MariaDB with a user who reads."""
    with MariadbServer(tmp_path_factory.mktemp("mariadb")) as server:
        server.create_reader(READER, PASSWORD)
        yield server


@pytest.fixture(scope="session")
def web_api() -> Iterator[WebApi]:
    """A web API that holds tables."""
    with WebApi() as server:
        yield server


@pytest.fixture
def make(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Makes a source that holds rows, on this engine."""
    if engine in REQUESTS:
        api = request.getfixturevalue("web_api")
        return lambda source, rows, _: in_http(engine, source, rows, api)
    return held_by(engine, request, tmp_path)


def held_by(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """How rows come into this engine; by ODBC, they come in by its native connector's way."""
    if engine == "memory":
        return lambda source, rows, _: MemoryConnector(source, rows)
    if engine == "sqlite":
        return lambda source, rows, types: in_sqlite(source, rows, types, tmp_path)
    if engine.startswith("extract"):
        ending = engine.partition(" of ")[2] or "csv"
        return lambda source, rows, _: in_extract(source, rows, tmp_path, ending)
    if engine == "postgresql":
        cluster = request.getfixturevalue("postgres_with_reader")
        return lambda source, rows, types: in_postgresql(source, rows, types, cluster, "postgres")
    require_odbc_drivers()
    if engine == "mariadb by odbc":
        server = request.getfixturevalue("mariadb")
        return lambda source, rows, types: in_mariadb(source, rows, types, server)
    native = held_by(engine.removesuffix(" by odbc"), request, tmp_path)
    return lambda source, rows, types: by_odbc(native(source, rows, types).source, tmp_path)


@pytest.fixture
def troubles(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Troubles:
    """What can happen to the table on this engine. Where less can, ``quality.yaml`` says so."""
    native = engine.removesuffix(" by odbc")
    happen: Mapping[str, Callable[[], object]] = {
        "sqlite": lambda: InSqlite(tmp_path),
        "extract": lambda: InExtract(tmp_path),
        "postgresql": lambda: InPostgresql(request.getfixturevalue("postgres_with_reader")),
        "mariadb": lambda: InMariadb(request.getfixturevalue("mariadb")),
    }
    return cast("Troubles", happen[native]())


@pytest.fixture
async def hold(make: Make) -> AsyncIterator[Hold]:
    """An open housing source that holds these rows; ``changed`` replaces parts of its source file.

    A row names the columns that matter, the others are empty; its ``ref`` is its number when it names none.
    ``types`` are the types of columns that are not text (or dates) in a database with types.
    """
    made: list[Connector] = []

    async def holding(*rows: Row, types: Mapping[str, str] | None = None, **changed: Any) -> Connector:
        numbered = [{"ref": str(number), **row} for number, row in enumerate(rows, 1)]
        made.append(make(housing(**changed), numbered, types or {}))
        await made[-1].open()
        return made[-1]

    yield holding
    for one in made:
        await one.close()
