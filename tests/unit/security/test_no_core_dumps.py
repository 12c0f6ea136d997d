"""No dump of the broker's memory is written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOLD = """
import ctypes, os, pathlib, resource
from broker.memory import without_core_dumps
without_core_dumps()
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
os.abort()
"""


def test_a_broker_that_dies_leaves_no_dump_of_its_memory(tmp_path: Path) -> None:
    # Our own interpreter on the lines above:
    died = subprocess.run(  # noqa: S603
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(Path.cwd())!r}){TOLD}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert died.stdout == "(0, 0) 0\n", died.stderr
    assert died.returncode < 0
    assert list(tmp_path.iterdir()) == []
