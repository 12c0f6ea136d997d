"""Sources on a PostgreSQL by ODBC, and what can be seen of them from outside."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.connection import OdbcConnection
from connectors.contract import Connector, Identifiers
from connectors.odbc_string import connection_string
from connectors.registry import connect
from deploy.demo.postgres import PostgresCluster
from tests.spec.connectors.engines import PASSWORD, READER, connection_to, housing, odbc_connection_to

if TYPE_CHECKING:
    from connectors.odbc_session import Session

ADA = Identifiers(given_name="Ada", family_name="Smith", birth_date=date(1985, 3, 7))
ADAS_ROW = {"ref": "1", "forename": "Ada", "surname": "Smith", "dob": "1985-03-07"}
POOL = 2


def another(cluster: PostgresCluster, *, password: str = PASSWORD, **changed: Any) -> Connector:
    """Another source on the same database, not open yet; ``changed`` replaces parts of its connection."""
    connection = odbc_connection_to(connection_to(cluster, "postgres"), **changed)
    return connect(
        housing(kind="odbc", connection=connection), {"env:PASSWORD": password}.__getitem__, Path()
    )


async def backends(cluster: PostgresCluster) -> int:
    """How many server processes work for the reader."""
    counted = f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{READER}'"  # noqa: S608 -- a constant
    return int((await asyncio.to_thread(cluster.run, counted))[0][0])


def odbc_threads() -> int:
    return sum(one.name.startswith("odbc-") for one in threading.enumerate())


async def until(condition: Callable[[], Any], seconds: float = 5.0) -> None:
    """Wait for something that comes in its own time."""
    for _ in range(int(seconds / 0.05)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"not within {seconds} seconds: {condition.__name__}")


@asynccontextmanager
async def session_of(source: Connector, **keywords: str) -> AsyncIterator[Session]:
    """A session like the connector's own; ``keywords`` replace some of its connection string."""
    from connectors.odbc_databases import database_of  # not where the driver manager is missing
    from connectors.odbc_session import Session

    text = connection_string(OdbcConnection.model_validate(source.source.connection), PASSWORD, Path())
    for name, value in keywords.items():
        assert f";{name}=" in text
        text = re.sub(f";{name}=[^;]*", f";{name}={value}", text)
    session = Session()
    try:
        await session.begin(text, lambda reader: database_of(reader).prepare(reader))
        yield session
    finally:
        await session.end()
