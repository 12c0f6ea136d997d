"""``make bench-query SCALE=100000``: how much longer a query takes when every source holds so many people.

Two Northshires side by side, one with 1,000 people a source and one with SCALE. The same number of queries goes to
each, in turn, so that whatever else the machine does befalls both.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from bench.cases import Case, answered, cases
from bench.crowd import crowd
from tests.fakes.northshire import Town, northshire

SMALL, QUERIES, WARMING = 1_000, 200, 20


async def measured(seed: int, people: int) -> Mapping[str, tuple[float, str]]:
    """The figures, on two Northshires of their own."""
    async with _crowded(seed, SMALL) as small, _crowded(seed, people) as large:
        times: dict[str, list[float]] = {"small": [], "large": []}
        asked = {"small": _some(small, seed), "large": _some(large, seed)}
        for number in range(WARMING + QUERIES):
            for size, town in (("small", small), ("large", large)):
                _, milliseconds = await answered(town, asked[size][number])
                times[size].append(milliseconds)
    small_p50, large_p50 = (statistics.median(times[size][WARMING:]) for size in ("small", "large"))
    return {
        "query.scale_people": (people, "people a source"),
        "query.scale_p50_ms_at_1000": (small_p50, "ms"),
        "query.scale_p50_ms": (large_p50, "ms"),
        "query.scale_p99_ms": (statistics.quantiles(times["large"][WARMING:], n=100)[98], "ms"),
        "query.scale_ratio": (large_p50 / small_p50, "times"),
    }


def _some(town: Town, seed: int) -> list[Case]:
    """Queries about people who are there, with their birth dates."""
    drawn = cases(town.northshire.truth, seed, town.today, queries=900, absent=0)
    return [one for one in drawn if one.born == "date"][: WARMING + QUERIES]


@asynccontextmanager
async def _crowded(seed: int, people: int) -> AsyncIterator[Town]:
    async with AsyncExitStack() as until:
        directory = until.enter_context(tempfile.TemporaryDirectory(prefix="northshire-"))
        print(f"Making six sources of {people:,} people ...", flush=True)  # noqa: T201 -- it takes a while
        yield await until.enter_async_context(northshire(Path(directory), seed, people, make=crowd))
