"""Asking a SQLite database, in whatever thread it lives: its columns, and the candidates of one search."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import apsw
import apsw.ext

from connectors.candidate_query import CandidateQuery
from connectors.contract import (
    Candidates,
    Search,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from connectors.dialects import sqlite_dialect
from connectors.live_columns import LiveColumns, check_columns, missing_relation, vetted_query
from connectors.read_rows import candidates_of
from connectors.source_file import SourceFile

_TABLES = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
_COLUMNS = "SELECT name FROM pragma_table_xinfo(?)"
_STEPS_BETWEEN_LOOKS = 10_000  # of SQLite's virtual machine: under a millisecond


class SqliteReader:
    """One database, opened when first needed, and anew after a fault. Not for two threads at once."""

    def __init__(self, source: SourceFile, connect: Callable[[], apsw.Connection]) -> None:
        self._source = source
        self._connect = connect
        self._database: apsw.Connection | None = None
        self._query: CandidateQuery | None = None
        self._stopped = False

    def ready(self) -> tuple[apsw.Connection, CandidateQuery]:
        """The open database, its columns checked. Raises SourceMisfit or SourceUnavailable."""
        try:
            if self._database is None:
                self._database = self._connect()
                # interrupt() alone would miss a statement that has not begun yet.
                self._database.set_progress_handler(lambda: self._stopped, _STEPS_BETWEEN_LOOKS)
            if self._query is None:
                live = _live_columns(self._database, self._source)
                self._query = CandidateQuery(self._source, live, sqlite_dialect())
        except apsw.Error as fault:
            self.close()
            raise fault_of(self._source, fault) from fault
        except SourceFault:
            self.close()
            raise
        return self._database, self._query

    def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``. A lock of somebody else is waited for, up to the deadline."""
        database, query = self.ready()
        question = query.question(search)
        if question is None:
            return Candidates(())
        try:
            database.set_busy_timeout(int(search.seconds * 1000))
            rows = list(database.execute(question.text, question.values))
        except apsw.Error as fault:
            self.close()
            raise fault_of(self._source, fault) from fault
        return candidates_of(self._source, question.columns, rows)

    def interrupt(self) -> None:
        """Break off what it does or is about to do, for good. The one method for another thread."""
        self._stopped = True
        database = self._database
        if database is not None:
            with suppress(apsw.ConnectionClosedError):  # its own thread may just have closed it
                database.interrupt()

    def close(self) -> None:
        """Let go of the database; the next use opens it again."""
        database, self._database, self._query = self._database, None, None
        if database is not None:
            database.close(force=True)


def fault_of(source: SourceFile, fault: apsw.Error) -> SourceFault:
    """The source's fault that a driver's is. Its message may quote values, and is not repeated."""
    name = type(fault).__name__
    if isinstance(fault, (apsw.InterruptError, apsw.BusyError, apsw.LockedError)):
        return SourceTimedOut(f"{source.source}: the database was busy ({name}).")
    if isinstance(fault, (apsw.SQLError, apsw.MismatchError, apsw.BindingsError, apsw.SchemaChangeError)):
        return SourceMisfit(f"{source.source}: the database does not take the statement ({name}).")
    return SourceUnavailable(f"{source.source}: the database could not be read ({name}).")


def _live_columns(database: apsw.Connection, source: SourceFile) -> LiveColumns:
    """The columns of the source's table or query, checked against its file. Raises SourceMisfit."""
    names = _columns_of_table(database, source) if source.table else _columns_of_query(database, source)
    live: LiveColumns = dict.fromkeys(names, "untyped")
    check_columns(source, live)
    return live


def _columns_of_table(database: apsw.Connection, source: SourceFile) -> list[str]:
    _, _, name = (source.table or "").rpartition(".")
    names = [str(column) for (column,) in database.execute(_COLUMNS, (name,))]
    if not names:
        raise missing_relation(source, [str(table) for (table,) in database.execute(_TABLES)])
    return names


def _columns_of_query(database: apsw.Connection, source: SourceFile) -> list[str]:
    found = apsw.ext.query_info(database, vetted_query(source))
    if not found.is_readonly:
        raise SourceMisfit(f"{source.source}: the query would write.")
    return [name for name, *_ in found.description]
