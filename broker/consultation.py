"""What goes to a source's own side, and what comes back: closed types, without a policy and without a row.

Between them lies the border of law 7. They are what an agent beside a service's database would be sent, and
would send.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from broker.answers import CaseState, Outcome
from broker.matching.grades import Grade
from connectors.contract import Identifiers
from policy.facts import Ask, Involvement


@dataclass(frozen=True, slots=True)
class Consulted:
    """One person of a consultation: the number in the query, what was typed, and the request facts."""

    number: int
    identifiers: Identifiers = field(repr=False)
    ask: Ask


@dataclass(frozen=True, slots=True)
class Consultation:
    """What a source is asked. It carries no policy: the side that holds the records has its own (law 7).

    ``former_names``: whether other family names, typed or recorded, may be used to find somebody.
    """

    query_id: str
    people: tuple[Consulted, ...]
    seconds: float
    former_names: bool = True


@dataclass(frozen=True, slots=True)
class CaseConsultation:
    """What the case system is asked. ``worker`` is what it calls the requester, by the token.

    ``ask`` has the request facts, with the case taken as verified and no relation yet. ``people_wanted``: also
    who is linked to the case.
    """

    query_id: str
    case_id: str = field(repr=False)
    worker: str | None = field(repr=False)
    ask: Ask
    seconds: float
    people_wanted: bool


@dataclass(frozen=True, slots=True)
class LinkedPerson:
    """Someone linked to a case, as far as the case system's owner lets it be known.

    ``key`` is who this is in the case system. ``identifiers`` may be searched with, and are not shown; ``name``
    is shown.
    """

    key: str = field(repr=False)
    relation: str
    identifiers: Identifiers = field(repr=False)
    relation_shown: bool
    name: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseFinding:
    """What the case system says. ``people`` is empty unless the case is verified; ``complete``: they are all."""

    state: CaseState
    people: tuple[LinkedPerson, ...] = field(default=(), repr=False)
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One involvement, as far as the policy shows it, and how well its record fits who was asked about.

    ``because`` says how well, in a sentence that was made on the owner's side. ``levels`` names how much of each
    field was shown, ``lines`` the lines of the policy that decided it: they are for the audit log.
    """

    involvement: Involvement
    grade: Grade
    reasons: Mapping[str, str] = field(repr=False)
    because: str = field(repr=False)
    levels: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonFinding:
    """What became of one person at this source. ``hint`` is a code fixed by what was typed."""

    number: int
    outcome: Outcome
    hint: str | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """What a source answered: a finding per person, and the day its rows are of, where they are not live.

    ``as_of`` is None also where the source was not read. It depends on the source alone, never on a record.
    ``alert`` is sealed for the source's owner (``alerts``), and no shorter where there is nothing to tell.
    """

    people: tuple[PersonFinding, ...]
    as_of: date | None = None
    alert: bytes | None = field(default=None, repr=False)
