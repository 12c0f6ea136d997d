"""SQLite files, read only, each in one thread of its own.

A question that misses its deadline is interrupted; its thread and database are then given up, and the next
question gets new ones. A file that has been replaced by another of the same name is noticed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import apsw

from connectors.connection import Secrets, SqliteConnection, connection_of, path_below
from connectors.contract import Candidates, Connector, Search
from connectors.deadline import LeftBehind, within
from connectors.source_file import SourceFile
from connectors.sqlite_reading import SqliteReader

T = TypeVar("T")

OPENING_SECONDS = 10.0
CLOSING_SECONDS = 2.0
_READ_ONLY = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI


class SqliteConnector:
    """A connector (see ``contract.Connector``) for one SQLite file."""

    def __init__(self, source: SourceFile, path: Path) -> None:
        self.source = source
        self._path = path
        self._worker: _Worker | None = None
        self._left = LeftBehind()

    async def open(self) -> None:
        """As ``contract.Connector.open``."""
        await self._ask(OPENING_SECONDS, lambda file: file.ready())

    async def candidates(self, search: Search) -> Candidates:
        """As ``contract.Connector.candidates``."""
        return await self._ask(search.seconds, lambda file: file.candidates(search))

    async def close(self) -> None:
        """As ``contract.Connector.close``."""
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.give_up()
            await worker.ended(CLOSING_SECONDS)
        await self._left.gone(CLOSING_SECONDS)

    async def _ask(self, seconds: float, question: Callable[[_File], T]) -> T:
        turn = _Turn()
        return await within(seconds, self._in_turn(turn, question), lambda: self._cut(turn), self._left)

    async def _in_turn(self, turn: _Turn, question: Callable[[_File], T]) -> T:
        while True:
            worker = self._current_worker()
            async with worker.turn:
                if not worker.given_up:
                    turn.worker = worker
                    return await worker.answer(question)

    def _current_worker(self) -> _Worker:
        if self._worker is None:
            self._worker = _Worker(_File(self.source, self._path))
        return self._worker

    def _cut(self, turn: _Turn) -> None:
        """Only who has the turn breaks it off: a question that still waits leaves the others alone."""
        if turn.worker is not None:
            turn.worker.give_up()
            if self._worker is turn.worker:
                self._worker = None


def sqlite_connector(source: SourceFile, secrets: Secrets, base: Path) -> Connector:  # noqa: ARG001 -- a MakeConnector
    """A connector for a source file of kind ``sqlite``. Raises SourceMisfit."""
    return SqliteConnector(source, path_below(base, connection_of(source, SqliteConnection).path))


def read_only(path: Path) -> apsw.Connection:
    """A connection that can't write, twice over: the file is opened so, and the session is told so."""
    database = apsw.Connection(f"file:{quote(str(path))}?mode=ro", flags=_READ_ONLY)
    database.pragma("query_only", True)
    return database


class _File:
    """The file behind a reader, and which file it was when it was opened. Lives in its worker's thread."""

    def __init__(self, source: SourceFile, path: Path) -> None:
        self._path = path
        self._reader = SqliteReader(source, self._connect)
        self._was: tuple[int, int] | None = None
        self.interrupt = self._reader.interrupt
        self.close = self._reader.close

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


class _Worker:
    """A file and its thread. Once given up, it finishes by itself and takes no more questions."""

    def __init__(self, file: _File) -> None:
        self.turn = asyncio.Lock()
        self.given_up = False
        self._file = file
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sqlite-source")

    async def answer(self, question: Callable[[_File], T]) -> T:
        """The question's answer, worked out in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._file)

    def give_up(self) -> None:
        """Interrupt what runs; close the file after it. Returns at once; idempotent."""
        if not self.given_up:
            self.given_up = True
            self._file.interrupt()
            self._thread.submit(self._file.close)
            self._thread.shutdown(wait=False)

    async def ended(self, seconds: float) -> None:
        """Wait for the thread to end, but no longer than this."""
        waiting = asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)
        await asyncio.wait({waiting}, timeout=seconds)


@dataclass(slots=True)
class _Turn:
    """The worker that a question is with; None while it waits for one."""

    worker: _Worker | None = None
