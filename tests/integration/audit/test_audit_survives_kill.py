"""A broker that is killed, or whose disk ends, loses nothing that it acknowledged."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from pathlib import Path

import pytest

from broker.audit.events import CLOSED
from broker.audit.tree import leaf_hash
from tests.unit.audit.audit_samples import keys_in, reading, writing

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


async def test_no_acknowledged_entry_is_lost_to_kill_9(tmp_path: Path) -> None:
    promised: dict[int, bytes] = {}
    for seconds in (0.02, 0.4, 0.11, 0.23):
        promised |= killed_after(tmp_path, seconds)
        with reading(tmp_path) as reader:
            assert reader.verify().fault is None
    assert len(promised) > 50
    found = kept(tmp_path)
    assert {index: found.get(index) for index in promised} == promised


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
