"""Requests whose end can be read in two ways: refused, and nothing behind them is taken for a request.

The ways are those of RFC 9112 (sections 5, 6.1, 6.3 and 7.1) and of J. Kettle's desync attacks. Each carries a
second request in its body, or behind it, for a reader that sees its end elsewhere than we do.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from broker.api.listening import listening
from broker.api.settings import Listen
from tests.fakes.littleworth import Littleworth, littleworth, question, row

SECOND = b"GET /v1/purposes HTTP/1.1\r\nHost: littleworth\r\nX-Second: "
POST = b"POST /v1/queries HTTP/1.1\r\nHost: littleworth\r\n"
TWO_WAYS = {
    "a length and chunks": POST
    + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SECOND,
    "chunks and a length": POST
    + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"
    + SECOND,
    "two lengths": POST + b"Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + SECOND,
    "a list of lengths": POST + b"Content-Length: 0, 60\r\n\r\n" + SECOND,
    "a length with a sign": POST + b"Content-Length: +60\r\n\r\n" + SECOND,
    "a negative length": POST + b"Content-Length: -1\r\n\r\n" + SECOND,
    "a length in hexadecimal": POST + b"Content-Length: 0x3c\r\n\r\n" + SECOND,
    "a length with a digit of another script": POST + "Content-Length: ٦\r\n\r\n".encode() + SECOND,
    "a blank before the colon": POST + b"Content-Length : 60\r\n\r\n" + SECOND,
    "a blank before the name": POST + b" Content-Length: 60\r\n\r\n" + SECOND,
    "a line that goes on": POST + b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECOND,
    "a coding that is none": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "a coding with a blank of its own": POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + SECOND,
    "chunked, and then another": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SECOND,
    "chunks in two headers": POST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"
    + SECOND,
    "a chunk's size with a sign": POST + b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n" + SECOND,
    "a chunk's size in another base": POST + b"Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + SECOND,
    "a chunk that ends otherwise": POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n" + SECOND,
    "a zero in the name": POST + b"Content-Len\x00gth: 60\r\n\r\n" + SECOND,
    "a bare carriage return": POST + b"X-A: b\rContent-Length: 60\r\n\r\n" + SECOND,
    "an earlier version with chunks": POST.replace(b"1.1", b"1.0")
    + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    + SECOND,
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


async def told(town: Littleworth, sent: bytes) -> bytes:
    """All that a real socket tells of these bytes, until it is closed or quiet for a while."""
    limits = Listen(header_seconds=0.5, body_seconds=0.5, idle_seconds=0.5)
    async with listening(town.front, limits, port=0) as address:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
        writer.write(sent)
        try:
            async with asyncio.timeout(5):
                return await reader.read()
        finally:
            writer.close()


@pytest.mark.parametrize("way", TWO_WAYS)
async def test_a_request_that_ends_in_two_places_is_refused_and_hides_no_other(
    town: Littleworth, way: str
) -> None:
    token = town.headers()["Authorization"].encode()
    sent = TWO_WAYS[way].replace(b"Host:", b"Authorization: " + token + b"\r\nHost:")
    got = await told(town, sent + b"x\r\n\r\n")
    assert got.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), got[:300]
    assert got.count(b"HTTP/1.") == 1
    assert b"section_47_enquiry" not in got


async def test_two_requests_that_are_whole_are_two(town: Littleworth) -> None:
    head = f"Authorization: {town.headers()['Authorization']}\r\nHost: littleworth\r\n"
    body = json.dumps(question()).encode()
    kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    first = f"POST /v1/queries HTTP/1.1\r\n{head}{kind}\r\n"
    second = f"GET /v1/purposes HTTP/1.1\r\n{head}\r\n"
    got = await told(town, first.encode() + body + second.encode())
    assert got.count(b"HTTP/1.1 200 ") == 2
