"""Conditions over facts that may be unknown: true, false, or None for unknown.

The one place where the second law is arithmetic. What gives (``share``) needs its condition to be *true*;
what limits (``at_most``) applies unless its condition is *definitely false*. So forgetting a fact never shows
more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from policy.facts import Ask
from policy.parts import AtMost, Share, ShareInvolved, When
from policy.roster_model import SearchWith

Truth = bool | None
Condition = Callable[[Ask, int | None], Truth]
"""Of the request facts and the subject's age by the record."""

Fact = TypeVar("Fact")


def all_of(truths: Iterable[Truth]) -> Truth:
    """False when one is false, else unknown when one is unknown, else true."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown = unknown or truth is None
    return None if unknown else True


def condition_of(rule: Share[Any] | ShareInvolved | AtMost[Any] | SearchWith) -> Condition:
    """When a rule applies, compiled: purpose, role and everything that its ``when`` names."""
    parts: list[Condition] = []
    if rule.purpose is not None:
        purposes = frozenset(rule.purpose)
        parts.append(lambda ask, _: ask.purpose in purposes)
    if rule.roles is not None:
        roles = frozenset(rule.roles)
        parts.append(lambda ask, _: ask.role in roles)
    if rule.when is not None:
        parts.extend(_parts_of(rule.when))
    if len(parts) == 1:
        return parts[0]
    return lambda ask, age: all_of(part(ask, age) for part in parts)


def _parts_of(when: When) -> Iterable[Condition]:
    if when.relation is not None:
        relations = frozenset(when.relation)
        yield lambda ask, _: ask.relation in relations
    if when.case is not None:
        case = when.case
        yield lambda ask, _: None if ask.case is None else ask.case == case
    if when.family_agreement is not None:
        agreement = when.family_agreement
        yield lambda ask, _: None if ask.family_agreement is None else ask.family_agreement == agreement
    if when.age is not None:
        ages = when.age
        yield lambda _, age: ages.hold(age)
