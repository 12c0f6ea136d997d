"""The rows of one search, made comparable column by column: rows share most of their values.

A value that stands in many rows (a street, a family name, a birth date) is made comparable once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from broker.matching.evidence import Remembering
from broker.matching.normalise import (
    approximate_birth_date,
    nhs_digits,
    real_birth_date,
    real_name,
    upn_letters,
)
from connectors.contract import Candidate, Identifiers

Birth = date | tuple[date, date] | None
"""A whole birth date; else the first and last day between which it lies; else None."""


@dataclass(frozen=True, slots=True)
class Columns:
    """One entry per row in every list, as in ``Known``: missing is None, or empty. Numbers may be wrong ones."""

    local_key: Sequence[str] = field(repr=False)
    given_name: Sequence[str | None] = field(repr=False)
    family_names: Sequence[tuple[str, ...]] = field(repr=False)
    birth: Sequence[Birth] = field(repr=False)
    sex: Sequence[str | None] = field(repr=False)
    nhs_number: Sequence[str | None] = field(repr=False)
    upn: Sequence[str | None] = field(repr=False)
    location: Sequence[tuple[str | None, str | None, str | None]] = field(repr=False)


Names = Remembering[str | None, str | None]
"""Names as they are written, and as they are compared."""


def columns_of(rows: Sequence[Candidate], names: Names | None = None) -> Columns:
    """The columns of these rows, in their order. Nothing that is stored makes it raise.

    ``names`` has what other rows of the same query made known of names, and goes on with it.
    """
    written = [row.identifiers for row in rows]
    name = Remembering(real_name) if names is None else names

    def one_name(written: str | None) -> tuple[str, ...]:
        found = name[written]
        return (found,) if found else ()

    alone = Remembering(one_name)

    def several(one: Identifiers) -> tuple[str, ...]:
        names = (name[other] for other in (one.family_name, *one.other_family_names))
        return tuple(dict.fromkeys(filter(None, names)))

    def between(one: Identifiers) -> tuple[date, date] | None:
        return approximate_birth_date(one.born_between) if one.born_between else None

    return Columns(
        local_key=[row.local_key for row in rows],
        given_name=[name[one.given_name] for one in written],
        family_names=[several(one) if one.other_family_names else alone[one.family_name] for one in written],
        birth=[real_birth_date(one.birth_date) or between(one) for one in written],
        sex=[one.sex for one in written],
        nhs_number=[nhs_digits(one.nhs_number) for one in written],
        upn=[upn_letters(one.upn) for one in written],
        location=[(one.address, one.postcode, one.uprn) for one in written],
    )
