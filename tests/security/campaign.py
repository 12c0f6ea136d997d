"""``make security``: the attacks of the tests in larger numbers, one after the other; the report is committed.

Each is a test that counts by itself, and its counts stand here. SEED makes other cases. One of them can be made
again by itself, ``python -m tests.security.campaign hostile_tokens``, while what is attacked is the same.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.figures import commit
from broker.api.openapi import document
from tests.reports import made_here
from tests.security.schema_cases import CALLERS

REPORT = Path("tests/reports/security.json")
ATTACKS: Mapping[str, tuple[Mapping[str, str], tuple[str, ...]]] = {
    "cases_of_the_description": (
        {"OPENAPI_CASES": "100000"},
        ("tests/security/test_openapi_cases.py", "-n", "2"),
    ),
    "hostile_tokens": ({"HOSTILE_TOKENS": "50000"}, ("tests/integration/identity/test_hostile_tokens.py",)),
    "hostile_strings": ({"HOSTILE_STRINGS": "50000"}, ("tests/security/test_hostile_text.py", "-n", "2")),
    "sqlmap": (
        {
            "SQLMAP_LEVEL": "3",
            "SQLMAP_PLACES": "given_name,family_name,birth_date,postcode,address,nhs_number",
        },
        ("tests/security/test_sqlmap.py",),
    ),
}
"""By name: what is set for the tests, and which they are."""


def attacked() -> Mapping[str, Any]:
    """What the cases are put to, and by whom: a digest of the operations of ``/openapi.json``; every caller."""
    operations = sorted(
        f"{method.upper()} {path}" for path, methods in document()["paths"].items() for method in methods
    )
    return {
        "operations": len(operations),
        "operations_sha256": hashlib.sha256("\n".join(operations).encode()).hexdigest(),
        "callers": sorted(CALLERS),
    }


def main(again: Sequence[str] = ()) -> int:
    """Attack, report, and give the exit code: 1 where something was found. ``again``: those alone."""
    seed = os.environ.get("SEED", "8")
    report = (
        _before(again, seed) if again else {**made_here(), "seed": int(seed), **attacked(), "attacks": {}}
    )
    for name in again or ATTACKS:
        report["attacks"][name] = _attacked(name, *ATTACKS[name], seed)
    REPORT.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    sys.stderr.write(f"Written to {REPORT}.\n")
    return 0 if all(one["found_nothing"] for one in report["attacks"].values()) else 1


def _before(again: Sequence[str], seed: str) -> dict[str, Any]:
    """The report that there is. Ends the program where it is of something else, or knows no such attack."""
    report: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    if {**report, **attacked(), "seed": int(seed)} != report or not set(again) <= set(ATTACKS):
        sys.exit(f"Run all of it: make security. Its parts are {', '.join(ATTACKS)}.")
    return report


def _attacked(name: str, said: Mapping[str, str], words: tuple[str, ...], seed: str) -> Mapping[str, object]:
    sys.stderr.write(f"{name.replace('_', ' ')}: {' '.join(said.values())} ...\n")
    began = time.monotonic()
    told = subprocess.run(  # noqa: S603 -- our own interpreter on our own tests
        [sys.executable, "-m", "pytest", "-q", *words], env={**os.environ, **said, "SEED": seed}, check=False
    )
    seconds = round(time.monotonic() - began)
    return {**said, "found_nothing": told.returncode == 0, "seconds": seconds, "commit": commit()}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
