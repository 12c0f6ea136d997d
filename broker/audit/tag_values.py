"""What a person's tags are made of: the normalised values, each with its type.

A person is read once, for the log makes these of everybody whom a query is about before anything is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TypeAlias

import jellyfish

from broker.matching.nicknames import initials_of_forms, other_forms_of
from broker.matching.normalise import fold, postcode, real_birth_date, real_name, valid_nhs_number, valid_upn
from connectors.contract import Identifiers

Value: TypeAlias = tuple[str, str]
"""A type of tag, and a normalised value."""

Names: TypeAlias = tuple[str, tuple[str, ...], date | None]
"""The given name ("" where there is none), the family names, and the birth date."""


def names_of(person: Identifiers) -> Names:
    """What most tags are made of."""
    families = map(real_name, (person.family_name, *person.other_family_names))
    return (
        real_name(person.given_name) or "",
        tuple(filter(None, families)),
        real_birth_date(person.birth_date),
    )


def values_of(person: Identifiers) -> list[Value]:
    """Of every tag."""
    names = names_of(person)
    return [*alone(person, names), *shared(person, names)]


def key_values(person: Identifiers, names: Names) -> list[Value]:
    """Of the key tags: what stands for one person alone, the surest first; else all that was typed together."""
    return alone(person, names) or list(_as_typed(person))


def alone(person: Identifiers, names: Names) -> list[Value]:
    """What stands for one person alone, the surest first."""
    given, families, born = names
    values = _numbers(person)
    if given and born:
        values += [("names and birth date", f"{given}|{family}|{born}") for family in families]
    return values


def shared(person: Identifiers, names: Names) -> list[Value]:
    """What others may share: a few people in a town each."""
    given, families, born = names
    first, *others = given.split() or ("",)
    sound = _sound(first) if first else ""
    of_families = {word: _sound(word) for family in families for word in family.split()}
    values: list[Value] = []
    if first:
        values += [("names by sound", value) for value in _names_by_sound(first, sound, of_families)]
        values += [("name and place", f"{sound} {place}") for place in _places(person)]
    if born:
        day = str(born)
        sounds = (sound, *map(_sound, others), *of_families.values())
        values += [("name and birth date", f"{one} {day}") for one in sounds if one]
    return values


def differing(person: Identifiers) -> Iterator[Value]:
    """What two people may differ in."""
    given, _, born = names_of(person)
    yield from _numbers(person)
    for first in given.split()[:1]:
        yield from (("given name", form) for form in (first, *other_forms_of(first)))
    if born:
        yield "birth date", str(born)


def _numbers(person: Identifiers) -> list[Value]:
    numbers = ("nhs number", valid_nhs_number(person.nhs_number)), ("upn", valid_upn(person.upn))
    return [(kind, number) for kind, number in numbers if number]


def _as_typed(person: Identifiers) -> Iterator[Value]:
    between = "/".join(day.isoformat() for day in person.born_between or ())
    typed = (person.given_name or "", person.family_name or "", str(person.birth_date or between))
    if any(typed):
        yield "as typed", "|".join(map(fold, typed))


def _names_by_sound(given: str, sound: str, of_families: Mapping[str, str]) -> Iterator[str]:
    """Initial of the given name, or of a form of it (Liz, Elizabeth), with the sound of a family name; and the
    other way round, for a slip that changes the family name's sound.
    """
    initials = initials_of_forms(given)
    for family, family_sound in of_families.items():
        yield from [f"{initial} {family_sound}" for initial in initials]
        yield f"{sound} {family[0]}"


def _places(person: Identifiers) -> Iterator[str]:
    """By number and street, by postcode and by UPRN: each alone, for one may be mistyped."""
    if place := postcode(person.postcode):
        yield place
    for written in (person.uprn, person.address):
        if written and (place := fold(written)):
            yield place


def _sound(word: str) -> str:
    """The word by its sound; itself where its letters have none for Metaphone."""
    return jellyfish.metaphone(word) or word
