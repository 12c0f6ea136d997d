"""No byte of an answer leaves before the entry that records it is durable: a proxy compares, under load.

The broker is a process of its own on a disk with slow syncs. Answers leave whole, or service by service.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import apsw
import pytest

from broker.audit.events import ASKED, Disclosure
from tests.fakes.littleworth import EMMA, SOURCES, question
from tests.fakes.served_littleworth import ServedLittleworth, settled
from tests.integration.audit.comparing_proxy import Reply, comparing
from tests.integration.audit.slow_syncs import TOO_EARLY

CLERKS, QUESTIONS_A_CLERK = 8, 6
OVERLOADED = 503
WHOLE, LINES = "application/json", "application/x-ndjson"
SLOW = "tests.integration.audit.slow_syncs"
_LINE = re.compile(rb'\{"event":"(opening|service)","id":\d+,"content":(.*)\}\n')

Told = tuple[int, Mapping[str, Any], str | None]
"""The offset of the first byte that depends on an entry, its receipt, and of which service it is."""


@asynccontextmanager
async def replies_under_load(town: ServedLittleworth, form: str) -> AsyncIterator[list[Reply]]:
    """What left a broker that many asked at once."""
    served = await town.start()
    port = urlsplit(served.address).port
    assert port is not None
    with closing(apsw.Connection(str(town.log), flags=apsw.SQLITE_OPEN_READONLY)) as log:

        def durable() -> int:
            return int(log.execute("SELECT coalesce(max(idx) + 1, 0) FROM entry").get)

        try:
            async with comparing(port, durable) as (before, replies):
                await asked_by_all(f"http://127.0.0.1:{before}", town, form)
                yield [reply for reply in replies if reply.raw.startswith(b"HTTP/1.1 200 ")]
        finally:
            served.kill()


async def asked_by_all(address: str, town: ServedLittleworth, form: str) -> None:
    headers = {**town.headers(), "Accept": form, "Accept-Encoding": "identity"}
    one_connection_each = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(address, headers=headers, connector=one_connection_each) as session:

        async def asks_on(clerk: int) -> None:
            for number in range(QUESTIONS_A_CLERK):
                about = {**EMMA, "family_name": f"Ashdown {clerk} {number}"}
                status = OVERLOADED
                while status == OVERLOADED:  # as a busy machine may have it
                    async with session.post("/v1/queries", json=question(EMMA, about)) as reply:
                        status, said = reply.status, await reply.read()
                assert (status, reply.content_type) == (200, form), said

        async with asyncio.timeout(300), asyncio.TaskGroup() as group:
            for clerk in range(CLERKS):
                group.create_task(asks_on(clerk))


def told(reply: Reply, form: str) -> Iterator[Told]:
    """Every receipt of a reply. Of a whole answer, the first byte of all depends on every entry."""
    if form == WHOLE:
        answer = json.loads(reply.raw.split(b"\r\n\r\n", 1)[1])
        yield 0, answer["receipt"], None
        yield from ((0, one["receipt"], one["source"]) for one in answer["services"] if one["receipt"])
        return
    for line in _LINE.finditer(reply.raw):
        content = json.loads(line[2])
        opening = line[1] == b"opening"
        yield 0 if opening else line.start(), content["receipt"], None if opening else content["source"]


def left_early(replies: list[Reply], form: str) -> list[Told]:
    return [
        one for reply in replies for one in told(reply, form) if reply.durable_at(one[0]) <= one[1]["index"]
    ]


@pytest.mark.parametrize("form", [WHOLE, LINES])
async def test_no_byte_of_an_answer_leaves_before_its_entry_is_durable(form: str, tmp_path: Path) -> None:
    town = replace(settled(tmp_path), command=(SLOW,))
    async with replies_under_load(town, form) as replies:
        assert len(replies) == CLERKS * QUESTIONS_A_CLERK
        assert left_early(replies, form) == []
    receipts = [one for reply in replies for one in told(reply, form)]
    assert len(receipts) == len(replies) * (1 + len(SOURCES))
    with town.reader() as reader:
        entries = {one.index: (one.kind, one.facts.get("source")) for one in reader.entries()}
    for _, receipt, source in receipts:
        assert entries[receipt["index"]] == (Disclosure.kind if source else ASKED, source)


@pytest.mark.parametrize("form", [WHOLE, LINES])
async def test_the_proxy_sees_a_log_that_acknowledges_too_early(form: str, tmp_path: Path) -> None:
    town = replace(settled(tmp_path), command=(SLOW, TOO_EARLY))
    async with replies_under_load(town, form) as replies:
        early = left_early(replies, form)
    assert len(early) > len(replies) / 2
