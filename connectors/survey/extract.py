"""An extract read whole: its file is copied into memory, looked through as ever, and read from there."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from threading import Event

import duckdb

from connectors.connection import ExtractConnection, Secrets, connection_of, path_below
from connectors.dialects import duckdb_dialect
from connectors.duckdb_session import DuckSession
from connectors.extract_check import looked_through
from connectors.extract_file import ExtractFile
from connectors.extract_reading import fault_of
from connectors.source_file import SourceFile
from connectors.survey.contract import PAGE_ROWS, Bounds, Page, Reading
from connectors.survey.in_thread import in_thread
from connectors.survey.statement import at_most, columns_read, counting, statement


@asynccontextmanager
async def survey_extract(
    source: SourceFile,
    secrets: Secrets,  # noqa: ARG001 -- a Surveyor
    base: Path,
    bounds: Bounds,
) -> AsyncIterator[Reading]:
    """As ``contract.Surveyor``. The whole file is in memory meanwhile: at most ``extract_file.MOST_BYTES``."""
    settings = connection_of(source, ExtractConnection)
    held = _Held(source, settings, path_below(base, settings.path), bounds)
    async with in_thread(source, bounds, lambda: held) as (expected, pages):
        yield Reading(columns_read(source), pages, expected, held.as_of)


class _Held:
    """As ``in_thread.Held``."""

    def __init__(self, source: SourceFile, settings: ExtractConnection, path: Path, bounds: Bounds) -> None:
        self.as_of: date | None = None
        self._source = source
        self._settings = settings
        self._bounds = bounds
        self._stopped = Event()
        self._file = ExtractFile(source.source, path, settings, time.time, self._stopped)
        self._session: DuckSession | None = None
        self._pages: Iterator[Page] = iter(())

    def begin(self) -> int | None:
        with self._faults():
            session = self._session = DuckSession(Path(os.path.realpath(self._file.path)))
            self.as_of = self._file.copy_to(session.memory, None).as_of
            looked_through(self._source, self._settings, self._file.path.stem, session, self._stopped)
            ((rows,),) = session.ask(counting(self._source, duckdb_dialect()))
            text = statement(self._source, duckdb_dialect(), self._bounds.most)
            self._pages = session.pages(text, PAGE_ROWS)
        return at_most(rows, self._bounds.most)

    def page(self) -> Page:
        with self._faults():
            return next(self._pages, ())

    def interrupt(self) -> None:
        self._stopped.set()
        session = self._session
        if session is not None:
            session.interrupt()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as fault:
            raise fault_of(self._source, fault) from fault
