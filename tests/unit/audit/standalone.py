"""The stand-alone verifier, as a stranger runs it: one file, and an interpreter that has nothing of ours."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "deploy" / "verifier" / "verify_audit_log.py"


def verify_alone(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run it isolated: without this checkout, without installed packages, without the environment."""
    return subprocess.run(  # noqa: S603 -- our own interpreter on our own file
        [sys.executable, "-I", "-S", str(SCRIPT), *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        timeout=120,
    )
