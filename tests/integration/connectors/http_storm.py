"""Questions to a web API whose askers go away, or whose deadline comes, at any moment; and what is left of them.

python -m tests.integration.connectors.http_storm 10000
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
import threading
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from connectors.contract import Connector, Identifiers, SourceFault
from tests.integration.connectors.http_certificates import HOST, Papers, papers
from tests.integration.connectors.http_partner import (
    OAUTH,
    Partner,
    connected,
    connection_to,
    row,
    serving,
    web_source,
)
from tests.spec.connectors.engines import refs

PEOPLE = {"1": Identifiers("Ada", "Smith"), "2": Identifiers("Bob", "Jones")}
AT_ONCE = 20
LONGEST_WAIT = 0.05


@dataclass(frozen=True, slots=True)
class Weathered:
    """What became of the questions, and what is more than there was before."""

    outcomes: Counter[str]
    tasks: int
    descriptors: int
    threads: int


async def storm(questions: int, directory: Path) -> Weathered:
    """So many questions, 20 at a time, of which most are left alone; the sources are closed at the end."""
    known = papers(directory)
    before = await _held()
    async with AsyncExitStack() as stack:
        partner = await stack.enter_async_context(
            serving(Partner(answer=_sometimes_slowly), known.server_context(known.partner))
        )
        sources = [_source(stack, partner, known, engine) for engine in ("http", "http person by person")]
        moments = random.Random(7)  # noqa: S311 -- moments, not secrets
        outcomes: Counter[str] = Counter()
        for first in range(0, questions, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, questions))
            asked = [_one(sources[n % 2], n, moments.uniform(0, LONGEST_WAIT)) for n in numbers]
            outcomes.update(await asyncio.gather(*asked))
        for one in sources:
            assert await refs(one, PEOPLE["1"]) == ["1"]
    after = await _held()
    return Weathered(outcomes, *(now - then for now, then in zip(after, before, strict=True)))


def _source(stack: AsyncExitStack, partner: Partner, known: Papers, engine: str) -> Connector:
    keyless: dict[str, Any] = {"api_key": None, "api_key_header": None}
    token = {**keyless, **OAUTH, "token_url": f"https://{HOST}:{partner.port}/token"}
    source = connected(web_source(connection_to(partner.port, known, **token), engine))
    stack.push_async_callback(source.close)
    return source


async def _sometimes_slowly(request: web.Request) -> web.StreamResponse:
    people = (await request.json())["query"]["people"]
    await asyncio.sleep(0.01 if people[0]["first"] == "Bob" else 0)
    names = [(one["first"], one["last"]) for one in people]
    rows = [row(ref="2" if first == "Bob" else "1", forename=first, surname=last) for first, last in names]
    return web.json_response({"results": rows})


async def _one(source: Connector, number: int, after: float) -> str:
    expected = "1" if number % 2 else "2"
    if number % 5 == 0:
        asked = asyncio.ensure_future(refs(source, PEOPLE[expected], seconds=after))
    else:
        asked = asyncio.ensure_future(refs(source, PEOPLE[expected]))
        await asyncio.sleep(after)
        asked.cancel()
    (answer,) = await asyncio.gather(asked, return_exceptions=True)
    if isinstance(answer, (SourceFault, asyncio.CancelledError)):
        return type(answer).__name__
    return "right" if answer == [expected] else "wrong"


async def _held() -> tuple[int, int, int]:
    """Tasks, open files (sockets among them) and threads, once what is on its way out has gone."""
    for _ in range(20):
        await asyncio.sleep(0.02)
    gc.collect()
    return len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208 -- a path each is not wanted


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        sys.stdout.write(f"{asyncio.run(storm(int(sys.argv[1]), Path(place)))}\n")
