"""SQLite read whole: a file, and the rows of kind ``memory``, which stand in a database in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from pathlib import Path

import apsw

from connectors.connection import (
    MemoryConnection,
    Secrets,
    SqliteConnection,
    connection_of,
    path_below,
)
from connectors.contract import SourceMisfit
from connectors.dialects import sqlite_dialect
from connectors.memory import rows_of_file
from connectors.memory_rows import as_queried, database_of
from connectors.source_file import SourceFile
from connectors.sqlite import read_only
from connectors.sqlite_reading import SqliteReader, fault_of
from connectors.survey.contract import PAGE_ROWS, Bounds, Page, Reading
from connectors.survey.in_thread import in_thread
from connectors.survey.statement import at_most, columns_read, counting, statement


@asynccontextmanager
async def survey_sqlite(
    source: SourceFile,
    secrets: Secrets,  # noqa: ARG001 -- a Surveyor
    base: Path,
    bounds: Bounds,
) -> AsyncIterator[Reading]:
    """As ``contract.Surveyor``. Without write-ahead log, nobody can write into the file while it is read."""
    path = path_below(base, connection_of(source, SqliteConnection).path)
    async with _reading(source, bounds, lambda: read_only(path)) as reading:
        yield reading


@asynccontextmanager
async def survey_memory(
    source: SourceFile,
    secrets: Secrets,  # noqa: ARG001 -- a Surveyor
    base: Path,
    bounds: Bounds,
) -> AsyncIterator[Reading]:
    """As ``contract.Surveyor``."""
    named = connection_of(source, MemoryConnection).rows
    rows = rows_of_file(source, path_below(base, named)) if named else []
    async with _reading(as_queried(source), bounds, lambda: database_of(source, rows)) as reading:
        yield reading


@asynccontextmanager
async def _reading(
    source: SourceFile, bounds: Bounds, connect: Callable[[], apsw.Connection]
) -> AsyncIterator[Reading]:
    async with in_thread(source, bounds, lambda: _Held(source, bounds, connect)) as (expected, pages):
        yield Reading(columns_read(source), pages, expected)


class _Held:
    """As ``in_thread.Held``."""

    def __init__(self, source: SourceFile, bounds: Bounds, connect: Callable[[], apsw.Connection]) -> None:
        self._source = source
        self._bounds = bounds
        self._reader = SqliteReader(source, connect)
        self._rows: Iterator[tuple[object, ...]] = iter(())

    def begin(self) -> int | None:
        database, _ = self._reader.ready()
        with self._faults():
            database.set_busy_timeout(int(self._bounds.seconds * 1000))
            ((rows,),) = database.execute(counting(self._source, sqlite_dialect()))
            self._rows = database.execute(statement(self._source, sqlite_dialect(), self._bounds.most))
        return at_most(int(str(rows)), self._bounds.most)

    def page(self) -> Page:
        with self._faults():
            return list(islice(self._rows, PAGE_ROWS))

    def interrupt(self) -> None:
        self._reader.interrupt()

    def close(self) -> None:
        self._reader.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except apsw.Error as fault:
            raise fault_of(self._source, fault) from fault
        except UnicodeDecodeError:
            unreadable = True  # outside the handler: the fault quotes the value
        else:
            unreadable = False
        if unreadable:
            raise SourceMisfit(f"{self._source.source}: the database holds a text that is not UTF-8.")
