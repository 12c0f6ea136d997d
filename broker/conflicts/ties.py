"""What ties a requester to somebody whom they ask about. Pure.

Names are compared as matching compares them, and may be typed the wrong way round. Nothing is guessed of a
requester: whose token says no birth date may be called like somebody, and that alone is no own record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import Literal

from broker.audit.watching.ties import full_names, may_be_adult, own_surname
from broker.matching.normalise import postcode, real_birth_date, real_name
from broker.questions import Requester
from connectors.contract import Identifiers

Tie = Literal["own_record", "own_name", "own_household", "colleague"]


def tie(person: Identifiers, requester: Requester, staff: Collection[str], today: date) -> Tie | None:
    """The closest tie. ``staff``: as ``full_names`` has the names of everybody in the staff directory."""
    called = set(_called(person))
    if not called.isdisjoint(full_names(requester.name)):
        return "own_record" if _may_be_born(person, requester) else _of_own_name(person, requester)
    if _same_surname(person, requester) and _same_home(person, requester):
        return "own_household"
    if may_be_adult(person, today) and not called.isdisjoint(staff):
        return "colleague"
    return None


def _of_own_name(person: Identifiers, requester: Requester) -> Tie | None:
    """Somebody of the same name who was born at another time is a namesake; else it may be the requester."""
    if _same_home(person, requester):
        return "own_household" if _was_born_otherwise(person, requester) else "own_record"
    return None if _was_born_otherwise(person, requester) else "own_name"


def _called(person: Identifiers) -> Iterator[str]:
    """A given name with each family name, and both the wrong way round."""
    given = (real_name(person.given_name) or "").split()
    for family in _families(person):
        for first in given[:1]:
            yield f"{first} {family}"
        if given:
            yield f"{family.split()[0]} {' '.join(given)}"


def _families(person: Identifiers) -> list[str]:
    return [one for one in map(real_name, (person.family_name, *person.other_family_names)) if one]


def _may_be_born(person: Identifiers, requester: Requester) -> bool:
    """Whether what was typed of a birth date is the requester's own, whole or in part."""
    born = requester.birth_date
    if born is None:
        return False
    if typed := real_birth_date(person.birth_date):
        return typed == born
    return person.born_between is not None and person.born_between[0] <= born <= person.born_between[1]


def _was_born_otherwise(person: Identifiers, requester: Requester) -> bool:
    typed = real_birth_date(person.birth_date) or person.born_between
    return bool(requester.birth_date and typed) and not _may_be_born(person, requester)


def _same_surname(person: Identifiers, requester: Requester) -> bool:
    return own_surname(requester.name, _families(person)) is not None


def _same_home(person: Identifiers, requester: Requester) -> bool:
    home = postcode(requester.postcode)
    return home is not None and home == postcode(person.postcode)
