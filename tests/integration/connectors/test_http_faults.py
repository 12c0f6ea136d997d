"""What a partner's web API does to a question: fails, lies, stalls, floods, breaks off."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from connectors.contract import (
    Connector,
    SourceFault,
    SourceMisfit,
    SourceTimedOut,
    SourceUnavailable,
)
from tests.integration.connectors.http_certificates import Papers, papers
from tests.integration.connectors.http_partner import (
    ADA,
    ADAS_ROW,
    Partner,
    Script,
    adas_row,
    asked,
    connected,
    connection_to,
    replying,
    row,
    scripted,
    serving,
    web_source,
)
from tests.spec.connectors.engines import found, refs

SECONDS = 0.4
ALLOWANCE = 0.15

Sources = Callable[..., Connector]


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return papers(tmp_path_factory.mktemp("papers"))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def partner(known: Papers, stack: AsyncExitStack) -> Partner:
    return await stack.enter_async_context(serving(Partner(), known.server_context(known.partner)))


@pytest.fixture
def source_at(known: Papers, stack: AsyncExitStack) -> Sources:
    """Makes a source at a port; ``request`` and ``connection`` change parts of its file."""

    def made(port: int, connection: dict[str, Any] | None = None, **request: Any) -> Connector:
        source = connected(web_source(connection_to(port, known, **(connection or {})), **request))
        stack.push_async_callback(source.close)
        return source

    return made


@pytest.fixture
def doing(known: Papers, stack: AsyncExitStack, source_at: Sources) -> Callable[..., Any]:
    """A source whose partner does what a script says, over TLS."""

    async def made(script: Script, **connection: Any) -> Connector:
        port = await stack.enter_async_context(scripted(script, known.server_context(known.partner)))
        return source_at(port, connection)

    return made


def head(*lines: str, kind: str = "application/json") -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Type: {kind}", *lines, "", ""]).encode()


def whole(body: bytes, *lines: str, kind: str = "application/json") -> bytes:
    return head(f"Content-Length: {len(body)}", *lines, kind=kind) + body


ROWS = json.dumps({"results": [ADAS_ROW]}).encode()

STATUSES: list[tuple[int, type[SourceFault]]] = [
    (201, SourceMisfit), (204, SourceMisfit), (301, SourceMisfit), (308, SourceMisfit), (400, SourceMisfit),
    (403, SourceUnavailable), (404, SourceMisfit), (405, SourceMisfit), (408, SourceTimedOut),
    (415, SourceMisfit), (422, SourceMisfit), (429, SourceUnavailable), (500, SourceUnavailable),
    (502, SourceUnavailable), (503, SourceUnavailable), (504, SourceTimedOut),
]  # fmt: skip


@pytest.mark.parametrize(("status", "fault"), STATUSES)
async def test_any_status_but_200_is_a_fault_and_never_an_empty_answer(
    partner: Partner, source_at: Sources, status: int, fault: type[SourceFault]
) -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"results": []}, status=status, headers={"Retry-After": "1"})

    partner.answer = answer
    with pytest.raises(fault, match=f"HTTP {status}"):
        await refs(source_at(partner.port), ADA)
    assert len(partner.requests) == 1  # nobody is asked again by us: whoever fails has enough to do


NO_JSON: dict[str, bytes] = {
    "garbage": whole(b"\x00\xff\x13garbage"),
    "a page": whole(b"<html>Sign in</html>", kind="text/html"),
    "JSON that says it is a page": whole(ROWS, kind="text/html"),
    "nothing": whole(b""),
    "half a document": whole(ROWS[:-5]),
    "two documents": whole(ROWS + ROWS),
    "not a number": whole(b'{"results": [], "score": NaN}'),
    "endless": whole(b'{"results": [], "score": -Infinity}'),
    "another encoding": whole(ROWS.decode().encode("utf-16")),
    "nested without end": whole(b'{"results": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "a number without end": whole(b'{"results": [], "score": ' + b"9" * 5_000 + b"}"),
    "packed, it says": whole(ROWS, "Content-Encoding: gzip"),
    "packed otherwise": whole(ROWS, "Content-Encoding: br"),
    "packed twice": whole(gzip.compress(gzip.compress(ROWS)), "Content-Encoding: gzip, gzip"),
}


@pytest.mark.parametrize("name", NO_JSON)
async def test_what_is_no_json_is_a_misfit_and_is_not_quoted(doing: Callable[..., Any], name: str) -> None:
    source = await doing(replying(NO_JSON[name]))
    with pytest.raises(SourceMisfit, match="the answer can't be read") as raised:
        await refs(source, ADA)
    assert "garbage" not in str(raised.value)
    assert raised.value.__cause__ is None  # json's own fault holds the whole answer


NO_ROWS: dict[str, bytes] = {
    "no list": b"{}",
    "null for a list": b'{"results": null}',
    "an object for a list": b'{"results": {"ref": "1"}}',
    "a list for the whole": b"[]",
    "null for the whole": b"null",
    "a text for the whole": b'"nobody"',
    "rows that are texts": b'{"results": ["Ada Smith"]}',
    "rows that are lists": b'{"results": [["Ada", "Smith"]]}',
}


@pytest.mark.parametrize("name", NO_ROWS)
async def test_an_answer_without_its_list_of_rows_is_a_misfit_and_not_nobody(
    doing: Callable[..., Any], name: str
) -> None:
    with pytest.raises(SourceMisfit):
        await refs(await doing(replying(whole(NO_ROWS[name]))), ADA)


async def test_an_empty_list_is_nobody(doing: Callable[..., Any]) -> None:
    assert await refs(await doing(replying(whole(b'{"results": []}'))), ADA) == []


async def test_an_answer_may_be_packed(doing: Callable[..., Any]) -> None:
    packed = whole(gzip.compress(ROWS), "Content-Encoding: gzip")
    assert await refs(await doing(replying(packed)), ADA) == ["1"]


async def test_a_packed_answer_that_breaks_off_is_unavailable(doing: Callable[..., Any]) -> None:
    packed = whole(gzip.compress(ROWS)[:-12], "Content-Encoding: gzip")
    with pytest.raises(SourceUnavailable):
        await refs(await doing(replying(packed)), ADA)


async def test_a_small_packing_of_something_huge_is_not_unpacked(doing: Callable[..., Any]) -> None:
    bomb = gzip.compress(b" " * (200 << 20), compresslevel=1)
    began = time.monotonic()
    with pytest.raises(SourceMisfit, match=r"larger than 1 MB \(largest_megabytes\)"):
        await refs(await doing(replying(whole(bomb, "Content-Encoding: gzip")), largest_megabytes=1), ADA)
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("announced", [["Content-Length: 99999999999"], ["Transfer-Encoding: chunked"]])
async def test_a_huge_answer_is_broken_off(doing: Callable[..., Any], announced: list[str]) -> None:
    written = 0

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        await asked(reader)
        writer.write(head(*announced))
        while not writer.is_closing():
            writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n" if "chunked" in announced[0] else b" " * 65536)
            await writer.drain()
            await asyncio.sleep(0)
            written += 65536

    source = await doing(flood, largest_megabytes=1)
    with pytest.raises(SourceMisfit, match="larger than 1 MB"):
        await refs(source, ADA)
    await source.close()
    assert written < 16 << 20  # what went into the buffers on the way


async def freeze(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await asked(reader)
    await asyncio.sleep(60)


async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    for one in whole(ROWS):
        writer.write(bytes([one]))
        await writer.drain()
        await asyncio.sleep(0.02)


async def endless_headers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    while not writer.is_closing():
        writer.write(b"HTTP/1.1 102 Processing\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("script", [freeze, drip, endless_headers])
async def test_a_deadline_holds_whatever_comes_slowly(doing: Callable[..., Any], script: Script) -> None:
    source = await doing(script)
    for _ in range(2):
        await times_out(source)


async def times_out(source: Connector) -> None:
    began = time.monotonic()
    with pytest.raises(SourceTimedOut):
        await found(source, ADA, seconds=SECONDS)
    assert SECONDS <= time.monotonic() - began < SECONDS + ALLOWANCE


async def test_a_deadline_holds_for_tls_that_never_ends(stack: AsyncExitStack, source_at: Sources) -> None:
    async def mute(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    await times_out(source_at(await stack.enter_async_context(scripted(mute))))


async def test_a_deadline_holds_for_a_name_server_that_is_silent(known: Papers) -> None:
    async def resolve(_host: str, _port: int) -> list[str]:
        await asyncio.sleep(60)
        return []

    source = connected(web_source(connection_to(1, known)), resolve)
    await times_out(source)
    await source.close()


async def test_a_silent_name_server_holds_none_of_the_threads_that_others_need(
    known: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit log is written in them."""
    released = threading.Event()
    monkeypatch.setattr(
        "connectors.http_address.socket.getaddrinfo", lambda *_, **__: released.wait(20) and []
    )
    source = connected(web_source(connection_to(1, known)), None)
    outcomes = await asyncio.gather(
        *(found(source, ADA, seconds=0.1) for _ in range(50)), return_exceptions=True
    )
    assert {type(one) for one in outcomes} == {SourceTimedOut}
    assert await asyncio.wait_for(asyncio.to_thread(lambda: "written"), 0.5) == "written"
    began = time.monotonic()
    await source.close()
    assert time.monotonic() - began < 0.5
    released.set()


