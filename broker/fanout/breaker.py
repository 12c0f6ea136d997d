"""A circuit breaker: a source that keeps failing is left alone for a while, then tried with one question.

So no query waits for a source that is known to be down, and a source that gets up again is not overrun. The
figures are those of the settings; the time that it stays open doubles with each probe that fails (Nygard, Release
It!, 2nd ed. 2018, 5.2). ``now`` is in seconds on a clock that never goes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from connectors.asking import BreakerSettings

State = Literal["closed", "half_open", "open"]
STATES: tuple[State, ...] = ("closed", "half_open", "open")


@dataclass(slots=True)
class Breaker:
    """``chance`` gives a number from 0 to below 1: brokers that opened together should not all probe together."""

    settings: BreakerSettings = field(default_factory=BreakerSettings)
    chance: Callable[[], float] = lambda: 1.0
    state: State = "closed"
    _recent: deque[bool] = field(init=False)
    _in_a_row: int = 0
    _open_until: float = 0.0
    _next_seconds: float = 0.0

    def __post_init__(self) -> None:
        self._recent = deque(maxlen=self.settings.of_last)
        self._next_seconds = self.settings.open_seconds

    def admits(self, now: float) -> bool:
        """Whether a question may be asked. After the time that it was open, one may: the probe."""
        if self.state == "open" and now >= self._open_until:
            self.state = "half_open"
            return True
        return self.state == "closed"

    def succeeded(self) -> None:
        """The source answered, whatever it said."""
        if self.state != "closed":
            self.state, self._next_seconds = "closed", self.settings.open_seconds
            self._recent.clear()
        self._in_a_row = 0
        self._recent.append(True)

    def failed(self, now: float) -> None:
        """The source did not answer."""
        self._in_a_row += 1
        self._recent.append(False)
        if self.state == "half_open" or (self.state == "closed" and self._too_often()):
            self._open(now)

    def undecided(self) -> None:
        """The question was given up before it told anything of the source. A probe is then made anew."""
        if self.state == "half_open":
            self.state = "open"

    def opens_again_in(self, now: float) -> float:
        """Seconds until the next probe; 0 while it is not open."""
        return max(0.0, self._open_until - now) if self.state == "open" else 0.0

    def _too_often(self) -> bool:
        known = len(self._recent)
        often = known == self.settings.of_last and self._recent.count(False) >= self.settings.share * known
        return often or self._in_a_row >= self.settings.in_a_row

    def _open(self, now: float) -> None:
        """Between a half and nine tenths of the time, by chance. The last tenth is for the probe to come, and
        be answered: so a source that is up again is back within one whole period.
        """
        seconds = self._next_seconds
        self.state, self._open_until = "open", now + seconds * (0.5 + 0.4 * self.chance())
        self._next_seconds = min(2 * seconds, self.settings.longest_seconds)
