"""Whether a record that is withheld can be told from one that is not there: by a byte, or by the time.

Two towns with the same clock and chance, of which one has a restricted record, are asked the same questions, in an
order that is drawn for each pair; every other question streams, and the part of the service in question is timed.
The classifier is the best there is on one number, a threshold: its AUC is the share of pairs, one of each town, in
which the withheld one took longer (Mann and Whitney 1947), or shorter, whichever is more.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path

from tests.attacks.world import RECORD, files
from tests.fakes.littleworth import EMMA, Littleworth, littleworth, question

PAIRS, SHARES, WARM_UP = 10_000, 2, 50
SOURCE = "school"
_ENTRY = re.compile(r'"receipt": ?\{[^}]*\}')
"""Its hash is of what is encrypted anew each time."""


@dataclass(slots=True)
class Trials:
    """Seconds by town, of whole answers and of streamed parts; and how many pairs differed in a byte."""

    whole: dict[str, list[float]] = field(default_factory=lambda: {"withheld": [], "absent": []})
    streamed: dict[str, list[float]] = field(default_factory=lambda: {"withheld": [], "absent": []})
    differed: int = 0


def measured(seed: int, pairs: int = PAIRS) -> Mapping[str, tuple[float, str]]:
    """The figures, by as many processes as there are cores to time them on."""
    with ProcessPoolExecutor(SHARES, get_context("spawn")) as pool:
        shares = list(pool.map(_share, [seed + share for share in range(SHARES)], [pairs // SHARES] * SHARES))
    figures: dict[str, tuple[float, str]] = {
        "security.withheld.bytes_differ": (sum(one.differed for one in shares), f"of {pairs:,} pairs")
    }
    for form in ("whole", "streamed"):
        found = {
            town: [seconds for one in shares for seconds in getattr(one, form)[town]]
            for town in ("withheld", "absent")
        }
        figures[f"security.withheld.auc_{form}"] = (
            auc(found["withheld"], found["absent"]),
            "AUC by time; .5 tells nothing",
        )
    return figures


def auc(these: Sequence[float], those: Sequence[float]) -> float:
    """The share of pairs in which one of these is more than one of those, ties half; or less, if that is more."""
    ordered = sorted(those)
    above = sum(bisect_left(ordered, one) + bisect_right(ordered, one) for one in these) / 2
    share = above / (len(these) * len(those))
    return max(share, 1 - share)


def _share(seed: int, pairs: int) -> Trials:
    return asyncio.run(_tried(seed, pairs))


async def _tried(seed: int, pairs: int) -> Trials:
    chance, trials = random.Random(seed), Trials()
    async with AsyncExitStack() as until:
        towns = {}
        for name, rows in (("withheld", [replace(RECORD, restricted=True)]), ("absent", [])):
            place = Path(until.enter_context(tempfile.TemporaryDirectory()))
            towns[name] = await until.enter_async_context(littleworth(place, {SOURCE: rows}, **files()))
        for number in range(-WARM_UP, pairs):
            order = chance.sample(sorted(towns), 2)
            ask = _streamed if number % 2 else _whole
            said = {name: await ask(towns[name]) for name in order}
            if number < 0:
                continue
            kept = trials.streamed if number % 2 else trials.whole
            for name, (seconds, _) in said.items():
                kept[name].append(seconds)
            trials.differed += said["withheld"][1] != said["absent"][1]
    return trials


async def _whole(town: Littleworth) -> tuple[float, str]:
    """Seconds until the answer was there, and its bytes without receipts."""
    began = time.perf_counter()
    async with town.client.post("/v1/queries", json=question(EMMA), headers=town.headers()) as reply:
        text = await reply.text()
    return time.perf_counter() - began, _ENTRY.sub("", f"{reply.status} {text}")


async def _streamed(town: Littleworth) -> tuple[float, str]:
    """Seconds until the part of the service was there, and all parts, in whichever order services answered."""
    headers = town.headers() | {"Accept": "application/x-ndjson"}
    began, seconds, lines = time.perf_counter(), 0.0, []
    async with town.client.post("/v1/queries", json=question(EMMA), headers=headers) as reply:
        async for line in reply.content:
            if f'"source":"{SOURCE}"'.encode() in line.replace(b": ", b":") and b'"service"' in line:
                seconds = seconds or time.perf_counter() - began
            lines.append(re.sub(r'"id": ?\d+', "", _ENTRY.sub("", line.decode())))
    return seconds, "".join(sorted(lines))
