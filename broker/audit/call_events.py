"""What the log records of requests to ring back: each request, that a service's desk has it, or won't, and that
somebody there has taken it up.

All of a request bear its id as their ``query_id``, so that it is traced like a query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from broker.audit.event import Facts, ForAuditors, ForSource, OfPerson, Part, PersonAsked, Plain, Who
from broker.audit.tags import TagKeys

REQUESTED, DELIVERED, UNDELIVERED = "call_back.requested", "call_back.delivered", "call_back.undelivered"
ACKNOWLEDGED = "call_back.acknowledged"

WhyNot = Literal["too_late", "no_desk"]
"""``too_late``: nothing took it for hours. ``no_desk``: the source names nobody any more who takes requests."""


@dataclass(frozen=True, slots=True)
class CallRequested(Plain):
    """That a requester asks a service to ring them about one person: durable before the reply, and before anybody
    is told.

    ``opened_from`` is the query whose answer offered it. ``phone``, ``times`` and ``note`` are as typed.
    """

    kind: ClassVar[str] = REQUESTED

    query_id: str
    at: datetime
    requester: Who = field(repr=False)
    source: str
    opened_from: str | None
    purpose: str
    person: PersonAsked = field(repr=False)
    phone: str = field(repr=False)
    times: str | None = field(default=None, repr=False)
    note: str | None = field(default=None, repr=False)

    def clear(self) -> Facts:
        return {"source": self.source, "opened_from": self.opened_from}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind), *self.requester.tags(keys))

    def parts(self) -> Mapping[str, Part]:
        asked = {"requester": self.requester, "purpose": self.purpose, "sources": [self.source]}
        typed = {"phone": self.phone, "times": self.times, "note": self.note}
        return {
            "request": ForAuditors(asked),
            "call": ForSource(self.source, typed),
            f"person {self.person.number}": OfPerson(self.person.identifiers, self.person),
        }


@dataclass(frozen=True, slots=True)
class CallDelivered(Plain):
    """That the mail server or the receiver of a service's desk took a request."""

    kind: ClassVar[str] = DELIVERED

    query_id: str
    at: datetime
    source: str
    channel: Literal["email", "webhook"]
    attempts: int

    def clear(self) -> Facts:
        return {"source": self.source}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)

    def parts(self) -> Mapping[str, Part]:
        return {"delivery": ForSource(self.source, {"channel": self.channel, "attempts": self.attempts})}


@dataclass(frozen=True, slots=True)
class CallUndelivered(Plain):
    """That a request is given up: nobody at the service has it."""

    kind: ClassVar[str] = UNDELIVERED

    query_id: str
    at: datetime
    source: str
    why: WhyNot

    def clear(self) -> Facts:
        return {"source": self.source, "why": self.why}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)


@dataclass(frozen=True, slots=True)
class CallAcknowledged(Plain):
    """That a service's desk says that it has taken a request up. Who there said so, the broker does not know."""

    kind: ClassVar[str] = ACKNOWLEDGED

    query_id: str
    at: datetime
    source: str

    def clear(self) -> Facts:
        return {"source": self.source}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        return (keys.kind(self.kind),)
