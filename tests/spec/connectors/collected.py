"""A process of its own that only looks which tests there are.

    python -m tests.spec.connectors.collected PLACE

It prints, as JSON, each test without its parameters and the engines that it runs on, sorted; one that runs on none
bears its parameters.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict

import pytest


class Collected:
    """A plugin that keeps what was collected."""

    def __init__(self) -> None:
        self.engines: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """As pytest calls it."""
        for item in session.items:
            chosen = getattr(item, "callspec", None)
            engine = None if chosen is None else chosen.params.get("engine")
            if engine is None:
                self.engines[item.nodeid] |= set()
            else:
                self.engines[item.nodeid.partition("[")[0]].add(engine)


if __name__ == "__main__":
    found = Collected()
    pytest.main(["--collect-only", "-qq", "-p", "no:cacheprovider", sys.argv[1]], plugins=[found])
    sys.stdout.write("\n" + json.dumps({name: sorted(engines) for name, engines in found.engines.items()}))
