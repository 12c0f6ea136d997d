"""What one requester did within a time, counted as it comes and as it goes: nothing is counted twice. Pure.

Give a window everything in order. What is too old goes out of it first; then the new one comes in, as the last.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic

from broker.audit.watching.facts import LookUp, One, Refusal

Of = Callable[[LookUp], Iterable[bytes]]
"""What of a look-up is told apart: people, families, places."""


@dataclass(slots=True)
class Window(ABC, Generic[One]):
    """``inside`` are those of the time ``within`` before the last one, oldest first."""

    within: timedelta
    inside: deque[One] = field(default_factory=deque, init=False, repr=False)

    def take(self, one: One) -> None:
        """The next one, in order of time."""
        while self.inside and one.at - self.inside[0].at >= self.within:
            self._count(self.inside.popleft(), -1)
        self.inside.append(one)
        self._count(one, 1)

    def clear(self) -> None:
        """Begin anew."""
        while self.inside:
            self._count(self.inside.popleft(), -1)

    @abstractmethod
    def _count(self, one: One, by: int) -> None:
        """``by``: 1 for one that comes, -1 for one that goes."""


@dataclass(slots=True)
class Different(Window[LookUp]):
    """How many different people, families or places there are inside."""

    of: Of
    often: Counter[bytes] = field(default_factory=Counter, init=False, repr=False)

    @property
    def number(self) -> int:
        return len(self.often)

    def _count(self, one: LookUp, by: int) -> None:
        count(self.often, self.of(one), by)


@dataclass(slots=True)
class Tries(Window[LookUp]):
    """By tag, in which ways whoever bears it was typed, and how often in each."""

    ways: dict[bytes, dict[bytes, int]] = field(default_factory=dict, init=False, repr=False)

    def _count(self, one: LookUp, by: int) -> None:
        for tag, typed in borne_alone(one).items():
            ways = self.ways.setdefault(tag, {})
            ways[typed] = ways.get(typed, 0) + by
            if not ways[typed]:
                del ways[typed]
            if not ways:
                del self.ways[tag]


@dataclass(slots=True)
class TimesRefused(Window[Refusal]):
    """How many refusals the entries inside stand for."""

    number: int = field(default=0, init=False)

    def _count(self, one: Refusal, by: int) -> None:
        self.number += by * one.count


def count(often: Counter[bytes], what: Iterable[bytes], by: int) -> None:
    """Count ``what`` in or out. What is there no more is none of the different ones."""
    for each in what:
        often[each] += by
        if not often[each]:
            del often[each]


def people(one: LookUp) -> Iterable[bytes]:
    """Everybody whom a look-up is about."""
    return [person.who for person in one.people]


def families(one: LookUp) -> Iterable[bytes]:
    """The family of whom a look-up names first."""
    first = one.people[0].family if one.people else None
    return () if first is None else (first,)


def places(one: LookUp) -> Iterable[bytes]:
    """Where everybody lives whom a look-up is about."""
    return [person.place for person in one.people if person.place is not None]


def borne_alone(one: LookUp) -> dict[bytes, bytes]:
    """The tags that one person of the query bears alone, with how they were typed: not what twins share."""
    bearing: dict[bytes, bytes] = {}
    shared: set[bytes] = set()
    for person in one.people:
        shared |= bearing.keys() & person.tags
        bearing |= dict.fromkeys(person.tags, person.typed)
    return {tag: typed for tag, typed in bearing.items() if tag not in shared} if shared else bearing
