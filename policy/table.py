"""The whole policy as one table, for a meeting: what each role sees of each field, for each purpose, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from policy.compile import CompiledPolicy
from policy.diff import purposes_of
from policy.facts import LEVELS
from policy.region_words import level_called, region_said
from policy.rulebook import MOST
from policy.shown import shown, space_for
from policy.space import ForRole, same_as


@dataclass(frozen=True, slots=True)
class Shows:
    """A level of a field, and when it is shown: any of these conditions; none: always when there is a record."""

    level: str
    when: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """What some roles see, all alike, for one purpose: of each field the levels, the most first; none: nothing.

    ``of_staff``: of the records of people who work with children, which have rules of their own. The conditions of
    other fields than ``involved`` hold besides its own. Of a protected household it is the desk at most.
    """

    purpose: str
    roles: tuple[str, ...]
    of_staff: bool
    fields: Mapping[str, tuple[Shows, ...]]


@dataclass(frozen=True, slots=True)
class Purpose:
    """What purpose rules say of a purpose: who may ask, and the most that it allows of fields (level numbers)."""

    roles: tuple[str, ...]
    at_most: Mapping[str, int]


def table(policy: CompiledPolicy, purposes: Mapping[str, Purpose]) -> tuple[Row, ...]:
    """The rows of the purposes that the policy names, and that are known, for each role that may ask."""
    known = [name for name in purposes_of(policy) if name in purposes]
    return tuple(row for name in known for row in _together(_of_purpose(policy, name, purposes[name])))


def _together(rows: Iterable[Row]) -> list[Row]:
    """The rows of one purpose, with the roles in one that see the same."""
    together: list[Row] = []
    for row in rows:
        for place, other in enumerate(together):
            if (row.of_staff, row.fields) == (other.of_staff, other.fields):
                together[place] = replace(other, roles=other.roles + row.roles)
                break
        else:
            together.append(row)
    return together


def _of_purpose(policy: CompiledPolicy, name: str, purpose: Purpose) -> Iterator[Row]:
    space = space_for((policy,), name)
    found = shown(policy, name, space)
    for role in purpose.roles:
        for mark in ("none", "staff"):
            part = space.for_role(role)
            marked = part.part(space.where("restriction", same_as(mark)))
            cells = {field: [part.part(one) & marked for one in found.at_least[field]] for field in LEVELS}
            if mark == "none" or cells["involved"][0]:
                shows = {
                    field: _levels(field, cells, part, marked, purpose.at_most.get(field)) for field in LEVELS
                }
                yield Row(name, (role,), mark == "staff", shows)


def _levels(
    field: str, cells: Mapping[str, list[int]], part: ForRole, marked: int, most: int | None
) -> tuple[Shows, ...]:
    """The levels of a field. Where nothing of ``involved`` is shown, it does not matter what a field would be."""
    involved = cells["involved"][0]
    matters = marked if field == "involved" else involved
    highest = MOST[field] if most is None else min(most, MOST[field])
    at_least = [*cells[field][:highest], 0]
    shows = []
    for level in range(highest, 0, -1):
        if exactly := at_least[level - 1] & ~at_least[level]:
            when = tuple(filter(None, map(region_said, part.regions(exactly, part.everything & ~matters))))
            shows.append(Shows(level_called(field, level), when))
    return tuple(shows)
