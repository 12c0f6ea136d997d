"""Who is linked to a case, as far as the case system's owner shows it to the worker who holds the case.

Decided like the fields (``policy.compile``): what gives needs its condition to be true, what limits applies
unless its condition is definitely false, and without a rule there is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from policy.conditions import Condition, condition_of
from policy.facts import Ask, RosterGrant, RosterShown
from policy.roster_model import RosterRules


@dataclass(frozen=True, slots=True)
class Travelling:
    """A rule that lets identifiers travel as search keys."""

    applies: Condition = field(repr=False)
    identifiers: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledRoster:
    """The roster's rules as closures, each with the level that it gives or allows."""

    share: tuple[tuple[Condition, RosterShown], ...] = field(repr=False)
    at_most: tuple[tuple[Condition, RosterShown], ...] = field(repr=False)
    search_with: tuple[Travelling, ...] = field(repr=False)

    def grant(self, ask: Ask, age: int | None) -> RosterGrant:
        """What of one linked person is shown, and what may be searched with. ``age`` is by the roster."""
        given = [level for applies, level in self.share if applies(ask, "none", age) is True]
        limits = [level for applies, level in self.at_most if applies(ask, "none", age) is not False]
        shown = min(max(given, default=RosterShown.NOTHING), *limits, RosterShown.RELATION_AND_NAME)
        travelling = (one.identifiers for one in self.search_with if one.applies(ask, "none", age) is True)
        return RosterGrant(shown, frozenset().union(*travelling))


def compiled_roster(rules: RosterRules) -> CompiledRoster:
    """The rules of a policy's ``roster``, ready to be asked."""
    return CompiledRoster(
        tuple((condition_of(rule), RosterShown[rule.show.upper()]) for rule in rules.share),
        tuple((condition_of(rule), RosterShown[rule.show.upper()]) for rule in rules.at_most),
        tuple(Travelling(condition_of(rule), frozenset(rule.identifiers)) for rule in rules.search_with),
    )
