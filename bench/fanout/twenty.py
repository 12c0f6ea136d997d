"""Twenty sources, half of them faulty in different ways: who is answered, in time and truly, and what is left.

Answers are taken service by service (NDJSON), so that the time of each part is that at which a requester sees it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.asked import typed
from bench.fanout.places import ALL, FAULTY, HEALTHY, Places, places
from broker.answers import FAILURES
from broker.memory import without_long_pauses
from tests.fakes.littleworth import BROKER, Littleworth, littleworth, policy_file, question, source_file
from tests.faults.rig import server

SECONDS, ALLOWANCE, PERIOD = 2.0, 0.1, 5.0
AT_ONCE = 2
WARM_UP = 20

_ANSWERS = "answers: {seconds: 1.5, released_every_ms: 25}"
_BREAKER = f"breaker: {{open_seconds: {PERIOD}, longest_seconds: {PERIOD}}}"


@dataclass(frozen=True, slots=True)
class Patience:
    """How many seconds a query has, and a faulty source of them (None: all)."""

    query: float = SECONDS
    faulty: float | None = None

    def broker(self) -> str:
        """The broker's settings."""
        mine = f"answers: {{seconds: {self.query}, released_every_ms: 1, of_one_requester: 32}}"
        return BROKER.replace(_ANSWERS, mine)

    def source(self, name: str) -> str:
        """A source's file."""
        least = f"seconds: {self.faulty}, " if self.faulty and name in FAULTY else ""
        return source_file(name, name) + f"asking: {{{least}{_BREAKER}}}\n"


