"""What SQLite files do to a connector by ODBC: they are slow, locked, missing, replaced."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from connectors.contract import Connector, Identifiers, SourceMisfit, SourceTimedOut, SourceUnavailable
from tests.integration.connectors.odbc_sources import odbc_threads, session_of, until
from tests.odbc_drivers import require_odbc_drivers
from tests.spec.connectors.engines import by_odbc, found, housing, in_sqlite, refs

ADA = Identifiers(given_name="Ada", family_name="Smith")
ADAS_ROW = {"ref": "1", "forename": "Ada", "surname": "Smith"}
SECONDS = 0.3
ALLOWANCE = 0.1


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Connector]:
    """An open source with one row, number 1: Ada Smith."""
    require_odbc_drivers()
    connector = by_odbc(in_sqlite(housing(), [ADAS_ROW], {}, tmp_path).source, tmp_path)
    await connector.open()
    yield connector
    await connector.close()


def change(path: Path, *statements: str) -> None:
    database = apsw.Connection(str(path / "people.db"))
    database.set_busy_timeout(500)
    for one in statements:
        database.execute(one)
    database.close()


async def test_a_slow_query_is_interrupted_at_its_deadline(source: Connector, tmp_path: Path) -> None:
    """A view of the table counts without end."""
    change(
        tmp_path,
        "ALTER TABLE tenancy RENAME TO kept",
        "CREATE VIEW endless AS"
        " WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
        "CREATE VIEW tenancy AS SELECT * FROM kept WHERE (SELECT max(x) FROM endless) > 0",
    )
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=SECONDS)
    assert SECONDS <= time.monotonic() - began < SECONDS + ALLOWANCE

    async def its_thread_is_free() -> bool:
        return odbc_threads() == 0

    await until(its_thread_is_free, seconds=1.0)
    change(tmp_path, "DROP VIEW tenancy", "ALTER TABLE kept RENAME TO tenancy")
    assert await refs(source, ADA) == ["1"]


async def test_a_file_that_somebody_writes_is_waited_for_until_the_deadline(
    source: Connector, tmp_path: Path
) -> None:
    with locked_by_another_process(tmp_path / "people.db"):
        began = time.monotonic()
        with pytest.raises(SourceTimedOut):
            await found(source, ADA, seconds=SECONDS)
        assert time.monotonic() - began < SECONDS + ALLOWANCE
    assert await refs(source, ADA) == ["1"]


@contextmanager
def locked_by_another_process(path: Path) -> Iterator[None]:
    """Locks of this process would not count: ours and the driver's SQLite each take them for their own."""
    hold = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('BEGIN EXCLUSIVE'); print(flush=True)"
    command = [sys.executable, "-c", f"{hold}; sys.stdin.read()", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:  # noqa: S603 -- ours
        assert writer.stdout is not None
        writer.stdout.readline()
        yield
        writer.communicate()


async def test_a_missing_file_is_unavailable_and_is_not_made(tmp_path: Path) -> None:
    require_odbc_drivers()
    connection = {"driver": "SQLite3", "database": "people.db"}
    source = by_odbc(housing(connection={"path": "people.db"}), tmp_path, **connection)
    with pytest.raises(SourceUnavailable):
        await source.open()
    assert not await asyncio.to_thread((tmp_path / "people.db").exists)
    in_sqlite(housing(), [ADAS_ROW], {}, tmp_path)
    assert await refs(source, ADA) == ["1"]
    await source.close()


async def test_a_file_that_is_replaced_is_read_anew(source: Connector, tmp_path: Path) -> None:
    assert await refs(source, ADA) == ["1"]
    tonight = tmp_path / "tonight"
    await asyncio.to_thread(tonight.mkdir)
    in_sqlite(housing(), [{**ADAS_ROW, "ref": "2"}], {}, tonight)
    await asyncio.to_thread((tonight / "people.db").rename, tmp_path / "people.db")
    assert await asyncio.gather(*(refs(source, ADA) for _ in range(20))) == [["2"]] * 20


async def test_a_date_column_keeps_what_is_no_date(source: Connector, tmp_path: Path) -> None:
    """The driver makes nothing of it: an involvement that has ended would look like a current one."""
    change(tmp_path, "ALTER TABLE tenancy ADD COLUMN closed DATE", "UPDATE tenancy SET closed = 'last week'")
    ended = housing(involvement={"ended": "closed"}, connection={"path": "people.db"})
    other = by_odbc(ended, tmp_path)
    with pytest.raises(SourceMisfit, match="'closed' holds a value that is no date"):
        await found(other, ADA, involvement=["ended"])
    change(tmp_path, "UPDATE tenancy SET closed = '2021-05-02'")
    (row,) = (await found(other, ADA, involvement=["ended"])).rows
    assert str(row.ended) == "2021-05-02"
    await other.close()


@pytest.mark.parametrize("write", ["DELETE FROM tenancy", "CREATE TABLE mine (a)", "PRAGMA user_version = 7"])
async def test_a_session_cannot_write(source: Connector, tmp_path: Path, write: str) -> None:
    absolute = by_odbc(source.source.model_copy(update={"connection": {"path": str(tmp_path / "people.db")}}))
    async with session_of(absolute) as session:
        with pytest.raises(Exception, match="readonly database"):
            await session.ask(lambda reader: reader.rows(write))
    assert await refs(source, ADA) == ["1"]
