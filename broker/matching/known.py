"""What is known of a person, made comparable once, so that comparing is only comparing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Literal

from broker.matching.normalise import (
    approximate_birth_date,
    nhs_digits,
    real_birth_date,
    real_name,
    upn_letters,
    valid_nhs_number,
    valid_upn,
)
from broker.matching.places import Place, place
from connectors.contract import Identifiers


@dataclass(frozen=True, slots=True)
class Number:
    """An official number: NHS number or UPN. Only valid ones can prove two people two."""

    written: str = field(repr=False)
    valid: bool = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """A person's identifiers, comparable. Missing is None, or empty. Stopgaps ("Baby") are missing.

    ``family_names`` has the current one first, then the others.
    """

    given_name: str | None = field(repr=False)
    family_names: tuple[str, ...] = field(repr=False)
    birth_date: date | None = field(repr=False)
    born_between: tuple[date, date] | None = field(repr=False)
    sex: Literal["female", "male"] | None = field(repr=False)
    place: Place = field(repr=False)
    nhs_number: Number | None = field(repr=False)
    upn: Number | None = field(repr=False)


def comparer_of_identifiers() -> Callable[[Identifiers], Known]:
    """A function that makes identifiers comparable and, for as long as it lives, no text twice.

    Rows of one search share most names, postcodes and addresses. What it remembers is personal: let it go
    with the query.
    """
    name, where = cache(real_name), cache(place)

    def comparable(written: Identifiers) -> Known:
        families = (written.family_name, *written.other_family_names)
        born = real_birth_date(written.birth_date)
        return Known(
            given_name=name(written.given_name),
            family_names=tuple(dict.fromkeys(filter(None, map(name, families)))),
            birth_date=born,
            born_between=None if born else approximate_birth_date(written.born_between),
            sex=None if written.sex == "other" else written.sex,
            place=where(written.address, written.postcode, written.uprn),
            nhs_number=_number(nhs_digits(written.nhs_number), valid_nhs_number(written.nhs_number)),
            upn=_number(upn_letters(written.upn), valid_upn(written.upn)),
        )

    return comparable


def _number(written: str | None, valid: str | None) -> Number | None:
    return Number(written, valid is not None) if written else None
