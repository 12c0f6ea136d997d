"""Everything that a question and a record can be, cut into finitely many cells that no rule tells apart.

Rules look at a few facts only, and at each of them in a few ways: of all ages there are those below 16, those
from 16 to 17, and so on. So what a policy does can be told exactly, without trying examples: a set of cells is one
whole number with a bit for each, and rules are put together by ``&``, ``|`` and ``~``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from math import prod
from typing import Any, NamedTuple, get_args

from policy.conditions import MARKS, Condition, Fact, Truth
from policy.facts import CaseCheck, FamilyAgreement
from policy.parts import Ages, Relation

OTHER = "any other"
"""Stands for each value that no rule names."""

ORDER = ("role", "relation", "restriction", "family_agreement", "case", "time", "age")
"""The facts that rules look at, besides the purpose; the last is the subject's age, by the record."""


class Span(NamedTuple):
    """A stretch of ages or times that no rule tells apart: the first of them, and the first that is beyond it."""

    first: Any
    beyond: Any | None


Region = Mapping[str, tuple[Any, ...]]
"""A value of each fact: those of its groups, flat; a fact that is not named may be anything."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One fact, and its values in groups that no rule tells apart. The first of a group stands for it."""

    name: str
    groups: tuple[tuple[Any, ...], ...]

    def __len__(self) -> int:
        return len(self.groups)


