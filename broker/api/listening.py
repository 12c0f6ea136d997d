"""The broker on a socket: through the door, one ``Connection`` for each client."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from broker.api.connections import Connection, Door
from broker.api.front import Front
from broker.api.problems import too_many_connections
from broker.api.server import UnquotingHandler, handler_arguments, make_server
from broker.api.settings import Listen


@asynccontextmanager
async def listening(
    front: Front, listen: Listen, port: int | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[str]:
    """The broker over HTTP until the context ends, and its address. Raises PortTaken."""
    runner = web.AppRunner(make_server(front, listen), access_log=None)  # it would hold who asked when
    await runner.setup()
    try:
        made = runner.server
        assert made is not None  # noqa: S101 -- it was set up above
        door, arguments = Door(listen, _full(front)), handler_arguments(listen)
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            return Connection(door, lambda: UnquotingHandler(made, loop=loop, **arguments))

        server = await _opened(connection, listen, listen.port if port is None else port, tls)
        try:
            host, at = server.sockets[0].getsockname()[:2]
            yield f"http{'s' if tls else ''}://{host}:{at}"
        finally:
            server.close()
    finally:
        await runner.cleanup()


class PortTaken(Exception):
    """Something else listens where the broker should."""


async def _opened(
    make: Callable[[], Connection], listen: Listen, port: int, tls: ssl.SSLContext | None
) -> asyncio.Server:
    shaking = listen.header_seconds if tls else None
    try:
        return await asyncio.get_running_loop().create_server(
            make, listen.host, port, ssl=tls, ssl_handshake_timeout=shaking
        )
    except OSError:
        raise PortTaken(
            f"Port {port} of {listen.host} is taken. Name another with --port; 0 takes a free one."
        ) from None


def _full(front: Front) -> bytes:
    """What a client is told for whom there is no place: as every 503, with the desks to ring."""
    body = json.dumps(too_many_connections(front.desks())).encode()
    head = (
        "HTTP/1.1 503 Service Unavailable",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "Retry-After: 5",
        "Connection: close",
    )
    return "\r\n".join([*head, "", ""]).encode() + body
