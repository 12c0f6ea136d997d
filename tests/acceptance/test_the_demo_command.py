"""``broker demo`` as a newcomer runs it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.browsing import browser, signed_in
from deploy.demo.databases import Databases
from deploy.demo.sign_in import PERSONAS

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
        "2. Sam Okafor, social worker, asks by the case's number",
        "Open, and allocated to you",
        "3. Elin Rees",
        "4. What the audit log",
    ):
        assert told in ran.stdout
    assert "entries of the log verify" in ran.stdout
    assert "Filling the database of police" in ran.stderr


def test_the_demo_stays_up_until_it_is_told_to_stop(state: Path) -> None:
    complaints = state / "complaints.txt"
    with (
        complaints.open("w") as said,
        subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
            [*DEMO, "--state", str(state)], stdout=subprocess.PIPE, stderr=said, text=True
        ) as demo,
    ):
        assert demo.stdout is not None
        try:
            assert any(line.startswith("export BROKER_SERVER=") for line in demo.stdout)
            demo.send_signal(signal.SIGINT)
            for _ in demo.stdout:  # to the end, so that it never waits for a reader
                pass
            assert demo.wait(timeout=90) == 0, complaints.read_text(encoding="utf-8")
        finally:
            demo.kill()
    assert "Stopping the databases" in complaints.read_text(encoding="utf-8")
    assert list(state.glob("state/postgres/*/data/postmaster.pid")) == []


def test_people_sign_in_to_the_demo_at_its_identity_provider(state: Path) -> None:
    with subprocess.Popen(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--state", str(state)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as demo:
        assert demo.stdout is not None
        try:
            address = next(line for line in demo.stdout if "BROKER_SERVER=" in line).partition("=")[2].strip()
            asyncio.run(_signs_in(address))
            demo.send_signal(signal.SIGINT)
            for _ in demo.stdout:
                pass
            assert demo.wait(timeout=90) == 0
        finally:
            demo.kill()


async def _signs_in(address: str) -> None:
    async with browser() as session:
        begin = f"{address}/sign-in"
        back = await signed_in(session, begin, PERSONAS["social_worker"], f"{address}/signed-in")
        async with session.get(back, allow_redirects=False) as reply:
            assert (reply.status, "family-context" in reply.cookies) == (303, True)


def test_the_demo_speaks_json(state: Path) -> None:
    ran = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [*DEMO, "--once", "--json", "--state", str(state)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    story = json.loads(ran.stdout)
    assert [one["by"] for one in story["asked"]] == ["Sam Okafor", "Sam Okafor", "Elin Rees"]
    assert story["log"]["good"] is True
