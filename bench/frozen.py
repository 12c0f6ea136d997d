"""A server that froze: whether a deadline of one second is kept, what others notice, and what is left behind."""

from __future__ import annotations

import asyncio
import statistics
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from bench.storms import sources
from connectors.contract import Connector, Identifiers, Search, SourceFault

DEADLINE, ROUNDS, AT_ONCE = 1.0, 5, 4
GONE_SECONDS, LOOKING_SECONDS = 30.0, 0.02
BOB = Identifiers("Bob", "Jones7")


async def measured(directory: Path) -> Mapping[str, tuple[float, str]]:
    """Each kind that has a server, frozen while another source is asked."""
    figures: dict[str, tuple[float, str]] = {}
    with sources(directory) as held:
        frozen: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
            "postgresql": held.cluster.frozen,
            "postgresql by odbc": held.cluster.frozen,
            "mariadb by odbc": held.mariadb.frozen,
        }
        for name, freeze in frozen.items():
            print(f"Freezing {name} ...", flush=True)  # noqa: T201 -- it takes a while
            label = f"connectors.{name.replace(' ', '_')}"
            told = await _one(held.connectors[name], held.connectors["sqlite"], freeze)
            figures |= {f"{label}.{key}": one for key, one in told.items()}
    return figures


async def _one(
    source: Connector, other: Connector, freeze: Callable[[], AbstractContextManager[None]]
) -> Mapping[str, tuple[float, str]]:
    await source.open()
    await other.open()
    idle = threading.active_count()
    quiet = await _p50(other)
    with freeze():
        asked = asyncio.ensure_future(_kept(source))
        beside = await _p50(other)
        late = await asked
        threads = threading.active_count() - idle
    gone = await _until_gone(idle)
    await source.close()
    await other.close()
    return {
        "deadline_overrun_ms": (max(late) * 1000, "ms after 1.0 s"),
        "beside_it_ratio": (beside / quiet, "times"),
        "threads_held": (max(0, threads), "threads"),
        "threads_gone_after_s": (gone, "s after it went on"),
    }


async def _kept(source: Connector) -> list[float]:
    """By how many seconds each question missed its deadline; so many at once, again and again."""
    late = []
    for _ in range(ROUNDS):
        late += await asyncio.gather(*(_overrun(source) for _ in range(AT_ONCE)))
    return late


async def _overrun(source: Connector) -> float:
    began = time.perf_counter()
    try:
        await source.candidates(Search("bench", (BOB,), frozenset(), DEADLINE))
    except SourceFault:
        return max(0.0, time.perf_counter() - began - DEADLINE)
    raise RuntimeError("a frozen server answered")


async def _p50(source: Connector) -> float:
    times = []
    for _ in range(300):
        began = time.perf_counter()
        await source.candidates(Search("bench", (BOB,), frozenset(), DEADLINE))
        times.append(time.perf_counter() - began)
        await asyncio.sleep(0.01)
    return statistics.median(times)


async def _until_gone(idle: int) -> float:
    began = time.perf_counter()
    for _ in range(int(GONE_SECONDS / LOOKING_SECONDS)):
        if threading.active_count() <= idle:
            break
        await asyncio.sleep(LOOKING_SECONDS)
    return time.perf_counter() - began
