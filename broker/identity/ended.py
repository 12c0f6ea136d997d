"""Tokens that were ended before they lapsed: by signing out. Nothing is kept of who held them.

A token is known by its fingerprint. Each ending is an entry of the audit log, from which a broker that starts
reads those back that could still be alive; older ones are refused for their age.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class EndedTokens:
    """The fingerprints of ended tokens, in the order in which they were ended.

    ``live_for``: how long after its ending a token could still be believed, at most. ``ended`` are those of
    before a restart, and when.
    """

    live_for: timedelta
    ended: dict[str, datetime] = field(default_factory=dict)

    def end(self, fingerprint: str, now: datetime) -> None:
        """End a token; those that have lapsed meanwhile are forgotten."""
        self.ended.pop(fingerprint, None)
        self.ended[fingerprint] = now
        while now - self.ended[oldest := next(iter(self.ended))] > self.live_for:
            del self.ended[oldest]

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self.ended
