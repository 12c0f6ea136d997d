"""After a sync that failed and a kill, nothing is written behind what is in memory and not on the disk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TypeVar

import apsw
import pytest

from broker.audit.checkpoint import Checkpoint
from broker.audit.keys import load_keys
from broker.audit.keystore import KeystoreUnfit
from broker.audit.log import LogUnavailable
from broker.audit.stores import sqlite, sqlite_keystore
from broker.audit.witness.deciding import Asked, Known, Reply
from broker.audit.witness.memory import Memory
from tests.integration.audit.disk import SYNC
from tests.integration.audit.disk_lives import Lives, on_a_disk
from tests.unit.audit.audit_samples import NOW, closed, keys_in, open_log, reading, writing

T = TypeVar("T")

SYNCS = 6  # of the keystore and the log, in turn


class Worst(Random):
    """Nothing that was not synced reaches the disk."""

    def choice(self, seq: Sequence[T]) -> T:  # type: ignore[override]
        return seq[0]

    def random(self) -> float:
        return 0.99


async def lost_behind_a_failed_sync(after: int, directory: Path) -> list[int]:
    """What is lost when a sync fails, the broker is killed and goes on, and then the power is cut."""
    with on_a_disk(directory, Worst()) as lives:
        async with lives.life(killed=True) as log:
            await lives.record(log, "before")
            lives.disk.will_fail(SYNC, after)
            with pytest.raises(LogUnavailable):
                await lives.record(log, "failing", 3)
        assert lives.disk.met
        lives.disk.restart()
        await goes_on_until_the_power_is_cut(lives)
        return lives.lost()


async def goes_on_until_the_power_is_cut(lives: Lives) -> None:
    async with lives.life(killed=True) as log:
        await lives.record(log, "after")
    lives.disk.cut_power()


@pytest.mark.parametrize("after", range(SYNCS))
async def test_what_is_recorded_after_a_failed_sync_and_a_kill_outlives_a_power_cut(
    after: int, tmp_path: Path
) -> None:
    assert await lost_behind_a_failed_sync(after, tmp_path) == []


async def test_without_writing_anew_it_would_be_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for store in (sqlite, sqlite_keystore):
        monkeypatch.setattr(store, "written_anew", lambda _: True)
    lost = [await lost_behind_a_failed_sync(after, tmp_path / str(after)) for after in range(SYNCS)]
    assert [found != [] for found in lost].count(True) >= SYNCS / 2


async def test_a_log_that_was_killed_does_not_open_while_somebody_reads_it(tmp_path: Path) -> None:
    with on_a_disk(tmp_path, Random()) as lives:  # noqa: S311 -- nothing is drawn
        async with lives.life(killed=True) as log:
            await lives.record(log, "before")
        lives.disk.restart()
        with reading(tmp_path) as reader, reader.store.as_of_now():
            assert reader.store.size() == 3
            with pytest.raises(
                LogUnavailable, match="Somebody reads it, and it was not closed properly: wait"
            ):
                await open_log(tmp_path)
        async with lives.life(killed=False) as log:
            await lives.record(log, "after")
        assert lives.lost() == []


async def test_a_log_that_was_closed_properly_opens_at_once_while_somebody_reads_it(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(closed())
    with reading(tmp_path) as reader, reader.store.as_of_now():
        assert reader.store.size() == 1
        for number in (1, 2):  # the first leaves its write-ahead log behind, for it is read
            async with asyncio.timeout(4), writing(tmp_path) as log:
                assert (await log.record(closed())).index == number


def test_a_witness_that_goes_on_after_a_failed_sync_and_a_kill_forgets_nothing_that_it_cosigns(
    tmp_path: Path,
) -> None:
    path, tree = tmp_path / "witness.db", Checkpoint("log.example", 1, bytes(32))

    def cosigned(memory: Memory, size: int) -> None:
        reply = Reply(200, "", remember=Known(size))
        memory.asked(Asked(0, (), f"{size}", tree), lambda _asked, _known: reply, NOW)

    with on_a_disk(tmp_path, Worst()) as lives:
        Memory.create(path, "key")
        before = Memory.open(path, "key")
        cosigned(before, 1)
        lives.disk.will_fail(SYNC, 0)
        with pytest.raises(apsw.IOError):
            cosigned(before, 2)
        killed(lives, before)
        after = Memory.open(path, "key")
        cosigned(after, 3)
        killed(lives, after)
        lives.disk.cut_power()
        with contextlib.closing(Memory.open(path, "key")) as remembered:
            assert remembered.known("log.example") == Known(3)


def killed(lives: Lives, memory: Memory) -> None:
    lives.disk.stopped = True
    with contextlib.suppress(apsw.IOError):
        memory.close()
    lives.disk.restart()


def test_a_keystore_that_somebody_reads_says_so_and_is_written_anew_when_they_have_done(
    tmp_path: Path,
) -> None:
    with contextlib.closing(load_keys(keys_in(tmp_path))) as keys:
        other = apsw.Connection(str(tmp_path / "keys" / "keystore.db"))
        other.execute("BEGIN; SELECT count(*) FROM person_key").fetchall()
        keys.keystore.begin_period("another")
        with pytest.raises(KeystoreUnfit, match="Somebody reads the keystore: wait"):
            keys.keystore.write_anew()
        other.close()
        keys.keystore.write_anew()
    assert not (tmp_path / "keys" / "keystore.db-wal").exists()
