"""How council clerks wrote people down: the errors of real data, at about their published rates.

Names differ in a few of a hundred records, birth dates in one or two, postcodes in a third because people
move (CRATE, BMC Medical Informatics 2023; Harron 2017, for UK services).
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date

from deploy.demo.names import SHORT_FORMS
from deploy.demo.people import Person


@dataclass(frozen=True, slots=True)
class Written:
    """One person as one service's clerk wrote them down. None: left blank."""

    given_name: str
    family_name: str
    former_family_name: str | None
    birth_date: date | None
    sex: str | None
    address: str | None
    postcode: str | None
    nhs_number: str | None
    upn: str | None


def faithfully(person: Person) -> Written:
    """Without an error."""
    return Written(
        given_name=person.given_name,
        family_name=person.family_name,
        former_family_name=person.former_family_name,
        birth_date=person.birth_date,
        sex=person.sex,
        address=person.address,
        postcode=person.postcode,
        nhs_number=person.nhs_number,
        upn=person.upn,
    )


def carelessly(person: Person, chance: random.Random) -> Written:
    """With the errors of an ordinary day."""
    written = faithfully(person)
    if chance.random() < 0.03:
        written = replace(written, given_name=SHORT_FORMS.get(person.given_name, person.given_name))
    if chance.random() < 0.02:
        written = replace(written, given_name=slip(written.given_name, chance))
    if chance.random() < 0.02:
        written = replace(written, family_name=slip(written.family_name, chance))
    if person.former_family_name and chance.random() < 0.3:
        written = replace(written, family_name=person.former_family_name, former_family_name=None)
    if chance.random() < 0.3:
        written = replace(written, address=person.former_address, postcode=person.former_postcode)
    if chance.random() < 0.05:
        written = replace(written, postcode=None)
    if chance.random() < 0.25:
        written = replace(written, nhs_number=None)
    return replace(written, birth_date=_birth_date(person.birth_date, chance))


def slip(name: str, chance: random.Random) -> str:
    """One slip of the keyboard after the first letter: two letters swapped, one doubled, or one left out."""
    if len(name) < 4:
        return name
    at = chance.randint(1, len(name) - 2)
    return chance.choice(
        (
            name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            name[:at] + name[at] + name[at:],
            name[:at] + name[at + 1 :],
        )
    )


def _birth_date(born: date, chance: random.Random) -> date | None:
    slipped = chance.random()
    if slipped < 0.015:
        return None
    if slipped < 0.02 and born.day <= 12:
        return born.replace(month=born.day, day=born.month)
    if slipped < 0.03:
        return born.replace(day=min(born.day + 1, 28))
    return born
