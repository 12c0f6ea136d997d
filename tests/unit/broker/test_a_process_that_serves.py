"""What ``broker serve`` sets for its process."""

from __future__ import annotations

import subprocess
import sys

FROZEN = "import gc; from broker.memory import without_long_pauses as p; p(); print(gc.get_freeze_count())"
FILES = (
    "import resource as r; from broker.open_files import as_many_as_may_be as p;"
    " r.setrlimit(r.RLIMIT_NOFILE, (64, 2000)); p(); print(*r.getrlimit(r.RLIMIT_NOFILE))"
)


def told(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout  # noqa: S603 -- our own interpreter on our own words


def test_what_is_there_since_the_start_is_gone_through_no_more() -> None:
    assert int(told(FROZEN)) > 1_000


def test_as_many_files_may_be_open_as_the_system_allows() -> None:
    assert told(FILES) == "2000 2000\n"