@dataclass(slots=True)
class Tally:
    """What became of the queries of one run; times in seconds."""

    took: list[float] = field(default_factory=list)
    parts: list[float] = field(default_factory=list)
    untrue: int = 0
    wrong_outcomes: int = 0

    def add(self, other: Tally) -> None:
        """Those of another run, too."""
        self.took += other.took
        self.parts += other.parts
        self.untrue += other.untrue
        self.wrong_outcomes += other.wrong_outcomes


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds."""

    tasks: int
    threads: int
    descriptors: int
    connections: int
    megabytes: float


@asynccontextmanager
async def twenty(directory: Path, seed: int, patience: Patience) -> AsyncIterator[tuple[Littleworth, Places]]:
    """Littleworth with twenty sources, all of them well."""
    async with AsyncExitStack() as until:
        place = places(until.enter_context(server(directory / "server")), seed)
        for proxy in place.proxies.values():
            proxy.start()
            until.callback(proxy.stop)
        town = await until.enter_async_context(
            littleworth(
                directory / "town",
                place.rows,
                adapt=place.adapt,  # type: ignore[arg-type]  # it is a dict
                sources={name: patience.source(name) for name in ALL},
                policies={name: policy_file(name) for name in ALL},
                broker=patience.broker(),
            )
        )
        without_long_pauses()  # as ``broker serve`` does
        yield town, place


async def measured(
    directory: Path, seed: int, queries: int, healthy: int, patience: Patience | None = None
) -> Mapping[str, tuple[float, str]]:
    """Every figure: ``queries`` while half are not well, and ``healthy`` ones while all are.

    Of these one half is asked before and the other after: the log, which grows, slows neither kind more.
    """
    async with twenty(directory, seed, patience or Patience()) as (town, place):
        await asked(town, place, WARM_UP, broken=False)
        well = await asked(town, place, healthy // 2, broken=False)
        before = _held(place)
        with place.broken(town.sources):
            ill = await asked(town, place, queries, broken=True)
        recovery = await recovered(town, place)
        await asked(town, place, WARM_UP, broken=False)
        await asyncio.sleep(0.5)
        after = _held(place)
        well.add(await asked(town, place, healthy - healthy // 2, broken=False))
    print(f"Held before: {before}\nHeld after:  {after}", flush=True)  # noqa: T201 -- the benchmark's own words
    return _figures(well, ill, recovery, before, after)


async def asked(town: Littleworth, place: Places, count: int, *, broken: bool) -> Tally:
    """So many queries, a few at once, one person after the other."""
    tally, numbers = Tally(), iter(range(count))

    async def client() -> None:
        for number in numbers:
            await _one(town, place, number % len(place.people), tally, broken=broken)
            _forget(town)

    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(client())
    return tally


async def recovered(town: Littleworth, place: Places) -> float:
    """Seconds after which every source answers again, by itself."""
    began = time.monotonic()
    while True:
        tally = Tally()
        await _one(town, place, 0, tally, broken=False)
        if not tally.untrue or time.monotonic() - began > 4 * PERIOD:
            return time.monotonic() - began
        await asyncio.sleep(0.1)


async def _one(town: Littleworth, place: Places, number: int, tally: Tally, *, broken: bool) -> None:
    began = time.monotonic()
    headers = {**town.headers(), "Accept": "application/x-ndjson"}
    async with town.client.post(
        "/v1/queries", json=question(typed(place.people[number])), headers=headers
    ) as reply:
        if reply.status != 200:
            raise RuntimeError(f"{reply.status}: {await reply.text()}")
        async for line in reply.content:
            event = json.loads(line)
            if event["event"] == "service":
                _count(event["content"], place, number, time.monotonic() - began, tally, broken=broken)
    tally.took.append(time.monotonic() - began)


def _count(service: Any, place: Places, number: int, seconds: float, tally: Tally, *, broken: bool) -> None:
    source, told = service["source"], service["people"][0]
    if broken and source in FAULTY:
        tally.wrong_outcomes += told["outcome"] not in FAILURES
        return
    if source in HEALTHY:
        tally.parts.append(seconds)
    tally.untrue += not _true(told, place.expected(number, source))


def _true(told: Any, seen: str | None) -> bool:
    shown = [one["involvement"]["last_contact"] for one in told["involvements"]]
    if seen is None:
        return told["outcome"] == "nothing_to_share" and not shown
    return told["outcome"] == "involved" and shown == [seen]


def _forget(town: Littleworth) -> None:
    """A fake keeps what it was asked: after thousands of queries that would be most of what the process holds."""
    for source in town.sources.values():
        getattr(source, "searches", []).clear()
        getattr(source, "columns", []).clear()


def _held(place: Places) -> Held:
    gc.collect()
    counted = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'family_context'"
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Held(
        len(asyncio.all_tasks()),
        threading.active_count(),
        len(os.listdir("/proc/self/fd")),  # noqa: PTH208 -- names alone are counted
        int(place.cluster.run(counted)[0][0]),
        pages * os.sysconf("SC_PAGESIZE") / 2**20,
    )


def _figures(
    well: Tally, ill: Tally, recovery: float, before: Held, after: Held
) -> Mapping[str, tuple[float, str]]:
    in_time = sum(one <= SECONDS + ALLOWANCE for one in ill.took) / len(ill.took)
    p95_well, p95_ill = (sorted(one.parts)[int(len(one.parts) * 0.95)] for one in (well, ill))
    return {
        "fanout.faults.in_time": (in_time, "share of queries, within the deadline and 100 ms"),
        "fanout.faults.true": (1 - ill.untrue / len(ill.parts), "share of healthy sources' parts"),
        "fanout.faults.true_without": (1 - well.untrue / len(well.parts), "share, all sources being well"),
        "fanout.faults.wrong_outcomes": (ill.wrong_outcomes, "outcomes of faulty sources"),
        "fanout.faults.p95_ms": (p95_ill * 1000, "ms, healthy sources' parts"),
        "fanout.faults.p95_without_ms": (p95_well * 1000, "ms, all sources being well"),
        "fanout.faults.p95_ratio": (p95_ill / p95_well, "times"),
        "fanout.faults.recovery_s": (recovery, "s, until all answer again"),
        "fanout.faults.tasks_grown": (after.tasks - before.tasks, "tasks"),
        "fanout.faults.threads_grown": (after.threads - before.threads, "threads"),
        "fanout.faults.descriptors_grown": (after.descriptors - before.descriptors, "descriptors"),
        "fanout.faults.connections": (after.connections, "connections to PostgreSQL, of five pools of 8"),
        "fanout.faults.megabytes_grown": (after.megabytes - before.megabytes, "MB"),
    }
