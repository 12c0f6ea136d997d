"""What a real database does to a connector by ODBC: freezes, dies, locks, refuses, loses a column."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from connectors.contract import (
    Connector,
    Identifiers,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.integration.connectors.odbc_sources import (
    ADA,
    ADAS_ROW,
    POOL,
    another,
    backends,
    odbc_threads,
    until,
)
from tests.spec.connectors.engines import (
    PASSWORD,
    READER,
    TABLE,
    by_odbc,
    found,
    housing,
    in_postgresql,
    in_sqlite,
    refs,
)

SECONDS = 1.0
ALLOWANCE = 0.1

Watch = Callable[..., Awaitable[bool]]


async def seconds_until_timed_out(odbc_source: Connector) -> float:
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(odbc_source, ADA, seconds=SECONDS)
    return time.monotonic() - began


async def test_a_frozen_source_slows_no_other(
    odbc_cluster: PostgresCluster, odbc_source: Connector, postgres: PostgresCluster, tmp_path: Path
) -> None:
    """Neither one of the same driver nor one of another, nor whatever else the process does."""
    postgres.create_role(READER, PASSWORD)
    same_driver = by_odbc(in_postgresql(housing(), [ADAS_ROW], {}, postgres, "postgres").source)
    another_driver = by_odbc(in_sqlite(housing(), [ADAS_ROW], {}, tmp_path).source, tmp_path)
    for one in (odbc_source, same_driver, another_driver):
        assert await refs(one, ADA) == ["1"]
    with odbc_cluster.frozen():
        stuck = [asyncio.ensure_future(found(odbc_source, ADA, seconds=SECONDS)) for _ in range(POOL)]
        await asyncio.sleep(0.05)
        slowest = 0.0
        for one in [same_driver, another_driver] * 10:
            began = time.monotonic()
            assert await refs(one, ADA) == ["1"]
            slowest = max(slowest, time.monotonic() - began)
        assert not any(one.done() for one in stuck)
        await asyncio.gather(*stuck, return_exceptions=True)
    assert slowest < ALLOWANCE
    for one in (same_driver, another_driver):
        await one.close()


async def test_threads_that_a_frozen_server_holds_are_bounded_and_come_back(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await refs(odbc_source, ADA) == ["1"]
    with odbc_cluster.frozen():
        lost = [found(odbc_source, ADA, seconds=0.05) for _ in range(10 * POOL)]
        outcomes = await asyncio.gather(*lost, return_exceptions=True)
        assert {type(one) for one in outcomes} <= {SourceTimedOut, SourceUnavailable}
        for _ in range(3 * POOL):
            with pytest.raises((SourceTimedOut, SourceUnavailable)):
                await found(odbc_source, ADA, seconds=0.05)
        began = time.monotonic()
        with pytest.raises(SourceUnavailable, match="have not come back"):
            await found(odbc_source, ADA, seconds=SECONDS)
        assert time.monotonic() - began < SECONDS
        assert odbc_threads() <= 2 * (3 * POOL)  # each with one that cancels it

    async def it_answers() -> bool:
        try:
            return await refs(odbc_source, ADA) == ["1"]
        except SourceUnavailable:
            return False

    await until(it_answers, seconds=15.0)


async def test_a_frozen_server_holds_up_neither_opening_nor_closing(
    odbc_cluster: PostgresCluster, odbc_source: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.odbc_source.OPENING_SECONDS", 0.4)
    monkeypatch.setattr("connectors.odbc_source.CLOSING_SECONDS", 0.4)
    with odbc_cluster.frozen():
        began = time.monotonic()
        with pytest.raises(SourceTimedOut):
            await odbc_source.open()
        await odbc_source.close()
        assert time.monotonic() - began < 2.0
    await odbc_source.open()
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_killed_server_is_unavailable_and_found_again(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    odbc_cluster.stop_at_once()
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            await found(odbc_source, ADA)
    with pytest.raises(SourceUnavailable):
        await odbc_source.open()
    odbc_cluster.start()
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_server_that_restarted_between_two_questions_is_not_noticed(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    await asyncio.gather(*(refs(odbc_source, ADA) for _ in range(POOL)))
    odbc_cluster.stop()
    odbc_cluster.start()
    assert await asyncio.gather(*(refs(odbc_source, ADA) for _ in range(POOL))) == [["1"]] * POOL


@asynccontextmanager
async def locked(odbc_cluster: PostgresCluster) -> AsyncIterator[Watch]:
    """The table locked by somebody else; what is given runs a statement on those who wait for it."""
    keeper, watcher = await asyncpg.connect(odbc_cluster.dsn()), await asyncpg.connect(odbc_cluster.dsn())

    async def waiting(what: str = "pid") -> bool:
        asked = f"SELECT {what} FROM pg_stat_activity WHERE usename = '{READER}' AND wait_event_type = 'Lock'"  # noqa: S608 -- constants
        return bool(await watcher.fetch(asked))

    try:
        async with keeper.transaction():
            await keeper.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
            yield waiting
    finally:
        await keeper.close()
        await watcher.close()


async def test_a_connection_dropped_while_it_works_again_and_again_is_unavailable(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    async with locked(odbc_cluster) as waiting:
        asked = asyncio.ensure_future(found(odbc_source, ADA, seconds=5.0))

        async def dropped_until_it_gives_up() -> bool:
            await waiting("pg_terminate_backend(pid)")
            return asked.done()

        await until(dropped_until_it_gives_up)  # the session that stood, and the one that took its place
        with pytest.raises(SourceUnavailable):
            await asked
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_locked_table_times_out_and_leaves_no_backend_behind(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await refs(odbc_source, ADA) == ["1"]
    async with locked(odbc_cluster) as waiting:
        assert SECONDS <= await seconds_until_timed_out(odbc_source) < SECONDS + ALLOWANCE

        async def nobody_waits() -> bool:
            return not await waiting()

        await until(nobody_waits, seconds=0.5)
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_caller_that_goes_away_has_its_statement_cancelled(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await refs(odbc_source, ADA) == ["1"]
    async with locked(odbc_cluster) as waiting:
        asked = asyncio.ensure_future(found(odbc_source, ADA, seconds=20.0))
        await until(waiting)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

        async def nobody_waits() -> bool:
            return not await waiting()

        await until(nobody_waits, seconds=0.5)
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_server_that_breaks_off_by_itself_has_timed_out(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await refs(odbc_source, ADA) == ["1"]
    async with locked(odbc_cluster) as waiting:
        asked = asyncio.ensure_future(found(odbc_source, ADA, seconds=5.0))

        async def cancelled() -> bool:
            return await waiting("pg_cancel_backend(pid)")

        await until(cancelled)
        with pytest.raises(SourceTimedOut, match="57014"):
            await asked


async def test_a_column_that_was_widened_meanwhile_does_no_harm(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await refs(odbc_source, ADA) == ["1"]
    odbc_cluster.run(f"ALTER TABLE {TABLE} ALTER COLUMN surname TYPE varchar(300)")
    assert await refs(odbc_source, ADA) == ["1"]


async def test_a_role_without_the_right_to_a_column_is_told_which(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    odbc_cluster.run(f"REVOKE ALL ON {TABLE} FROM reader; GRANT SELECT (ref, forename) ON {TABLE} TO reader")
    with pytest.raises(SourceMisfit, match=r"may not read .*\bsurname\b.* of tenancy"):
        await odbc_source.open()


UNREACHABLE: list[tuple[dict[str, Any], type[SourceFault]]] = [
    ({"user": "nobody-here"}, SourceUnavailable),
    ({"database": "nothing-here"}, SourceUnavailable),
    ({"port": 1}, SourceUnavailable),
    ({"password": "env:UNKNOWN"}, SourceUnavailable),
    ({"ssl": "require"}, SourceUnavailable),  # this server speaks no TLS
    ({"ssl": "verify-full"}, SourceUnavailable),
    ({"driver": "PostgreSQL Unicorn"}, SourceMisfit),
    ({"driver": "/nowhere/psqlodbcw.so"}, SourceMisfit),
]


@pytest.mark.parametrize(("changed", "expected"), UNREACHABLE)
async def test_what_cannot_be_reached_is_said_and_tells_no_secret(
    odbc_cluster: PostgresCluster,
    odbc_source: Connector,
    changed: dict[str, Any],
    expected: type[SourceFault],
) -> None:
    unreachable = another(odbc_cluster, **changed)
    with pytest.raises(expected) as raised:
        await unreachable.open()
    await unreachable.close()
    assert not {word for word in (PASSWORD, "nobody-here") if word in str(raised.value)}


@pytest.fixture
def library() -> str:
    """Where Debian keeps the driver of PostgreSQL."""
    (found,) = Path("/usr/lib").glob("*/odbc/psqlodbcw.so")
    return str(found)


async def test_a_driver_is_found_by_its_library_too(
    odbc_cluster: PostgresCluster, odbc_source: Connector, library: str
) -> None:
    by_path = another(odbc_cluster, driver=library)
    assert await refs(by_path, ADA) == ["1"]
    await by_path.close()


async def test_a_dialect_that_the_database_is_not_of_is_a_misfit(odbc_cluster: PostgresCluster) -> None:
    mistaken = another(odbc_cluster, dialect="sqlserver")
    with pytest.raises(SourceMisfit, match="'sqlserver', but the database says that it is 'postgresql'"):
        await mistaken.open()
    await mistaken.close()


async def test_a_superuser_is_refused_because_read_only_does_not_bind_one(
    odbc_cluster: PostgresCluster,
) -> None:
    almighty = another(odbc_cluster, user="postgres", password="env:PASSWORD")
    almighty = connect(almighty.source, lambda _: odbc_cluster.password, Path())
    with pytest.raises(SourceMisfit, match="superuser"):
        await almighty.open()
    await almighty.close()


async def test_twenty_askers_share_two_connections(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    assert await asyncio.gather(*(refs(odbc_source, ADA) for _ in range(20))) == [["1"]] * 20
    assert await backends(odbc_cluster) == POOL
    assert odbc_threads() == POOL


async def test_closing_lets_go_of_every_thread_and_connection(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    await asyncio.gather(*(refs(odbc_source, ADA) for _ in range(5)))
    await odbc_source.close()

    async def nothing_is_left() -> bool:
        return await backends(odbc_cluster) == 0 and odbc_threads() == 0

    await until(nothing_is_left)
    assert await refs(odbc_source, ADA) == ["1"]  # and it may be used again


async def test_the_query_id_is_shown_to_the_sources_administrators(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    await refs(odbc_source, ADA)
    shown = f"SELECT application_name FROM pg_stat_activity WHERE usename = '{READER}'"  # noqa: S608 -- a constant
    assert odbc_cluster.run(shown) == [["family-context q-1"]]


async def test_all_people_of_a_query_take_one_statement(
    odbc_cluster: PostgresCluster, odbc_source: Connector
) -> None:
    """Counted in the server's own log, once the connection stands and knows the statement."""
    people = [Identifiers(given_name=f"Ada{n}", family_name=f"Smith{n}", birth_date=date(1985, 3, n + 1))
              for n in range(12)]  # fmt: skip
    odbc_cluster.run("ALTER ROLE reader SET log_statement = 'all'")
    try:
        await odbc_source.close()
        await found(odbc_source, *people)
        before = executions(odbc_cluster)
        await found(odbc_source, *people)
        await found(odbc_source, *people)
        assert executions(odbc_cluster) - before == 2
    finally:
        odbc_cluster.run("ALTER ROLE reader RESET log_statement")


def executions(odbc_cluster: PostgresCluster) -> int:
    lines = odbc_cluster.log_file.read_text().splitlines()
    return sum("reader@postgres" in line and ("execute " in line or "statement: " in line) for line in lines)
