"""Rows of one person in a source, brought together before weighing.

Otherwise they would stand in each other's way: each of two equal rows can be the one meant with a chance of
at most a half. Who is asked about plays no part, and neither does the order of the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, combinations

from broker.matching.columns import Birth, Columns
from broker.matching.compare_names import compare_family_names, compare_given_names
from broker.matching.levels import FamilyNameLevel, GivenNameLevel
from broker.matching.nicknames import are_forms_of_one_name
from broker.matching.normalise import postcode, valid_nhs_number, valid_upn

Link = tuple[int, int]
_ONE_NAME = frozenset({FamilyNameLevel.EXACT, FamilyNameLevel.CLOSE})
_A_STOPGAP_NUMBER = 20
"""A number that rows of more given names than this share was typed in to fill a field: it tells nothing."""

_MOST_BORN_TOGETHER = 100
"""More people than this of one birth date have a date that fills a field: other forms of names don't join them."""


def group(rows: Columns, indices: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The rows of each person, as indices in ``rows``; every one of ``indices`` is in exactly one group.

    Together are rows of the same names and birth date, of the same names and local key, of the same birth date
    and one same name with a close spelling of the other, or of the same valid NHS number or UPN and a like
    given name. Rows that thereby come together with two different valid NHS numbers, or two UPNs, are of
    different people after all: they are parted again by their numbers.
    """
    links = [*_by_key(rows, indices), *_by_birth(rows, indices), *_by_number(rows, indices)]
    linked = set(chain.from_iterable(links))
    alone = [(index,) for index in indices if index not in linked]
    parted = (part for members in _connected(linked, links) for part in _parted(members, rows))
    return tuple(sorted([*alone, *parted]))


def _by_key(rows: Columns, indices: Sequence[int]) -> Iterator[Link]:
    """The same names, under one key of the service's own."""
    for lot in _sharing(rows.local_key, indices):
        first: dict[Hashable, int] = {}
        for index in lot:
            if (named := _names(rows, index)) and (one := first.setdefault(named, index)) != index:
                yield one, index


def _by_birth(rows: Columns, indices: Sequence[int]) -> Iterator[Link]:
    """The same names, or one of them and another form of the other, born the same day."""
    birth, location = rows.birth, rows.location
    births = [_birth(born, location[index][1]) if born else None for index, born in enumerate(birth)]
    for lot in _sharing(births, indices):
        written: dict[Hashable, int] = {}
        first: dict[Hashable, int] = {}
        for index in lot:
            if named := _names(rows, index):
                if (one := first.setdefault(named, index)) != index:
                    yield one, index
                as_written = rows.given_name[index], rows.family_names[index], rows.sex[index]
                written.setdefault(as_written, index)
        if 1 < len(written) <= _MOST_BORN_TOGETHER:
            yield from (pair for pair in combinations(written.values(), 2) if _are_one(rows, *pair))


def _sharing(column: Sequence[Hashable], indices: Sequence[int]) -> Iterable[list[int]]:
    """The rows that share a value of a column, in lots of two at least."""
    values = [column[index] for index in indices]
    known = len(values) - values.count(None)
    if len({*values} - {None}) == known:  # as keys and numbers mostly are: nobody shares one
        return []
    lots: dict[Hashable, list[int]] = defaultdict(list)
    for index, value in zip(indices, values, strict=True):
        if value is not None:
            lots[value].append(index)
    return [lot for lot in lots.values() if len(lot) > 1]


def _names(rows: Columns, index: int) -> tuple[str, str] | None:
    given, families = rows.given_name[index], rows.family_names[index]
    return (given, families[0]) if given and families else None


def _are_one(rows: Columns, one: int, other: int) -> bool:
    """Of two who were born the same day. A slip or a former name in the family name; Katherine and Katie.

    A given name that is merely spelt alike is not enough: twins are called Jayden and Hayden.
    """
    given, other_given = rows.given_name[one] or "", rows.given_name[other] or ""
    families, other_families = rows.family_names[one], rows.family_names[other]
    if given == other_given:
        level = compare_family_names(families, other_families)
        alike = level is not None and level[0] in _ONE_NAME
    else:
        alike = families[0] == other_families[0] and are_forms_of_one_name(given, other_given)
    return alike and _may_be_one(rows, one, other)


def _may_be_one(rows: Columns, one: int, other: int) -> bool:
    sexes = {rows.sex[one], rows.sex[other]}
    return sexes != {"female", "male"}


def _birth(born: Birth, code: str | None) -> Hashable:
    """What makes namesakes one person. 1 January is the birth date of many whose true one is unknown: there
    it takes the same postcode too.
    """
    if not isinstance(born, date):
        return None
    if born.day != 1 or born.month != 1:
        return born
    home = postcode(code)
    return (born, home) if home else None


def _by_number(rows: Columns, indices: Sequence[int]) -> Iterator[Link]:
    for column, valid in ((rows.nhs_number, valid_nhs_number), (rows.upn, valid_upn)):
        for lot in _sharing(column, indices):
            if valid(column[lot[0]]):
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


def _connected(indices: Iterable[int], links: Iterable[Link]) -> Iterable[list[int]]:
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
    for index in sorted(leader):
        groups[lead(index)].append(index)
    return groups.values()


def _parted(members: Sequence[int], rows: Columns) -> Iterable[tuple[int, ...]]:
    numbers: Mapping[int, tuple[str | None, str | None]] = {
        index: (valid_nhs_number(rows.nhs_number[index]), valid_upn(rows.upn[index])) for index in members
    }
    conflicting = any(len(set(filter(None, kind))) > 1 for kind in zip(*numbers.values(), strict=True))
    if not conflicting:
        return [tuple(members)]
    parts: dict[Hashable, list[int]] = defaultdict(list)
    for index in members:
        person = rows.given_name[index], rows.family_names[index], rows.birth[index]
        parts[numbers[index], person].append(index)
    return [tuple(part) for part in parts.values()]
