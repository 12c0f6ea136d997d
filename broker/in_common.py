"""What the consultations of one query have in common, while they run side by side in one process.

How a typed name may be spelled, and what matching made of a value, is the same in every source. It is personal, so
it is kept for no longer than any of the query's consultations runs; and nothing of it goes over the border of
law 7.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class InCommon:
    """By query: how many of its consultations run, and what they have worked out."""

    _running: dict[str, int] = field(default_factory=dict)
    _worked_out: dict[str, dict[Any, Any]] = field(default_factory=dict, repr=False)

    @contextmanager
    def of(self, query_id: str) -> Iterator[dict[Any, Any]]:
        """What is worked out for a query; forgotten when the last consultation within this ends."""
        self._running[query_id] = self._running.get(query_id, 0) + 1
        try:
            yield self._worked_out.setdefault(query_id, {})
        finally:
            self._running[query_id] -= 1
            if not self._running[query_id]:
                del self._running[query_id], self._worked_out[query_id]
