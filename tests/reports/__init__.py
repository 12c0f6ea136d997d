"""Reports of what is run in large numbers and by hand, and where each was made."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bench.figures import commit


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
