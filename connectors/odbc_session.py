"""One ODBC connection, the one thread that ever calls it, and how both are got rid of safely.

Of aioodbc this uses its connection, on an executor of our own; not its cursors and not its pool:

- Its cursor takes a hop to the thread for each of cursor, execute, fetch and close (.8 ms against .4 ms for one
  hop), and when its caller is cancelled it is closed while the thread still runs the statement: SQL Server's
  drivers crash the process, others wait for the whole statement.
- Its pool has no bound for waiting, closes a connection by waiting for it, and takes back one whose statement
  was cancelled, whose next answer may be that statement's.
- Its connection closes itself in whatever thread lets go of it last. So whatever runs in ours holds on to it.

A question that nobody waits for any more is cancelled in the database from another thread, and whatever it
still brings is thrown away. Cursor and connection are closed by their own thread, after the statement has come
back; when that never happens, they are never closed. Nothing here waits for any of that.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import aioodbc
import pyodbc

from connectors.odbc_reader import Reader
from connectors.odbc_thread import OneThread

T = TypeVar("T")

LOGIN_SECONDS = 10
"""How long a driver may try to connect: nobody can cancel that, so it bounds how long a thread is lost."""


class Session:
    """A connection that is not made yet. ``begin`` comes first, ``end`` last, ``ask`` between them."""

    def __init__(self) -> None:
        self._thread = OneThread("odbc-source")
        self._connecting: asyncio.Task[aioodbc.Connection] | None = None
        self._raw: pyodbc.Connection | None = None
        self._reader: Reader | None = None
        self.has_answered = False

    @property
    def has_begun(self) -> bool:
        """Whether ``begin`` was called."""
        return self._connecting is not None

    async def begin(self, text: str, prepare: Callable[[Reader], None]) -> None:
        """Connect, and run ``prepare`` in the session's thread. Raises pyodbc.Error, and what that raises."""
        self._connecting = asyncio.get_running_loop().create_task(self._connected(text))
        # When the caller is cancelled, connecting goes on all the same: ``end`` waits for it and disconnects.
        await asyncio.shield(self._connecting)
        await self._in_thread(self._prepare, text, prepare)

    async def ask(self, question: Callable[[Reader], T]) -> T:
        """What the question returns or raises: all of it in one hop to the session's thread."""
        answer: T = await self._in_thread(self._answer, question)
        self.has_answered = True
        return answer

    async def end(self) -> None:
        """Cancel what runs, wait until the thread is free, however long, and close everything in it."""
        if self._reader is not None and self._reader.stop():
            # A thread of its own, because a cancel may hang as long as its statement; it ends by itself.
            threading.Thread(target=self._reader.break_off, name="odbc-cancel", daemon=True).start()
        try:
            await self._closed()
        finally:
            self._thread.shutdown()

    async def _closed(self) -> None:
        if self._connecting is None:
            return
        with suppress(pyodbc.Error):
            connection = await asyncio.shield(self._connecting)
            await self._in_thread(self._let_go)
            await connection.close()

    async def _connected(self, text: str) -> aioodbc.Connection:
        # Read at the process's first connection: ours are thrown away at the least doubt, so nobody may keep them.
        pyodbc.pooling = False
        # Every statement is a transaction of its own, as in autocommit, so none is left open.
        connected: aioodbc.Connection = await aioodbc.connect(
            dsn=text, autocommit=True, timeout=LOGIN_SECONDS, executor=self._thread, after_created=self._keep
        )
        return connected

    async def _keep(self, connection: pyodbc.Connection) -> None:
        self._raw = connection

    # --- in the session's thread

    def _prepare(self, text: str, prepare: Callable[[Reader], None]) -> None:
        self._reader = Reader(
            self._raw, partial(pyodbc.connect, text, autocommit=True, timeout=LOGIN_SECONDS)
        )
        prepare(self._reader)

    def _answer(self, question: Callable[[Reader], T]) -> T:
        if self._reader is None:
            raise RuntimeError("begin comes first")
        return question(self._reader)

    def _let_go(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _in_thread(self, work: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        return asyncio.wrap_future(self._thread.submit(work, *arguments))
