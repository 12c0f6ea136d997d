"""Conditions over facts that may be unknown: true, false, or None for unknown.

The one place where the second law is arithmetic. What gives (``share``) needs its condition to be *true*;
what limits (``at_most``) applies unless its condition is *definitely false*. So forgetting a fact never shows
more.

A condition has two parts. The first is about the request, and about what the record is marked with: it is the
same for all the records that one question meets, and is decided once. The second is the subject's age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from policy.facts import Ask, Restriction
from policy.parts import Ages, AtMost, Share, ShareInvolved, When
from policy.roster_model import SearchWith

Truth = bool | None
Mark = Restriction
"""What a record is marked with."""


class Fact(NamedTuple):
    """A fact of the request, as it is called in Ask; whether a value will do; and the values named."""

    name: str
    holds: Callable[[Any], Truth]
    named: tuple[Any, ...] = ()


def all_of(truths: Iterable[Truth]) -> Truth:
    """False when one is false, else unknown when one is unknown, else true."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


@dataclass(frozen=True, slots=True)
class Condition:
    """When a rule applies: to requests of which all of ``facts`` hold, and to people of ``ages``.

    ``purposes``: None is any purpose. ``marks``: what a record may be marked with for the rule to speak of it.
    """

    purposes: frozenset[str] | None
    marks: frozenset[Mark]
    facts: tuple[Fact, ...] = field(repr=False)
    ages: Ages | None

    @property
    def always(self) -> bool:
        """Whether it holds of every request and record that it speaks of."""
        return not self.facts and self.ages is None

    def names(self, purpose: str | None) -> bool:
        """Whether it is about a purpose; None: about one that no rule names."""
        return self.purposes is None or purpose in self.purposes

    def speaks_of(self, purpose: str | None, mark: Mark) -> bool:
        """Whether it is about a purpose, and about records of such a mark."""
        return mark in self.marks and self.names(purpose)

    def facts_hold(self, ask: Ask) -> Truth:
        """Whether the facts of a request hold of which it speaks."""
        return all_of(holds(getattr(ask, name)) for name, holds, _ in self.facts)

    def __call__(self, ask: Ask, mark: Mark, age: int | None) -> Truth:
        """Whether all of it holds."""
        if not self.speaks_of(ask.purpose, mark):
            return False
        return all_of((self.facts_hold(ask), True if self.ages is None else self.ages.hold(age)))


UNMARKED: frozenset[Mark] = frozenset({"none", "location"})
"""The marks of which a rule that names none speaks, when it gives: staff's records need a rule of their own."""
MARKS: frozenset[Mark] = UNMARKED | {"staff"}
"""The marks of records that any rule can speak of."""


def condition_of(rule: Share[Any] | ShareInvolved | AtMost[Any] | SearchWith) -> Condition:
    """When a rule applies, compiled: purpose, role and everything that its ``when`` names."""
    when = rule.when
    unnamed = MARKS if isinstance(rule, AtMost) else UNMARKED
    return Condition(
        purposes=frozenset(rule.purpose) if rule.purpose is not None else None,
        marks=frozenset({when.restriction}) if when and when.restriction else unnamed,
        facts=(*_roles(rule.roles), *(_parts_of(when) if when else ())),
        ages=when.age if when else None,
    )


def _roles(named: Sequence[str] | None) -> Iterable[Fact]:
    if named is not None:
        yield Fact("role", frozenset(named).__contains__, tuple(named))


def _parts_of(when: When) -> Iterable[Fact]:
    if when.relation is not None:
        yield Fact("relation", frozenset(when.relation).__contains__, tuple(when.relation))
    if when.case is not None:
        yield Fact("case", _same_as(when.case), (when.case,))
    if when.family_agreement is not None:
        yield Fact("family_agreement", _same_as(when.family_agreement), (when.family_agreement,))
    if when.time is not None:
        yield Fact("time", when.time.hold, (when.time.from_, when.time.to))


def _same_as(wanted: str) -> Callable[[str | None], Truth]:
    return lambda known: None if known is None else known == wanted
