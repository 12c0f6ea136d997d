"""A session for looking at an extract: the file as it is now, in memory, with DuckDB reading it."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import duckdb

from connectors.candidate_query import CandidateQuery
from connectors.connection import ExtractConnection, Secrets, connection_of, path_below
from connectors.contract import SourceMisfit
from connectors.duckdb_session import DuckSession
from connectors.extract_check import looked_through, named
from connectors.extract_file import ExtractFile, Version
from connectors.inspection.seen import Age, Rows
from connectors.source_file import SourceFile


class ExtractSession:
    """An extract. Its one table is called as the file is."""

    database, numbered = "duckdb", True

    def __init__(self, source: SourceFile, settings: ExtractConnection, path: Path) -> None:
        self.source = source
        self.path = path
        self.table = path.stem
        self._settings = settings
        self._duck = DuckSession(path.resolve())
        try:
            self._version = self._copied()
        except BaseException:
            self._duck.close()  # nobody else has it: its memory would stay
            raise

    @classmethod
    async def begin(cls, source: SourceFile, secrets: Secrets, base: Path) -> ExtractSession:  # noqa: ARG003 -- as all
        """Read the file. Raises SourceFault."""
        settings = connection_of(source, ExtractConnection)
        return cls(source, settings, path_below(base, settings.path))

    @property
    def age(self) -> Age:
        hours = (time.time() - self._version.written_ns / 1e9) / 3600
        return Age(self._version.as_of, hours, self._settings.fresh_for_hours)

    async def rows(self, text: str, *values: object) -> Rows:
        try:
            return self._duck.ask(text, values)
        except duckdb.Error as fault:
            raise SourceMisfit(
                f"{self.source.source}: it does not answer ({type(fault).__name__})."
            ) from fault

    async def query(self) -> CandidateQuery:
        return looked_through(self.source, self._settings, self.table, self._duck, Event()).query

    async def close(self) -> None:
        self._duck.close()

    def _copied(self) -> Version:
        """The file in memory, and its name for it."""
        file = ExtractFile(self.source.source, self.path, self._settings, time.time, Event())
        version = file.copy_to(self._duck.memory, None)
        named(self.source, self._settings, self.table, self._duck)
        return version
