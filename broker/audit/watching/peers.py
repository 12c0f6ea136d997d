"""How many families or places are usual at a moment: what half of a requester's peers look up, or fewer. Pure.

It goes once through what everybody did, with one window for all, and keeps everybody's number in order: so a
median is looked up and not counted anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from operator import attrgetter

from broker.audit.watching.facts import LookUp
from broker.audit.watching.windows import Of, Window, count

ENOUGH_PEERS = 3
"""With fewer others of the same role, everybody who asked is a peer."""


@dataclass(slots=True)
class Everybody(Window[LookUp]):
    """What everybody looked up within a time.

    ``numbers``: how many different ones each has who has any, fewest first; of all, and by the role that they had
    at first.
    """

    of: Of
    often: dict[str, Counter[bytes]] = field(
        default_factory=lambda: defaultdict(Counter), init=False, repr=False
    )
    roles: dict[str, str | None] = field(default_factory=dict, init=False, repr=False)
    numbers: list[int] = field(default_factory=list, init=False)
    by_role: dict[str | None, list[int]] = field(default_factory=lambda: defaultdict(list), init=False)

    def number(self, subject: str) -> int:
        """How many a requester has."""
        return len(self.often[subject])

    def usual(self, one: LookUp) -> float | None:
        """The median of a requester's peers, of those who looked up anybody; None without any."""
        subject, role = one.requester.subject, one.requester.role
        own = self.number(subject)
        in_role = _Others(self.by_role[role], own if self.roles[subject] == role else None)
        return (in_role if in_role.many >= ENOUGH_PEERS else _Others(self.numbers, own)).median()

    def _count(self, one: LookUp, by: int) -> None:
        subject = one.requester.subject
        role = self.roles.setdefault(subject, one.requester.role)
        before = self.number(subject)
        count(self.often[subject], self.of(one), by)
        if (after := self.number(subject)) != before:
            for numbers in (self.numbers, self.by_role[role]):
                _exchange(numbers, before, after)


@dataclass(frozen=True, slots=True)
class _Others:
    """Numbers, fewest first, without one that is ``own``; None: all of them."""

    numbers: Sequence[int]
    own: int | None

    @property
    def many(self) -> int:
        return len(self.numbers) - (self.own is not None)

    def median(self) -> float | None:
        if not self.many:
            return None
        left_out = len(self.numbers) if self.own is None else bisect_left(self.numbers, self.own)
        low, high = (at + (at >= left_out) for at in ((self.many - 1) // 2, self.many // 2))
        return (self.numbers[low] + self.numbers[high]) / 2


def usual_among_peers(
    look_ups: Iterable[LookUp], within: timedelta, of: Of, at_least: int
) -> Mapping[int, float | None]:
    """What is usual at the moment of each look-up, by its index, wherever a requester had ``at_least`` so many.

    Give it everything in order. What is of one moment counts together.
    """
    everybody = Everybody(within, of)
    usual: dict[int, float | None] = {}
    for _, of_one_moment in groupby(look_ups, key=attrgetter("at")):
        together = list(of_one_moment)
        for one in together:
            everybody.take(one)
        for one in together:
            if everybody.number(one.requester.subject) >= at_least:
                usual[one.index] = everybody.usual(one)
    return usual


def _exchange(numbers: list[int], before: int, after: int) -> None:
    """In a list that is in order; 0 is not in it."""
    if before:
        del numbers[bisect_left(numbers, before)]
    if after:
        insort(numbers, after)