@dataclass(frozen=True, slots=True)
class Space:
    """The cells: a group of each dimension. A set of cells is a whole number, with the last dimension's groups in
    neighbouring bits.
    """

    dimensions: tuple[Dimension, ...]
    strides: tuple[int, ...] = field(repr=False)
    size: int

    @property
    def everything(self) -> int:
        return (1 << self.size) - 1

    def where(self, name: str, holds: Callable[[Any], bool]) -> int:
        """The cells in which a fact has such a value."""
        place = next(n for n, one in enumerate(self.dimensions) if one.name == name)
        dimension, stride = self.dimensions[place], self.strides[place]
        ones = (1 << stride) - 1
        groups = enumerate(dimension.groups)
        block = sum(ones << (n * stride) for n, group in groups if holds(plain(group[0])))
        period = stride * len(dimension)
        return _repeated(block, period, self.size // period)

    def for_role(self, role: str) -> ForRole:
        """The cells of one role, without that dimension."""
        roles = self.dimensions[0].groups
        place = next((n for n, group in enumerate(roles) if role in group), None)
        other = next(n for n, group in enumerate(roles) if OTHER in group)
        return ForRole(self, other if place is None else place)

    def true(self, condition: Condition) -> int:
        """The cells in which a condition is true."""
        return self._of(condition, lambda truth: truth is True)

    def not_false(self, condition: Condition) -> int:
        """The cells in which a condition is true or unknown."""
        return self._of(condition, lambda truth: truth is not False)

    def regions(self, cells: int, unless: int = 0, place: int = 0) -> Iterator[Region]:
        """Cells as few regions, each with the values of every fact that matters in it.

        Regions may reach into the cells of ``unless``, of which it matters not whether they are told, and overlap
        there. ``place`` is that of the first dimension that counts.
        """
        return self._regions(cells, cells | unless, place) if cells else iter(())

    def _of(self, condition: Condition, good: Callable[[Truth], bool]) -> int:
        cells = self.where("restriction", condition.marks.__contains__)
        for fact in condition.facts:
            cells &= self.where(fact.name, partial(_passes, fact.holds, good))
        if (ages := condition.ages) is not None:
            cells &= self.where("age", partial(_passes, ages.hold, good))
        return cells

    def _regions(self, must: int, may: int, place: int) -> Iterator[Region]:
        if place == len(self.dimensions):
            yield {}
            return
        dimension, stride = self.dimensions[place], self.strides[place]
        ones = (1 << stride) - 1
        slices = [
            _Slice(must >> (n * stride) & ones, may >> (n * stride) & ones, group)
            for n, group in enumerate(dimension.groups)
        ]
        for alike in _merged(slices):
            named = {} if all(alike.fits(one) for one in slices) else {dimension.name: alike.values}
            yield from ({**named, **rest} for rest in self._regions(alike.must, alike.may, place + 1))


class _Slice(NamedTuple):
    """Cells of some values of one dimension: those that a region must have, and those that it may have."""

    must: int
    may: int
    values: tuple[Any, ...]

    def fits(self, other: _Slice) -> bool:
        """Whether a region with what this must have can be told of the other's values too."""
        return not self.must & ~other.may


def _merged(slices: Sequence[_Slice]) -> list[_Slice]:
    """The slices that have to be told, those together that can be told alike."""
    merged: list[_Slice] = []
    for one in slices:
        if not one.must:
            continue
        for place, other in enumerate(merged):
            if one.fits(other) and other.fits(one):
                merged[place] = _Slice(one.must | other.must, one.may & other.may, other.values + one.values)
                break
        else:
            merged.append(one)
    return merged


@dataclass(frozen=True, slots=True)
class ForRole:
    """The part of a space that is about one role: a space itself, of the other dimensions."""

    space: Space
    place: int

    @property
    def everything(self) -> int:
        return (1 << self.space.strides[0]) - 1

    def part(self, cells: int) -> int:
        """The cells of this role."""
        return cells >> (self.place * self.space.strides[0]) & self.everything

    def regions(self, part: int, unless: int) -> Iterator[Region]:
        """As of the whole space, without the role."""
        return self.space.regions(part, unless, place=1)


def space_of(conditions: Sequence[Condition], ages: Iterable[Ages | None], roles: Iterable[str]) -> Space:
    """The cells that these conditions, and age rules besides, can tell apart. ``roles``: all that are named."""
    facts = [fact for one in conditions for fact in one.facts]
    tests: dict[str, list[Callable[[Any], Truth]]] = {
        name: [fact.holds for fact in facts if fact.name == name] for name in ORDER
    }
    # Whatever the rules say: of a protected location less is shown, and no roster without a verified case.
    tests["restriction"] = [same_as("location"), *(one.marks.__contains__ for one in conditions)]
    tests["case"].append(same_as("verified"))
    of_ages = [one for one in (*ages, *(one.ages for one in conditions)) if one is not None]
    tests["age"] = [one.hold for one in of_ages]
    values = {
        **_values(facts),
        "role": [*sorted(roles), OTHER],
        "age": [*spans(turns_of(of_ages)), None],
    }
    dimensions = tuple(Dimension(name, _grouped(values[name], tests[name])) for name in ORDER)
    sizes = [len(one) for one in dimensions]
    strides = tuple(prod(sizes[place + 1 :]) for place in range(len(sizes)))
    return Space(dimensions, strides, prod(sizes))


def same_as(wanted: str) -> Callable[[Any], bool]:
    """Whether a value is this one. A text's own ``__eq__`` says neither yes nor no of None."""
    return lambda value: bool(value == wanted)


def plain(value: Any) -> Any:
    """A value as a rule looks at it: of a stretch, the first."""
    return value.first if isinstance(value, Span) else value


def spans(turns: Iterable[Any]) -> list[Span]:
    """The stretches between turns, in order."""
    ordered = sorted(turns)
    return [Span(first, beyond) for first, beyond in zip(ordered, [*ordered[1:], None], strict=True)]


def turns_of(rules: Iterable[Ages]) -> set[int]:
    """Every age from which on a rule holds, or holds no more; and nought."""
    bounded = list(rules)
    first = {0, *(one.from_ for one in bounded if one.from_ is not None)}
    return first | {one.to + 1 for one in bounded if one.to is not None}


def _repeated(block: int, period: int, times: int) -> int:
    """A block of bits, so many times, by doubling: a product would take a hundred times as long."""
    repeated, filled = 0, 0
    while times:
        if times & 1:
            repeated |= block << filled
            filled += period
        block |= block << period
        period, times = period * 2, times >> 1
    return repeated


def _passes(holds: Callable[[Any], Truth], good: Callable[[Truth], bool], value: Any) -> bool:
    return good(holds(value))


def _grouped(values: Sequence[Any], tests: Sequence[Callable[[Any], Truth]]) -> tuple[tuple[Any, ...], ...]:
    groups: dict[tuple[Truth, ...], list[Any]] = {}
    for value in values:
        groups.setdefault(tuple(test(plain(value)) for test in tests), []).append(value)
    return tuple(tuple(group) for group in groups.values())


def _values(facts: Sequence[Fact]) -> Mapping[str, Sequence[Any]]:
    """The values of each fact but role and age."""
    return {
        "relation": get_args(Relation),
        "restriction": sorted(MARKS, key=("none", "location", "staff").index),
        "family_agreement": [*get_args(FamilyAgreement), None],
        "case": [*get_args(CaseCheck), None],
        # Every time from which on a rule holds, or holds no more; and the begin of the day.
        "time": [*spans({time(0), *(at for one in facts if one.name == "time" for at in one.named)}), None],
    }
