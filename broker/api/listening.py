"""The broker on a socket: through the door, one ``Connection`` for each client."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from broker.api.at_the_door import ready
from broker.api.connections import Connection, Door
from broker.api.front import Front
from broker.api.problems import too_many
from broker.api.server import ONLY_OVER_TLS, SAFE_HEADERS, UnquotingHandler, handler_arguments, make_server
from broker.api.settings import Listen
from broker.errors import Overloaded

_AGAIN_WHEN_FULL = 5.0
"""Seconds after which to come back for whom there is no place."""

_TAKEN_AT_ONCE, _MAY_KNOCK = 4, 1024
"""New connections that are taken before the loop turns to everybody else's requests, and that wait meanwhile.

asyncio has one number for both: a rush of a thousand clients then keeps all others waiting for half a second.
"""


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
        full = _ready(front, tls is not None, "Connection: close")(_AGAIN_WHEN_FULL)
        door = Door(listen, full, _shut(front, tls is not None))
        loop = asyncio.get_running_loop()

        def connection() -> Connection:
            return Connection(door, lambda: UnquotingHandler(made, loop=loop, **handler_arguments(listen)))

        server = await _opened(connection, listen, listen.port if port is None else port, tls)
        try:
            host, at = server.sockets[0].getsockname()[:2]
            yield f"http{'s' if tls else ''}://{host}:{at}"
        finally:
            server.close()
            door.closes()
    finally:
        await runner.cleanup()


class PortTaken(Exception):
    """Something else listens where the broker should."""


async def _opened(
    make: Callable[[], Connection], listen: Listen, port: int, tls: ssl.SSLContext | None
) -> asyncio.Server:
    shaking = listen.header_seconds if tls else None
    try:
        server = await asyncio.get_running_loop().create_server(
            make, listen.host, port, ssl=tls, ssl_handshake_timeout=shaking, backlog=_TAKEN_AT_ONCE
        )
    except OSError:
        raise PortTaken(
            f"Port {port} of {listen.host} is taken. Name another with --port; 0 takes a free one."
        ) from None
    for one in server.sockets:
        with socket.fromfd(one.fileno(), one.family, one.type) as ours:
            ours.listen(_MAY_KNOCK)
    return server


def _shut(front: Front, secure: bool) -> Callable[[], bytes | None]:
    """What queries are told while there is too much to do; it is counted as one that was refused."""
    answer = _ready(front, secure)

    def shut() -> bytes | None:
        try:
            front.admission.refuse_early()
        except Overloaded as overloaded:
            return answer(overloaded.seconds)
        return None

    return shut


def _ready(front: Front, secure: bool, *more: str) -> Callable[[float], bytes]:
    """A 503 as every other one, with the desks to ring, by the seconds after which to come back."""
    body = json.dumps(too_many(front.desks())).encode()
    headers = SAFE_HEADERS | ({"Strict-Transport-Security": ONLY_OVER_TLS} if secure else {})
    lines = ("Content-Type: application/problem+json", *(f"{name}: {said}" for name, said in headers.items()))
    return ready((*lines, *more), body)
