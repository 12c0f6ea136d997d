"""Conditions over facts that may be unknown: true, false, or None for unknown.

The one place where the second law is arithmetic. What gives (``share``) needs its condition to be *true*;
what limits (``at_most``) applies unless its condition is *definitely false*. So forgetting a fact never shows
more.

A condition has two parts. The first is about the request, and about what the record is marked with: it is the
same for all the records that one question meets, and is decided once. The second is the subject's age.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from policy.facts import Ask, Restriction
from policy.parts import Ages, AtMost, Share, ShareInvolved, When
from policy.roster_model import SearchWith

Truth = bool | None
Mark = Restriction
"""What a record is marked with."""
OfRequest = Callable[[Ask], Truth]


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
    facts: tuple[OfRequest, ...] = field(repr=False)
    ages: Ages | None

    @property
    def always(self) -> bool:
        """Whether it holds of every request and record that it speaks of."""
        return not self.facts and self.ages is None

    def speaks_of(self, purpose: str | None, mark: Mark) -> bool:
        """Whether it is about such a purpose (None: one that no rule names), and about records of such a mark."""
        return mark in self.marks and (self.purposes is None or purpose in self.purposes)

    def facts_hold(self, ask: Ask) -> Truth:
        """Whether the facts of a request hold of which it speaks."""
        return all_of(fact(ask) for fact in self.facts)

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


def _roles(named: Iterable[str] | None) -> Iterable[OfRequest]:
    if named is not None:
        roles = frozenset(named)
        yield lambda ask: ask.role in roles


def _parts_of(when: When) -> Iterable[OfRequest]:
    if when.relation is not None:
        relations = frozenset(when.relation)
        yield lambda ask: ask.relation in relations
    if when.case is not None:
        case = when.case
        yield lambda ask: None if ask.case is None else ask.case == case
    if when.family_agreement is not None:
        agreement = when.family_agreement
        yield lambda ask: None if ask.family_agreement is None else ask.family_agreement == agreement
    if when.time is not None:
        hours = when.time
        yield lambda ask: hours.hold(ask.time)
