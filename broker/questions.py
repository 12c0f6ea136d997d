"""A query as the broker holds it: who is asked about, why, and how much is wanted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal

from connectors.contract import Identifiers

View = Literal["flags", "details"]
FamilyAgreement = Literal["given", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, from a verified token. ``subject`` is the identity provider's own key for them, ``worker`` what
    the case system calls them, ``team`` the team that they are in, ``registration`` their number in a professional
    register (Social Work England's, say), ``birth_date`` and ``postcode`` their own, where the token says so.
    """

    subject: str = field(repr=False)
    name: str = field(repr=False)
    organisation: str
    roles: frozenset[str]
    worker: str | None = field(default=None, repr=False)
    team: str | None = None
    registration: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    postcode: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Person:
    """Someone the query is about: the identifiers that the requester typed, and the relation to the case."""

    relation: str
    identifiers: Identifiers = field(repr=False)
    family_agreement: FamilyAgreement | None = None
    agreement_evidence: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Query:
    """One question: purpose, reason, case reference, one to twelve people.

    ``only_source`` and ``opened_from`` are set when one service's details are opened from an earlier answer.
    ``linked`` is then, in a query about a case, whom of those linked to it: the key of the case system.
    ``seconds`` is how long the requester is ready to wait. ``conflict``: what they said when asked whether they
    know anybody in it themselves.
    """

    purpose: str
    view: View
    people: tuple[Person, ...]
    seconds: float
    role: str | None = None
    reason: str | None = field(default=None, repr=False)
    case_reference: str | None = field(default=None, repr=False)
    conversation: str | None = field(default=None, repr=False)
    journey: Literal["people", "case"] = "people"
    only_source: str | None = None
    opened_from: str | None = None
    linked: str | None = field(default=None, repr=False)
    traceparent: str | None = None
    conflict: Literal["none", "declared"] | None = None


def age_on(day: date, born: date) -> int:
    """Whole years lived on ``day``. Someone born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def born_at_age(age: int, today: date) -> tuple[date, date]:
    """The earliest and latest birth date (inclusive) of someone who is ``age`` today."""
    return _years_before(today, age + 1) + timedelta(days=1), _years_before(today, age)


def typed_age(identifiers: Identifiers, today: date) -> int | None:
    """The age that was typed, in whole years; None where it is not known to the year."""
    if identifiers.birth_date:
        return age_on(today, identifiers.birth_date)
    if identifiers.born_between:
        oldest, youngest = (age_on(today, born) for born in identifiers.born_between)
        return oldest if oldest == youngest else None
    return None


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:  # 29 February in a year that has none
        return date(day.year - years, 2, 28)
