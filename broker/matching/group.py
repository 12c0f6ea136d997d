"""Rows of one person in a source, brought together before weighing.

Otherwise they would stand in each other's way: each of two equal rows can be the one meant with a chance of
at most a half. Who is asked about plays no part, and neither does the order of the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import combinations

from broker.matching.compare import (
    FamilyNameLevel,
    GivenNameLevel,
    compare_family_names,
    compare_given_names,
)
from broker.matching.known import Known, Number
from broker.matching.nicknames import are_forms_of_one_name
from broker.matching.normalise import postcode

_ONE_NAME = frozenset({FamilyNameLevel.EXACT, FamilyNameLevel.CLOSE})
_A_STOPGAP_NUMBER = 20
"""A number that rows of more given names than this share was typed in to fill a field: it tells nothing."""


def group(rows: Sequence[Known], local_keys: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """The rows of each person, as indices in ``rows``; every index is in exactly one group.

    Together are rows of the same names and birth date, of the same names and local key, of the same birth date
    and one same name with a close spelling of the other, or of the same valid NHS number or UPN and a like
    given name. Rows that thereby come together with two different valid NHS
    numbers, or two UPNs, are of different people after all: they are parted again by their numbers.
    """
    groups = _connected(len(rows), [*_by_names(rows, local_keys), *_by_spelling(rows), *_by_number(rows)])
    parted = (part for members in groups for part in _parted(members, rows))
    return tuple(sorted(parted))


def _by_names(rows: Sequence[Known], local_keys: Sequence[str]) -> Iterable[tuple[int, int]]:
    first: dict[Hashable, int] = {}
    for index, row in enumerate(rows):
        if row.given_name and row.family_names:
            names = (row.given_name, row.family_names[0])
            yield first.setdefault((*names, "key", local_keys[index]), index), index
            born = _birth(row)
            if born:
                yield first.setdefault((*names, *born), index), index


def _by_spelling(rows: Sequence[Known]) -> Iterable[tuple[int, int]]:
    """A slip or a former name in the family name; a form of the given name (Katherine, Katie).

    A given name that is merely spelt alike is not enough: twins are called Jayden and Hayden.
    """
    same_given: dict[Hashable, list[int]] = defaultdict(list)
    same_family: dict[Hashable, list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        if row.given_name and row.family_names and (born := _birth(row)):
            same_given[row.given_name, *born].append(index)
            same_family[row.family_names[0], *born].append(index)
    for members in same_given.values():
        for one, other in combinations(members, 2):
            level = compare_family_names(rows[one].family_names, rows[other].family_names)
            if level and level[0] in _ONE_NAME and _may_be_one(rows[one], rows[other]):
                yield one, other
    for members in same_family.values():
        for one, other in combinations(members, 2):
            names = rows[one].given_name or "", rows[other].given_name or ""
            if are_forms_of_one_name(*names) and _may_be_one(rows[one], rows[other]):
                yield one, other


def _may_be_one(one: Known, other: Known) -> bool:
    return one.sex is None or other.sex is None or one.sex == other.sex


def _birth(row: Known) -> tuple[Hashable, ...]:
    """What makes namesakes one person. 1 January is the birth date of many whose true one is unknown: there
    it takes the same postcode too.
    """
    if row.birth_date is None:
        return ()
    if (row.birth_date.month, row.birth_date.day) != (1, 1):
        return (row.birth_date,)
    home = postcode(row.location[1])
    return (row.birth_date, home) if home else ()


def _by_number(rows: Sequence[Known]) -> Iterable[tuple[int, int]]:
    sharing: dict[Hashable, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for index, row in enumerate(rows):
        for kind, number in (("nhs", _valid(row.nhs_number)), ("upn", _valid(row.upn))):
            if number:
                sharing[kind, number][row.given_name or ""].append(index)
    for by_name in sharing.values():
        yield from _of_like_names(by_name)


def _of_like_names(by_name: Mapping[str, Sequence[int]]) -> Iterable[tuple[int, int]]:
    """Twins are often given each other's number by mistake: a number brings only like names together."""
    if len(by_name) > _A_STOPGAP_NUMBER:
        return
    for members in by_name.values():
        yield from ((members[0], other) for other in members)
    for (name, members), (other_name, others) in combinations(by_name.items(), 2):
        if compare_given_names(name, other_name) is not GivenNameLevel.DIFFERS:
            yield members[0], others[0]


def _valid(number: Number | None) -> str | None:
    return number.written if number and number.valid else None


def _connected(count: int, links: Iterable[tuple[int, int]]) -> Iterable[list[int]]:
    """The connected parts of ``count`` nodes (union-find)."""
    leader = list(range(count))

    def lead(index: int) -> int:
        while leader[index] != index:
            leader[index] = leader[leader[index]]
            index = leader[index]
        return index

    for one, other in links:
        leader[lead(one)] = lead(other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(count):
        groups[lead(index)].append(index)
    return groups.values()


def _parted(members: Sequence[int], rows: Sequence[Known]) -> Iterable[tuple[int, ...]]:
    numbers = {index: (_valid(rows[index].nhs_number), _valid(rows[index].upn)) for index in members}
    conflicting = any(len(set(filter(None, kind))) > 1 for kind in zip(*numbers.values(), strict=True))
    if not conflicting:
        return [tuple(members)]
    parts: dict[Hashable, list[int]] = defaultdict(list)
    for index in members:
        row = rows[index]
        parts[numbers[index], row.given_name, row.family_names, row.birth_date].append(index)
    return [tuple(part) for part in parts.values()]
