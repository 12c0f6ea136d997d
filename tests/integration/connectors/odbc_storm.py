"""A process of its own that asks by ODBC and goes away again and again: a driver that crashes takes it along.

    python -m tests.integration.connectors.odbc_storm storm|frozen PORT

``storm`` prints, as JSON, what became of its questions; ``frozen`` asks, is left without an answer, and ends.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
from collections import Counter
from pathlib import Path

from connectors.contract import Connector, Identifiers, SourceFault
from connectors.registry import connect
from tests.spec.connectors.engines import PASSWORD, READER, housing, refs

QUESTIONS = 600
PEOPLE = {"1": Identifiers("Ada", "Smith"), "2": Identifiers("Bob", "Jones")}


def source_at(port: int, table: str) -> Connector:
    connection = {
        "driver": "PostgreSQL Unicode", "server": "127.0.0.1", "port": port, "database": "postgres",
        "user": READER, "password": "env:PASSWORD", "ssl": "disable", "pool_size": 4,
    }  # fmt: skip
    return connect(
        housing(kind="odbc", connection=connection, table=table),
        {"env:PASSWORD": PASSWORD}.__getitem__,
        Path(),
    )


async def storm(port: int) -> None:
    """Every third question is about a slow view; callers go away, or the deadline comes, at any moment."""
    sources = [source_at(port, "tenancy"), source_at(port, "slow_tenancy")]
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


async def frozen(port: int) -> None:
    """The server is frozen by whoever started this, once it has said that it is ready."""
    source = source_at(port, "tenancy")
    await source.open()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    (answer,) = await asyncio.gather(refs(source, PEOPLE["1"], seconds=0.3), return_exceptions=True)
    await source.close()
    sys.stdout.write(type(answer).__name__)


if __name__ == "__main__":
    asyncio.run({"storm": storm, "frozen": frozen}[sys.argv[1]](int(sys.argv[2])))
