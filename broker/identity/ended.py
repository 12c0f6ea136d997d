"""Tokens that were ended before they lapsed: by signing out. Nothing is kept of who held them.

A token is known by its fingerprint. Each ending is an entry of the audit log, from which a broker that starts
reads those back that could still be alive; older ones are refused for their age. Brokers that share a log hear of
each other's within a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broker.audit.writer import LogUnavailable

HEARD_EVERY = 1.0
"""Seconds between two looks for tokens that were ended at other brokers."""

_LOOKED_BACK = timedelta(minutes=5)
"""Each look goes back so far: clocks differ, and a look may have failed."""


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

    def hear(self, elsewhere: Mapping[str, datetime]) -> None:
        """End what was ended elsewhere, too."""
        for fingerprint, at in elsewhere.items():
            if fingerprint not in self.ended:
                self.end(fingerprint, at)

    async def keep_hearing(
        self,
        ended_since: Callable[[datetime], Awaitable[Mapping[str, datetime]]],
        now: Callable[[], datetime],
    ) -> None:
        """Look again and again, for ever, for what was ended at other brokers which write the same log."""
        while True:
            await asyncio.sleep(HEARD_EVERY)
            with suppress(LogUnavailable):  # then nobody is answered either
                self.hear(await ended_since(now() - min(_LOOKED_BACK, self.live_for)))

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self.ended
