"""A thousand slow clients for a minute: what an honest one notices, and what of memory stays."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.asked import grown_ups, known, typed
from tests.fakes.littleworth import question
from tests.fakes.served_littleworth import Served, ServedLittleworth, settled

CLIENTS, SECONDS = 1_000, 60.0
"""As long without them as beside them: what the broker does once a minute falls into both."""
SETTLED_SECONDS = 12.0
"""Until each slow client has been closed once for being slow, and has come again."""
HONEST, PEOPLE = 2, 2_000
"""Honest clients who ask one question after the other, each about somebody else."""
_ALL_BUT_A_FEW = 0.8
"""Some have just been closed, and come again in half a second."""
_ESTABLISHED = "01"
"""A connection's state in Linux's /proc/net/tcp."""


@dataclass(slots=True)
class Noticed:
    """What honest clients saw: seconds of each answer, and how many were none, or not the whole one."""

    took: list[float] = field(default_factory=list)
    failed: int = 0

    @property
    def p99(self) -> float:
        """Seconds of the slowest one in a hundred."""
        return sorted(self.took)[len(self.took) * 99 // 100]


async def measured(directory: Path) -> Mapping[str, tuple[float, str]]:
    """The figures."""
    people = grown_ups(PEOPLE)
    town = settled(directory, known(people))
    served = await town.start()
    asking = Asking(served, town, itertools.cycle([question(typed(one)) for one in people]))
    try:
        await asking.during(3)  # connections, caches, code that is compiled at first use
        begun = _resident(served)
        calm = await asking.during(SECONDS)
        memory = _resident(served)
        with _crowd(served):
            await asking.during(SETTLED_SECONDS)
            first = _resident(served)
            crowded = await asking.during(SECONDS)
            highest = _resident(served)
            there = _connections(served)
        await asyncio.sleep(3)
        await asking.during(3)
        after = _resident(served)
    finally:
        served.kill()
    if there < CLIENTS * _ALL_BUT_A_FEW:
        raise RuntimeError(f"only {there} slow clients were connected: nothing was measured")
    return {
        "security.slow_clients.p99_ratio": (crowded.p99 / calm.p99, "of an honest client's p99 without them"),
        "security.slow_clients.calm_p99_ms": (calm.p99 * 1e3, "ms, without them"),
        "security.slow_clients.p99_ms": (crowded.p99 * 1e3, f"ms, beside {CLIENTS:,} of them"),
        "security.slow_clients.answers": (len(crowded.took), f"answers in {SECONDS:.0f} s"),
        "security.slow_clients.failed": (
            crowded.failed + calm.failed,
            "honest questions without a whole answer",
        ),
        "security.slow_clients.memory_calm_mb": (
            memory - begun,
            "MB more at the end of a minute without them",
        ),
        "security.slow_clients.memory_in_the_minute_mb": (
            highest - first - (memory - begun),
            "MB more grown in a minute beside them than without",
        ),
        "security.slow_clients.memory_beside_mb": (highest - memory, "MB for them while they are there"),
        "security.slow_clients.memory_grown_mb": (
            after - memory - (memory - begun),
            "MB more that stay when they are gone than after a minute without them",
        ),
    }


@dataclass(slots=True)
class Asking:
    """Honest clients of one broker, and what they ask."""

    served: Served
    town: ServedLittleworth
    questions: Iterator[Mapping[str, object]]

    async def during(self, seconds: float) -> Noticed:
        """What they notice in this time."""
        seen, until = Noticed(), time.monotonic() + seconds
        async with aiohttp.ClientSession(self.served.address) as session, asyncio.TaskGroup() as group:
            for _ in range(HONEST):
                group.create_task(self._one_after_the_other(session, seen, until))
        return seen

    async def _one_after_the_other(self, session: aiohttp.ClientSession, seen: Noticed, until: float) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                async with session.post(
                    "/v1/queries", json=next(self.questions), headers=self.town.headers()
                ) as reply:
                    body = await reply.json()
                    seen.failed += reply.status != 200 or not _is_found(body)
            except (aiohttp.ClientError, ValueError):
                seen.failed += 1
            seen.took.append(time.perf_counter() - began)


def _is_found(body: Mapping[str, Any]) -> bool:
    """Whether every service knows the person, as it should."""
    return {one["people"][0]["outcome"] for one in body["services"]} == {"involved"}


@contextmanager
def _crowd(served: Served) -> Iterator[None]:
    port = served.address.rpartition(":")[2]
    crowd = subprocess.Popen([sys.executable, "-m", "bench.security.crowd", port, str(CLIENTS)])  # noqa: S603 -- our own interpreter on our own module
    try:
        yield
        if crowd.poll() is not None:
            raise RuntimeError("the slow clients went by themselves: nothing was measured")
    finally:
        crowd.kill()
        crowd.wait()


def _resident(served: Served) -> float:
    """Resident memory of the broker's process, in MB."""
    status = Path(f"/proc/{served.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _connections(served: Served) -> int:
    """How many connections to the broker's port are open: the honest ones, too."""
    port = f":{int(served.address.rpartition(':')[2]):04X}"
    lines = Path("/proc/net/tcp").read_text(encoding="utf-8").splitlines()[1:]
    return sum(line.split()[1].endswith(port) and line.split()[3] == _ESTABLISHED for line in lines)
