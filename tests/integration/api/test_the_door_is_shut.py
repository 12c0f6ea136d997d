"""While there is too much to do, queries are turned away on a real socket before aiohttp reads them."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from broker.api.listening import listening
from broker.api.settings import Listen
from tests.fakes.littleworth import Littleworth, littleworth, question, row


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


@pytest.fixture
async def address(town: Littleworth) -> AsyncIterator[str]:
    """The broker on a socket, with no query under way."""
    async with listening(town.front, Listen(body_seconds=0.4), port=0) as listens:
        yield listens


def shut(town: Littleworth) -> None:
    """As many queries as there may be at once, and no room in the queue."""
    town.front.admission.inside, town.front.admission.waiting = town.front.admission.pace.allowed, 0


def opened(town: Littleworth) -> None:
    town.front.admission.inside, town.front.admission.waiting = 0, 256


async def asked(session: aiohttp.ClientSession, address: str, town: Littleworth) -> aiohttp.ClientResponse:
    reply = await session.post(f"{address}/v1/queries", json=question(), headers=town.headers())
    await reply.read()
    return reply


async def test_a_query_at_the_shut_door_is_told_as_any_503_is(town: Littleworth, address: str) -> None:
    shut(town)
    async with aiohttp.ClientSession() as session:
        at_the_door = await asked(session, address, town)
        behind_it = await session.post(
            f"{address}/v1/queries", json=question(), headers={**town.headers(), "Connection": "close"}
        )
        assert await behind_it.json(content_type=None) == await at_the_door.json(content_type=None)
    assert (at_the_door.status, town.front.admission.refused) == (503, 2)
    assert int(at_the_door.headers["Retry-After"]) >= 1
    assert [one["phone"] for one in (await at_the_door.json(content_type=None))["desks"]]
    not_said = {"Date", "Connection", "Retry-After"}
    assert {*behind_it.headers.items()} - {*at_the_door.headers.items()} <= {
        (name, behind_it.headers[name]) for name in not_said if name in behind_it.headers
    }


async def test_the_connection_goes_on_when_the_door_opens(town: Littleworth, address: str) -> None:
    only_one = aiohttp.TCPConnector(limit=1)
    async with aiohttp.ClientSession(connector=only_one) as session:
        statuses = [(await asked(session, address, town)).status]
        shut(town)
        statuses += [(await asked(session, address, town)).status for _ in range(3)]
        async with session.get(f"{address}/healthz") as alive:
            statuses.append(alive.status)
        statuses.append((await asked(session, address, town)).status)
        opened(town)
        statuses.append((await asked(session, address, town)).status)
    assert statuses == [200, 503, 503, 503, 200, 503, 200]


async def test_a_body_that_never_comes_is_not_waited_for_at_the_shut_door(
    town: Littleworth, address: str
) -> None:
    shut(town)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    body = json.dumps(question()).encode()
    writer.write(
        b"POST /v1/queries HTTP/1.1\r\nHost: littleworth\r\nContent-Length: %d\r\n\r\n" % len(body)
        + body[:-1]
    )
    async with asyncio.timeout(5):
        with pytest.raises(ConnectionError):
            await _until_closed(reader)
    writer.transport.abort()


async def test_two_queries_in_one_piece_are_answered_in_turn(town: Littleworth, address: str) -> None:
    shut(town)
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    body = json.dumps(question()).encode()
    head = f"Host: littleworth\r\nAuthorization: {town.headers()['Authorization']}\r\n"
    query = f"POST /v1/queries HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    alive = b"GET /healthz HTTP/1.1\r\nHost: littleworth\r\nConnection: close\r\n\r\n"
    writer.write(query + alive)
    async with asyncio.timeout(5):
        told = await reader.read()
    assert re.findall(rb"HTTP/1\.1 ([0-9]{3})", told) == [b"503", b"200"]
    writer.transport.abort()


async def _until_closed(reader: asyncio.StreamReader) -> None:
    if not await reader.read():
        raise ConnectionResetError
