"""Clients that keep the broker waiting, on a real socket: they go, and nobody else notices them."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from broker.api import connections
from broker.api.listening import listening
from broker.api.settings import Listen
from tests.fakes.littleworth import Littleworth, littleworth, question, row

QUICK = {"header_seconds": 0.6, "body_seconds": 0.6, "idle_seconds": 0.6, "unread_seconds": 0.6}
Served = Callable[..., AbstractAsyncContextManager[int]]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


@pytest.fixture
def served(town: Littleworth, monkeypatch: pytest.MonkeyPatch) -> Served:
    """The broker behind a door with these limits; gives its port."""
    monkeypatch.setattr(connections, "_SO_THAT_408_GOES_FIRST", 0.2)

    @asynccontextmanager
    async def with_limits(**limits: Any) -> AsyncIterator[int]:
        async with listening(town.front, Listen(**(QUICK | limits)), port=0) as address:
            yield int(address.rpartition(":")[2])

    return with_limits


class Client:
    """A socket that says these very bytes, and goes on saying ``drip`` ten times a second."""

    def __init__(self, port: int, first: bytes, drip: bytes = b"", comes_from: str = "127.0.0.1") -> None:
        self.port, self.first, self.drip, self.comes_from = port, first, drip, comes_from

    async def lasted(self) -> tuple[float, bytes]:
        """Seconds until the broker closed it, and what it was told; at most 5 seconds."""
        began = time.monotonic()
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.port, local_addr=(self.comes_from, 0)
        )
        got, hearing = b"", asyncio.ensure_future(reader.read())
        try:
            writer.write(self.first)
            while not hearing.done() and time.monotonic() - began < 5:
                await asyncio.wait({hearing}, timeout=0.1)
                writer.write(self.drip)
            got = hearing.result() if hearing.done() else b""
        except ConnectionError:
            pass
        finally:
            hearing.cancel()
            writer.transport.abort()
        return time.monotonic() - began, got


def bearer(town: Littleworth) -> bytes:
    return f"Host: littleworth\r\nAuthorization: {town.headers()['Authorization']}\r\n".encode()


def slow_ones(town: Littleworth) -> dict[str, tuple[bytes, bytes]]:
    """What each kind of slow client says first, and goes on saying."""
    asks = b"POST /v1/queries HTTP/1.1\r\n" + bearer(town)
    return {
        "says nothing": (b"", b""),
        "empty lines": (b"\r\n", b"\r\n"),
        "stops in the header": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n", b""),
        "a header drop by drop": (b"GET /healthz HTTP/1.1\r\n", b"X-A: 1\r\n"),
        "stops in the body": (asks + b"Content-Length: 900\r\n\r\n{", b""),
        "a body drop by drop": (asks + b"Content-Length: 900\r\n\r\n{", b" "),
        "a chunked body drop by drop": (asks + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        "asked, then silent": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b""),
    }


async def test_fifty_of_each_kind_of_slow_client_go_while_an_honest_one_is_answered(
    town: Littleworth, served: Served
) -> None:
    async with served(connections=410, of_one_address=410) as port, asyncio.TaskGroup() as group:
        lasting = {
            kind: [group.create_task(Client(port, *said).lasted()) for _ in range(50)]
            for kind, said in slow_ones(town).items()
        }
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as honest:
            for _ in range(10):
                async with honest.post("/v1/queries", json=question(), headers=town.headers()) as reply:
                    assert reply.status == 200
                await asyncio.sleep(0.05)
    for kind, many in lasting.items():
        assert max(seconds for seconds, _ in (one.result() for one in many)) < 4, kind


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("says nothing", b""),
        ("empty lines", b""),
        ("a header drop by drop", b""),
        ("a body drop by drop", b"HTTP/1.1 408 "),
        ("a chunked body drop by drop", b"HTTP/1.1 408 "),
        ("asked, then silent", b"HTTP/1.1 200 "),
    ],
)
async def test_a_slow_client_is_closed_after_its_time_and_not_before(
    town: Littleworth, served: Served, kind: str, told: bytes
) -> None:
    async with served() as port:
        seconds, got = await Client(port, *slow_ones(town)[kind]).lasted()
    assert 0.5 < seconds < 4
    assert got.startswith(told)
    assert told or not got


async def test_a_body_that_nobody_reads_is_not_waited_for_either(served: Served) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n"
    async with served(idle_seconds=60) as port:
        seconds, got = await Client(port, head, b" ").lasted()
    assert seconds < 4
    assert got.startswith(b"HTTP/1.1 200 ")


async def test_who_comes_when_all_places_are_taken_gets_that_of_the_one_who_kept_us_waiting_longest(
    served: Served,
) -> None:
    async with served(connections=2, header_seconds=3) as port, asyncio.TaskGroup() as group:
        first = group.create_task(Client(port, b"").lasted())
        await asyncio.sleep(0.3)
        second = group.create_task(Client(port, b"G").lasted())
        await asyncio.sleep(0.3)
        third = group.create_task(Client(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").lasted())
    assert first.result()[0] < 1.5 < second.result()[0]
    assert third.result()[1].startswith(b"HTTP/1.1 200 ")


async def test_an_address_that_takes_too_many_places_takes_its_own(served: Served) -> None:
    async with served(of_one_address=1, header_seconds=2) as port, asyncio.TaskGroup() as group:
        other = group.create_task(Client(port, b"", comes_from="127.0.0.2").lasted())
        many = []
        for _ in range(3):
            many.append(group.create_task(Client(port, b"").lasted()))
            await asyncio.sleep(0.4)
    assert [one.result()[0] > 1.5 for one in (other, *many)] == [True, False, False, True]


async def test_a_rush_does_not_push_out_who_came_just_before(served: Served) -> None:
    async with served(connections=5, header_seconds=2) as port, asyncio.TaskGroup() as group:
        rush = [group.create_task(Client(port, b"").lasted()) for _ in range(20)]
    lasted = [one.result() for one in rush]
    assert sum(seconds > 1.5 for seconds, _ in lasted) == 5
    assert sum(told.startswith(b"HTTP/1.1 503 ") for _, told in lasted) == 15


async def test_whose_question_is_being_answered_keeps_their_place_and_who_comes_is_told_the_desks(
    town: Littleworth, served: Served
) -> None:
    town.sources["school"].delays(0.8)
    async with served(connections=1) as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as honest:
        asking = asyncio.ensure_future(honest.post("/v1/queries", json=question(), headers=town.headers()))
        await asyncio.sleep(0.3)
        _, told = await Client(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").lasted()
        assert told.startswith(b"HTTP/1.1 503 ")
        assert b'"desks"' in told
        async with await asking as reply:
            assert (reply.status, (await reply.json())["services"] != []) == (200, True)


async def test_an_answer_that_leaves_part_by_part_is_not_cut_off(town: Littleworth, served: Served) -> None:
    town.sources["school"].delays(1.2)
    headers = town.headers() | {"Accept": "text/event-stream"}
    async with (
        served(header_seconds=0.2, body_seconds=0.2, idle_seconds=0.2, unread_seconds=0.2) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as honest,
        honest.post("/v1/queries", json=question(), headers=headers) as reply,
    ):
        heard = await reply.text()
    assert "event: service" in heard
    assert heard.rstrip().endswith("event: end\ndata: {}")


async def test_a_client_that_does_not_read_is_closed(served: Served) -> None:
    asks = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
    async with served(idle_seconds=30, header_seconds=30) as port:
        narrow = socket.socket()
        narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        narrow.connect(("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=narrow, limit=1)
        del reader  # nobody reads from it: both sides' buffers fill up

        async def goes_on_asking() -> None:
            while True:
                writer.write(asks * 32)
                await writer.drain()
                await asyncio.sleep(0)

        with pytest.raises(ConnectionError):
            await asyncio.wait_for(goes_on_asking(), 30)
        writer.transport.abort()


@pytest.mark.parametrize(
    "lines",
    [
        [b"X-A%d: 1" % n for n in range(80)],
        [b"X-A: " + b"x" * 9000],
        [b"X-A%d: " % n + b"x" * 900 for n in range(50)],
    ],
    ids=["too many lines", "too long a line", "too much in all"],
)
async def test_a_header_that_is_too_large_is_refused(served: Served, lines: list[bytes]) -> None:
    async with served() as port:
        whole = b"\r\n".join([b"GET /healthz HTTP/1.1", b"Host: x", *lines, b"", b""])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for start in range(0, len(whole), 4000):
            writer.write(whole[start : start + 4000])
            await asyncio.sleep(0.01)
        try:
            got = await reader.read(4096)
        except ConnectionError:
            got = b""
        writer.transport.abort()
    assert not got or got.startswith(b"HTTP/1.0 400 ")
    assert b"xxx" not in got
    assert b"aiohttp" not in got


async def test_what_cannot_be_read_is_not_quoted_in_the_answer(served: Served) -> None:
    async with served() as port:
        _, got = await Client(
            port, b"GET /healthz HTTP/1.1\r\nAuthoriz\x01ation: Bearer Zyxwvut\r\n\r\n"
        ).lasted()
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 400 ")
    assert json.loads(body)["type"] == "urn:family-context:problem:unreadable"
    assert b"Zyxwvut" not in got
    assert b"Content-Security-Policy" in head
    assert b"Python" not in head


async def test_a_large_body_is_told_so_and_not_taken_for_a_header(town: Littleworth, served: Served) -> None:
    async with served() as port, aiohttp.ClientSession(f"http://127.0.0.1:{port}") as honest:
        body = b'"' + b"x" * 200_000 + b'"'
        headers = town.headers() | {"Content-Type": "application/json"}
        async with honest.post("/v1/queries", data=body, headers=headers) as reply:
            assert reply.status == 413


async def test_all_places_are_free_again_when_everybody_has_gone(town: Littleworth, served: Served) -> None:
    async with served(connections=5, of_one_address=5) as port:
        for _ in range(4):
            async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as honest:
                for _ in range(3):
                    async with honest.get("/healthz") as reply:
                        assert reply.status == 200
            await asyncio.gather(*(Client(port, b"").lasted() for _ in range(4)))


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        (("192.0.2.1", 5), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 5, 0, 0), "2001:db8:1:2::/64"),
        (("2001:db8:1:2:ffff::4", 5, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 5, 0, 0), "fe80::/64"),
        (("::ffff:192.0.2.1", 5, 0, 0), "192.0.2.1"),
        ("", ""),
        (None, ""),
    ],
)
def test_one_address_is_an_address_or_a_network_of_version_6(peer: object, address: str) -> None:
    assert connections._address(peer) == address


async def test_a_request_that_comes_byte_by_byte_is_read_as_one(town: Littleworth, served: Served) -> None:
    body = json.dumps(question()).encode()
    head = b"POST /v1/queries HTTP/1.1\r\nContent-Type: application/json\r\n" + bearer(town)
    sent = head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body
    async with served(header_seconds=5, body_seconds=5) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for byte in sent:
            writer.write(bytes([byte]))
            await asyncio.sleep(0)
        answered = await asyncio.wait_for(reader.read(), 10)
        writer.close()
    assert answered.startswith(b"HTTP/1.1 200 "), answered[:100]


async def test_who_has_not_said_a_whole_header_is_closed_when_the_broker_stops(
    town: Littleworth, served: Served
) -> None:
    async with served(header_seconds=60) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost:")
        await asyncio.sleep(0.1)
    try:
        assert await asyncio.wait_for(reader.read(1), 2) == b""
    except ConnectionResetError:
        pass  # that is closed, too
    finally:
        writer.transport.abort()


async def test_a_crowd_that_came_together_does_not_end_together_and_nobody_ends_before_the_limit(
    served: Served,
) -> None:
    async with served(header_seconds=2) as port, asyncio.TaskGroup() as group:
        crowd = [group.create_task(Client(port, b"").lasted()) for _ in range(60)]
    lasted = sorted(one.result()[0] for one in crowd)
    assert lasted[0] >= 1.9
    assert lasted[-1] - lasted[0] > 0.25
