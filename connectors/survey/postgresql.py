"""A PostgreSQL database read whole: one cursor of one read-only transaction, so all rows are of one moment."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from connectors.connection import PostgresqlConnection, Secrets, connection_of
from connectors.dialects import postgresql_dialect
from connectors.postgresql import PostgresqlConnector
from connectors.postgresql_catalogue import live_columns
from connectors.postgresql_pool import AsyncpgConnection, connected
from connectors.source_file import SourceFile
from connectors.survey.contract import PAGE_ROWS, Bounds, Clock, Page, Reading
from connectors.survey.statement import at_most, columns_read, statement

_CLOSING_SECONDS = 2.0


@asynccontextmanager
async def survey_postgresql(
    source: SourceFile, secrets: Secrets, base: Path, bounds: Bounds
) -> AsyncIterator[Reading]:
    """As ``contract.Surveyor``. The snapshot is held until the context ends, and so is what vacuum could free."""
    settings = connection_of(source, PostgresqlConnection)
    clock = Clock(source, bounds.seconds)
    explains = PostgresqlConnector(source, settings, secrets, base)
    with _faults(explains):
        connection = await clock.within(connected(settings, secrets, base), _nothing_to_cut)
    opened = _Opened(source, bounds, clock, connection, explains)
    try:
        with _faults(explains):
            reading = await clock.within(opened.reading(), connection.terminate)
        yield reading
    except BaseException:
        connection.terminate()
        raise
    with _faults(explains):
        await connection.close(timeout=_CLOSING_SECONDS)


@dataclass(frozen=True, slots=True)
class _Opened:
    source: SourceFile
    bounds: Bounds
    clock: Clock
    connection: AsyncpgConnection
    explains: PostgresqlConnector

    async def reading(self) -> Reading:
        """Checks the columns, and opens the cursor."""
        await self.connection.execute(_limits(self.clock.remaining))
        await self.connection.transaction(isolation="repeatable_read", readonly=True).start()
        await live_columns(self.connection, self.source)
        text = statement(self.source, postgresql_dialect(), self.bounds.most)
        expected = at_most(await self._estimate(text), self.bounds.most)
        cursor = await self.connection.cursor(text)
        return Reading(columns_read(self.source), self._pages(cursor), expected)

    async def _pages(self, cursor: asyncpg.cursor.Cursor[asyncpg.Record]) -> AsyncIterator[Page]:
        while True:
            with _faults(self.explains):
                found = await self.clock.within(cursor.fetch(PAGE_ROWS), self.connection.terminate)
            if not found:
                return
            yield [tuple(row.values()) for row in found]

    async def _estimate(self, text: str) -> int:
        """The planner's own guess: counting would read everything once more."""
        (plan,) = json.loads(await self.connection.fetchval(f"EXPLAIN (FORMAT JSON) {text}"))
        return int(plan["Plan"]["Plan Rows"])


def _limits(seconds: float) -> str:
    """Have the server break off what takes longer, and end a session of which nobody hears any more."""
    allowed = int(seconds * 1000)
    return (
        f"SET statement_timeout = {allowed}; SET lock_timeout = {allowed};"
        f" SET idle_in_transaction_session_timeout = {allowed}"
    )


def _nothing_to_cut() -> None:
    """A connection that is being made is let go of when the work is cancelled."""


@contextmanager
def _faults(explains: PostgresqlConnector) -> Iterator[None]:
    """The driver's faults as the source's, in the words of its connector, which is not opened."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as fault:
        raise explains.fault_of(fault) from fault
