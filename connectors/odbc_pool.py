"""Sessions of one ODBC source: bounded in use, bounded when lost, thrown away at the least doubt."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from connectors.contract import SourceUnavailable
from connectors.odbc_session import Session

LOST_PER_SESSION = 2
"""How many sessions may be on their way out, for each that may be in use: each is a thread that a driver holds,
and a server that froze holds them until it goes on."""

_PATIENCE = 0.25  # seconds: most come back within milliseconds, and those of a frozen server not at all


class Pool:
    """At most ``size`` sessions at a time; whoever comes later waits.

    ``keeps``: whether a session serves more than one question. One on a file would go on reading the old file
    when another is put in its place.
    """

    def __init__(self, begin: Callable[[Session], Awaitable[None]], size: int, *, keeps: bool = True) -> None:
        self._begin = begin
        self._keeps = keeps
        self._slots = asyncio.Semaphore(size)
        self._most_lost = LOST_PER_SESSION * size
        self._idle: list[Session] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        """A session for one question. Kept for the next one only when nothing at all was raised.

        Raises SourceUnavailable soon when too many are lost in a driver.
        """
        async with self._slots:
            session = self._idle.pop() if self._idle else await self._another()
            try:
                if not session.has_begun:
                    await self._begin(session)
                yield session
            except BaseException:
                self._let_go(session)
                raise
            await self._take_back(session)

    def discard_idle(self) -> None:
        """Let go of every idle session: the server has just been found gone."""
        while self._idle:
            self._let_go(self._idle.pop())

    async def close(self, seconds: float) -> None:
        """Take nothing back, and wait for the sessions to end, but no longer than this."""
        self._closed = True
        self.discard_idle()
        if self._ending:
            await asyncio.wait(self._ending, timeout=seconds)

    async def _another(self) -> Session:
        if len(self._ending) >= self._most_lost:
            await asyncio.wait(self._ending, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if len(self._ending) >= self._most_lost:
            raise SourceUnavailable(f"{len(self._ending)} connections that were given up have not come back")
        return Session()

    async def _take_back(self, session: Session) -> None:
        if self._keeps and not self._closed:
            self._idle.append(session)
        else:
            # Waited for, because its place is free only then; it is quick, since nothing runs any more.
            await asyncio.shield(self._let_go(session))

    def _let_go(self, session: Session) -> asyncio.Task[None]:
        ending = asyncio.get_running_loop().create_task(session.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ended)
        return ending

    def _ended(self, ending: asyncio.Task[None]) -> None:
        self._ending.discard(ending)
        if not ending.cancelled():
            ending.exception()  # looked at, so that asyncio does not report it: the session is given up anyway
