"""What a source's owner may know of the log: counts of who asked their source, and single entries for a reason.

Counts are of people who were asked about, each time that they were: by month, purpose, role and outcome. They
are published as a source's profile is (``broker.profile.figures``): rounded, small ones untold, nothing at all
of fewer than twenty. All answers add up to one total, and a time is whole months: nothing can be worked out by
subtraction.

Single entries are for whoever governs the owner's information. They have the owner's own part and, of the
request, the purpose and the role and organisation that asked: not who, why, or about whom. That the
partnership's auditor knows.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from broker.audit.asking.questions import Question
from broker.audit.asking.search import Criteria, Progress, search
from broker.audit.events import ASKED, OPENED, Disclosure
from broker.audit.reader import AuditReader
from broker.profile.figures import HELD_BACK, LEAST_RECORDS, Figure, parts, rounded
from broker.surroundings import LONDON

Dimension = Literal["month", "purpose", "role", "outcome"]
DIMENSIONS: tuple[Dimension, ...] = ("month", "purpose", "role", "outcome")
UNREADABLE = "can no longer be read"


@dataclass(frozen=True, slots=True)
class OwnerCounts:
    """How often people were asked about at one source. ``total`` is rounded; None: too few to say."""

    source: str
    total: int | None
    by: Mapping[Dimension, Mapping[str, Figure]]

    def as_json(self) -> Mapping[str, Any]:
        """For programs: a count that is not told is null, with how it is not told."""
        return {
            "source": self.source,
            "people_asked_about": self.total,
            "by": {
                name: [
                    {name: value, "count": one.count, "told_as": one.state.value}
                    for value, one in counted.items()
                ]
                for name, counted in self.by.items()
            },
        }


@dataclass(frozen=True, slots=True)
class OwnEntry:
    """One disclosure of the owner's source, of a query that begins with the entry ``begun``. ``disclosed`` is None
    where its key was destroyed.
    """

    index: int
    begun: int
    at: str
    query_id: str
    policy_digest: str
    purpose: str | None
    role: str | None
    organisation: str | None
    disclosed: Mapping[str, Any] | None = field(repr=False)

    def as_json(self) -> Mapping[str, Any]:
        """For programs. Nobody is named, neither who asked nor who was asked about."""
        told = self.disclosed or {}
        return {
            "entry": self.index,
            "at": self.at,
            "query_id": self.query_id,
            "purpose": self.purpose,
            "role": self.role,
            "organisation": self.organisation,
            "view": told.get("view"),
            "policy_digest": self.policy_digest,
            "policy_version": told.get("policy_version"),
            "outcomes": [
                {"person": one["number"], "outcome": one["outcome"], "levels": one["levels"]}
                for one in told.get("outcomes", ())
            ],
        }


def months(since: date | None, until: date | None) -> tuple[date | None, date | None]:
    """A time as whole months: from the first day of one to the last of another."""
    last = until and until.replace(day=monthrange(until.year, until.month)[1])
    return since and since.replace(day=1), last


def owner_counts(
    reader: AuditReader,
    source: str,
    before: int,
    since: date | None = None,
    until: date | None = None,
    progress: Progress = lambda _done, _total: None,
) -> OwnerCounts:
    """The counts of one source, of the months from that of ``since`` to that of ``until``."""
    counted: dict[Dimension, Counter[str]] = {name: Counter() for name in DIMENSIONS}
    for question, facts in _disclosures(reader, source, before, since, until, progress):
        outcomes = [one["outcome"] for one in (facts["disclosed"] or {}).get("outcomes", ())] or [UNREADABLE]
        said: dict[Dimension, str] = {
            "month": datetime.fromisoformat(facts["at"]).astimezone(LONDON).strftime("%Y-%m"),
            "purpose": question.purpose or UNREADABLE,
            "role": str((question.requester or {}).get("role") or UNREADABLE),
        }
        for name, value in said.items():
            counted[name][value] += len(outcomes)
        counted["outcome"].update(outcomes)
    return _published(source, counted)


def own_entries(
    reader: AuditReader,
    source: str,
    before: int,
    since: date | None = None,
    until: date | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[OwnEntry]:
    """The disclosures of one source, newest query first, of those before the entry ``before``; of whole months."""
    for question, facts in _disclosures(reader, source, before, since, until, progress):
        who = question.requester or {}
        yield OwnEntry(
            index=facts["index"],
            begun=question.index,
            at=facts["at"],
            query_id=facts["query_id"],
            policy_digest=facts["policy_digest"],
            purpose=question.purpose,
            role=who.get("role"),
            organisation=who.get("organisation"),
            disclosed=facts["disclosed"],
        )


def _disclosures(
    reader: AuditReader, source: str, before: int, since: date | None, until: date | None, progress: Progress
) -> Iterator[tuple[Question, Mapping[str, Any]]]:
    first, last = months(since, until)
    wanted = Criteria(source=source, since=first, until=last, kinds=frozenset({ASKED, OPENED}))
    for question in search(reader, wanted, before, progress):
        for index, facts in question.entries:
            if facts["type"] == Disclosure.kind and facts["source"] == source and index < before:
                yield question, {**facts, "index": index}


def _published(source: str, counted: Mapping[Dimension, Counter[str]]) -> OwnerCounts:
    whole = counted["outcome"].total()
    total = rounded(whole) if whole >= LEAST_RECORDS else None
    by = {name: _figures(counter, total) for name, counter in counted.items()}
    return OwnerCounts(source, total, by)


def _figures(counter: Counter[str], total: int | None) -> Mapping[str, Figure]:
    names = sorted(counter)
    if total is None:
        return dict.fromkeys(names, HELD_BACK)
    return dict(zip(names, parts([counter[name] for name in names], total), strict=True))
