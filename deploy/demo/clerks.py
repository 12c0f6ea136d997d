"""How council clerks wrote people down: the errors of real data, at about their published rates.

Family names differ in two to five of a hundred records, birth dates in one or two, postcodes in a third
because people move (CRATE, BMC Medical Informatics 2023; Harron 2017, for UK services). Every copy has errors
of its own: two services seldom make the same one.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, replace
from datetime import date

from deploy.demo.names import SHORT_FORMS
from deploy.demo.people import Person

SHORT_FORM, SLIP, STILL_FORMER_NAME, HALF_A_NAME, SWAPPED_NAMES = 0.03, 0.012, 0.15, 0.2, 0.002
NO_BIRTH_DATE, SWAPPED_DAY, WRONG_DAY, WRONG_YEAR = 0.008, 0.012, 0.007, 0.003
OLD_ADDRESS, NO_ADDRESS, NO_POSTCODE = 0.31, 0.03, 0.05
NO_NUMBER, NO_SEX, WRONG_SEX = 0.25, 0.02, 0.003
PLAIN_LETTERS, OTHER_CASE, STRAY_BLANK, UNSPACED_POSTCODE = 0.5, 0.01, 0.01, 0.05
"""Shares of records, or of those to which it can happen. Differences of accents, case and blanks come on top
of the published rates, which leave them out."""

_LETTERS = str.maketrans("łŁđĐ", "lLdD")


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
    written = replace(
        faithfully(person),
        birth_date=_birth_date(person.birth_date, chance),
        sex=_sex(person, chance),
        nhs_number=None if chance.random() < NO_NUMBER else person.nhs_number,
        upn=None if chance.random() < NO_NUMBER else person.upn,
    )
    return _with_blanks(_with_place(_with_names(written, person, chance), person, chance), chance)


def slip(name: str, chance: random.Random) -> str:
    """One slip of the keyboard after the first letter: two letters swapped, one doubled, or one left out.

    Always another name, but for names of fewer than four letters: a clerk reads those as a whole.
    """
    if len(name) < 4:
        return name
    at = chance.randint(1, len(name) - 2)
    slips = {
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + name[at] + name[at:],
        name[:at] + name[at + 1 :],
    }
    return chance.choice(sorted(slips - {name}))


def plain_letters(name: str) -> str:
    """Without accents, as systems write it that have only the letters of a British keyboard."""
    parts = unicodedata.normalize("NFD", name.translate(_LETTERS))
    return "".join(letter for letter in parts if not unicodedata.combining(letter))


def _with_names(written: Written, person: Person, chance: random.Random) -> Written:
    given, family, former = person.given_name, person.family_name, person.former_family_name
    if chance.random() < SHORT_FORM:
        given = SHORT_FORMS.get(given, given)
    if chance.random() < SLIP:
        given = slip(given, chance)
    if former and chance.random() < STILL_FORMER_NAME:
        family, former = former, None
    elif former and chance.random() < 0.5:
        former = None  # few systems ask for it
    if "-" in family and chance.random() < HALF_A_NAME:
        family = chance.choice(family.split("-"))
    if chance.random() < SLIP:
        family = slip(family, chance)
    if chance.random() < SWAPPED_NAMES:
        given, family = family, given
    if chance.random() < PLAIN_LETTERS:
        given, family = plain_letters(given), plain_letters(family)
    return replace(written, given_name=given, family_name=family, former_family_name=former)


def _with_place(written: Written, person: Person, chance: random.Random) -> Written:
    if chance.random() < OLD_ADDRESS:
        written = replace(written, address=person.former_address, postcode=person.former_postcode)
    if chance.random() < NO_ADDRESS:
        written = replace(written, address=None)
    if chance.random() < NO_POSTCODE:
        written = replace(written, postcode=None)
    return written


def _with_blanks(written: Written, chance: random.Random) -> Written:
    """Differences that a reader would not notice."""
    if chance.random() < OTHER_CASE:
        case = chance.choice((str.upper, str.lower))
        written = replace(written, given_name=case(written.given_name), family_name=case(written.family_name))
    if chance.random() < STRAY_BLANK:
        written = replace(
            written, family_name=chance.choice((f" {written.family_name}", f"{written.family_name} "))
        )
    if written.postcode and chance.random() < UNSPACED_POSTCODE:
        written = replace(written, postcode=written.postcode.replace(" ", ""))
    return written


def _birth_date(born: date, chance: random.Random) -> date | None:
    slipped = chance.random()
    if slipped < NO_BIRTH_DATE:
        return None
    slipped -= NO_BIRTH_DATE
    if slipped < SWAPPED_DAY:
        return born.replace(month=born.day, day=born.month) if born.day <= 12 else born
    slipped -= SWAPPED_DAY
    if slipped < WRONG_DAY:
        return born.replace(day=born.day + 1 if born.day < 28 else born.day - 1)
    slipped -= WRONG_DAY
    return born.replace(year=born.year - 1, day=min(born.day, 28)) if slipped < WRONG_YEAR else born


def _sex(person: Person, chance: random.Random) -> str | None:
    slipped = chance.random()
    if slipped < NO_SEX:
        return None
    if slipped < NO_SEX + WRONG_SEX:
        return "male" if person.sex == "female" else "female"
    return person.sex
