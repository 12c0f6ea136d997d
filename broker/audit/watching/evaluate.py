"""All rules over a stretch of the log. Pure: the same facts, rules and moment give the same findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from broker.audit.watching import counting, knowing, model, overdue
from broker.audit.watching.facts import Facts, in_order
from broker.audit.watching.finding import Finding, Known
from broker.audit.watching.model import (
    EmergencyNotReviewed,
    Rate,
    Refusals,
    Retries,
    Spread,
    WatchingRules,
)
from broker.audit.watching.overdue import ReviewWithin
from broker.audit.watching.pace import Pace, at_once

_A_NIGHT = timedelta(days=2)
_NOTHING_KNOWN = Known()

Finder = Callable[[str, Any, Facts, Known], Iterator[Finding]]
"""A rule's name, the rule, what to look at, and what is known: what it finds."""


def evaluate(
    rules: WatchingRules,
    facts: Facts,
    now: datetime,
    review_within: ReviewWithin,
    known: Known = _NOTHING_KNOWN,
    pace: Pace = at_once,
) -> list[Finding]:
    """What the rules find that is not known yet, in the order in which it came about."""
    finders, happened = _finders(now, review_within), in_order(facts, pace)
    found = (
        finding
        for name, rule in rules.rules.items()
        for finding in finders[type(rule)](name, rule, happened, known)
        if finding.key not in known.keys
    )
    return sorted(found, key=lambda one: (one.ends, one.key))


def look_back(rules: WatchingRules, review_within: ReviewWithin) -> timedelta:
    """How far back facts have to reach, so that no rule misses what is new."""
    counting_rules = Rate | Spread | Retries | Refusals
    lengths = [rule.within for rule in rules.rules.values() if isinstance(rule, counting_rules)]
    return max((*lengths, *review_within.values(), _A_NIGHT)) + _A_NIGHT


def by_the_clock(rules: WatchingRules) -> WatchingRules:
    """Those of the rules that may find something as time goes by, also where nothing happens."""
    waiting = {name: rule for name, rule in rules.rules.items() if isinstance(rule, EmergencyNotReviewed)}
    return rules.model_copy(update={"rules": waiting})


def _finders(now: datetime, review_within: ReviewWithin) -> Mapping[type, Finder]:
    """What finds, by kind of rule."""

    def not_reviewed(name: str, _: Any, facts: Facts, known: Known) -> Iterator[Finding]:
        return overdue.emergency_not_reviewed(name, facts, known, review_within, now)

    return {
        model.Rate: counting.rate,
        model.Spread: counting.spread,
        model.Retries: counting.retries,
        model.Refusals: counting.refusals,
        model.OutOfHours: knowing.out_of_hours,
        model.OwnSurname: knowing.own_surname,
        model.OwnAddress: knowing.own_address,
        model.Colleagues: knowing.colleagues,
        model.FlaggedPeople: knowing.flagged_people,
        model.EmergencyNotReviewed: not_reviewed,
        model.CloseMatches: overdue.close_matches,
    }
