"""What is tried on a disk that fails: each write and each sync in turn, and power cuts at any moment."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from broker.audit.log import LogUnavailable
from tests.integration.audit.disk_lives import Lives, on_a_disk

LIVES_A_LOG = 10
CALLERS, QUERIES_A_CALLER = 8, 12
OPERATIONS_A_LIFE = 900  # about as many writes and syncs as the load of one life makes


@dataclass(slots=True)
class Tally:
    """What trials came to. ``lost``: the seed of a trial, and the entries that it lost."""

    failed: dict[str, int] = field(default_factory=dict)
    cuts: int = 0
    acknowledged: int = 0
    lost: list[tuple[int, list[int]]] = field(default_factory=list)

    def add(self, lives: Lives, seed: int) -> None:
        if lost := lives.lost():
            self.lost.append((seed, lost))

    async def end(self, lives: Lives, seed: int) -> None:
        """The log starts again, goes on, and has all of it in the end."""
        async with lives.life(killed=False) as log:
            await lives.record(log, "in the end")
        self.add(lives, seed)
        self.acknowledged += len(lives.promised)


async def each_in_turn(kind: str, tally: Tally, directory: Path, seed: int) -> None:
    """Fail the first write or sync of a log's life, in the next trial the second, and so on to the last."""
    after, met = 0, True
    while met:
        met = await one_failed(kind, after, tally, directory, seed + after)
        after += 1


async def one_failed(kind: str, after: int, tally: Tally, directory: Path, seed: int) -> bool:
    """A disk that fails once. Then the broker is killed or closes, starts again, goes on, and the power is cut.

    Whether there was such a write or sync at all.
    """
    chance = Random(seed)  # noqa: S311 -- to be had again from the seed
    with TemporaryDirectory(dir=directory) as fresh, on_a_disk(Path(fresh), chance) as lives:
        lives.disk.will_fail(kind, after)
        await two_lives(lives, killed=chance.random() < 0.5)
        met = lives.disk.met
        lives.disk.restart()
        async with lives.life(killed=True) as log:
            await lives.record(log, "after the fault", 2)
        lives.disk.cut_power()
        tally.add(lives, seed)
        await tally.end(lives, seed)
        tally.failed[kind] = tally.failed.get(kind, 0) + met
    return met


async def two_lives(lives: Lives, *, killed: bool) -> None:
    """A log that is made, closed, opened again and closed; or as much of it as the disk lets happen.

    ``killed``: a broker that was refused is killed before it closes.
    """
    with contextlib.suppress(LogUnavailable):
        for name in ("first", "second"):
            async with lives.life(killed=False) as log:
                try:
                    await lives.record(log, name, 2)
                finally:
                    lives.disk.stopped = killed and lives.disk.met


async def power_cuts(cuts: int, tally: Tally, directory: Path, seed: int) -> None:
    """Cut the power while several callers record, again and again, with a new log after each few cuts."""
    for first in range(0, cuts, LIVES_A_LOG):
        chance = Random(seed + first)  # noqa: S311 -- to be had again from the seed
        with TemporaryDirectory(dir=directory) as fresh, on_a_disk(Path(fresh), chance) as lives:
            for cut in range(first, min(first + LIVES_A_LOG, cuts)):
                await one_cut(lives, f"cut {cut}")
                tally.add(lives, seed + first)
                tally.cuts += 1
            await tally.end(lives, seed + first)


async def one_cut(lives: Lives, name: str) -> None:
    lives.disk.will_stop(lives.disk.chance.randrange(1, OPERATIONS_A_LIFE))
    with contextlib.suppress(LogUnavailable):  # at the start
        async with lives.life(killed=True) as log:
            await lives.record_at_once(log, name, CALLERS, QUERIES_A_CALLER)
    lives.disk.cut_power()
