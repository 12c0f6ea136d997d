"""A broker's log that is killed, or whose disk ends, loses nothing that it acknowledged.

``make test`` does a few kills, ``make faults`` a hundred (``LOG_KILLS``).
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from broker.audit.events import CLOSED
from broker.audit.tree import leaf_hash
from tests.integration.audit.faults_report import report, reported
from tests.unit.audit.audit_samples import keys_in, reading, writing

KILLS, ALL_KILLS, KILLS_A_LOG = int(os.environ.get("LOG_KILLS", "4")), 100, 10
ROOT = Path(__file__).parents[3]


def child(directory: Path, *limit: str) -> subprocess.Popen[str]:
    keys_in(directory)
    command = [sys.executable, "-m", "tests.integration.audit.writing_child", str(directory), *limit]
    # Our own interpreter on our own module:
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603


def acknowledged(lines: str) -> dict[int, bytes]:
    """Index and leaf hash of every line that was printed whole."""
    whole = [line.split() for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    return {int(index): base64.b64decode(leaf) for index, leaf in (line for line in whole if len(line) == 2)}


def killed_after(directory: Path, seconds: float) -> dict[int, bytes]:
    """What a child acknowledged between its first entry and being killed without warning."""
    running = child(directory)
    assert running.stdout is not None
    first = running.stdout.readline()
    time.sleep(seconds)
    running.kill()
    rest, _ = running.communicate()
    return acknowledged(first + rest)


def kept(directory: Path) -> dict[int, bytes]:
    with reading(directory) as reader:
        return {index: leaf_hash(raw) for index, _, raw in reader.store.rows()}


def test_no_acknowledged_entry_is_lost_to_kill_9(tmp_path: Path) -> None:
    chance, acknowledged_in_all, verified, lost = Random(), 0, 0, 0  # noqa: S311 -- a moment, not a secret
    for first in range(0, KILLS, KILLS_A_LOG):
        directory, promised = tmp_path / f"log-{first}", dict[int, bytes]()
        for _ in range(min(KILLS_A_LOG, KILLS - first)):
            promised |= killed_after(directory, chance.uniform(0, 0.4))
            with reading(directory) as reader:
                assert reader.verify().fault is None
        found = kept(directory)
        assert list(found) == list(range(len(found)))
        lost += sum(found.get(index) != leaf for index, leaf in promised.items())
        acknowledged_in_all, verified = acknowledged_in_all + len(promised), verified + len(found)
    assert acknowledged_in_all > 10 * KILLS
    assert lost == 0
    if KILLS >= ALL_KILLS:
        counts = {"kills": KILLS, "acknowledged": acknowledged_in_all, "entries_verified": verified}
        report("kill_9_of_the_log", {**counts, "lost": lost})


def test_the_whole_of_it_was_done_lately_and_lost_nothing() -> None:
    found = reported("kill_9_of_the_log")
    assert found["kills"] >= ALL_KILLS
    assert found["entries_verified"] >= found["acknowledged"] >= 10 * ALL_KILLS
    assert found["lost"] == 0


async def test_queries_that_a_kill_broke_off_are_closed_by_the_next_start(tmp_path: Path) -> None:
    ends: set[str] = set()
    for kill in range(20):  # one may fall between two queries
        killed_after(tmp_path, 0.1 + 0.013 * kill)
        async with writing(tmp_path):
            pass
        with reading(tmp_path) as reader:
            ends = {one.facts["state"] for one in reader.entries() if one.kind == CLOSED}
            assert reader.store.unclosed() == []
            assert reader.verify().good
        if "aborted" in ends:
            break
    assert ends == {"answered", "aborted"}


@pytest.mark.parametrize("kilobytes", [300, 777])
async def test_a_disk_that_ends_stops_the_log_and_loses_nothing(kilobytes: int, tmp_path: Path) -> None:
    running = child(tmp_path, str(kilobytes * 1024))
    lines, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert lines.splitlines()[-1] == "healthy False refused True"
    promised = acknowledged(lines)
    assert len(promised) > 10
    async with writing(tmp_path) as again:
        assert again.healthy
    found = kept(tmp_path)
    assert {index: found.get(index) for index in promised} == promised
    with reading(tmp_path) as reader:
        assert reader.verify().good
