"""The digest: what a stretch of days brought, in counts, rules and ids. It names nobody, so that it may be
mailed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from broker.audit.watching.finding import moment
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.queue import Item
from broker.notices.notice import FORMAT, Notice
from broker.surroundings import LONDON

A_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Digest:
    """``found`` and ``decided`` are of the stretch; ``undecided`` and ``unreviewed`` are all that still wait."""

    since: datetime
    until: datetime
    found: Mapping[str, int]
    decided: Mapping[str, int]
    undecided: tuple[tuple[str, str], ...]
    unreviewed: tuple[tuple[str, datetime], ...] = field(default=())

    def as_json(self) -> Mapping[str, Any]:
        """For programs."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "found": dict(self.found),
            "decided": dict(self.decided),
            "undecided": [{"finding": its, "rule": rule} for its, rule in self.undecided],
            "emergency_access_not_reviewed": [
                {"query": its, "due": due.isoformat(), "overdue": due <= self.until}
                for its, due in self.unreviewed
            ],
        }


def digest_of(
    items: Iterable[Item], emergencies: Iterable[EmergencyAccess], until: datetime, length: timedelta = A_WEEK
) -> Digest:
    """The digest of the time before ``until``."""
    every, since = list(items), until - length
    of_now = [one for one in every if since <= datetime.fromisoformat(one.found_at) < until]
    decisions = [one.decision for one in every if one.decision]
    return Digest(
        since=since,
        until=until,
        found=Counter(one.finding.rule for one in of_now),
        decided=Counter(one.verdict for one in decisions if since <= datetime.fromisoformat(one.at) < until),
        undecided=tuple((one.id, one.finding.rule) for one in every if one.decision is None),
        unreviewed=tuple((one.query_id, one.due) for one in emergencies if one.reviewed is None),
    )


def in_words(told: Digest, partnership: str) -> str:
    """The digest as a message's text."""
    return "\n".join([*_lines(told, partnership), ""])


def notice_of(told: Digest, partnership: str) -> Notice:
    """The digest as a notice; its id is that of its day in London."""
    day = told.until.astimezone(LONDON).date()
    facts = {"format": FORMAT, "type": "digest", "partnership": partnership, **told.as_json()}
    subject = f"Look-ups to review: {len(told.undecided)} wait for a decision"
    return Notice(f"digest-{day}", subject, in_words(told, partnership), facts)


def _lines(told: Digest, partnership: str) -> Iterator[str]:
    yield f"Look-ups out of pattern: {partnership}, from {moment(told.since)} to {moment(told.until)}"
    yield ""
    yield f"Found: {sum(told.found.values())}"
    yield from (f"  {rule}: {count}" for rule, count in sorted(told.found.items()))
    yield f"Decided: {sum(told.decided.values())}"
    yield from (f"  {verdict.replace('_', ' ')}: {count}" for verdict, count in sorted(told.decided.items()))
    yield f"Waiting for a decision: {len(told.undecided)}"
    yield from (f"  {its}  {rule}" for its, rule in told.undecided)
    yield f"Emergency access not reviewed: {len(told.unreviewed)}"
    for its, due in told.unreviewed:
        yield f"  {its}  {'overdue since' if due <= told.until else 'due on'} {moment(due)}"
    yield ""
    yield "Read them with: broker audit review"
