"""A partner's web API on this machine: it speaks TLS, gives tokens, and does on demand what partners do wrong."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors.contract import Connector, Identifiers
from connectors.http_address import Resolve
from connectors.http_source import http_connector
from connectors.source_file import SourceFile
from tests.integration.connectors.http_certificates import HOST, Pair, Papers
from tests.spec.connectors.engines import HOUSING, housing
from tests.spec.connectors.served_by_http import as_web_api

ADA = Identifiers("Ada", "Smith")
SECRETS = {"env:CLIENT_SECRET": "the client's own word", "env:API_KEY": "the key to the door"}
OAUTH = {"client_id": "family context", "client_secret": "env:CLIENT_SECRET", "scope": "people.read"}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def row(**known: object) -> dict[str, object]:
    """A row with every column of HOUSING, in which only these hold something."""
    empty = dict.fromkeys(
        ["ref", "category", "shielded", "officer", "officer_phone", "started", "ended", "seen", "status"]
    )
    columns = (
        one["column"] if isinstance(one, dict) else one
        for part in HOUSING["identifiers"].values()
        for one in (part if isinstance(part, list) else [part])
    )
    return {**empty, **dict.fromkeys(columns), **known}


ADAS_ROW = row(ref="1", forename="Ada", surname="Smith")


async def adas_row(_: web.Request) -> web.StreamResponse:
    return web.json_response({"results": [ADAS_ROW]})


@dataclass(slots=True)
class Partner:
    """``answer`` is what it does with a search, and ``requests`` who asked; ``tokens`` counts what was given.

    ``takes``: the number of the token that it takes now (None: any).
    """

    port: int = 0
    search_path: str = "/api/search"
    token_path: str = "/token"
    answer: Answer = adas_row
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    forms: list[dict[str, Any]] = field(default_factory=list)
    tokens: int = 0
    takes: int | None = None
    token: Mapping[str, Any] = field(default_factory=lambda: {"token_type": "Bearer", "expires_in": 3600})
    connections: set[object] = field(default_factory=set)

    async def search(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.json())
        self.connections.add(request.transport)
        if self.takes is not None and request.headers.get("Authorization") != f"Bearer token-{self.takes}":
            return web.json_response({"error": "invalid_token"}, status=401)
        return await self.answer(request)

    async def give_token(self, request: web.Request) -> web.StreamResponse:
        self.tokens += 1
        self.forms.append({**await request.post(), "authorization": request.headers.get("Authorization")})
        await asyncio.sleep(0.01)
        return web.json_response({"access_token": f"token-{self.tokens}", **self.token})


@asynccontextmanager
async def serving(partner: Partner, context: ssl.SSLContext) -> AsyncIterator[Partner]:
    app = web.Application()
    app.router.add_route("*", partner.search_path, partner.search)
    app.router.add_post(partner.token_path, partner.give_token)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", partner.port, ssl_context=context)
    await site.start()
    partner.port = runner.addresses[0][1]
    try:
        yield partner
    finally:
        await runner.cleanup()


@asynccontextmanager
async def scripted(script: Script, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server that does with each connection what the script says; its port."""
    busy: set[asyncio.Task[None]] = set()

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        busy.add(task)
        with suppress(OSError, asyncio.CancelledError):
            await script(reader, writer)
        writer.transport.abort()
        busy.discard(task)

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in [*busy]:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


def replying(*pieces: bytes, pause: float = 0.0) -> Script:
    """A script that reads a request and writes these pieces."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asked(reader)
        for one in pieces:
            writer.write(one)
            await writer.drain()
            await asyncio.sleep(pause)

    return script


async def asked(reader: asyncio.StreamReader) -> bytes:
    """One whole request: its head, and its body by its length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [
        one.partition(b":")[2] for one in head.lower().split(b"\r\n") if one.startswith(b"content-length")
    ]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)


async def partners_address(host: str, port: int) -> Sequence[str]:
    """The partner's name stands for this machine."""
    return ["127.0.0.1"] if host == HOST else []


def connection_to(port: int, papers: Papers, **changed: Any) -> dict[str, Any]:
    """A connection with an API key; ``changed`` replaces parts of it, None takes them away."""
    given = {
        "url": f"https://{HOST}:{port}/api", "ca_file": str(papers.authority), "private_network": True,
        "api_key": "env:API_KEY", "api_key_header": "X-Api-Key", **changed,
    }  # fmt: skip
    return {key: value for key, value in given.items() if value is not None}


def with_pair(pair: Pair) -> dict[str, str]:
    return {"certificate": str(pair.certificate), "key": str(pair.key)}


def web_source(connection: Mapping[str, Any], engine: str = "http", **request: Any) -> SourceFile:
    """HOUSING as a web API; without a probe, unless the request has one."""
    source = as_web_api(engine, housing(), "http://127.0.0.1:1")
    file = source.model_dump(by_alias=True, exclude_unset=True)
    file["request"] = {**{key: value for key, value in file["request"].items() if key != "probe"}, **request}
    return SourceFile.model_validate({**file, "connection": dict(connection)})


def connected(
    source: SourceFile, resolve: Resolve | None = partners_address, secrets: Mapping[str, str] = SECRETS
) -> Connector:
    return http_connector(source, secrets.__getitem__, Path(), resolve)
