"""A log in a PostgreSQL server of a test, and the way to it that can lose an acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from broker.audit.stores.postgresql import PostgresqlDatabase
from broker.audit.stores.postgresql_session import Address
from deploy.demo.postgres import SUPERUSER, PostgresCluster


def place_in(
    cluster: PostgresCluster,
    database: str,
    *,
    port: int | None = None,
    user: str = SUPERUSER,
    password: str | None = None,
) -> PostgresqlDatabase:
    """The log of a database, reached by a port that is not the server's own where one is given."""
    whole = Address(
        host="127.0.0.1",
        port=port or cluster.port,
        database=database,
        user=user,
        password=cluster.password if password is None else password,
        tls=False,
    )
    return PostgresqlDatabase(whole)


@dataclass(slots=True)
class Way:
    """A relay to a server. While ``mute``, what the server answers is swallowed; ``cut`` ends all connections."""

    to: int
    port: int = 0
    mute: bool = False
    swallowed: asyncio.Event = field(default_factory=asyncio.Event)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def cut(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self.writers += [writer, back]
        with suppress(ConnectionError, asyncio.CancelledError):
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass_on(reader, back, answers=False))
                group.create_task(self._pass_on(there, writer, answers=True))

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while some := await reader.read(65_536):
            if answers and self.mute:
                self.swallowed.set()
                continue
            writer.write(some)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def way_to(cluster: PostgresCluster) -> AsyncIterator[Way]:
    """A relay to a server, on a port of its own."""
    way = Way(cluster.port)
    server = await asyncio.start_server(way.relay, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way
    finally:
        server.close()
        way.cut()
        await server.wait_closed()
