"""``make bench-connectors``: what candidate queries find and cost, what cancels and frost leave behind.

The people are Northshire's, 270,000 of them, as careless clerks wrote them; SEED draws others. Recall is of
queries with a birth date or an age: with neither, nothing may be shown anyway, and their recall is told apart.
Each connector is timed in turn with the same rows by hand on a connection of its own.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from bench import frozen, storms
from bench.cancels import COUNT
from bench.candidates import QUERIES, against_hand, questions, recall
from bench.figures import held as held_against_targets
from bench.figures import report
from bench.register import held, made
from broker.surroundings import LONDON

PEOPLE = 270_000


async def found(seed: int, directory: Path) -> Mapping[str, tuple[float, str]]:
    """The figures of the candidate queries."""
    today = datetime.now(LONDON).date()
    print(f"Writing down {PEOPLE:,} people for three databases ...", flush=True)  # noqa: T201 -- it takes a while
    whole = made(seed, PEOPLE, today)
    async with held(whole, directory) as register:
        asked = questions(whole, seed, today)
        for source in register.connectors.values():
            await source.open()
        print(f"Asking {len(asked):,} questions ...", flush=True)  # noqa: T201 -- as above
        figures = {
            **await recall(register.connectors["postgresql"], asked),
            **await against_hand(register, asked),
        }
        for source in register.connectors.values():
            await source.close()
    return figures


@contextmanager
def a_directory() -> Iterator[Path]:
    """That other users may enter: PostgreSQL may run as one."""
    with tempfile.TemporaryDirectory(prefix="connectors-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def main() -> None:
    """Run it. SEED comes from the environment, or is drawn; CANCELS is how many questions are cancelled a kind."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    cancels = int(os.environ.get("CANCELS") or COUNT)
    with a_directory() as register, a_directory() as stormy, a_directory() as icy:
        measured = asyncio.run(found(seed, register))
        left = storms.measured(stormy, cancels)
        kept = asyncio.run(frozen.measured(icy))
    figures = held_against_targets({**measured, **left, **kept})
    facts = {"seed": seed, "people": PEOPLE, "queries": QUERIES, "cancels": cancels}
    sys.exit(0 if report("connectors", figures, facts) else 1)


if __name__ == "__main__":
    main()
