"""SQLite files, read only, each in one thread of its own (see ``one_thread``).

A file that has been replaced by another of the same name is noticed.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import apsw

from connectors.connection import Secrets, SqliteConnection, connection_of, path_below
from connectors.contract import Candidates, Connector, Search
from connectors.one_thread import OneThread
from connectors.source_file import SourceFile
from connectors.sqlite_reading import SqliteReader

OPENING_SECONDS = 10.0
_READ_ONLY = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


class SqliteConnector:
    """A connector (see ``contract.Connector``) for one SQLite file."""

    def __init__(self, source: SourceFile, path: Path) -> None:
        self.source = source
        self._thread = OneThread(lambda: _File(source, path), "sqlite-source")

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        await self._thread.ask(OPENING_SECONDS, lambda file: file.ready())

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``."""
        return await self._thread.ask(search.seconds, lambda file: file.candidates(search))

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        await self._thread.close()


def sqlite_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:  # noqa: ARG001 -- a MakeConnector
    """A connector for a source file of kind ``sqlite``. Raises SourceMisfit."""
    return SqliteConnector(source, path_below(base, connection_of(source, SqliteConnection).path))


def read_only(path: Path) -> apsw.Connection:
    """A connection that can't write, twice over: the file is opened so, and the session is told so."""
    database = apsw.Connection(f"file:{quote(str(path))}?mode=ro", flags=_READ_ONLY)
    database.pragma("query_only", True)
    return database


class _File:
    """The file behind a reader, and which file it was when it was opened. Lives in its own thread."""

    def __init__(self, source: SourceFile, path: Path) -> None:
        self._path = path
        self._reader = SqliteReader(source, self._connect)
        self._was: tuple[int, int] | None = None

    def interrupt(self) -> None:
        self._reader.interrupt()

    def close(self) -> None:
        self._reader.close()

    def ready(self) -> None:
        self._notice_replacement()
        self._reader.ready()

    def candidates(self, search: Search) -> Candidates:
        self._notice_replacement()
        return self._reader.candidates(search)

    def _connect(self) -> apsw.Connection:
        self._was = self._identity()
        return read_only(self._path)

    def _notice_replacement(self) -> None:
        """An extract that is renamed over the last one would otherwise never be seen."""
        if self._was != self._identity():
            self._reader.close()

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None  # connecting says what is wrong
        return found.st_dev, found.st_ino
