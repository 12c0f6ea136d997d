"""What tests against oracles share: the program in Go, built once for all processes of a run."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from tests.oracle.go_sumdb import Go, GoMissing, built


@pytest.fixture(scope="session")
def go(tmp_path_factory: pytest.TempPathFactory) -> Go:
    """Go's sumdb. Fails with the command that installs it where it is missing."""
    base = tmp_path_factory.getbasetemp()
    directory = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "go"
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _ready(directory)


def _ready(directory: Path) -> Go:
    done = Go(directory / "verify")
    if done.program.exists():
        return done
    try:
        return built(directory)
    except GoMissing as fault:
        pytest.fail(str(fault), pytrace=False)
