"""A thousand slow clients for a minute: what an honest one notices, and what of memory stays."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.fakes.littleworth import question
from tests.fakes.served_littleworth import Served, ServedLittleworth, settled

CLIENTS, SECONDS, CALM_SECONDS = 1_000, 60.0, 20.0
SETTLED_SECONDS = 12.0
"""Until each slow client has been closed once for being slow, and has come again."""
HONEST = 2
"""Honest clients who ask one question after the other."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What honest clients saw: how many answers, the slowest one in a hundred, in seconds; what failed."""

    answers: int
    p99: float
    failed: int


async def measured(directory: Path) -> Mapping[str, tuple[float, str]]:
    """The figures."""
    town = settled(directory)
    served = await town.start()
    try:
        await _asked(served, town, 3)  # connections, caches, code that is compiled at first use
        memory = _resident(served)
        calm = await _asked(served, town, CALM_SECONDS)
        with _crowd(served):
            await _asked(served, town, SETTLED_SECONDS)
            first = _resident(served)
            crowded = await _asked(served, town, SECONDS)
            highest = _resident(served)
        await asyncio.sleep(3)
        await _asked(served, town, 3)
        after = _resident(served)
    finally:
        served.kill()
    return {
        "security.slow_clients.p99_ratio": (crowded.p99 / calm.p99, "of an honest client's p99 without them"),
        "security.slow_clients.calm_p99_ms": (calm.p99 * 1e3, "ms, without them"),
        "security.slow_clients.p99_ms": (crowded.p99 * 1e3, f"ms, beside {CLIENTS:,} of them"),
        "security.slow_clients.answers": (crowded.answers, f"answers in {SECONDS:.0f} s"),
        "security.slow_clients.failed": (crowded.failed + calm.failed, "honest questions without an answer"),
        "security.slow_clients.memory_in_the_minute_mb": (highest - first, "MB more at its end"),
        "security.slow_clients.memory_beside_mb": (highest - memory, "MB for them while they are there"),
        "security.slow_clients.memory_grown_mb": (after - memory, "MB that stay when they are gone"),
    }


async def _asked(served: Served, town: ServedLittleworth, seconds: float) -> Noticed:
    took: list[float] = []
    failed = 0
    until = time.monotonic() + seconds

    async def honest(session: aiohttp.ClientSession) -> None:
        nonlocal failed
        while time.monotonic() < until:
            began = time.perf_counter()
            try:
                async with session.post("/v1/queries", json=question(), headers=town.headers()) as reply:
                    await reply.read()
                    failed += reply.status != 200
            except aiohttp.ClientError:
                failed += 1
            took.append(time.perf_counter() - began)

    async with aiohttp.ClientSession(served.address) as session, asyncio.TaskGroup() as group:
        for _ in range(HONEST):
            group.create_task(honest(session))
    return Noticed(len(took), sorted(took)[len(took) * 99 // 100], failed)


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
