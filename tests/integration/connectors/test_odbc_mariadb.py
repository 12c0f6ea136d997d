"""What a real MariaDB does to a connector by ODBC, where it differs from PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from operator import methodcaller
from typing import Any

import pytest

from connectors.contract import Connector, Identifiers, SourceMisfit
from tests.fakes.mariadb import MariadbServer
from tests.integration.connectors.odbc_sources import ADA, ADAS_ROW, session_of, until
from tests.spec.connectors.engines import READER, found, housing, in_mariadb, refs

SECONDS = 1.0
ALLOWANCE = 0.1


@pytest.fixture
async def source(mariadb: MariadbServer) -> AsyncIterator[Connector]:
    """An open source with one row, number 1: Ada Smith."""
    connector = in_mariadb(housing(), [ADAS_ROW], {}, mariadb)
    await connector.open()
    yield connector
    await connector.close()


def running(mariadb: MariadbServer) -> list[Any]:
    """The statements that the server runs for the reader just now."""
    asked = f"SELECT info FROM information_schema.processlist WHERE user = '{READER}' AND info IS NOT NULL"  # noqa: S608 -- a constant
    return [text for (text,) in mariadb.run(asked)]


async def test_a_locked_table_times_out_and_the_statement_is_killed(
    mariadb: MariadbServer, source: Connector
) -> None:
    assert await refs(source, ADA) == ["1"]
    with mariadb.connected() as keeper:
        keeper.execute("LOCK TABLES tenancy WRITE")
        asked = asyncio.ensure_future(found(source, ADA, seconds=20.0))

        async def it_waits() -> bool:
            return bool(running(mariadb))

        await until(it_waits)
        (shown,) = running(mariadb)
        assert shown.endswith("/* family-context q-1 */")  # for the database's administrators
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

        async def nobody_waits() -> bool:
            return not running(mariadb)

        await until(nobody_waits, seconds=1.0)
    assert await refs(source, ADA) == ["1"]


async def test_a_session_cannot_write(mariadb: MariadbServer, source: Connector) -> None:
    mariadb.run(f"GRANT ALL ON *.* TO {READER}@'127.0.0.1'")
    try:
        async with session_of(source) as session:
            for write in (
                "INSERT INTO tenancy (ref) VALUES ('2')",
                "DELETE FROM tenancy",
                "CREATE TABLE t (a int)",
            ):
                with pytest.raises(Exception, match="READ ONLY transaction"):
                    await session.ask(methodcaller("rows", write))
    finally:
        mariadb.run(f"REVOKE ALL ON *.* FROM {READER}@'127.0.0.1'")
    assert await refs(source, ADA) == ["1"]


async def test_dates_that_are_none_are_read_as_they_are_meant(
    mariadb: MariadbServer, source: Connector
) -> None:
    """A zero date is a missing one; the year alone is none, which only an involvement can't do without."""
    mariadb.run(
        "SET SESSION sql_mode = ''",
        "ALTER TABLE tenancy MODIFY started datetime(6)",
        "UPDATE tenancy SET dob = '1985-00-00', started = '0000-00-00', ended = '2021-05-02'",
    )
    await source.open()
    named = Identifiers(given_name="Ada", family_name="Smith")
    (row,) = (await found(source, named, involvement=["started", "ended"])).rows
    assert (row.identifiers.birth_date, row.started, row.ended) == (None, None, date(2021, 5, 2))
    mariadb.run("SET SESSION sql_mode = ''", "UPDATE tenancy SET ended = '2021-00-00'")
    with pytest.raises(SourceMisfit, match="'ended' holds a value that is no date"):
        await found(source, named, involvement=["ended"])
