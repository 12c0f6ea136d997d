"""What a human has to decide on, in one form: what a rule found, or a use of emergency access."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from broker.audit.event import Who
from broker.audit.watching.model import EmergencyNotReviewed, WatchingRules
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.queue import Decision, Item
from broker.audit.watching.watch import Waiting


@dataclass(frozen=True, slots=True)
class Matter:
    """``rule`` is None for emergency access whose review is not overdue, ``due`` for what has no time.

    ``sentence`` is None for such an access, of which nothing is to be said but who used it.
    """

    id: str
    at: datetime
    rule: str | None
    sentence: str | None = field(repr=False)
    requester: Who | None = field(repr=False)
    entries: tuple[int, ...]
    due: datetime | None
    decided: Decision | None


def matters(waiting: Waiting) -> Mapping[str, Matter]:
    """All that there is, by id, decided or not: emergency access first, as its review is due.

    Access whose overdue review a rule has found stands there once, as the finding: deciding on it counts for
    both.
    """
    found = {one.id: _of_finding(one) for one in waiting.items}
    about = {one.finding.about for one in waiting.items}
    access = (one for one in waiting.access if one.query_id not in about)
    by_due = sorted(access, key=lambda one: one.due)
    return {**{one.query_id: _of_access(one) for one in by_due if one.decision or not one.reviewed}, **found}


def undecided(every: Mapping[str, Matter]) -> Iterator[Matter]:
    """Those that wait."""
    return (one for one in every.values() if one.decided is None)


def words_of(one: Matter, rules: WatchingRules) -> Mapping[str, str]:
    """What its rule means, does not mean, and what to do; empty for a rule that is no longer in the file."""
    named = rules.rules.get(one.rule or "")
    if one.rule is None:
        named = next((rule for rule in rules.rules.values() if isinstance(rule, EmergencyNotReviewed)), None)
        return {"do": named.what_to_do} if named else {}
    return {"means": named.means, "does_not": named.does_not_mean, "do": named.what_to_do} if named else {}


def _of_finding(one: Item) -> Matter:
    its = one.finding
    at = datetime.fromisoformat(one.found_at)
    return Matter(one.id, at, its.rule, its.sentence, its.requester, its.entries, None, one.decision)


def _of_access(one: EmergencyAccess) -> Matter:
    return Matter(one.query_id, one.at, None, None, one.requester, (one.entry,), one.due, one.decision)
