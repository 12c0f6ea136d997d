"""The facts that a sharing policy decides on, and the only record that it lets out.

A fact that is None is unknown. Unknown never shows more: a ``share`` rule needs its condition to be true, a
restriction applies unless its condition is definitely false.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from enum import IntEnum
from typing import Literal


class Shown(IntEnum):
    """How much is shown of whether there is an involvement at all."""

    NOTHING = 0
    YES = 1


class DateShown(IntEnum):
    """How much is shown of a date."""

    NOTHING = 0
    YEAR = 1
    MONTH = 2
    FULL_DATE = 3


class StatusShown(IntEnum):
    """How much is shown of a status."""

    NOTHING = 0
    EXACT = 1


class ContactShown(IntEnum):
    """How much is shown of whom to ring: the service's desk, the team, or the named practitioner."""

    NOTHING = 0
    DESK = 1
    TEAM = 2
    NAMED = 3


class RosterShown(IntEnum):
    """How much of a person linked to a case is shown to the worker who holds it (journey 2)."""

    NOTHING = 0
    RELATION = 1
    RELATION_AND_NAME = 2


LEVELS: Mapping[str, type[IntEnum]] = {
    "involved": Shown,
    "status": StatusShown,
    "started": DateShown,
    "ended": DateShown,
    "last_contact": DateShown,
    "lead_practitioner": ContactShown,
}
"""The fields that may leave, and the levels of each, from least to most. A policy cannot add one."""


@dataclass(frozen=True, slots=True)
class RosterGrant:
    """What of a person linked to a case is shown, and which identifiers may travel, in memory, as search keys."""

    shown: RosterShown = RosterShown.NOTHING
    search_with: frozenset[str] = frozenset()


FamilyAgreement = Literal["given", "refused", "withdrawn"]
CaseCheck = Literal["verified", "unverified"]
Restriction = Literal["none", "location", "staff", "shielded"]
"""What a record is marked with. A ``shielded`` one is as if it were not there, for everyone; one of ``staff`` who
work with children, for all whom no rule names for it; of a household whose ``location`` is protected, nothing is
shown but the desk to ring.
"""


@dataclass(frozen=True, slots=True)
class Ask:
    """The request facts about one person of a query: nothing here comes from a record.

    ``today`` and ``time`` are the day and the time of day in Europe/London. ``caps`` are the most that the purpose
    rules allow per field of LEVELS (a field that is not in it is not capped). ``look_back_months`` is the
    purpose's (None: unlimited).
    """

    purpose: str
    role: str
    relation: str
    today: date
    typed_age: int | None = field(default=None, repr=False)
    case: CaseCheck | None = None
    family_agreement: FamilyAgreement | None = None
    look_back_months: int | None = None
    caps: Mapping[str, int] = field(default_factory=dict)
    time: time | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What the policy may test of one row, and reduce: involvement, contact and gates, no identifiers.

    ``age`` is the subject's in whole years: the record's own, else the typed one, else None. ``restriction`` is
    None where it is not known: then the record counts as shielded.
    """

    age: int | None = field(default=None, repr=False)
    status: str | None = field(default=None, repr=False)
    started: date | None = field(default=None, repr=False)
    ended: date | None = field(default=None, repr=False)
    last_contact: date | None = field(default=None, repr=False)
    gates: Mapping[str, str | None] = field(default_factory=dict, repr=False)
    contact_name: str | None = field(default=None, repr=False)
    contact_role: str | None = field(default=None, repr=False)
    contact_team: str | None = field(default=None, repr=False)
    contact_phone: str | None = field(default=None, repr=False)
    contact_email: str | None = field(default=None, repr=False)
    contact_from_directory: tuple[str, ...] = ()
    contact_has_left: bool = False
    restriction: Restriction | None = field(default="none", repr=False)


@dataclass(frozen=True, slots=True, order=True)
class LeadPractitioner:
    """Whom to ring, as far as the policy shows. At ``desk`` all is None: the service's desk number stands
    beside every outcome. At ``team`` there is a number only where the record names nobody: it is a desk's.

    ``from_directory`` names those of the shown parts that the record lacks and the staff directory gave.
    ``has_left``: the record names somebody who works there no more; this is their team.
    """

    shown: Literal["desk", "team", "named"]
    name: str | None = field(default=None, repr=False)
    role: str | None = field(default=None, repr=False)
    team: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    from_directory: tuple[str, ...] = ()
    has_left: bool = False


@dataclass(frozen=True, slots=True)
class Involvement:
    """The only record that leaves. A closed type: law 1.

    Dates are texts cut to their level: "2024", "2024-03" or "2024-03-12". ``status`` is the label that the
    owner approved, ``status_means`` its meaning. None: not shown, or not recorded; the two look the same.
    """

    involved: Literal[True] = True
    status: str | None = field(default=None, repr=False)
    status_means: str | None = field(default=None, repr=False)
    started: str | None = field(default=None, repr=False)
    ended: str | None = field(default=None, repr=False)
    last_contact: str | None = field(default=None, repr=False)
    lead_practitioner: LeadPractitioner | None = field(default=None, repr=False)
