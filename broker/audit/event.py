"""What every event of the log says of itself: what stands clear, by which it is found, and who may read what.

Clear are ids, times, digests, tags and the broker's own doings: enough to prove that something happened, and
nothing about anyone. Everything else is a part, which is encrypted for whoever may read it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from broker.audit.tags import TagKeys
from connectors.contract import Identifiers

Facts = Mapping[str, Any]

ROOM = 512
"""Parts are padded to a multiple of this many bytes."""


@dataclass(frozen=True, slots=True)
class ForAuditors:
    """A part that only auditors read."""

    facts: Facts = field(repr=False)
    room: int = ROOM


@dataclass(frozen=True, slots=True)
class ForSource:
    """A part that auditors and the owner of one source read."""

    source: str
    facts: Facts = field(repr=False)
    room: int = ROOM


@dataclass(frozen=True, slots=True)
class OfPerson:
    """A part about one person, under that person's key."""

    person: Identifiers = field(repr=False)
    facts: Facts | PersonAsked = field(repr=False)
    room: int = ROOM


@dataclass(frozen=True, slots=True)
class ForOwner:
    """A part that the owner of one source alone reads: sealed on that owner's side already."""

    source: str
    sealed: bytes = field(repr=False)


Part = ForAuditors | ForSource | OfPerson | ForOwner


class Event(Protocol):
    """What every event says of itself. ``query_id`` is the query that it belongs to, if any.

    ``at`` has a time zone.
    """

    @property
    def at(self) -> datetime: ...

    @property
    def query_id(self) -> str | None: ...

    @property
    def kind(self) -> str: ...

    def clear(self) -> Facts: ...

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        """By which it is found; never of a person. For each ``OfPerson`` it also bears the id of their key."""
        ...

    def parts(self) -> Mapping[str, Part]: ...


@dataclass(frozen=True, slots=True)
class Who:
    """A requester, as the token said. ``team`` and ``registration`` (a number in a professional register) are None
    where it said none.
    """

    subject: str = field(repr=False)
    name: str = field(repr=False)
    organisation: str
    role: str | None
    team: str | None = None
    registration: str | None = field(default=None, repr=False)

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:
        """By which what they did is found: by their subject, and by their team."""
        return (keys.requester(self.subject), *((keys.team(self.team),) if self.team else ()))


@dataclass(frozen=True, slots=True)
class PersonAsked:
    """A person of a query, with what was typed. ``agreements``: what counted of the family's where it is not what
    was typed; by source, "*" for those that are not named.
    """

    number: int
    relation: str
    identifiers: Identifiers = field(repr=False)
    family_agreement: str | None = None
    agreement_evidence: str | None = field(default=None, repr=False)
    agreements: Mapping[str, Facts] = field(default_factory=dict, repr=False)


class Plain:
    """What an event says of itself unless it says otherwise: nothing clear, no tags, nothing hidden."""

    __slots__ = ()

    def clear(self) -> Facts:
        return {}

    def tags(self, keys: TagKeys) -> tuple[bytes, ...]:  # noqa: ARG002 -- those that have tags need the keys
        return ()

    def parts(self) -> Mapping[str, Part]:
        return {}
