"""What is known of a person, made comparable once, so that comparing is only comparing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
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
from connectors.contract import Identifiers


@dataclass(frozen=True, slots=True)
class Number:
    """An official number: NHS number or UPN. Only valid ones can prove two people two."""

    written: str = field(repr=False)
    valid: bool = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """A person's identifiers, comparable. Missing is None, or empty. Stopgaps ("Baby") are missing.

    ``family_names`` has the current one first, then the others. The location stays as written: address,
    postcode, UPRN. It is made comparable only where law 9 lets it count.
    """

    given_name: str | None = field(repr=False)
    family_names: tuple[str, ...] = field(repr=False)
    birth_date: date | None = field(repr=False)
    born_between: tuple[date, date] | None = field(repr=False)
    sex: Literal["female", "male"] | None = field(repr=False)
    location: tuple[str | None, str | None, str | None] = field(repr=False)
    nhs_number: Number | None = field(repr=False)
    upn: Number | None = field(repr=False)


def known_of(written: Identifiers) -> Known:
    """One person's identifiers, comparable."""
    families = (written.family_name, *written.other_family_names)
    born = real_birth_date(written.birth_date)
    return Known(
        given_name=real_name(written.given_name),
        family_names=tuple(dict.fromkeys(filter(None, map(real_name, families)))),
        birth_date=born,
        born_between=None if born else approximate_birth_date(written.born_between),
        sex=None if written.sex == "other" else written.sex,
        location=(written.address, written.postcode, written.uprn),
        nhs_number=nhs_number(written.nhs_number),
        upn=upn(written.upn),
    )


def nhs_number(written: str | None) -> Number | None:
    digits = nhs_digits(written) if written else None
    return Number(digits, valid_nhs_number(digits) is not None) if digits else None


def upn(written: str | None) -> Number | None:
    letters = upn_letters(written) if written else None
    return Number(letters, valid_upn(letters) is not None) if letters else None
