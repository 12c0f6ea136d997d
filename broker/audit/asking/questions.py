"""A question as the log holds it: all entries of one query, read together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from broker.audit.call_events import ACKNOWLEDGED, DELIVERED, REQUESTED, UNDELIVERED
from broker.audit.entry import opened
from broker.audit.reader import AuditReader

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one source answered of one person of the question (by number), or the code of a refusal."""

    source: str | None
    number: int | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Question:
    """A query with all its entries; or one entry that belongs to no query. It stands where its first entry does.

    ``requester`` is None for nobody known, and where its key was destroyed: then ``readable`` is False.
    """

    index: int
    at: str
    kind: str
    query_id: str | None
    entries: tuple[tuple[int, Facts], ...] = field(repr=False)

    @property
    def kinds(self) -> frozenset[str]:
        """The types of its entries."""
        return frozenset(str(facts["type"]) for _, facts in self.entries)

    @property
    def request(self) -> Facts:
        """What was asked, as far as it can be read."""
        return self.entries[0][1].get("request") or {}

    @property
    def readable(self) -> bool:
        return self.entries[0][1].get("request", {}) is not None

    @property
    def requester(self) -> Facts | None:
        """Subject, name, organisation and role; of a reading by an account of the machine, that alone."""
        who = self.request.get("requester") or self.request.get("reader")
        return {"subject": who, "name": who} if isinstance(who, str) else who

    @property
    def purpose(self) -> str | None:
        return self.request.get("purpose")

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources that were asked, or that an entry of it is about."""
        named = [*(self.request.get("sources") or ()), *(facts.get("source") for _, facts in self.entries)]
        return tuple(dict.fromkeys(one for one in named if one))

    @property
    def call_back(self) -> Literal["on_its_way", "delivered", "undelivered", "acknowledged"] | None:
        """What became of a request to ring back, if it is one."""
        if REQUESTED not in self.kinds:
            return None
        if ACKNOWLEDGED in self.kinds:
            return "acknowledged"
        if DELIVERED in self.kinds:
            return "delivered"
        return "undelivered" if UNDELIVERED in self.kinds else "on_its_way"

    @property
    def acknowledged_at(self) -> str | None:
        """When the service's desk first said that it has taken a request to ring back up."""
        return next((str(facts["at"]) for _, facts in self.entries if facts["type"] == ACKNOWLEDGED), None)

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """What each source answered of each person, in the order of the log."""
        return tuple(one for _, facts in self.entries for one in _outcomes(facts))

    def as_json(self) -> Facts:
        """For programs: without identifiers of anybody who was asked about."""
        who = self.requester
        return {
            "entry": self.index,
            "at": self.at,
            "type": self.kind,
            "query_id": self.query_id,
            "requester": dict(who) if who else None,
            "purpose": self.purpose,
            "view": self.request.get("view"),
            "case_reference": self.request.get("case_reference"),
            "reason": self.request.get("reason"),
            "sources": list(self.sources),
            "call_back": self.call_back,
            "acknowledged_at": self.acknowledged_at,
            "outcomes": [
                {"source": one.source, "person": one.number, "outcome": one.outcome} for one in self.outcomes
            ],
        }


def question_of(reader: AuditReader, entries: Sequence[tuple[int, bytes]]) -> Question:
    """Entries of one query, in order, read together."""
    facts = tuple((index, opened(raw, reader.keys)) for index, raw in entries)
    index, first = facts[0]
    return Question(index, str(first["at"]), str(first["type"]), first["query_id"], facts)


def _outcomes(facts: Facts) -> Iterator[Outcome]:
    if disclosed := facts.get("disclosed"):
        for one in disclosed["outcomes"]:
            yield Outcome(str(facts["source"]), one["number"], one["outcome"])
    if facts["type"] == "refusal" and facts["request"]:
        yield Outcome(None, None, facts["request"]["code"])
