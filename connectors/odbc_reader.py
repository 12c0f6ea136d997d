"""One ODBC connection as its own thread sees it: statement after statement, on one cursor.

Only ``stop`` and ``break_off`` are for another thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import pyodbc

from connectors.contract import SourceTimedOut

_BETWEEN_CANCELS = 0.05
_MOST_CANCELS = 20

Rows = Sequence[Sequence[object]]


class Reader:
    """Runs statements. One cursor serves all: what is asked again in the same words is not prepared again."""

    def __init__(self, connection: pyodbc.Connection, another: Callable[[], pyodbc.Connection]) -> None:
        self.connection = connection
        self.allowed: float | None = None
        """How long the database lets a statement take; None: not told yet."""
        self.ended_by: str | None = None
        """The statement by which ``another`` connection ends this one; None: the driver can cancel safely."""
        self._another = another
        self._cursor: pyodbc.Cursor | None = _cursor(connection)
        self._stopped = False
        self._executing = False
        self._cancelling = threading.Lock()

    @property
    def cursor(self) -> pyodbc.Cursor:
        """For catalogue functions. Raises SourceTimedOut once the reader was broken off."""
        if self._cursor is None or self._stopped:
            raise SourceTimedOut("the question was broken off")
        return self._cursor

    def rows(self, text: str, *values: object) -> Rows:
        """All rows of a statement; none of one that has no rows."""
        cursor = self.run(text, *values)
        return cursor.fetchall() if cursor.description else []

    def run(self, text: str, *values: object) -> pyodbc.Cursor:
        """The cursor of a statement, for who reads its rows in parts."""
        # Before looking whether it was stopped, so that whoever stops it sees one of the two.
        self._executing = True
        try:
            cursor = self.cursor
            cursor.execute(text, *values)
        finally:
            self._executing = False
        return cursor

    def columns(self) -> list[tuple[str, type]]:
        """Names and Python types of the columns of the last statement's rows."""
        return [(one[0], one[1]) for one in self.cursor.description]

    def limit(self, seconds: int) -> None:
        """Have the driver break off statements after so long. Only a new cursor heeds it."""
        self.connection.timeout = seconds
        with self._cancelling:
            if self._cursor is not None:
                self._cursor.close()
                self._cursor = _cursor(self.connection)

    def stop(self) -> bool:
        """Run nothing more. Whether something runs, that ``break_off`` would end. For another thread."""
        self._stopped = True
        return self._executing

    def break_off(self) -> None:
        """Have the database cancel what runs. May block, as long as the database does. For another thread.

        It is said several times, because the first may come just before the statement does.
        """
        for _ in range(_MOST_CANCELS):
            with self._cancelling:
                if self._cursor is None or not self._executing:
                    return
                with suppress(pyodbc.Error):
                    self._cancel(self._cursor)
            time.sleep(_BETWEEN_CANCELS)

    def _cancel(self, cursor: pyodbc.Cursor) -> None:
        if self.ended_by is None:
            cursor.cancel()
            return
        other = self._another()
        try:
            other.execute(self.ended_by)
        finally:
            other.close()

    def close(self) -> None:
        """Let go of the cursor: never while it is being cancelled, which is where drivers crash."""
        with self._cancelling:
            cursor, self._cursor = self._cursor, None
        if cursor is not None:
            with suppress(pyodbc.Error):
                cursor.close()


def _cursor(connection: pyodbc.Connection) -> pyodbc.Cursor:
    cursor = connection.cursor()
    with suppress(pyodbc.Error):  # SQLite's driver never looks for them
        cursor.noscan = True  # a brace in a name is no escape of ODBC's
    return cursor
