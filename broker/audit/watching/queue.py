"""What was found and what became of it, as the log has it: undecided first; and emergency access with its due
time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.audit.event import Who
from broker.audit.reader import AuditReader
from broker.audit.review_events import ReviewDecided, ReviewFound, ReviewNotified
from broker.audit.tags import TagKeys
from broker.audit.watching.finding import Finding
from broker.audit.watching.pace import Pace, at_once


@dataclass(frozen=True, slots=True)
class Decision:
    """What a human decided."""

    at: str
    who: str = field(repr=False)
    verdict: str
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Item:
    """A finding as the log has it. ``told``: who was told, by recipient and channel."""

    id: str
    found_at: str
    finding: Finding
    notify: tuple[str, ...] = ()
    decision: Decision | None = None
    told: frozenset[tuple[str, str]] = frozenset()

    def as_json(self) -> Mapping[str, Any]:
        """For programs. Nobody who was looked up is in it."""
        one = self.finding
        return {
            "finding": self.id,
            "found_at": self.found_at,
            "rule": one.rule,
            "requester": {"subject": one.requester.subject, "name": one.requester.name}
            if one.requester
            else None,
            "from": one.begins.isoformat(),
            "until": one.ends.isoformat(),
            "entries": list(one.entries),
            "count": one.count,
            "about": one.about,
            "sentence": one.sentence,
            "decided": None
            if self.decision is None
            else {
                "as": self.decision.verdict,
                "at": self.decision.at,
                "by": self.decision.who,
                "reason": self.decision.reason,
            },
            "told": [f"{recipient} by {channel}" for recipient, channel in sorted(self.told)],
        }


def id_of(key: str, keys: TagKeys) -> str:
    """The id of a finding: always the same, and nothing can be read from it."""
    return f"look-{keys.tag('finding', key).hex()[:12]}"


def event_of(
    one: Finding, finding_id: str, rules_digest: str, notify: Iterable[str], now: datetime
) -> ReviewFound:
    """A finding as the log records it."""
    return ReviewFound(
        query_id=finding_id,
        at=now,
        rule=one.rule,
        rules_digest=rules_digest,
        key=one.key,
        requester=one.requester,
        begins=one.begins,
        ends=one.ends,
        entries=one.entries[:MOST_ENTRIES],
        count=one.count,
        sentence=one.sentence,
        about=one.about,
        notify=tuple(notify),
    )


MOST_ENTRIES = 2000
"""Indexes that are written down of one finding: more would not fit into an entry. ``count`` is of all."""


def items(reader: AuditReader, pace: Pace = at_once) -> list[Item]:
    """Every finding of the log that can still be read, oldest first; one that was written twice, once."""
    decided, told = decisions(reader, pace), _told(reader, pace)
    found: dict[str, Item] = {}
    for entry in reversed(list(pace(reader.of_kind(ReviewFound.kind)))):
        if (said := entry["finding"]) and (finding := _finding(said)).key not in found:
            its = str(entry["query_id"])
            found[finding.key] = Item(
                its,
                str(entry["at"]),
                finding,
                tuple(said["notify"]),
                decided.get(its),
                frozenset(told.get(its, ())),
            )
    return list(found.values())


def decisions(reader: AuditReader, pace: Pace = at_once) -> Mapping[str, Decision]:
    """The latest decision on each finding, or query by emergency access, by its id."""
    found: dict[str, Decision] = {}
    for entry in pace(reader.of_kind(ReviewDecided.kind)):
        if said := entry["decision"]:
            one = Decision(str(entry["at"]), said["who"], said["verdict"], said["reason"])
            found.setdefault(str(entry["query_id"]), one)
    return found


def digests_sent(reader: AuditReader, pace: Pace = at_once) -> Mapping[str, set[tuple[str, str]]]:
    """Who got which digest, by its id."""
    return {its: told for its, told in _told(reader, pace).items() if its.startswith("digest-")}


def _told(reader: AuditReader, pace: Pace) -> Mapping[str, set[tuple[str, str]]]:
    told: dict[str, set[tuple[str, str]]] = {}
    for its, said in pace(_notices(reader)):
        told.setdefault(its, set()).add((said["recipient"], said["channel"]))
    return told


def _notices(reader: AuditReader) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for entry in reader.of_kind(ReviewNotified.kind):
        if entry["notice"]:
            yield str(entry["query_id"]), entry["notice"]


def _finding(said: Mapping[str, Any]) -> Finding:
    return Finding(
        rule=said["rule"],
        key=said["key"],
        requester=Who(**said["requester"]) if said["requester"] else None,
        begins=datetime.fromisoformat(said["begins"]),
        ends=datetime.fromisoformat(said["ends"]),
        entries=tuple(said["entries"]),
        count=said["count"],
        sentence=said["sentence"],
        about=said["about"],
    )
