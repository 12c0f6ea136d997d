"""What the log records of queries and of the broker itself: one type an event (``event``).

The requester and the reason are for auditors; each person's identifiers are under that
person's own key; what a source disclosed is for auditors and that source's owner.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.event import (
    ROOM,
    Facts,
    ForAuditors,
    ForOwner,
    ForSource,
    OfPerson,
    Part,
    PersonAsked,
    Plain,
    Who,
)
from broker.audit.tags import TagKeys

ASKED, OPENED, CLOSED = "query.intent", "details.opened", "query.closed"
"""The types of entry that begin a query, and the one that ends it."""

CASE_CHECKED = "case.checked"
"""The type of entry that holds whom a query by a case's number is about."""

_ID = re.compile(r"[a-z]{1,8}-[0-9a-f]{1,24}", re.ASCII)
"""What queries, reports, holds and whatever else the log tells of are called: q-..., r-..., h-..."""


@dataclass(frozen=True, slots=True)
class PersonOutcome:
    """What one source answered of one person: per involvement its grade, the level of each field, and the lines of
    the policy that decided it.
    """

    number: int
    outcome: str
    grades: tuple[str, ...]
    levels: tuple[Mapping[str, str], ...]
    lines: tuple[Mapping[str, tuple[int, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class QueryIntent(Plain):
    """Who is about to ask what, and why: durable before any source is asked.

    ``repeats`` counts this requester's earlier queries about any of these people, under whatever spelling.
    ``opened_from`` is the query whose answer was opened further: the entry's type is then details.opened, and
    it is no repeated search. ``conflict``: what the requester said when asked whether they know anybody in it.
    ``ties``: what ties them to somebody in it, as far as the broker knows.
    """

    query_id: str
    at: datetime
    requester: Who = field(repr=False)
    purpose: str
    purpose_digest: str
    policy_digests: Mapping[str, str]
    view: str
    journey: str
    case: str
    reason: str | None = field(repr=False)
    case_reference: str | None = field(repr=False)
    people: tuple[PersonAsked, ...] = field(repr=False)
    sources: tuple[str, ...]
    not_asked: tuple[str, ...]
    traceparent: str | None = None
    repeats: int = 0
    opened_from: str | None = None
    conversation: str | None = field(default=None, repr=False)
    conflict: str | None = None
    ties: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return OPENED if self.opened_from else ASKED

    def clear(self) -> Facts:
        return {
            "purpose_digest": self.purpose_digest,
            "policy_digests": dict(self.policy_digests),
            "opened_from": self.opened_from,
            "traceparent": self.traceparent,
        }

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        case = (keys.case(self.case_reference),) if self.case_reference else ()
        return (*self.requester.tags(keys), *case)

    def parts(self) -> Mapping[str, Part]:
        asked = {name: getattr(self, name) for name in _REQUEST}
        return {
            "request": ForAuditors({"requester": self.requester, **asked}),
            **{f"person {one.number}": OfPerson(one.identifiers, one) for one in self.people},
        }


_REQUEST = (
    "purpose",
    "view",
    "journey",
    "case",
    "reason",
    "case_reference",
    "conversation",
    "conflict",
    "ties",
    "sources",
    "not_asked",
    "repeats",
)


@dataclass(frozen=True, slots=True)
class CaseChecked(Plain):
    """What the case system said: durable before any other source is asked, and before a byte of it leaves.

    ``people`` are those linked to the case whom the query is now about, with the numbers that they have in the
    answer; empty where the requester named the people. One entry holds six: a longer roster takes several.
    ``content`` is what is shown of the roster; a salted hash of it is kept.
    """

    kind: ClassVar[str] = CASE_CHECKED

    query_id: str
    at: datetime
    source: str
    policy_digest: str
    policy_version: int
    state: str
    complete: bool
    requester: str = field(repr=False)
    people: tuple[PersonAsked, ...] = field(repr=False)
    shown: tuple[str, ...]
    repeats: int
    content: bytes = field(repr=False)
    milliseconds: int

    def clear(self) -> Facts:
        return {"source": self.source, "policy_digest": self.policy_digest}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.requester(self.requester),) if self.people else ()

    def parts(self) -> Mapping[str, Part]:
        facts = {name: getattr(self, name) for name in _CASE}
        return {
            "case": ForSource(self.source, {**facts, **_salted(self.content)}),
            **{f"person {one.number}": OfPerson(one.identifiers, one) for one in self.people},
        }


_CASE = ("policy_version", "state", "complete", "shown", "repeats", "milliseconds")


def _salted(content: bytes) -> Facts:
    """What proves later that these bytes were sent, and tells nothing of them."""
    salt = os.urandom(16)
    return {"content_salt": salt.hex(), "content_hash": hashlib.sha256(salt + content).hexdigest()}


@dataclass(frozen=True, slots=True)
class Disclosure(Plain):
    """What one source discloses: durable before the first byte of it leaves. ``content`` is those bytes; a
    salted hash of them is kept. The entry is the same, and as long, for a withheld record as for none: so is
    ``alert``, which is there for every consultation where the owner wants to learn of withheld records.
    """

    kind: ClassVar[str] = "disclosure"

    query_id: str
    at: datetime
    source: str
    view: str
    policy_digest: str
    policy_version: int
    outcomes: tuple[PersonOutcome, ...]
    content: bytes = field(repr=False)
    weights_version: str
    milliseconds: int
    alert: bytes | None = field(default=None, repr=False)

    def clear(self) -> Facts:
        return {"source": self.source, "policy_digest": self.policy_digest}

    def parts(self) -> Mapping[str, Part]:
        facts = {
            "view": self.view,
            "policy_version": self.policy_version,
            "weights_version": self.weights_version,
            "milliseconds": self.milliseconds,
            "outcomes": self.outcomes,
            **_salted(self.content),
        }
        # Room for several involvements of every person: the length must not tell whether there are any.
        disclosed = ForSource(self.source, facts, room=ROOM * (1 + len(self.outcomes)))
        alert = {"alert": ForOwner(self.source, self.alert)} if self.alert else {}
        return {"disclosed": disclosed, **alert}


@dataclass(frozen=True, slots=True)
class QueryClosed(Plain):
    """That a query was answered, or broke off."""

    kind: ClassVar[str] = CLOSED

    query_id: str
    at: datetime
    state: Literal["answered", "aborted"]

    def clear(self) -> Facts:
        return {"state": self.state}


@dataclass(frozen=True, slots=True)
class Refused(Plain):
    """That someone was refused. ``count``: how many refusals without an account this entry stands for."""

    kind: ClassVar[str] = "refusal"

    at: datetime
    requester: Who | None = field(repr=False)
    code: str
    purpose: str | None
    count: int = 1
    query_id: str | None = None

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return self.requester.tags(keys) if self.requester else ()

    def parts(self) -> Mapping[str, Part]:
        facts = {
            "requester": self.requester,
            "purpose": self.purpose,
            "code": self.code,
            "count": self.count,
        }
        return {"request": ForAuditors(facts)}


@dataclass(frozen=True, slots=True)
class AuditRead(Plain):
    """That someone read the log: who (an account of the machine, where it was the command line), with which
    command, about which query, what they asked for (never whom), and why, where they have to say so.

    ``query_id`` stands in clear: what has not the form of an id of ours may be a name, and is left out.
    """

    kind: ClassVar[str] = "audit.read"

    at: datetime
    reader: Who | str = field(repr=False)
    command: str
    query_id: str | None = None
    asked: Mapping[str, str] = field(default_factory=dict, repr=False)
    reason: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.query_id is not None and not _ID.fullmatch(self.query_id):
            object.__setattr__(self, "query_id", None)

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        reader = (keys.requester(self.reader.subject),) if isinstance(self.reader, Who) else ()
        return (keys.kind(self.kind), *reader)

    def parts(self) -> Mapping[str, Part]:
        read = {
            "reader": self.reader,
            "command": self.command,
            "asked": dict(self.asked),
            "reason": self.reason,
        }
        return {"request": ForAuditors(read)}


@dataclass(frozen=True, slots=True)
class TokenEnded(Plain):
    """That a token was ended before it lapsed. ``token`` is its fingerprint (identity.tokens), not whose it is."""

    kind: ClassVar[str] = "token.ended"

    at: datetime
    token: str
    expires: datetime
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"token": self.token, "expires": self.expires}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class BrokerStarted(Plain):
    """That a broker of this version began to write."""

    kind: ClassVar[str] = "broker.started"

    at: datetime
    version: str
    query_id: str | None = None

    def clear(self) -> Facts:
        return {"version": self.version}
