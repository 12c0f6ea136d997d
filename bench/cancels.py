"""Ten thousand questions that nobody waits for, to each kind of source: what they leave behind.

    python -m bench.cancels SOURCE COUNT

asks, in a process of its own, because a driver that crashes takes its process along. ``SOURCE`` is a source file,
as JSON; in a database, ``slow_tenancy`` stands beside its table, and takes longer. It prints two lines of JSON:
what is left once all has settled, and, after a line on its input, what is left once the sources are closed.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from connectors.contract import Connector, Identifiers, Search, SourceFault
from connectors.memory import MemoryConnector
from connectors.registry import connect
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import PASSWORD

COUNT, FIRST, AT_ONCE = 10_000, 50, 8
SETTLING_SECONDS = 5.0
WITHOUT_VIEWS = ("memory", "extract", "http")
ADA = Identifiers("Ada", "Smith")


@dataclass(frozen=True, slots=True)
class Left:
    """What a process has: threads, open files and sockets, and tasks."""

    threads: int
    descriptors: int
    tasks: int


def left() -> Left:
    """As it is now."""
    descriptors = len(list(Path("/proc/self/fd").iterdir()))
    return Left(threading.active_count(), descriptors, len(asyncio.all_tasks()))


async def stormed(sources: Sequence[Connector], count: int) -> Counter[str]:
    """Ask until so many questions were cancelled, eight at a time; every third is a slow one."""
    moments = random.Random(7)
    outcomes: Counter[str] = Counter()

    async def caller() -> None:
        while outcomes["CancelledError"] < count:
            source = sources[outcomes.total() % 3 == 0]
            outcomes[await _left_alone(source, moments.uniform(0, 0.004))] += 1

    async with asyncio.TaskGroup() as callers:
        for _ in range(AT_ONCE):
            callers.create_task(caller())
    return outcomes


async def _left_alone(source: Connector, after: float) -> str:
    asked = asyncio.ensure_future(source.candidates(Search("bench", (ADA,), frozenset(), 5.0)))
    await asyncio.sleep(after)
    asked.cancel()
    (answer,) = await asyncio.gather(asked, return_exceptions=True)
    if isinstance(answer, (SourceFault, asyncio.CancelledError)):
        return type(answer).__name__
    if isinstance(answer, BaseException):
        raise answer
    return "answered" if [row.local_key for row in answer.rows] == ["1"] else "wrong"


async def _settled(before: Left) -> Left:
    """Once nothing goes away any more, or after five seconds."""
    ends = time.monotonic() + SETTLING_SECONDS
    now = left()
    while time.monotonic() < ends and now != before:
        await asyncio.sleep(0.1)
        now = left()
    return now


async def _run(source: SourceFile, count: int) -> None:
    resolve = {"env:PASSWORD": PASSWORD}.__getitem__
    slow = source.model_copy(update={} if source.kind in WITHOUT_VIEWS else {"table": "slow_tenancy"})
    sources = [connect(one, resolve, Path()) for one in (source, slow)]
    for one in sources:
        if isinstance(one, MemoryConnector):
            one.delays(0.02)  # what takes no time at all can't be cancelled
    await stormed(sources, FIRST)
    for one in sources:
        await one.close()
    before = await _settled(left())  # with what drivers and interpreter make once, and keep
    for one in sources:
        await one.open()
    idle = left()
    began = time.monotonic()
    outcomes = await stormed(sources, count)
    took = time.monotonic() - began
    _say({"outcomes": outcomes, "seconds": took, "idle": asdict(idle), "after": asdict(await _settled(idle))})
    await asyncio.to_thread(sys.stdin.readline)
    for one in sources:
        await one.close()
    # The thread that waited for the line stays with the loop.
    waiting = Left(before.threads + 1, before.descriptors, before.tasks)
    _say({"before": asdict(waiting), "after": asdict(await _settled(waiting))})


def _say(told: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_run(SourceFile.model_validate_json(sys.argv[1]), int(sys.argv[2])))
