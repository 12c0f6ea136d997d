"""Second questions as a share of first ones: retries and hedges must not double the load of what is overloaded."""

from __future__ import annotations

from dataclasses import dataclass

_MOST_SAVED = 5.0


@dataclass(slots=True)
class Allowance:
    """Each question earns ``share`` of a second one. At most five are saved up; one is there from the start."""

    share: float
    saved: float = 1.0

    def earned(self) -> None:
        """A question was asked."""
        self.saved = min(self.saved + self.share, _MOST_SAVED)

    def taken(self) -> bool:
        """Whether a second question may be asked; it is then counted."""
        if self.saved < 1:
            return False
        self.saved -= 1
        return True
