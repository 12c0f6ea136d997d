"""A proxy before a broker that compares: how many entries are durable when a byte of an answer comes by.

What another process can read of an SQLite log is synced: a commit is shown to readers after its sync, not before.
The count is taken when bytes have come and before they are passed on. So it may be too large by what became
durable in between, and is never too small; with slow syncs hardly anything does.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

_AT_ONCE = 65_536


@dataclass(slots=True)
class Reply:
    """All bytes that came back on one connection; and from which offset on, how many entries were durable."""

    raw: bytearray = field(default_factory=bytearray, repr=False)
    came: list[tuple[int, int]] = field(default_factory=list)

    def add(self, some: bytes, durable: int) -> None:
        self.came.append((len(self.raw), durable))
        self.raw += some

    def durable_at(self, offset: int) -> int:
        """How many entries were durable when the byte at this offset came."""
        return [durable for start, durable in self.came if start <= offset][-1]


async def _passed_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: Callable[[bytes], None]
) -> None:
    with contextlib.suppress(ConnectionError):
        while some := await reader.read(_AT_ONCE):
            seen(some)
            writer.write(some)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def comparing(port: int, durable: Callable[[], int]) -> AsyncIterator[tuple[int, list[Reply]]]:
    """Pass on to a port of this machine; the port to ask instead, and the reply of each connection so far."""
    replies: list[Reply] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reply = Reply()
        replies.append(reply)
        to_read, to_write = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.TaskGroup() as group:
            group.create_task(_passed_on(reader, to_write, lambda _: None))
            group.create_task(_passed_on(to_read, writer, lambda some: reply.add(some, durable())))

    async with await asyncio.start_server(connected, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1], replies
