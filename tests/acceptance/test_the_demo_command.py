"""``broker demo`` as a newcomer runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.databases import Databases

DEMO = [sys.executable, "-m", "broker", "demo", "--people", "200"]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """Where a demo may keep its databases; nothing of them is left behind."""
    yield tmp_path
    Databases(tmp_path / "state").destroy()


def test_the_demo_shows_the_whole_story_and_ends_by_itself(state: Path) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--once", "--state", str(state)],
        env={**os.environ, "COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    for told in (
        "1. Sam Okafor, social worker",
        "Known to this service",
        "2. Elin Rees",
        "3. What the audit log",
    ):
        assert told in ran.stdout
    assert "entries of the log verify" in ran.stdout
    assert "Filling the database of police" in ran.stderr


def test_the_demo_stays_up_until_it_is_told_to_stop(state: Path) -> None:
    demo = subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--state", str(state)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    try:
        for line in demo.stdout:
            if line.startswith("export BROKER_SERVER="):
                break
        demo.send_signal(signal.SIGINT)
        _, complaints = demo.communicate(timeout=30)
        assert demo.returncode == 0, complaints
        assert "Stopping the databases" in complaints
    finally:
        demo.kill()
    time.sleep(0.1)
    assert list(state.glob("state/postgres/*/data/postmaster.pid")) == []


def test_the_demo_speaks_json(state: Path) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--once", "--json", "--state", str(state)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    story = json.loads(ran.stdout)
    assert [one["by"] for one in story["asked"]] == ["Sam Okafor", "Elin Rees"]
    assert story["log"]["good"] is True
