"""Surveys on real databases: every row once, the mapped columns only, read-only, in time, and gone when left."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.profile.plain import as_plain
from broker.profile.profile import profile_of
from broker.profile.tally import Tally, questions
from broker.profile.whole import Circumstances
from connectors.contract import SourceMisfit, SourceTimedOut, SourceUnavailable
from connectors.source_file import SourceFile
from connectors.survey.contract import PAGE_ROWS, Bounds
from connectors.survey.kinds import survey
from deploy.demo.postgres import PostgresCluster
from tests.fakes.mariadb import MariadbServer
from tests.integration.connectors.odbc_sources import until
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import (
    PASSWORD,
    READER,
    by_odbc,
    housing,
    in_extract,
    in_mariadb,
    in_postgresql,
    in_sqlite,
)

Row = Mapping[str, object]
TODAY = date(2026, 6, 1)
ALL = Bounds(None, 60)
ENGINES = (
    *("memory", "sqlite", "extract", "postgresql"),
    *("sqlite by odbc", "postgresql by odbc", "mariadb by odbc"),
)
COUNT = 2 * PAGE_ROWS + 345


def secret(reference: str) -> str:
    return {"env:PASSWORD": PASSWORD}[reference]


def rows(count: int = COUNT) -> list[Row]:
    """Some with everything, some with faults; the same for every engine."""
    born = [date(1980, 2, 14) + timedelta(days=number) for number in range(count)]
    return [
        {
            "ref": str(number),
            "forename": "Ada" if number % 7 else "BABY",
            "surname": "Ashdown" if number % 11 else "Zo\u00c3\u00ab",
            "dob": None if number % 8 == 0 else born[number].isoformat(),
            "sex": "F" if number % 2 else "X",
            "postcode": "SK3 8AB" if number % 5 else "not known",
            "nhs": "943 476 5919" if number % 3 else "943 476 5918",
            "started": "2019-03-07",
            "ended": "2024-03-07" if number % 4 else None,
            "seen": "2026-05-07",
            "status": "C" if number % 6 else "Q",
            "officer": "Dilys Prys",
            "officer_phone": "01632 960021" if number % 9 else "07700 900123",
            "category": "tenancy",
            "shielded": "Y" if number % 50 == 0 else "N",
        }
        for number in range(count)
    ]


@pytest.fixture
def hold(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str, Sequence[Row]], SourceFile]:
    """Makes a source that holds these rows on an engine, and gives its source file."""

    def held(engine: str, some: Sequence[Row], **changed: Any) -> SourceFile:
        of = housing(**changed)
        if engine == "memory":
            (tmp_path / "rows.json").write_text(json.dumps(some), encoding="utf-8")
            return of.model_copy(update={"connection": {"rows": "rows.json"}})
        if engine == "extract":
            return in_extract(of, some, tmp_path).source
        if engine.startswith("sqlite"):
            native = in_sqlite(of, some, {}, tmp_path)
        elif engine.startswith("mariadb"):
            server: MariadbServer = request.getfixturevalue("mariadb")
            return in_mariadb(of, some, {}, server).source
        else:
            cluster: PostgresCluster = request.getfixturevalue("postgres_with_reader")
            native = in_postgresql(of, some, {}, cluster, request.getfixturevalue("database"))
        if "odbc" in engine:
            require_odbc_drivers()
            return by_odbc(native.source, tmp_path).source
        return native.source

    return held


async def told(of: SourceFile, base: Path, bounds: Bounds = ALL) -> tuple[dict[str, object], list[int]]:
    """The profile as JSON, and how many rows each page had."""
    pages = []
    async with survey(of, secret, base, bounds) as reading:
        tally = Tally(questions(of, None, reading.columns, TODAY))
        async for page in reading.pages:
            tally.add(page)
            pages.append(len(page))
    return as_plain(profile_of(of, tally, Circumstances(TODAY))), pages


async def test_every_engine_gives_the_same_profile_in_pages(
    hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    profiles = {}
    for engine in ENGINES:
        of = hold(engine, rows())
        profile, pages = await told(of, tmp_path)
        assert sum(pages) == COUNT, engine
        assert max(pages) <= 2 * PAGE_ROWS, engine
        profiles[engine] = {key: value for key, value in profile.items() if key != "kind"}
    for engine in ENGINES:
        assert profiles[engine] == profiles["memory"], engine
    assert "1 in 8 has no birth date" in str(profiles["memory"]["findings"])


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_sample_ends_where_it_is_told(
    engine: str, hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    _, pages = await told(hold(engine, rows(60)), tmp_path, Bounds(25, 60))
    assert sum(pages) == 25


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_vetted_query_is_read_as_a_table_is(
    engine: str, hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    of = hold(engine, rows(60))
    queried = of.model_copy(update={"table": None, "query": "SELECT * FROM tenancy WHERE sex <> ':'"})
    _, pages = await told(queried, tmp_path)
    assert sum(pages) == 60


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_source_that_is_not_as_its_file_says_is_refused(
    engine: str, hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    if engine == "memory":
        wrong = hold(engine, rows(1)).model_copy(update={"connection": {"rows": "none.json"}})
    else:
        wrong = hold(engine, rows(30)).model_copy(update={"local_key": "reff"})
    with pytest.raises(SourceMisfit):
        await told(wrong, tmp_path)


async def test_a_column_that_is_not_mapped_is_not_read(
    postgres_with_reader: PostgresCluster, database: str, hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    """Its reader may not even read it."""
    of = hold("postgresql", [{**one, "case_note": "private"} for one in rows(30)])
    mapped = ", ".join(f'"{name}"' for name in rows(1)[0])
    others = ", ".join(("maiden_name", "address", "uprn", "upn"))
    postgres_with_reader.run(
        f"REVOKE SELECT ON tenancy FROM {READER}; GRANT SELECT ({mapped}, {others}) ON tenancy TO {READER}",  # noqa: S608 -- constants
        database,
    )
    _, pages = await told(of, tmp_path)
    assert sum(pages) == 30


async def test_nothing_can_be_written_while_a_source_is_read(
    postgres_with_reader: PostgresCluster, database: str, hold: Callable[..., SourceFile], tmp_path: Path
) -> None:
    of = hold("postgresql", rows(30))
    traced_view = (
        "CREATE TABLE trace (at timestamptz); GRANT INSERT ON trace TO public;"
        " CREATE FUNCTION leave_trace() RETURNS text LANGUAGE sql AS"
        " 'INSERT INTO trace VALUES (now()) RETURNING ''x''';"
        " CREATE VIEW traced AS SELECT *, leave_trace() AS left_trace FROM tenancy;"
    )
    postgres_with_reader.run(f"{traced_view} GRANT SELECT ON traced TO {READER}", database)
    traced = of.model_copy(update={"table": "traced", "gates": {"category": "left_trace"}})
    with pytest.raises(SourceMisfit, match="25006"):
        await told(traced, tmp_path)


SLOW = {
    "postgresql": "CREATE VIEW slow AS SELECT t.*, pg_sleep(0.2)::text AS nap FROM tenancy AS t",
    "mariadb by odbc": "CREATE OR REPLACE VIEW slow AS SELECT t.*, sleep(0.2) AS nap FROM tenancy AS t",
}


def slow(engine: str, hold: Callable[..., SourceFile], request: pytest.FixtureRequest) -> SourceFile:
    """A source of which every row takes a fifth of a second."""
    of = hold(engine, rows(2_000))
    if engine.startswith("mariadb"):
        request.getfixturevalue("mariadb").run(SLOW[engine])
    else:
        cluster: PostgresCluster = request.getfixturevalue("postgres_with_reader")
        name = request.getfixturevalue("database")
        made = SLOW["postgresql"]
        cluster.run(f"{made}; GRANT SELECT ON slow TO {READER}", name)
    return of.model_copy(update={"table": "slow", "gates": {"nap": "nap"}})


async def running(engine: str, request: pytest.FixtureRequest) -> int:
    """How many sessions the server has of the reader."""
    if engine.startswith("mariadb"):
        asked = f"SELECT count(*) FROM information_schema.processlist WHERE user = '{READER}'"  # noqa: S608 -- a constant
        return int((await asyncio.to_thread(request.getfixturevalue("mariadb").run, asked))[0][0])
    asked = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{READER}'"  # noqa: S608 -- a constant
    return int((await asyncio.to_thread(request.getfixturevalue("postgres_with_reader").run, asked))[0][0])


async def gone(engine: str, request: pytest.FixtureRequest) -> None:
    async def none() -> bool:
        return await running(engine, request) == 0

    await until(none, 10)


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc", "mariadb by odbc"])
async def test_a_reading_that_takes_too_long_ends_in_time_also_on_the_server(
    engine: str, hold: Callable[..., SourceFile], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    of = slow(engine, hold, request)
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await told(of, tmp_path, Bounds(None, 1.5))
    assert time.monotonic() - began < 6
    await gone(engine, request)


@pytest.mark.parametrize("engine", ["postgresql", "postgresql by odbc", "mariadb by odbc"])
async def test_who_leaves_in_the_midst_leaves_nothing_running(
    engine: str, hold: Callable[..., SourceFile], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    of = slow(engine, hold, request)
    reading = asyncio.create_task(told(of, tmp_path))
    await until(lambda: running(engine, request))
    await asyncio.sleep(0.5)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await gone(engine, request)


async def test_a_server_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    nowhere = {
        "host": "127.0.0.1",
        "port": 9,
        "database": "x",
        "user": "x",
        "password": "env:PASSWORD",
        "ssl": "disable",
    }
    with pytest.raises(SourceUnavailable):
        await told(housing(kind="postgresql", connection=nowhere), tmp_path)
