"""At which pace work is done: at once, or in small pieces beside those who wait for the same interpreter.

Python runs one thread at a time. A broker's own thread hands over to others dozens of times in a query, and after
each has to wait until whoever works has done so long a turn: a second's work in another thread slows everybody
down for more than that second. So what can wait works a little and rests a little. To offer the turn and to want
it back at once (``time.sleep(0)``) was measured, too: while the log was read others waited as long as without it,
and reading took twice the time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, overload

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Pace(Protocol):
    """How many things are gone through, one after another."""

    def __call__(self, some: Iterable[T], /) -> Iterable[T]:
        """The same things."""


def at_once(some: Iterable[T], /) -> Iterable[T]:
    """Without a rest: for a process in which nobody else waits."""
    return some


@dataclass(frozen=True, slots=True)
class GivingWay:
    """After ``work`` seconds a rest of ``rest`` seconds; none any more once ``hurry`` is set."""

    work: float = 0.0005
    rest: float = 0.001
    hurry: threading.Event = field(default_factory=threading.Event, repr=False)

    def __call__(self, some: Iterable[T], /) -> Iterator[T]:
        until = time.perf_counter() + self.work
        for one in some:
            yield one
            if time.perf_counter() >= until:
                self.hurry.wait(self.rest)
                until = time.perf_counter() + self.work


@dataclass(frozen=True, slots=True)
class Paced(Sequence[T_co]):
    """A sequence that is gone through at a pace, as often as somebody does."""

    every: Sequence[T_co] = field(repr=False)
    pace: Pace = field(repr=False)

    def __iter__(self) -> Iterator[T_co]:
        return iter(self.pace(self.every))

    def __len__(self) -> int:
        return len(self.every)

    @overload
    def __getitem__(self, place: int) -> T_co: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[T_co]: ...
    def __getitem__(self, place: Any) -> Any:
        return self.every[place]
