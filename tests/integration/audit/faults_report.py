"""The committed report of what ``make faults`` does: ``tests/reports/faults.json``, one part for each fault."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests import reports
from tests.reports import made_here

_REPORT = Path(__file__).parents[2] / "reports" / "faults.json"
_WHERE = {"date", "commit", "machine"}


def report(fault: str, counts: Mapping[str, Any]) -> None:
    """Write what was counted of one fault, with the day, the commit and the machine; the others stay."""
    whole = json.loads(_REPORT.read_text(encoding="utf-8")) if _REPORT.exists() else {}
    whole[fault] = {
        **made_here(),
        **counts,
    }
    _REPORT.parent.mkdir(exist_ok=True)
    _REPORT.write_text(json.dumps(whole, indent=2) + "\n", encoding="utf-8")


def reported(fault: str) -> Mapping[str, Any]:
    """What the report says of a fault; the test fails where it is older than 90 days."""
    return reports.reported("faults", fault, "make faults")


def counts() -> str:
    """What the report counts, for people."""
    whole: Mapping[str, Mapping[str, Any]] = json.loads(_REPORT.read_text(encoding="utf-8"))
    return "\n".join(
        f"{fault.replace('_', ' ')}, {counted['date']}: "
        + ", ".join(
            f"{name.replace('_', ' ')} {count}" for name, count in _flat(counted) if name not in _WHERE
        )
        for fault, counted in whole.items()
    )


def _flat(counted: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, count in counted.items():
        if isinstance(count, Mapping) and name not in _WHERE:
            yield from count.items()
        else:
            yield name, count


if __name__ == "__main__":
    sys.stdout.write(f"{counts()}\n")
