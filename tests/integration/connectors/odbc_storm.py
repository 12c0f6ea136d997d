"""A process of its own that asks by ODBC and goes away again and again: a driver that crashes takes it along.

    python -m tests.integration.connectors.odbc_storm storm|ended|frozen CONNECTION

``CONNECTION`` is a source file's, as JSON. ``storm`` prints, as JSON, what became of its questions; ``ended`` ends
sessions between and within quick statements; ``frozen`` asks, is left without an answer, and ends.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.contract import Connector, Identifiers, SourceFault
from connectors.odbc_reader import Reader
from connectors.registry import connect
from tests.integration.connectors.odbc_sources import session_of
from tests.spec.connectors.engines import PASSWORD, housing, refs

QUESTIONS = 600
SESSIONS = 300
PEOPLE = {"1": Identifiers("Ada", "Smith"), "2": Identifiers("Bob", "Jones")}


def source_of(connection: Mapping[str, Any], table: str) -> Connector:
    source = housing(kind="odbc", connection={**connection, "pool_size": 4}, table=table)
    return connect(source, {"env:PASSWORD": PASSWORD}.__getitem__, Path())


async def storm(connection: Mapping[str, Any]) -> None:
    """Every third question is about a slow view; callers go away, or the deadline comes, at any moment."""
    sources = [source_of(connection, "tenancy"), source_of(connection, "slow_tenancy")]
    for one in sources:
        await one.open()
    moments = random.Random(7)  # noqa: S311 -- moments, not secrets
    outcomes: Counter[str] = Counter()
    for number in range(QUESTIONS):
        outcomes[await one_of_many(sources[number % 3 == 0], number, moments.uniform(0, 0.012))] += 1
    for one in sources:
        answers = await asyncio.gather(*(refs(one, PEOPLE["1"]) for _ in range(8)))
        assert answers == [["1"]] * 8
        await one.close()
    for _ in range(100):
        if not any(one.name.startswith("odbc-") for one in threading.enumerate()):
            break
        await asyncio.sleep(0.05)
    left = [one.name for one in threading.enumerate() if one.name.startswith("odbc-")]
    sys.stdout.write(json.dumps({"outcomes": outcomes, "threads left": left}))


async def one_of_many(source: Connector, number: int, after: float) -> str:
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
    return "right" if answer == [expected] else f"wrong: {answer!r}"


async def ended(connection: Mapping[str, Any]) -> None:
    """A cancel that comes just before a statement, or in its middle, is where drivers crash or hang."""
    moments = random.Random(7)  # noqa: S311 -- moments, not secrets
    source = source_of(connection, "tenancy")
    for _ in range(SESSIONS):
        async with session_of(source) as session:
            asked = asyncio.ensure_future(session.ask(many_quick_ones))
            await asyncio.sleep(moments.uniform(0, 0.004))
        await asyncio.gather(asked, return_exceptions=True)
    sys.stdout.write("all came back")


def many_quick_ones(reader: Reader) -> None:
    for _ in range(100):
        reader.rows("SELECT ref FROM tenancy WHERE forename IN (?, ?)", "Ada", "Bob")


async def frozen(connection: Mapping[str, Any]) -> None:
    """The server is frozen by whoever started this, once it has said that it is ready."""
    source = source_of(connection, "tenancy")
    await source.open()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    (answer,) = await asyncio.gather(refs(source, PEOPLE["1"], seconds=0.3), return_exceptions=True)
    await source.close()
    sys.stdout.write(type(answer).__name__)


if __name__ == "__main__":
    asyncio.run({"storm": storm, "ended": ended, "frozen": frozen}[sys.argv[1]](json.loads(sys.argv[2])))
