"""Somebody who is no PostgreSQL. ``python -m`` connects to one who sends zeros, and prints what becomes of it."""

from __future__ import annotations

import asyncio
import ssl
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from connectors.connection import PostgresqlConnection
from connectors.postgresql_pool import connected

ASKS_FOR_TLS = struct.pack("!ii", 8, 80877103)
Say = Callable[[], bytes]


@asynccontextmanager
async def peer(say: Say, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port of somebody who says this to whoever connects, and then nothing more."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            if tls is not None:
                assert await reader.readexactly(len(ASKS_FOR_TLS)) == ASKS_FOR_TLS
                writer.write(b"S")
                await writer.start_tls(tls)
            await reader.read(1000)
            writer.write(say())
            await reader.read(1000)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def at(port: int) -> dict[str, object]:
    """A connection to it."""
    return {"host": "127.0.0.1", "port": port, "database": "d", "user": "u", "ssl": "disable"}


async def _zeros() -> None:
    async with peer(lambda: bytes(64)) as port:
        settings = PostgresqlConnection.model_validate(at(port))
        try:
            await connected(settings, lambda _: "", Path())
        except Exception as fault:  # noqa: BLE001 -- whatever it is, the test looks at its name
            print(type(fault).__name__)  # noqa: T201 -- whoever started it waits for this


if __name__ == "__main__":
    asyncio.run(_zeros())
