"""``make bench-fanout``. SEED comes from the environment, or is drawn; QUERIES: how many while half are ill."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.fanout import load, twenty
from bench.figures import held, report

QUERIES, HEALTHY = 10_000, 1_000


async def measured(seed: int, queries: int) -> Mapping[str, tuple[float, str]]:
    """Every figure."""
    figures: dict[str, tuple[float, str]] = {}
    with tempfile.TemporaryDirectory(prefix="fanout-") as directory:
        place = Path(directory)
        figures |= await load.measured(place / "load")
        figures |= await twenty.measured(place, seed, queries, max(1, queries * HEALTHY // QUERIES))
    return figures


def main() -> None:
    """Run it."""
    logging.disable(logging.WARNING)  # each fault of a source is one
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    queries = int(os.environ.get("QUERIES") or QUERIES)
    figures = held(asyncio.run(measured(seed, queries)))
    facts = {"seed": seed, "queries": queries, "seconds of load": load.LOAD_SECONDS}
    sys.exit(0 if report("fanout", figures, facts) else 1)


if __name__ == "__main__":
    main()
