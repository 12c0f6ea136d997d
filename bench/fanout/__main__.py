"""``make bench-fanout``. SEED comes from the environment, or is drawn; QUERIES: how many while half are ill.

Parts can be run by themselves, and are then only printed: ``python -m bench.fanout cost growth load faults``.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.fanout import growth, load, own_cost, plots, twenty
from bench.figures import Peer, held, report

QUERIES, HEALTHY = 10_000, 1_000
PARTS = ("cost", "growth", "load", "faults")
DRAWN = Path(__file__).parents[2] / "docs" / "reference" / "fan-out-growth.png"

Figures = Mapping[str, tuple[float, str]]


async def measured(seed: int, queries: int, parts: tuple[str, ...]) -> tuple[Figures, Mapping[str, Peer]]:
    """Every figure of these parts, and what peers reached."""
    figures: dict[str, tuple[float, str]] = {}
    peers: Mapping[str, Peer] = {}
    with tempfile.TemporaryDirectory(prefix="fanout-") as directory:
        place = Path(directory)
        if "cost" in parts:
            figures, peers = await own_cost.measured()
        if "growth" in parts:
            grown = await growth.measured(place / "growth")
            plots.growth(grown, DRAWN)
            figures |= grown
        if "load" in parts:
            figures |= await load.measured(place / "load")
        if "faults" in parts:
            figures |= await twenty.measured(place, seed, queries, max(1, queries * HEALTHY // QUERIES))
    return figures, peers


def main() -> None:
    """Run it."""
    logging.disable(logging.WARNING)  # each fault of a source is one
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    queries = int(os.environ.get("QUERIES") or QUERIES)
    parts = tuple(sys.argv[1:]) or PARTS
    figures, peers = asyncio.run(measured(seed, queries, parts))
    facts = {"seed": seed, "queries": queries, "seconds of load": load.LOAD_SECONDS}
    sys.exit(0 if report("fanout", held(figures, peers), facts, written=parts == PARTS) else 1)


if __name__ == "__main__":
    main()
