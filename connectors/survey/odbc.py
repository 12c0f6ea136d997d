"""A database behind an ODBC driver read whole, the driver told to hand rows over as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyodbc

from connectors.connection import OdbcConnection, Secrets, connection_of
from connectors.odbc_columns import live_columns
from connectors.odbc_databases import database_of
from connectors.odbc_keywords import row_by_row
from connectors.odbc_reader import Reader
from connectors.odbc_session import Session
from connectors.odbc_source import OdbcConnector
from connectors.odbc_values import plain_rows
from connectors.source_file import SourceFile
from connectors.survey.contract import PAGE_ROWS, Bounds, Clock, Page, Reading
from connectors.survey.statement import columns_read, statement

T = TypeVar("T")
_DRIVER_FAULTS = (pyodbc.Error, ValueError, OverflowError)
_CLOSING_SECONDS = 2.0


@asynccontextmanager
async def survey_odbc(
    source: SourceFile, secrets: Secrets, base: Path, bounds: Bounds
) -> AsyncIterator[Reading]:
    """As ``contract.Surveyor``. Nobody knows how many rows will come."""
    settings = row_by_row(connection_of(source, OdbcConnection))
    begins = OdbcConnector(source, settings, secrets, base)
    opened = _Opened(begins, Clock(source, bounds.seconds), Session())
    try:
        await opened.clock.within(begins.begin(opened.session), _ended_later)
        await opened.ask(lambda reader: opened.execute(reader, bounds.most))
        yield Reading(columns_read(source), opened.pages())
    finally:
        await _end(opened.session)


@dataclass(frozen=True, slots=True)
class _Opened:
    """A session that nobody else has, not even the connector that began it. What runs in it is cancelled when it
    ends.
    """

    connector: OdbcConnector
    clock: Clock
    session: Session

    async def ask(self, question: Callable[[Reader], T]) -> T:
        try:
            return await self.clock.within(self.session.ask(question), _ended_later)
        except _DRIVER_FAULTS as fault:
            raise self.connector.fault_of(fault) from fault

    async def pages(self) -> AsyncIterator[Page]:
        while page := await self.ask(_page):
            yield page

    def execute(self, reader: Reader, most: int | None) -> None:
        """Checks the columns, and asks for the rows. Runs in the session's thread."""
        database = database_of(reader)
        database.allow(reader, self.clock.remaining)
        live_columns(reader, database, self.connector.source)
        reader.run(statement(self.connector.source, database.dialect(), most))


def _page(reader: Reader) -> Page:
    return plain_rows([kind for _, kind in reader.columns()], reader.cursor.fetchmany(PAGE_ROWS))


def _ended_later() -> None:
    """Whoever leaves ends the session, which cancels what runs."""


async def _end(session: Session) -> None:
    """Without waiting for a driver that does not come back: its thread is a daemon's."""
    ending = asyncio.get_running_loop().create_task(session.end())
    await asyncio.wait({ending}, timeout=_CLOSING_SECONDS)
    if not ending.done():
        ending.cancel()
