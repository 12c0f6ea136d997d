"""A TCP proxy on loopback that does to a connection what networks and failing machines do to it.

It works in a thread of its own, so that it goes on when the broker's event loop does not. What it does may be
changed at any time: connections that are open then suffer it, too.
"""

from __future__ import annotations

import asyncio
import math
import random
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Literal

Trouble = Literal[
    "none", "black hole", "delay", "drip", "reset", "half close", "garbage", "zeros", "bandwidth"
]

DELAY_SECONDS = 5.0
DRIP_SECONDS = 0.05
"""Between two bytes."""
BYTES_A_SECOND = 200
LARGEST_PIECE = 65536
_LINGER_NOT = struct.pack("ii", 1, 0)  # so that closing sends a reset (socket(7))


class FaultProxy:
    """Passes on what a client and the server at ``target`` say to each other; answers suffer the ``trouble``."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.trouble: Trouble = "none"
        self.port = 0
        self._chance = random.Random(7)  # noqa: S311 -- garbage that can be made again
        self._begun, self._over = threading.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """From the moment on when it listens; on the same port when it was stopped."""
        self._begun.clear()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._served()), name="fault-proxy")
        self._thread.start()
        assert self._begun.wait(5), "the fault proxy does not start"

    def stop(self) -> None:
        """Nobody listens any more, and every connection is gone."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()
            self._thread = None

    @contextmanager
    def in_trouble(self, trouble: Trouble) -> Iterator[None]:
        """In trouble for as long as the context lasts."""
        self.trouble = trouble
        try:
            yield
        finally:
            self.trouble = "none"

    @contextmanager
    def away(self) -> Iterator[None]:
        """Whoever connects is refused, for as long as the context lasts."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    async def _served(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        self._begun.set()
        await self._over.wait()
        server.close()

    async def _connection(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            async with _closed(to_client):
                server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
                async with _closed(to_server):
                    await self._both_ways((client, to_server), (server, to_client))

    async def _both_ways(
        self,
        asked: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        answers: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        try:
            async with asyncio.TaskGroup() as both:
                questions = both.create_task(_copied(*asked))
                await self._answered(*answers)
                questions.cancel()
        except* OSError:
            pass  # one of the two is gone, and so is what joined them

    async def _answered(self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while piece := await server.read(LARGEST_PIECE):
            async for rest in self._suffered(piece, to_client):
                to_client.write(rest)
                await to_client.drain()

    def _suffered(self, piece: bytes, to_client: asyncio.StreamWriter) -> AsyncIterator[bytes]:
        """What becomes of a piece of an answer, as it is passed on."""
        longer = max(64, len(piece))
        ways: Mapping[Trouble, Callable[[], AsyncIterator[bytes]]] = {
            "none": lambda: self._slowly(piece, len(piece), 0),
            "black hole": lambda: self._held_back(piece, math.inf),
            "delay": lambda: self._held_back(piece, DELAY_SECONDS),
            "drip": lambda: self._slowly(piece, 1, DRIP_SECONDS),
            "bandwidth": lambda: self._slowly(piece, BYTES_A_SECOND // 10, 0.1),
            "garbage": lambda: self._slowly(self._chance.randbytes(longer), longer, 0),
            "zeros": lambda: self._slowly(bytes(longer), longer, 0),
            "reset": lambda: self._broken_off(piece[:0], to_client),
            "half close": lambda: self._broken_off(piece[: len(piece) // 2], to_client),
        }
        return ways[self.trouble]()

    async def _held_back(self, piece: bytes, seconds: float) -> AsyncIterator[bytes]:
        await self._lasts(seconds)
        yield piece

    async def _broken_off(self, piece: bytes, to_client: asyncio.StreamWriter) -> AsyncIterator[bytes]:
        if piece:
            yield piece
            to_client.write_eof()
            await self._lasts(math.inf)
        to_client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        raise ConnectionResetError

    async def _slowly(self, piece: bytes, step: int, seconds: float) -> AsyncIterator[bytes]:
        for at in range(0, len(piece), step):
            yield piece[at : at + step]
            await self._lasts(seconds)

    async def _lasts(self, seconds: float) -> None:
        """As long as the trouble does, but no longer than this. What TCP held back then arrives after all."""
        until, trouble = time.monotonic() + seconds, self.trouble
        while self.trouble == trouble != "none" and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 -- another thread ends it
            await asyncio.sleep(min(left, 0.02))


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(LARGEST_PIECE):
        writer.write(piece)
        await writer.drain()
    raise ConnectionError  # the client is gone: so is the server's side


@asynccontextmanager
async def _closed(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    try:
        yield
    finally:
        writer.transport.abort()
