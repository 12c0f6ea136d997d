"""Read-only sessions for looking: made as the connector of the same kind makes its own."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import apsw
import asyncpg

from connectors.candidate_query import CandidateQuery
from connectors.connection import PostgresqlConnection, Secrets, SqliteConnection, connection_of, path_below
from connectors.contract import SourceFault, SourceTimedOut
from connectors.dialects import postgresql_dialect
from connectors.inspection.seen import Rows
from connectors.postgresql_catalogue import live_columns
from connectors.postgresql_pool import AsyncpgConnection, connected
from connectors.source_file import SourceFile
from connectors.sqlite import read_only
from connectors.sqlite_reading import SqliteReader, fault_of

CONNECTING_SECONDS = 10.0
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine: under a millisecond
LOOKING_SECONDS = 20.0
"""A look at a catalogue, a count, a plan: longer than a question may take, short for a live database."""


class Session(Protocol):
    """One connection that can't write."""

    source: SourceFile
    database: str
    numbered: bool
    """Whether parameters are written $1, $2 instead of question marks."""

    async def rows(self, text: str, *values: object) -> Rows:
        """The rows of a statement. Raises SourceFault."""

    async def query(self) -> CandidateQuery:
        """As ``seen.Look.query``."""

    async def close(self) -> None:
        """Let go of it."""


class PostgresqlSession:
    """PostgreSQL, by asyncpg."""

    database, numbered = "postgresql", True

    def __init__(self, source: SourceFile, connection: AsyncpgConnection) -> None:
        self.source = source
        self._connection = connection

    @classmethod
    async def begin(cls, source: SourceFile, secrets: Secrets, base: Path) -> PostgresqlSession:
        """Connect. Raises asyncpg's faults and SourceFault."""
        settings = connection_of(source, PostgresqlConnection)
        async with asyncio.timeout(CONNECTING_SECONDS):
            connection = await connected(settings, secrets, base)
        await connection.execute(f"SET statement_timeout = {int(LOOKING_SECONDS * 1000)}")
        return cls(source, connection)

    async def rows(self, text: str, *values: object) -> Rows:
        try:
            async with asyncio.timeout(LOOKING_SECONDS):
                return [tuple(row) for row in await self._connection.fetch(text, *values)]
        except (asyncpg.QueryCanceledError, TimeoutError) as fault:
            raise SourceTimedOut(f"{self.source.source}: the database broke off the statement.") from fault
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as fault:
            raise SourceFault(
                f"{self.source.source}: it does not answer ({type(fault).__name__})."
            ) from fault

    async def query(self) -> CandidateQuery:
        live = await live_columns(self._connection, self.source)
        return CandidateQuery(self.source, live, postgresql_dialect())

    async def close(self) -> None:
        self._connection.terminate()


class SqliteSession:
    """A SQLite file. It blocks: nobody else waits for the command that looks."""

    database, numbered = "sqlite", False

    def __init__(self, source: SourceFile, path: Path) -> None:
        self.source = source
        self.path = path
        self._reader = SqliteReader(source, lambda: self._connection)
        self._connection = read_only(path)
        self._connection.set_busy_timeout(int(CONNECTING_SECONDS * 1000))
        self._until = math.inf
        # Under an id of its own: the reader has another.
        self._connection.set_progress_handler(self._is_late, _STEPS_BETWEEN_LOOKS, id=self)

    @classmethod
    async def begin(cls, source: SourceFile, secrets: Secrets, base: Path) -> SqliteSession:  # noqa: ARG003 -- as all
        """Open the file. Raises apsw.Error."""
        return cls(source, path_below(base, connection_of(source, SqliteConnection).path))

    async def rows(self, text: str, *values: object) -> Rows:
        return self._asked(lambda: list(self._connection.execute(text, _bindable(values))))

    async def query(self) -> CandidateQuery:
        return self._reader.ready()[1]

    async def close(self) -> None:
        self._connection.close(force=True)

    def _is_late(self) -> bool:
        return time.monotonic() > self._until

    def _asked(self, ask: Callable[[], Rows]) -> Rows:
        self._until = time.monotonic() + LOOKING_SECONDS
        try:
            return ask()
        except apsw.Error as fault:
            raise fault_of(self.source, fault) from fault


def _bindable(values: Sequence[object]) -> tuple[apsw.SQLiteValue, ...]:
    return tuple(one if isinstance(one, (str, int, float)) else str(one) for one in values)
