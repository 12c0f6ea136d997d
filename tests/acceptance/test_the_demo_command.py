"""``broker demo`` as a newcomer runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

DEMO = [sys.executable, "-m", "broker", "demo", "--people", "200"]


def test_the_demo_shows_the_whole_story_and_ends_by_itself(tmp_path: Path) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--once", "--state", str(tmp_path)],
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


def test_the_demo_stays_up_until_it_is_told_to_stop(tmp_path: Path) -> None:
    demo = subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--state", str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert demo.stdout is not None
    try:
        for line in demo.stdout:
            if line.startswith("export BROKER_SERVER="):
                break
        demo.send_signal(signal.SIGINT)
        rest, complaints = demo.communicate(timeout=30)
        assert demo.returncode == 0, complaints
        assert "Stopping the databases" in complaints
        assert "ask --purpose" in rest
    finally:
        demo.kill()
    time.sleep(0.1)
    assert list(tmp_path.glob("state/postgres/*/data/postmaster.pid")) == []


def test_the_demo_speaks_json(tmp_path: Path) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--once", "--json", "--state", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    story = json.loads(ran.stdout)
    assert [one["by"] for one in story["asked"]] == ["Sam Okafor", "Elin Rees"]
    assert story["log"]["good"] is True
