"""Asking an extract, in whatever thread that happens: is it as it should be, and who might be meant.

Each version of the file is looked through once, before it is asked anything: is it text, is it whole, has every
row as many cells as the header. Then each question reads the file anew, and nothing of it is kept in between but
which version it was and the names of its columns.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event

import duckdb

from connectors.candidate_query import CandidateQuery
from connectors.connection import ExtractConnection
from connectors.contract import (
    Candidates,
    Search,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.duckdb_session import DuckSession
from connectors.extract_check import Looked, looked_through
from connectors.extract_file import ExtractFile, Version
from connectors.read_rows import candidates_of
from connectors.source_file import SourceFile

_STATEMENT_AT_FAULT = (
    duckdb.ProgrammingError,
    duckdb.DataError,
    duckdb.NotSupportedError,
    duckdb.PermissionException,
)


class ExtractReader:
    """One extract. Not for two threads at once, but for ``interrupt``."""

    def __init__(
        self, source: SourceFile, settings: ExtractConnection, path: Path, now: Callable[[], float]
    ) -> None:
        self._source = source
        self._settings = settings
        self._stopped = Event()
        self._file = ExtractFile(source.source, path, settings, now, self._stopped)
        self._session: DuckSession | None = None
        self._version: Version | None = None
        self._looked: Looked | None = None
        self._lies_open = False
        self._named: Path | None = None

    def ready(self) -> None:
        """Look through the file, if it is a new one. Raises SourceMisfit or SourceUnavailable."""
        with self._read():
            pass

    def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. Also when there is nothing to look for, the file must be fresh."""
        found = self._asked_in_place(search)
        if found is None:
            with self._read() as (session, looked, version):
                found = self._asked(search, session, looked.query, version)
        return found

    def looked_at(self) -> AbstractContextManager[tuple[DuckSession, Looked, Version]]:
        """The file as it is now, in memory until the context ends, and looked through if it is a new one.

        Raises SourceMisfit and SourceUnavailable.
        """
        return self._read()

    def interrupt(self) -> None:
        """Break off what it does or is about to do, for good. The one method for another thread."""
        self._stopped.set()
        session = self._session
        if session is not None:
            session.interrupt()

    def close(self) -> None:
        """Let go of the database; the next use opens another."""
        session, self._session, self._version, self._looked = self._session, None, None, None
        if session is not None:
            session.close()

    def _asked_in_place(self, search: Search) -> Candidates | None:
        """What a file that is known says, read where it lies; None when it is not, or no more, that one."""
        session, version, looked = self._session, self._version, self._looked
        if session is None or version is None or looked is None or not self._lies_open:
            return None
        if not self._file.is_still(version):
            return None
        try:
            self._name(looked, self._rows_in_memory(search, session, looked, version))
            found = self._asked(search, session, looked.query, version)
        except duckdb.Error as fault:
            if self._file.is_still(version):
                self.close()
                raise self.fault_of(fault) from fault
            return None
        finally:
            if self._session is session:  # a closed one has let go of its memory, and of the file's number
                session.forget()
        return found if self._file.is_still(version) else None

    def _rows_in_memory(self, search: Search, session: DuckSession, looked: Looked, version: Version) -> Path:
        """Where to read: of the rows that the index finds a copy in memory, or else the whole file."""
        places = looked.index.places(search, self._source) if looked.index else None
        if places is not None and self._file.copy_rows(version, places, session.memory):
            return session.path
        return session.extract

    def _name(self, looked: Looked, path: Path) -> None:
        """Have the extract's name stand for the rows of this file."""
        if self._named != path:
            looked.name_it(path)
            self._named = path

    def _asked(
        self, search: Search, session: DuckSession, query: CandidateQuery, version: Version
    ) -> Candidates:
        question = query.question(search)
        if question is None:
            return Candidates((), as_of=version.as_of)
        rows = session.ask(question.text, question.values)
        return replace(candidates_of(self._source, question.columns, rows), as_of=version.as_of)

    @contextmanager
    def _read(self) -> Iterator[tuple[DuckSession, Looked, Version]]:
        """The file as it is now, in memory until the context ends, and looked through if it is a new one."""
        try:
            session = self._session = self._session or DuckSession(_real(self._file.path))
            try:
                version = self._file.copy_to(session.memory, self._version)
                yield session, self._looked_through(version, session), version
            finally:
                session.forget()
            self._lies_open = self._may_read_in_place(session)
        except duckdb.Error as fault:
            self.close()
            raise self.fault_of(fault) from fault

    def _looked_through(self, version: Version, session: DuckSession) -> Looked:
        if self._looked is None or self._version != version or self._lies_open:
            self._looked = self._version = None
            self._looked = looked_through(
                self._source, self._settings, self._file.path.stem, session, self._stopped
            )
            self._version, self._named = version, session.path
        return self._looked

    def _may_read_in_place(self, session: DuckSession) -> bool:
        """Whether DuckDB may read the file itself: text as it has it, and by the name that it was allowed.

        Looked at for each version: a link that leads elsewhere later leads to another version.
        """
        as_it_is = self._settings.form == "parquet" or (
            self._settings.form == "csv" and self._settings.encoding == "utf-8"
        )
        return as_it_is and _real(self._file.path) == session.extract

    def fault_of(self, fault: duckdb.Error) -> SourceFault:
        """The source's fault that DuckDB's is. Its message quotes rows, and is not repeated."""
        where, name = self._source.source, type(fault).__name__
        if isinstance(fault, duckdb.InterruptException):
            return SourceTimedOut(f"{where}: reading the extract was broken off ({name}).")
        if isinstance(fault, duckdb.InvalidInputException):
            form, hint = self._settings.form, "Do all lines end alike?"
            hint = "Is it whole?" if form == "parquet" else hint
            return SourceMisfit(f"{where}: the extract could not be read as {form} ({name}). {hint}")
        if isinstance(fault, _STATEMENT_AT_FAULT):
            return SourceMisfit(f"{where}: the extract does not take the statement ({name}).")
        return SourceUnavailable(f"{where}: the extract could not be read ({name}).")


def _real(path: Path) -> Path:
    """The file that a name leads to, through every link."""
    return Path(os.path.realpath(path))
