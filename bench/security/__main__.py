"""``make bench-security``. SEED comes from the environment, or is drawn; PAIRS: how many pairs are timed."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
import tempfile
from pathlib import Path

from bench.figures import held, report
from bench.security import slow, timing


def main() -> None:
    """Run it."""
    logging.disable(logging.WARNING)
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    pairs = int(os.environ.get("PAIRS") or timing.PAIRS)
    figures = dict(timing.measured(seed, pairs))
    with tempfile.TemporaryDirectory(prefix="slow-") as directory:
        figures |= asyncio.run(slow.measured(Path(directory)))
    facts = {"seed": seed, "pairs": pairs, "slow clients": slow.CLIENTS, "seconds": slow.SECONDS}
    sys.exit(0 if report("security", held(figures), facts) else 1)


if __name__ == "__main__":
    main()
