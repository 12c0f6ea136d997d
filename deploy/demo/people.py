"""A person of Northshire, as they truly are.

Nobody here exists. NHS numbers are from the range that is never given out (999), postcodes from an area that
does not exist (NX), telephone numbers from those that Ofcom keeps for fiction (01632 960000 to 960999).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Sex = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person, as they truly are."""

    person_id: str
    household: int
    given_name: str
    family_name: str
    former_family_name: str | None
    birth_date: date
    sex: Sex
    address: str
    postcode: str
    former_address: str
    former_postcode: str
    nhs_number: str
    upn: str | None
    part: str = field(default="")
    """``child``, ``sibling``, ``mother`` or ``partner`` in the story family; empty for everyone else."""

    def age_on(self, day: date) -> int:
        """In whole years."""
        return age(self.birth_date, day)


def age(born: date, day: date) -> int:
    """In whole years: someone born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