async def test_a_deadline_holds_for_a_token_that_does_not_come(
    doing: Callable[..., Any], source_at: Sources, partner: Partner, known: Papers, stack: AsyncExitStack
) -> None:
    port = await stack.enter_async_context(scripted(freeze, known.server_context(known.partner)))
    token = {
        "token_url": f"https://partner.example:{port}/token",
        "client_id": "x",
        "client_secret": "env:CLIENT_SECRET",
    }
    source = source_at(partner.port, token)
    await asyncio.gather(*(times_out(source) for _ in range(5)))  # those in the queue for it, too
    assert partner.requests == []


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.transport.abort()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)


async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(whole(ROWS)[:-20])
    await writer.drain()


async def half_of_chunks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(head("Transfer-Encoding: chunked") + b"%x\r\n%s\r\n" % (len(ROWS), ROWS))
    await writer.drain()


async def no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(b"220 mail.example ESMTP\r\n" * 100)
    await writer.drain()


async def long_header(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asked(reader)
    writer.write(head(f"X-Long: {'x' * 100_000}"))
    await writer.drain()


@pytest.mark.parametrize("script", [reset, hang_up, half, half_of_chunks, no_http, long_header])
async def test_an_answer_that_breaks_off_or_is_none_is_unavailable(
    doing: Callable[..., Any], script: Script
) -> None:
    source = await doing(script)
    for _ in range(2):
        with pytest.raises(SourceUnavailable, match="could not be reached"):
            await refs(source, ADA)


async def test_half_of_an_answer_whose_end_is_only_the_connections_is_never_taken_for_all(
    doing: Callable[..., Any],
) -> None:
    rows = json.dumps({"results": [ADAS_ROW] * 2}).encode()
    with pytest.raises((SourceMisfit, SourceUnavailable)):
        await refs(await doing(replying(head("Connection: close") + rows[: len(rows) // 2])), ADA)


async def test_a_server_that_half_closes_after_a_whole_answer_has_answered(doing: Callable[..., Any]) -> None:
    assert await refs(await doing(replying(whole(ROWS, "Connection: close"))), ADA) == ["1"]


async def test_a_server_that_restarted_between_two_questions_is_not_noticed(
    known: Papers, source_at: Sources
) -> None:
    context, one = known.server_context(known.partner), Partner()
    async with serving(one, context):
        source = source_at(one.port)
        assert await asyncio.gather(*(refs(source, ADA) for _ in range(5))) == [["1"]] * 5
    again = Partner(port=one.port)
    async with serving(again, context):
        assert await asyncio.gather(*(refs(source, ADA) for _ in range(5))) == [["1"]] * 5


async def test_a_connection_that_was_closed_just_now_is_replaced_once(doing: Callable[..., Any]) -> None:
    met = 0

    async def every_other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal met
        met += 1
        await asked(reader)
        if met % 2 == 0:
            writer.write(whole(ROWS))
            await writer.drain()

    source = await doing(every_other)
    assert await refs(source, ADA) == ["1"]
    assert met == 2


async def test_a_port_that_nobody_listens_at_is_unavailable(source_at: Sources) -> None:
    for asking in (source_at(1).open, lambda: refs(source_at(1), ADA)):
        with pytest.raises(SourceUnavailable, match="could not be reached"):
            await asking()


async def test_a_partner_that_failed_is_asked_again_by_the_next_question(
    partner: Partner, source_at: Sources
) -> None:
    async def fail(_: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=503)

    source = source_at(partner.port)
    partner.answer = fail
    with pytest.raises(SourceUnavailable):
        await refs(source, ADA)
    partner.answer = adas_row
    assert await refs(source, ADA) == ["1"]


async def test_a_thousand_rows_are_read(partner: Partner, source_at: Sources) -> None:
    rows = [row(ref=str(n), forename="Ada", surname="Smith", address=f"{n} Mill Lane") for n in range(1_000)]

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response({"results": rows})

    partner.answer = answer
    source = source_at(partner.port)
    candidates = await found(source, ADA, involvement=("started", "contact"))
    assert len(candidates.rows) == 1_000
    assert {one.identifiers.address for one in candidates.rows} == {f"{n} Mill Lane" for n in range(1_000)}


async def test_one_person_who_fails_leaves_no_part_of_an_answer(partner: Partner, source_at: Sources) -> None:
    """Asked person by person: what is known of the others is not the whole, so nothing is."""

    async def answer(request: web.Request) -> web.StreamResponse:
        (person,) = (await request.json())["query"]["people"]
        return web.json_response({"results": [ADAS_ROW]}, status=200 if person["first"] == "Ada" else 503)

    partner.answer = answer
    source = source_at(partner.port, **{"for": "each_person"})
    assert await refs(source, ADA) == ["1"]
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        await refs(source, ADA, *(type(ADA)("Bob", f"Smith{n}") for n in range(11)))


async def test_closing_lets_go_of_what_is_under_way(doing: Callable[..., Any]) -> None:
    source = await doing(freeze)
    asking = asyncio.ensure_future(refs(source, ADA, seconds=30.0))
    await asyncio.sleep(0.1)
    began = time.monotonic()
    await source.close()
    with pytest.raises(SourceUnavailable):
        await asking
    assert time.monotonic() - began < 1.0
