"""What stands between one source and the questions to it. It lasts as long as the broker; policies may change."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from broker.fanout.allowance import Allowance
from broker.fanout.breaker import Breaker
from broker.fanout.bulkhead import Bulkhead
from broker.fanout.outside import Strays
from connectors.asking import Asking

RETRIES, HEDGES = 0.1, 0.05
"""Of the questions to a source, how many may be put again after a failure; and to a replica, before an answer."""

TOO_SHORT_TO_TELL = 0.5
"""Seconds: a source that had less than this, and did not answer, has not failed. The requester was in a hurry."""

_KNOWN_TIMES, _LEAST_KNOWN = 100, 20

Draw = Callable[[], float]


@dataclass(slots=True)
class Guard:
    """One source's bulkhead, breaker, allowances and strays. ``took``: how many milliseconds the last one took."""

    asking: Asking = field(default_factory=Asking)
    chance: Draw = field(default_factory=lambda: random.SystemRandom().random)
    bulkhead: Bulkhead = field(init=False)
    breaker: Breaker = field(init=False)
    retries: Allowance = field(default_factory=lambda: Allowance(RETRIES))
    hedges: Allowance = field(default_factory=lambda: Allowance(HEDGES))
    strays: Strays = field(default_factory=Strays)
    took: int = 0
    shed: int = 0
    _times: deque[float] = field(default_factory=lambda: deque(maxlen=_KNOWN_TIMES))

    def __post_init__(self) -> None:
        self.bulkhead = Bulkhead(self.asking.at_once, self.asking.waiting)
        self.breaker = Breaker(self.asking.breaker, self.chance)

    def admits(self) -> bool:
        """Whether the source is asked now: it is not too busy, and not known to be down."""
        if self.bulkhead.full:
            self.shed += 1
            return False
        return self.breaker.admits(time.monotonic())

    def answered(self, seconds: float) -> None:
        """The source answered after so many seconds."""
        self.breaker.succeeded()
        self._times.append(seconds)

    def failed(self, had: float) -> None:
        """The source did not answer, or could not be reached, in the ``had`` seconds that it was given."""
        if had < TOO_SHORT_TO_TELL:
            self.breaker.undecided()
        else:
            self.breaker.failed(time.monotonic())

    def hedge_after(self) -> float | None:
        """Seconds in which 95 in 100 of the last answers came; None while too few are known."""
        if len(self._times) < _LEAST_KNOWN:
            return None
        return sorted(self._times)[int(len(self._times) * 0.95)]

    def standing(self) -> Mapping[str, Any]:
        """How the source stands, for whoever runs the broker: nothing that depends on what is in any record."""
        return {
            "state": self.breaker.state,
            "tried_again_in_seconds": round(self.breaker.opens_again_in(time.monotonic()), 1),
            "asked_now": self.bulkhead.inside,
            "at_once": self.bulkhead.at_once,
            "waiting": self.bulkhead.waiting,
        }
