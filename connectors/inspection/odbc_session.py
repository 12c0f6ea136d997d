"""A read-only session for looking, through ODBC. The driver manager has to be here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyodbc

from connectors.candidate_query import CandidateQuery
from connectors.connection import OdbcConnection, Secrets, connection_of
from connectors.contract import SourceTimedOut, SourceUnavailable
from connectors.inspection.seen import Rows
from connectors.inspection.sessions import LOOKING_SECONDS
from connectors.odbc_columns import live_columns
from connectors.odbc_databases import Database, allow, database_of
from connectors.odbc_faults import fault_of
from connectors.odbc_reader import Reader
from connectors.odbc_session import LOGIN_SECONDS
from connectors.odbc_session import Session as Connection
from connectors.odbc_string import connection_string
from connectors.source_file import SourceFile

T = TypeVar("T")

CLOSING_SECONDS = 2.0


class OdbcSession:
    """Whatever database the driver leads to."""

    numbered = False

    def __init__(self, source: SourceFile, connection: Connection, kind: Database) -> None:
        self.source = source
        self.database = kind.name
        self._connection = connection
        self._kind = kind

    @classmethod
    async def begin(cls, source: SourceFile, secrets: Secrets, base: Path) -> OdbcSession:
        """Connect. Raises pyodbc.Error and SourceFault."""
        settings = connection_of(source, OdbcConnection)
        password = None if settings.password is None else _password(secrets, settings.password)
        connection = Connection()
        try:
            async with asyncio.timeout(LOGIN_SECONDS + 2):
                await connection.begin(connection_string(settings, password, base), _prepared)
            kind = await connection.ask(_allowed)
        except BaseException:
            await _ended(connection)
            raise
        return cls(source, connection, kind)

    async def rows(self, text: str, *values: object) -> Rows:
        return await self._asked(lambda reader: reader.rows(text, *values))

    async def query(self) -> CandidateQuery:
        live = await self._asked(lambda reader: live_columns(reader, self._kind, self.source))
        return CandidateQuery(self.source, live, self._kind.dialect())

    async def close(self) -> None:
        await _ended(self._connection)

    async def _asked(self, question: Callable[[Reader], T]) -> T:
        try:
            async with asyncio.timeout(LOOKING_SECONDS + 2):
                return await self._connection.ask(question)
        except TimeoutError as fault:
            raise SourceTimedOut(f"{self.source.source}: the database does not come back.") from fault
        except (pyodbc.Error, ValueError, OverflowError) as fault:
            raise fault_of(self.source.source, self.database, fault) from fault


async def _ended(connection: Connection) -> None:
    """Ended, or left behind: a driver that still connects may take as long as it likes."""
    ending = asyncio.get_running_loop().create_task(connection.end())
    await asyncio.wait({ending}, timeout=CLOSING_SECONDS)


def _prepared(reader: Reader) -> None:
    kind = database_of(reader)
    kind.prepare(reader)
    kind.convert(reader.connection)


def _allowed(reader: Reader) -> Database:
    kind = database_of(reader)
    allow(kind, reader, LOOKING_SECONDS)
    return kind


def _password(secrets: Secrets, reference: str) -> str:
    try:
        return secrets(reference)
    except Exception as fault:
        raise SourceUnavailable(f"the password {reference} could not be read") from fault
