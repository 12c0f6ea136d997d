"""Rules about what was left undone, and about sources: emergency access, close matches. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from broker.audit.event import Who
from broker.audit.watching.facts import Facts
from broker.audit.watching.finding import Finding, Known, moment, named
from broker.audit.watching.model import CloseMatches
from broker.audit.watching.queue import Decision

ReviewWithin = Mapping[str, timedelta]
"""How soon emergency access is reviewed, by purpose: of purposes with ``emergency:`` alone."""

ENOUGH_WEEKS = 3
"""With fewer weeks before it, nobody knows what a source's usual week is."""


@dataclass(frozen=True, slots=True)
class EmergencyAccess:
    """One use of emergency access, when its review is due, and when it was reviewed.

    ``purpose`` is None where only the overdue review is known; ``decision`` is what was decided, where that is
    looked up.
    """

    query_id: str
    entry: int
    at: datetime
    due: datetime
    requester: Who = field(repr=False)
    purpose: str | None
    reviewed: datetime | None
    decision: Decision | None = field(default=None, repr=False)


def emergencies(
    facts: Facts, review_within: ReviewWithin, except_roles: Iterable[str] = ()
) -> Iterator[EmergencyAccess]:
    """Every use of emergency access, oldest first."""
    left_out = frozenset(except_roles)
    used = [
        one for one in facts.look_ups if one.purpose in review_within and one.requester.role not in left_out
    ]
    for one in sorted(used, key=lambda it: (it.at, it.index)):
        due = one.at + review_within[one.purpose]
        reviewed = facts.decided.get(one.query_id)
        yield EmergencyAccess(one.query_id, one.index, one.at, due, one.requester, one.purpose, reviewed)


def emergency_not_reviewed(
    name: str, facts: Facts, known: Known, review_within: ReviewWithin, now: datetime
) -> Iterator[Finding]:
    """Emergency access that was not reviewed when it was due."""
    for one in emergencies(facts, review_within):
        key = f"{name}|{one.query_id}"
        late = one.due <= now and (one.reviewed is None or one.reviewed > one.due)
        if late and key not in known.keys:
            sentence = (
                f"{named(one.requester)} used emergency access on {moment(one.at)}. Its review was due on"
                f" {moment(one.due)}."
            )
            yield Finding(name, key, one.requester, one.at, one.due, (one.entry,), 1, sentence, one.query_id)


def close_matches(name: str, rule: CloseMatches, facts: Facts, known: Known) -> Iterator[Finding]:
    """A source whose close matches pile up in a week, against its own weeks before."""
    for source, weeks in facts.close_matches.items():
        before: list[int] = []
        for week, count in sorted(weeks.items()):
            key = f"{name}|{source}|{week}"
            usual = statistics.median(before) if len(before) >= ENOUGH_WEEKS else None
            before.append(count)
            if usual is None or key in known.keys:
                continue
            if count >= rule.in_a_week and count >= rule.times_usual * usual:
                begins = _monday(week)
                sentence = (
                    f"{source} had about {count} close matches that were not shown in the week from"
                    f" {moment(begins).partition(',')[0]}. Its usual week has {usual:g}."
                )
                ends = begins + timedelta(days=7)
                yield Finding(name, key, None, begins, ends, (), count, sentence, source)


def _monday(week: str) -> datetime:
    year, number = week.split("-W")
    return datetime.fromisocalendar(int(year), int(number), 1).replace(hour=12, tzinfo=UTC)
