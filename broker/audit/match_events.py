"""What the log records of feedback on matches, and of the items that a wrong match opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import ClassVar

from broker.audit.event import Facts, ForAuditors, ForSource, OfPerson, Part, PersonAsked, Who
from broker.audit.tags import TagKeys

FEEDBACK, OPENED, CLOSED = "match.feedback", "match.triage_opened", "match.triage_closed"


@dataclass(frozen=True, slots=True)
class MatchOf:
    """Which match somebody speaks of: who says it, of which source, and of whom.

    ``linked`` stands for the person where the query was about a case: the case's number, and who it is there.
    """

    subject: str = field(repr=False)
    source: str
    people: tuple[PersonAsked, ...] = field(repr=False)
    linked: tuple[str, str] | None = field(default=None, repr=False)

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        """By which everything is found that this requester said of this source: of a case's person, or of anyone.

        What was said of one person bears the id of their key too.
        """
        said = f"{self.source}|{self.subject}"
        if self.linked:
            case, key = self.linked
            said += f"|{keys.case(case).hex()} {key}"
        return (keys.tag("said of a match", said),)

    def parts(self) -> Mapping[str, Part]:
        """Who was asked about, each under their own key."""
        return {f"person {one.number}": OfPerson(one.identifiers, asdict(one)) for one in self.people}


@dataclass(frozen=True, slots=True)
class MatchFeedback:
    """That a requester said whether a match was right: durable before the reply.

    ``opened_from`` is the query whose answer it is about. ``match.people``: the one who was asked about; nobody
    where the query was about a case, whose people its own entries name.
    """

    kind: ClassVar[str] = FEEDBACK

    query_id: str
    at: datetime
    requester: Who = field(repr=False)
    source: str
    opened_from: str | None
    purpose: str
    verdict: str
    match: MatchOf

    def clear(self) -> Facts:
        return {"source": self.source, "opened_from": self.opened_from}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (*self.requester.tags(keys), *self.match.tags(keys))

    def parts(self) -> Mapping[str, Part]:
        return {
            "request": ForAuditors({"requester": asdict(self.requester), "purpose": self.purpose}),
            "feedback": ForSource(self.source, {"verdict": self.verdict}),
            **self.match.parts(),
        }


@dataclass(frozen=True, slots=True)
class TriageOpened:
    """That a wrong person may have been shown: the owner and the data protection officer have to look into it.

    ``query_id`` is the feedback's own, and names the item; ``opened_from`` is the query that showed the match.
    """

    kind: ClassVar[str] = OPENED

    query_id: str
    at: datetime
    source: str
    opened_from: str | None
    match: MatchOf

    def clear(self) -> Facts:
        return {"source": self.source, "opened_from": self.opened_from}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind), *self.match.tags(keys))

    def parts(self) -> Mapping[str, Part]:
        return self.match.parts()


@dataclass(frozen=True, slots=True)
class TriageClosed:
    """That somebody looked into an item, and what came of it. ``who`` is an account of the machine."""

    kind: ClassVar[str] = CLOSED

    query_id: str
    at: datetime
    source: str
    who: str = field(repr=False)
    finding: str = field(repr=False)

    def clear(self) -> Facts:
        return {"source": self.source}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {"finding": ForSource(self.source, {"who": self.who, "finding": self.finding})}
