"""The answer to a query: an outcome for every source and person, and the receipts of the audit log.

These types are closed: what is not a field here cannot leave the broker (law 1). Their JSON form, and the
OpenAPI schema of it, are made from these very types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from broker.audit.log import Receipt
from policy.facts import Involvement


class Outcome(StrEnum):
    """What became of one person at one source. The first three may depend on records, the others never do."""

    INVOLVED = "involved"
    NOTHING_TO_SHARE = "nothing_to_share"
    AMBIGUOUS = "ambiguous"
    BY_REQUEST = "by_request"
    WITHHELD = "withheld"
    NOT_ASKED = "not_asked"
    TIMED_OUT = "timed_out"
    UNAVAILABLE = "unavailable"
    MAINTENANCE = "maintenance"


CaseState = Literal["verified", "unverified", "timed_out", "unavailable"]
"""``verified``: the case is open and the requester's own. ``unverified``: it is not, or there is none."""

CASE_ON_PAGES: Mapping[CaseState, str] = {
    "verified": "Open, and allocated to you",
    "unverified": "Not an open case that is allocated to you, as far as the case system says."
    " Check the number, or ask about each person by name.",
    "timed_out": "The case system did not answer in time. Ask about each person by name.",
    "unavailable": "The case system could not be reached. Ask about each person by name.",
}

FAILURES = frozenset({Outcome.TIMED_OUT, Outcome.UNAVAILABLE})

ON_PAGES: Mapping[Outcome, str] = {
    Outcome.INVOLVED: "Known to this service",
    Outcome.NOTHING_TO_SHARE: "Nothing this service shares for this purpose; it may hold more",
    Outcome.AMBIGUOUS: "Add a birth date to be sure",
    Outcome.BY_REQUEST: "The service will ring you",
    Outcome.WITHHELD: "Not available for this purpose",
    Outcome.NOT_ASKED: "Not asked",
    Outcome.TIMED_OUT: "Did not answer in time",
    Outcome.UNAVAILABLE: "Could not be reached",
    Outcome.MAINTENANCE: "Down for planned maintenance",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One involvement, and why it is taken to be this person's.

    ``match`` says, for name and birth date only, how the record compares with what was typed; ``because`` says
    it in one plain sentence, of a closed list.
    """

    involvement: Involvement
    grade: str
    match: Mapping[str, str] = field(repr=False)
    because: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PersonPart:
    """One person at one source. ``hint`` depends on what was typed, never on who is in a database.

    ``reference`` opens the details of this person at this source; it is in flags answers only. ``call_back`` asks
    the service to ring back about this person; it is there where the service takes requests, whatever it holds.
    """

    person: int
    outcome: Outcome
    means: str
    hint: str | None = None
    involvements: tuple[Shown, ...] = field(default=(), repr=False)
    reference: str | None = field(default=None, repr=False)
    call_back: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Problem:
    """An RFC 9457 problem inside an answer: a source that failed. It says nothing of what failed inside."""

    type: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class DeskNumber:
    """Whom to ring at the service in general, shown with every outcome."""

    name: str
    phone: str
    hours: str | None = None


@dataclass(frozen=True, slots=True)
class SourcePart:
    """Everything that one source answers, for all people of the query.

    ``as_of`` is ``live``; or the day of the extract that was read (2026-06-01), null where none was read.
    """

    source: str
    service: str
    system: str
    desk: DeskNumber
    nothing_means: str
    covers_area: str
    covers_since: str
    as_of: str | None
    people: tuple[PersonPart, ...]
    problem: Problem | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class AskedPerson:
    """A person of the query, as numbered in it. What was typed is not repeated.

    Where the query is about a case, relation and name are the case system's own, as far as its owner shows them.
    """

    person: int
    relation: str | None
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Roster:
    """What the case system said of the case. Who is linked to it stands in the answer's ``people``.

    ``complete`` is false when there are more than can be asked about at once.
    """

    source: str
    service: str
    system: str
    desk: DeskNumber
    state: CaseState
    means: str
    complete: bool
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole answer. ``receipt`` is that of the query's intent; each source has its disclosure's own.

    ``roster`` is there when the query is about a case instead of people whom the requester named.
    """

    query_id: str
    asked_at: str
    purpose: str
    role: str
    view: str
    case: str
    people: tuple[AskedPerson, ...]
    services: tuple[SourcePart, ...]
    receipt: Receipt
    roster: Roster | None = None
