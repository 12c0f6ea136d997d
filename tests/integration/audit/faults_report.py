"""The committed report of what ``make faults`` does: ``tests/reports/faults.json``, one part for each fault."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.figures import commit

_REPORT = Path(__file__).parents[2] / "reports" / "faults.json"
_HOLDS_FOR = timedelta(days=90)


def report(fault: str, counts: Mapping[str, Any]) -> None:
    """Write what was counted of one fault, with the day, the commit and the machine; the others stay."""
    whole = json.loads(_REPORT.read_text(encoding="utf-8")) if _REPORT.exists() else {}
    whole[fault] = {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        },
        **counts,
    }
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def reported(fault: str) -> Mapping[str, Any]:
    """What the report says of a fault; the test fails where it is older than 90 days."""
    found: Mapping[str, Any] = json.loads(_REPORT.read_text(encoding="utf-8"))[fault]
    age = datetime.now(UTC).date() - date.fromisoformat(found["date"])
    assert timedelta(days=-1) <= age <= _HOLDS_FOR, "run: make faults"
    return found
