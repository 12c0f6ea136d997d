"""Each write and sync of a log fails in turn, and the power is cut at any moment: nothing acknowledged is lost.

``make test`` does a share, drawn anew at each run; ``make faults`` does all of it (``DISK_FAULTS=all`` and
``POWER_CUTS``), and writes ``tests/reports/faults.json``.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from random import Random

import pytest

from broker.audit.log import LogUnavailable
from broker.audit.stores import sqlite
from broker.audit.stores.contract import StoreFault, UnsafeStore
from tests.integration.audit.disk import SYNC, WRITES
from tests.integration.audit.disk_trials import Tally, each_in_turn, one_failed, power_cuts
from tests.integration.audit.faults_report import report, reported

ALL_FAULTS = os.environ.get("DISK_FAULTS") == "all"
CUTS, ALL_CUTS = int(os.environ.get("POWER_CUTS", "20")), 500
A_SHARE = 8  # of each kind
FEWEST_WRITES, FEWEST_SYNCS = 220, 35  # there are somewhat more in a trial
FEWEST_ACKNOWLEDGED = 15_000


@pytest.fixture
def seed() -> int:
    drawn = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    print(f"seed {drawn}: repeat with SEED={drawn}")  # noqa: T201 -- shown when the test fails
    return drawn


async def test_nothing_is_lost_when_a_write_or_a_sync_fails(seed: int, tmp_path: Path) -> None:
    tally, chance = Tally(), Random(seed)  # noqa: S311 -- to be had again from the seed
    for kind in (*WRITES, SYNC):
        if ALL_FAULTS:
            await each_in_turn(kind, tally, tmp_path, seed)
        else:
            for after in chance.sample(range(FEWEST_SYNCS if kind == SYNC else FEWEST_WRITES), A_SHARE):
                await one_failed(kind, after, tally, tmp_path, seed + after)
    assert tally.lost == []
    assert min(tally.failed.values()) >= A_SHARE
    assert tally.acknowledged > A_SHARE * len(tally.failed) * 9
    if ALL_FAULTS:
        report("faults_of_the_disk", {**shared(tally, seed), "failed": tally.failed})


async def test_nothing_is_lost_when_the_power_is_cut_under_load(seed: int, tmp_path: Path) -> None:
    tally = Tally()
    await power_cuts(CUTS, tally, tmp_path, seed)
    assert tally.lost == []
    assert (tally.cuts, tally.acknowledged > CUTS) == (CUTS, True)
    if CUTS >= ALL_CUTS:
        report("power_cuts", {**shared(tally, seed), "cuts": tally.cuts})


def shared(tally: Tally, seed: int) -> Mapping[str, int]:
    return {"seed": seed, "acknowledged": tally.acknowledged, "lost": len(tally.lost)}


@pytest.mark.parametrize("synchronous", [1, 0])
async def test_settings_that_sync_less_would_lose_entries(
    synchronous: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite._DURABLE, "synchronous", synchronous)
    for seed in range(10):
        if await loses(tmp_path, seed):
            return
    pytest.fail("the simulated disk finds nothing")


async def loses(directory: Path, seed: int) -> bool:
    """Whether entries are lost, or the log does not verify any more."""
    tally = Tally()
    try:
        await power_cuts(5, tally, directory, seed)
    except (AssertionError, LogUnavailable, StoreFault, UnsafeStore):
        return True
    return tally.lost != []


def test_all_of_it_was_done_lately_and_lost_nothing() -> None:
    cuts, faults = reported("power_cuts"), reported("faults_of_the_disk")
    assert cuts["cuts"] >= ALL_CUTS
    assert cuts["acknowledged"] >= FEWEST_ACKNOWLEDGED
    assert all(faults["failed"][kind] >= FEWEST_WRITES for kind in WRITES)
    assert faults["failed"][SYNC] >= FEWEST_SYNCS
    assert cuts["lost"] == faults["lost"] == 0
