"""``make fuzz``: a million questions about records, put to Cedar and to our engine; the report is committed."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.oracle.comparing import compared
from tests.reports import made_here

REPORT = Path("tests/reports/fuzz.json")
A_SHARE = 10_000


def main(requests: int, first_seed: int) -> int:
    """Ask, report, and give the exit code: 1 where the two disagree."""
    seeds = [first_seed + n for n in range(-(-requests // A_SHARE))]
    found = Counter[str]()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for count, (seed, one) in enumerate(zip(seeds, pool.map(_share, seeds), strict=True), start=1):
            found.update(one)
            if one["disagreements"]:
                sys.stderr.write(f"seed {seed}: {one['disagreements']} disagreements\n")
            sys.stderr.write(f"\r{count * A_SHARE:,} of {requests:,}")
    _write(found, first_seed)
    return 1 if found["disagreements"] else 0


def _share(seed: int) -> dict[str, int]:
    one = compared(seed, A_SHARE)
    return {
        "questions": one.requests,
        "decisions": one.decisions,
        "shown": one.shown,
        "disagreements": len(one.disagreements),
    }


def _write(found: Counter[str], first_seed: int) -> None:
    report = {
        "cedar_agrees": {
            **made_here("cedarpy"),
            "first_seed": first_seed,
            **found,
            "shown_share": round(found["shown"] / found["questions"], 3),
        }
    }
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(REPORT.read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main(int(os.environ.get("QUESTIONS", "1000000")), int(os.environ.get("SEED", "1"))))
