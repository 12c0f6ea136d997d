"""Reports of what is run in large numbers and by hand, and where each was made."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.figures import commit

HOLDS_FOR = timedelta(days=90)
"""After this a report is to be made anew."""
FOLDER = Path(__file__).parent


def made_here(*packages: str) -> Mapping[str, Any]:
    """The day, the commit and the machine, with the versions of these packages."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "commit": commit(),
        "machine": {
            "system": platform.system(),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            **{name: version(name) for name in packages},
        },
    }


def reported(name: str, part: str | None, again: str) -> Mapping[str, Any]:
    """What the report ``name`` says, or a part of it. The test fails where there is none, or where it is older
    than 90 days, and says what makes it ``again``.
    """
    path = FOLDER / f"{name}.json"
    assert path.exists(), f"there is no {path.name}; run: {again}"
    whole: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    found: Mapping[str, Any] = whole if part is None else whole[part]
    age = datetime.now(UTC).date() - date.fromisoformat(found["date"])
    assert timedelta(days=-1) <= age <= HOLDS_FOR, f"{path.name} is of {found['date']}; run: {again}"
    return found
