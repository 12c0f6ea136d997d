"""What a real PostgreSQL does to a connector: freezes, dies, locks, refuses, loses a column."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from connectors.connection import PostgresqlConnection
from connectors.contract import (
    Connector,
    Identifiers,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.postgresql_pool import connected
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.spec.connectors.engines import (
    PASSWORD,
    READER,
    TABLE,
    connection_to,
    found,
    housing,
    in_postgresql,
    refs,
)

ADA = Identifiers(given_name="Ada", family_name="Smith", birth_date=date(1985, 3, 7))
SECONDS = 0.4
ALLOWANCE = 0.1


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresCluster]:
    """A server of this module's own, because its tests freeze and kill it."""
    own = PostgresCluster(tmp_path_factory.mktemp("cluster"))
    own.start()
    own.create_role(READER, PASSWORD)
    yield own
    own.destroy()


@pytest.fixture
async def source(cluster: PostgresCluster) -> AsyncIterator[Connector]:
    """An open source with one row, number 1: Ada Smith."""
    row = {"ref": "1", "forename": "Ada", "surname": "Smith", "dob": "1985-03-07"}
    connector = in_postgresql(housing(), [row], {}, cluster, "postgres")
    await connector.open()
    yield connector
    await connector.close()


async def backends(cluster: PostgresCluster) -> int:
    """How many server processes work for the reader."""
    counted = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'"
    return int((await asyncio.to_thread(cluster.run, counted))[0][0])


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for something that the server does in its own time."""
    for _ in range(int(seconds / 0.05)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds: {condition.__name__}")


async def seconds_until_timed_out(source: Connector) -> float:
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=SECONDS)
    return time.monotonic() - began


async def test_a_frozen_server_holds_up_neither_opening_nor_closing(
    cluster: PostgresCluster, source: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.postgresql.OPENING_SECONDS", SECONDS)
    with cluster.frozen():
        began = time.monotonic()
        with pytest.raises(SourceTimedOut):
            await source.open()
        await source.close()
        assert time.monotonic() - began < 2.0
    await source.open()
    assert await refs(source, ADA) == ["1"]


async def test_nothing_is_left_running_after_a_deadline(cluster: PostgresCluster, source: Connector) -> None:
    before = asyncio.all_tasks()
    with cluster.frozen():
        await seconds_until_timed_out(source)
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() == before


async def test_a_killed_server_is_unavailable_and_found_again(
    cluster: PostgresCluster, source: Connector
) -> None:
    cluster.stop_at_once()
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            await found(source, ADA)
    with pytest.raises(SourceUnavailable):
        await source.open()
    cluster.start()
    assert await refs(source, ADA) == ["1"]


async def test_a_source_that_was_down_at_the_start_is_opened_by_the_first_query(
    cluster: PostgresCluster, source: Connector
) -> None:
    await source.close()
    cluster.stop()
    with pytest.raises(SourceUnavailable):
        await source.open()
    cluster.start()
    assert await refs(source, ADA) == ["1"]


async def test_a_column_that_was_widened_meanwhile_does_no_harm(
    cluster: PostgresCluster, source: Connector
) -> None:
    assert await refs(source, ADA) == ["1"]
    cluster.run(f"ALTER TABLE {TABLE} ALTER COLUMN surname TYPE varchar(300)")
    assert await refs(source, ADA) == ["1"]


async def test_a_locked_table_times_out_and_leaves_no_backend_behind(
    cluster: PostgresCluster, source: Connector
) -> None:
    keeper = await asyncpg.connect(cluster.dsn())
    try:
        async with keeper.transaction():
            await keeper.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
            assert SECONDS <= await seconds_until_timed_out(source) < SECONDS + ALLOWANCE
            waiting = "SELECT 1 FROM pg_stat_activity WHERE usename = 'reader' AND wait_event_type = 'Lock'"

            async def nobody_waits() -> bool:
                return not await keeper.fetch(waiting)

            await until(nobody_waits, seconds=2.0)
    finally:
        await keeper.close()
    assert await refs(source, ADA) == ["1"]


async def test_a_server_that_breaks_off_by_itself_has_timed_out(
    cluster: PostgresCluster, source: Connector
) -> None:
    assert await refs(source, ADA) == ["1"]
    keeper = await asyncpg.connect(cluster.dsn())
    try:
        async with keeper.transaction():
            await keeper.execute(f"LOCK TABLE {TABLE} IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.ensure_future(found(source, ADA, seconds=5.0))
            cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"

            async def cancelled() -> bool:
                return bool(await keeper.fetch(cancel))

            await until(cancelled)
            with pytest.raises(SourceTimedOut, match="57014"):
                await asked
    finally:
        await keeper.close()


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"user": "nobody-here"}, SourceUnavailable),
        ({"database": "nothing-here"}, SourceUnavailable),
        ({"port": 1}, SourceUnavailable),
        ({"password": "env:WRONG"}, SourceUnavailable),
        ({"password": "env:UNKNOWN"}, SourceUnavailable),
        ({"ssl": "require"}, SourceUnavailable),  # this server speaks no TLS
    ],
)
async def test_what_cannot_be_reached_is_unavailable_and_tells_no_secret(
    cluster: PostgresCluster, source: Connector, changed: dict[str, Any], expected: type[SourceFault]
) -> None:
    connection = connection_to(cluster, "postgres", **changed)
    secrets = {"env:PASSWORD": PASSWORD, "env:WRONG": "wrong-word"}
    other = connect(housing(kind="postgresql", connection=connection), secrets.__getitem__, Path())
    with pytest.raises(expected) as raised:
        await other.open()
    await other.close()
    assert not {word for word in (PASSWORD, "wrong-word", "nobody-here") if word in str(raised.value)}


@pytest.mark.parametrize(
    "write",
    [
        "INSERT INTO tenancy (ref) VALUES ('2')",
        "UPDATE tenancy SET ref = '2'",
        "DELETE FROM tenancy",
        "SELECT * FROM tenancy FOR UPDATE",
        "CREATE TABLE mine (a int)",
        "DROP TABLE tenancy",
    ],
)
async def test_a_session_cannot_write(cluster: PostgresCluster, source: Connector, write: str) -> None:
    """Not even by a role that may do everything to the table."""
    cluster.run("GRANT ALL ON tenancy TO reader; GRANT CREATE ON SCHEMA public TO reader")
    settings = PostgresqlConnection.model_validate(connection_to(cluster, "postgres"))
    connection = await connected(settings, lambda _: PASSWORD, Path())
    try:
        with pytest.raises(
            (asyncpg.ReadOnlySQLTransactionError, asyncpg.InsufficientPrivilegeError)
        ) as refused:
            await connection.execute(write)
        assert refused.value.sqlstate == "25006" or write.startswith("DROP")  # not the owner
    finally:
        await connection.close()
    assert await refs(source, ADA) == ["1"]


async def test_a_superuser_is_refused_because_read_only_does_not_bind_one(
    cluster: PostgresCluster, source: Connector
) -> None:
    connection = connection_to(cluster, "postgres", user="postgres")
    other = connect(housing(kind="postgresql", connection=connection), lambda _: cluster.password, Path())
    with pytest.raises(SourceMisfit, match="superuser"):
        await other.open()
    await other.close()


async def test_a_role_without_the_right_to_a_column_is_told_which(
    cluster: PostgresCluster, source: Connector
) -> None:
    cluster.run(f"REVOKE ALL ON {TABLE} FROM reader; GRANT SELECT (ref, forename) ON {TABLE} TO reader")
    with pytest.raises(SourceMisfit, match=r"may not read .*\bsurname\b.* of tenancy"):
        await source.open()


async def test_a_role_needs_the_right_to_the_mapped_columns_only(
    cluster: PostgresCluster, source: Connector
) -> None:
    cluster.run(f"ALTER TABLE {TABLE} ADD COLUMN diary text")
    mapped = "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attnum > 0 AND NOT"
    mapped += f" attisdropped AND attname <> 'diary' AND attrelid = '{TABLE}'::regclass"
    columns = cluster.run(mapped)[0][0]
    cluster.run(f"REVOKE ALL ON {TABLE} FROM reader; GRANT SELECT ({columns}) ON {TABLE} TO reader")
    await source.open()
    assert await refs(source, ADA, involvement=["started", "contact"]) == ["1"]


async def test_two_hundred_cancelled_queries_leak_no_connection(
    cluster: PostgresCluster, source: Connector
) -> None:
    for number in range(200):
        asked = asyncio.ensure_future(found(source, ADA))
        await asyncio.sleep((number % 8) / 1000)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    async def few_are_left() -> bool:
        return await backends(cluster) <= 8

    await until(few_are_left)
    assert await asyncio.gather(*(refs(source, ADA) for _ in range(30))) == [["1"]] * 30
    assert await backends(cluster) <= 8
    await source.close()

    async def none_is_left() -> bool:
        return await backends(cluster) == 0

    await until(none_is_left)


async def test_the_query_id_is_shown_to_the_sources_administrators(
    cluster: PostgresCluster, source: Connector
) -> None:
    keeper = await asyncpg.connect(cluster.dsn())
    try:
        await refs(source, ADA)
        shown = await keeper.fetchval(
            "SELECT application_name FROM pg_stat_activity WHERE usename = 'reader'"
        )
    finally:
        await keeper.close()
    assert shown == "family-context q-1"


async def test_all_people_of_a_query_take_one_round_trip(cluster: PostgresCluster, source: Connector) -> None:
    """Counted in the server's own log: one execution for each question, once the connection stands."""
    people = [Identifiers(given_name=f"Ada{n}", family_name=f"Smith{n}", birth_date=date(1985, 3, n + 1))
              for n in range(12)]  # fmt: skip
    cluster.run("ALTER ROLE reader SET log_statement = 'all'")
    try:
        await source.close()
        await found(source, *people)
        before = executions(cluster)
        await found(source, *people)
        await found(source, *people[:3])
        assert executions(cluster) - before == 2
    finally:
        cluster.run("ALTER ROLE reader RESET log_statement")


def executions(cluster: PostgresCluster) -> int:
    lines = cluster.log_file.read_text().splitlines()
    return sum("reader@postgres" in line and ("execute " in line or "statement: " in line) for line in lines)
