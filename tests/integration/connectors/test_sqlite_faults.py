"""What SQLite files do to a connector: they are missing, locked, slow, replaced, no databases at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import pytest

from connectors.contract import Connector, Identifiers, SourceTimedOut, SourceUnavailable
from connectors.registry import connect
from connectors.sqlite import read_only
from tests.spec.connectors.engines import found, housing, in_sqlite, refs

ADA = Identifiers(given_name="Ada", family_name="Smith")
ADAS_ROW = {"ref": "1", "forename": "Ada", "surname": "Smith"}
SECONDS = 0.3


@pytest.fixture
async def source(tmp_path: Path) -> AsyncIterator[Connector]:
    """An open source with one row, number 1: Ada Smith."""
    connector = in_sqlite(housing(), [ADAS_ROW], {}, tmp_path)
    await connector.open()
    yield connector
    await connector.close()


def change(path: Path, *statements: str) -> None:
    database = apsw.Connection(str(path / "people.db"))
    database.set_busy_timeout(500)  # a query that was broken off needs a moment to let go
    for one in statements:
        database.execute(one)
    database.close()


async def test_a_slow_query_is_broken_off_at_its_deadline_and_the_next_is_answered(tmp_path: Path) -> None:
    """A view of the table counts without end, until the slow one is gone."""
    change(tmp_path, "CREATE TABLE slow (n)", "INSERT INTO slow VALUES (1)")
    source = in_sqlite(housing(), [ADAS_ROW], {}, tmp_path)
    change(
        tmp_path,
        "ALTER TABLE tenancy RENAME TO kept",
        "CREATE VIEW endless AS"
        " WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
        "CREATE VIEW tenancy AS SELECT * FROM kept"
        " WHERE NOT EXISTS (SELECT 1 FROM slow WHERE (SELECT max(x) FROM endless) > 0)",
    )
    began = time.monotonic()
    asked = [found(source, ADA, seconds=SECONDS) for _ in range(3)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert time.monotonic() - began < SECONDS + 0.1
    assert [type(one) for one in outcomes] == [SourceTimedOut] * 3
    change(tmp_path, "DELETE FROM slow")
    assert await refs(source, ADA) == ["1"]
    await source.close()


async def test_a_question_that_waits_for_its_turn_breaks_off_no_other(source: Connector) -> None:
    outcomes = await asyncio.gather(
        found(source, ADA), found(source, ADA, seconds=0.0), found(source, ADA), return_exceptions=True
    )
    assert [type(one).__name__ for one in outcomes] == ["Candidates", "SourceTimedOut", "Candidates"]


async def test_a_missing_file_is_unavailable_and_found_when_it_comes(tmp_path: Path) -> None:
    source = connect(housing(kind="sqlite", connection={"path": "people.db"}), str, tmp_path)
    with pytest.raises(SourceUnavailable):
        await source.open()
    in_sqlite(housing(), [ADAS_ROW], {}, tmp_path)
    assert await refs(source, ADA) == ["1"]
    await source.close()


async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "people.db").write_text("Ada Smith, 4 Mill Lane\n" * 1000)
    source = connect(housing(kind="sqlite", connection={"path": "people.db"}), str, tmp_path)
    with pytest.raises(SourceUnavailable) as raised:
        await source.open()
    assert "Ada" not in str(raised.value)
    await source.close()


async def test_a_file_that_is_replaced_is_read_anew(source: Connector, tmp_path: Path) -> None:
    tonight = tmp_path / "tonight"
    tonight.mkdir()
    in_sqlite(housing(), [{**ADAS_ROW, "ref": "2"}], {}, tonight)
    (tonight / "people.db").rename(tmp_path / "people.db")
    assert await refs(source, ADA) == ["2"]


async def test_a_session_cannot_write(source: Connector, tmp_path: Path) -> None:
    database = read_only(tmp_path / "people.db")
    for write in ("DELETE FROM tenancy", "CREATE TABLE mine (a)", "PRAGMA user_version = 7"):
        with pytest.raises(apsw.ReadOnlyError):
            database.execute(write)
    database.close()
    assert await refs(source, ADA) == ["1"]
