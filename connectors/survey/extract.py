"""An extract read whole: its file is copied into memory, looked through as ever, and read from there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path

import duckdb

from connectors.connection import ExtractConnection, Secrets, connection_of, path_below
from connectors.dialects import duckdb_dialect
from connectors.extract_reading import ExtractReader
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
        self._bounds = bounds
        self._reader = ExtractReader(source, settings, path, time.time)
        self._open = ExitStack()
        self._pages: Iterator[Page] = iter(())

    def begin(self) -> int | None:
        session, _, version = self._open.enter_context(self._reader.looked_at())
        self.as_of = version.as_of
        with self._faults():
            ((rows,),) = session.ask(counting(self._source, duckdb_dialect()))
            text = statement(self._source, duckdb_dialect(), self._bounds.most)
            self._pages = session.pages(text, PAGE_ROWS)
        return at_most(rows, self._bounds.most)

    def page(self) -> Page:
        with self._faults():
            return next(self._pages, ())

    def interrupt(self) -> None:
        self._reader.interrupt()

    def close(self) -> None:
        self._open.close()
        self._reader.close()

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as fault:
            raise self._reader.fault_of(fault) from fault
