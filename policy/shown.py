"""What a policy's rules show in every cell of a space: exactly, for one purpose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from policy.compile import CompiledPolicy
from policy.conditions import Condition
from policy.facts import LEVELS, RosterShown
from policy.rulebook import MOST, by_mark
from policy.rules import Rule
from policy.space import Space, same_as, space_of

ROSTER = "roster"
"""Who is linked to a case, told like a field."""
SEARCH_WITH = "search_with"
"""Before the name of an identifier that may travel, in memory, to search with."""


@dataclass(frozen=True, slots=True)
class Shown:
    """For every field the cells in which it is shown at its first level or more, at its second, and so on."""

    at_least: Mapping[str, tuple[int, ...]] = field(repr=False)

    def exactly(self, name: str, level: int) -> int:
        """The cells in which a field is shown at a level, not more and not less; of levels above nothing."""
        cells = (*self.at_least[name], 0)
        return cells[level - 1] & ~cells[level]


def space_for(policies: Sequence[CompiledPolicy], purpose: str | None) -> Space:
    """The cells that the rules of these policies, their rosters' too, tell apart for a purpose."""
    every = [one for policy in policies for one in _conditions(policy)]
    roles = {role for one in every for fact in one.facts if fact.name == "role" for role in fact.named}
    spoken = [one for one in every if one.names(purpose)]
    return space_of(spoken, [policy.book.ages for policy in policies], roles)


def _conditions(policy: CompiledPolicy) -> Iterator[Condition]:
    for rules in policy.book.written.values():
        yield from (rule.applies for rule in (*rules.share, *rules.at_most))
    if (roster := policy.roster_rules) is not None:
        yield from (one for one, _ in (*roster.share, *roster.at_most))
        yield from (one.applies for one in roster.search_with)


def shown(policy: CompiledPolicy, purpose: str | None, space: Space) -> Shown:
    """What is shown of a record that the gates, its date and the age that was typed let pass."""
    if policy.by_request:
        return Shown({name: (0,) * MOST[name] for name in LEVELS})
    rules = {
        name: _at_least(_spoken(one.share, purpose), _spoken(one.at_most, purpose), MOST[name], space)
        for name, one in policy.book.written.items()
    }
    involved = rules["involved"][0] & _of_an_age(policy, space)
    return Shown(
        {
            name: tuple(
                cells & involved & ~_beyond(name, at, space) for at, cells in enumerate(at_least, start=1)
            )
            for name, at_least in rules.items()
        }
    )


def _spoken(rules: Iterable[Rule], purpose: str | None) -> list[tuple[Condition, int]]:
    return [(rule.applies, rule.level) for rule in rules if rule.applies.names(purpose)]


def _at_least(
    share: Sequence[tuple[Condition, int]], at_most: Sequence[tuple[Condition, int]], most: int, space: Space
) -> tuple[int, ...]:
    given = [(space.true(condition), level) for condition, level in share]
    held = [(space.not_false(condition), level) for condition, level in at_most]
    return tuple(
        _any(cells for cells, level in given if level >= wanted)
        & ~_any(cells for cells, level in held if level < wanted)
        for wanted in range(1, most + 1)
    )


def _any(of: Iterable[int]) -> int:
    cells = 0
    for one in of:
        cells |= one
    return cells


def _of_an_age(policy: CompiledPolicy, space: Space) -> int:
    """The cells of people whose age the policy's age rule lets pass."""
    ages = policy.book.ages
    return space.everything if ages is None else space.where("age", lambda age: ages.hold(age) is True)


def _beyond(name: str, level: int, space: Space) -> int:
    """The cells in which so much is never shown because of what the record is marked with."""
    return space.where("restriction", lambda mark: level > by_mark(name, mark))


def roster_shown(policy: CompiledPolicy, purpose: str | None, space: Space) -> Shown:
    """What is shown of who is linked to a case, and what may be searched with; to its holder alone."""
    roster = policy.roster_rules
    if roster is None:
        return Shown({})
    holder = space.where("case", same_as("verified")) & space.where("restriction", same_as("none"))
    share = [one for one in roster.share if one[0].names(purpose)]
    at_most = [one for one in roster.at_most if one[0].names(purpose)]
    levels = _at_least(share, at_most, int(max(RosterShown)), space)
    travelling: dict[str, int] = {}
    for rule in roster.search_with:
        for identifier in rule.identifiers if rule.applies.names(purpose) else ():
            name = f"{SEARCH_WITH} {identifier}"
            travelling[name] = travelling.get(name, 0) | space.true(rule.applies)
    return Shown(
        {ROSTER: tuple(cells & holder for cells in levels)}
        | {name: (cells & holder,) for name, cells in travelling.items()}
    )
