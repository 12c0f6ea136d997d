"""Rows of one person in a source, brought together before weighing.

Otherwise they would stand in each other's way: each of two equal rows can be the one meant with a chance of
at most a half. Who is asked about plays no part, and neither does the order of the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from broker.matching.columns import Columns
from broker.matching.compare import (
    FamilyNameLevel,
    GivenNameLevel,
    compare_family_names,
    compare_given_names,
)
from broker.matching.known import Number
from broker.matching.nicknames import are_forms_of_one_name
from broker.matching.normalise import postcode

Link = tuple[int, int]
_ONE_NAME = frozenset({FamilyNameLevel.EXACT, FamilyNameLevel.CLOSE})
_A_STOPGAP_NUMBER = 20
"""A number that rows of more given names than this share was typed in to fill a field: it tells nothing."""

_MOST_BORN_TOGETHER = 50
"""Of one given or family name. More of one birth date stand for a date that fills a field: they stay apart."""


def group(rows: Columns, indices: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The rows of each person, as indices in ``rows``; every one of ``indices`` is in exactly one group.

    Together are rows of the same names and birth date, of the same names and local key, of the same birth date
    and one same name with a close spelling of the other, or of the same valid NHS number or UPN and a like
    given name. Rows that thereby come together with two different valid NHS numbers, or two UPNs, are of
    different people after all: they are parted again by their numbers.
    """
    links = [*_by_names(rows, indices), *_by_number(rows, indices)]
    if not links:
        return tuple((index,) for index in sorted(indices))
    parted = (part for members in _connected(indices, links) for part in _parted(members, rows))
    return tuple(sorted(parted))


def _by_names(rows: Columns, indices: Sequence[int]) -> Iterator[Link]:
    """Rows that share a given or a family name, in lots; within a lot, those of one person."""
    same_given: dict[str, list[int]] = defaultdict(list)
    same_family: dict[str, list[int]] = defaultdict(list)
    given, families = rows.given_name, rows.family_names
    for index in indices:
        name, family = given[index], families[index]
        if name and family:
            same_given[name].append(index)
            same_family[family[0]].append(index)
    for lot in same_given.values():
        if len(lot) > 1:
            yield from _same_names(rows, lot)
            yield from _spelt_alike(rows, lot)
    for lot in same_family.values():
        if len(lot) > 1:
            yield from _forms_of_one_name(rows, lot)


def _same_names(rows: Columns, lot: Sequence[int]) -> Iterator[Link]:
    """Of the same given name: those of the same family name and local key, or family name and birth date."""
    first: dict[Hashable, int] = {}
    for index in lot:
        family = rows.family_names[index][0]
        yield first.setdefault((family, "key", rows.local_key[index]), index), index
        if born := _birth(rows, index):
            yield first.setdefault((family, born), index), index


def _spelt_alike(rows: Columns, lot: Sequence[int]) -> Iterator[Link]:
    """A slip or a former name in the family name, born the same day.

    A given name that is merely spelt alike is not enough: twins are called Jayden and Hayden.
    """
    for one, other in _born_together(rows, lot):
        level = compare_family_names(rows.family_names[one], rows.family_names[other])
        if level and level[0] in _ONE_NAME and _may_be_one(rows, one, other):
            yield one, other


def _forms_of_one_name(rows: Columns, lot: Sequence[int]) -> Iterator[Link]:
    """Katherine and Katie of one family name, born the same day."""
    for one, other in _born_together(rows, lot):
        names = rows.given_name[one] or "", rows.given_name[other] or ""
        if are_forms_of_one_name(*names) and _may_be_one(rows, one, other):
            yield one, other


def _born_together(rows: Columns, lot: Sequence[int]) -> Iterator[Link]:
    """Pairs of rows of one birth date, one row for each way in which names and sex are written."""
    by_birth: dict[Hashable, dict[Hashable, int]] = defaultdict(dict)
    for index in lot:
        if born := _birth(rows, index):
            written = rows.given_name[index], rows.family_names[index], rows.sex[index]
            by_birth[born].setdefault(written, index)
    for members in by_birth.values():
        if len(members) <= _MOST_BORN_TOGETHER:
            yield from combinations(members.values(), 2)


def _may_be_one(rows: Columns, one: int, other: int) -> bool:
    sexes = {rows.sex[one], rows.sex[other]}
    return sexes != {"female", "male"}


def _birth(rows: Columns, index: int) -> Hashable:
    """What makes namesakes one person. 1 January is the birth date of many whose true one is unknown: there
    it takes the same postcode too.
    """
    born = rows.birth[index]
    if not isinstance(born, date):
        return None
    if (born.month, born.day) != (1, 1):
        return born
    home = postcode(rows.location[index][1])
    return (born, home) if home else None


def _by_number(rows: Columns, indices: Sequence[int]) -> Iterator[Link]:
    for column in (rows.nhs_number, rows.upn):
        sharing: dict[str, list[int]] = defaultdict(list)
        for index in indices:
            number = column[index]
            if number is not None and number.valid:
                sharing[number.written].append(index)
        for lot in sharing.values():
            if len(lot) > 1:
                yield from _of_like_names(rows, lot)


def _of_like_names(rows: Columns, lot: Sequence[int]) -> Iterator[Link]:
    """Twins are often given each other's number by mistake: a number brings only like names together."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for index in lot:
        by_name[rows.given_name[index] or ""].append(index)
    if len(by_name) > _A_STOPGAP_NUMBER:
        return
    for members in by_name.values():
        yield from ((members[0], other) for other in members)
    for (name, members), (other_name, others) in combinations(by_name.items(), 2):
        if compare_given_names(name, other_name) is not GivenNameLevel.DIFFERS:
            yield members[0], others[0]


def _valid(number: Number | None) -> str | None:
    return number.written if number and number.valid else None


def _connected(indices: Sequence[int], links: Iterable[Link]) -> Iterable[list[int]]:
    """The connected parts (union-find)."""
    leader = {index: index for index in indices}

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for one, other in links:
        leader[lead(one)] = lead(other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in sorted(indices):
        groups[lead(index)].append(index)
    return groups.values()


def _parted(members: Sequence[int], rows: Columns) -> Iterable[tuple[int, ...]]:
    numbers: Mapping[int, tuple[str | None, str | None]] = {
        index: (_valid(rows.nhs_number[index]), _valid(rows.upn[index])) for index in members
    }
    conflicting = any(len(set(filter(None, kind))) > 1 for kind in zip(*numbers.values(), strict=True))
    if not conflicting:
        return [tuple(members)]
    parts: dict[Hashable, list[int]] = defaultdict(list)
    for index in members:
        person = rows.given_name[index], rows.family_names[index], rows.birth[index]
        parts[numbers[index], person].append(index)
    return [tuple(part) for part in parts.values()]
