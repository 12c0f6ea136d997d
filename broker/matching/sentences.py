"""What a requester is told of how a record fits what was typed: one plain sentence, of name and birth date only.

The sentences are a closed list, put together from the parts below. They never tell of a location, a number or the
sex, and never which value a record has where it is not the typed one:

- A former name that agrees reads like the present one. That a name has changed, and from what, is the record's.
- Names that agree read alike with and without a second given name: whether the record has one is not told.
- A day and a month exchanged read like one wrong digit. Told apart, the typed date would give the record's away.
- An identifier that the record lacks reads like one that was not typed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from broker.matching.levels import SWAPPED, BirthDateLevel, FamilyNameLevel, GivenNameLevel, RangeLevel

_NOT_COMPARED = "not compared"
_SAME = "same"

_GIVEN_NAME: Mapping[str, str] = {
    GivenNameLevel.ALL_NAMES: _SAME,
    GivenNameLevel.EXACT: _SAME,
    GivenNameLevel.CLOSE: "first name in another spelling or form",
    GivenNameLevel.NICKNAME: "first name in another spelling or form",
    GivenNameLevel.SIMILAR: "first name somewhat alike",
    GivenNameLevel.TWO_NAMES: "first name somewhat alike",
    GivenNameLevel.INITIAL: "first name the same as far as its initial",
    GivenNameLevel.DIFFERS: "first name different",
}
_FAMILY_NAME: Mapping[str, str] = {
    FamilyNameLevel.EXACT: _SAME,
    FamilyNameLevel.CLOSE: "family name in another spelling",
    FamilyNameLevel.SHARED_TOKEN: "family name the same in part",
    FamilyNameLevel.SIMILAR: "family name somewhat alike",
    FamilyNameLevel.DIFFERS: "family name different",
}
_BIRTH_DATE: Mapping[str, str] = {
    BirthDateLevel.EXACT: "same birth date",
    BirthDateLevel.ONE_EDIT: "birth date one digit different or digits exchanged",
    BirthDateLevel.DAY_MONTH_SWAP: "birth date one digit different or digits exchanged",
    BirthDateLevel.TWO_OF_THREE_PARTS: "birth date the same in two of day, month and year",
    BirthDateLevel.SAME_YEAR: "birth date different",
    BirthDateLevel.DIFFERS: "birth date different",
    RangeLevel.INSIDE: "birth date the same as far as it is given",
    RangeLevel.WITHIN_A_YEAR: "birth date different",
    RangeLevel.OUTSIDE: "birth date different",
}
_EXCHANGED = "first and family name the other way round"


def because(levels: Mapping[str, str]) -> str:
    """The sentence for these levels, by identifier; one that is missing on either side has no level.

    Only the levels of given name, family name and birth date are looked at. It begins with a capital letter and
    has no full stop.
    """
    given, family, born = (levels.get(name, "") for name in ("given_name", "family_name", "birth_date"))
    birth_date = _BIRTH_DATE.get(born, f"birth date {_NOT_COMPARED}")
    sentence = ", ".join((*_names(given, family), birth_date))
    return sentence[:1].upper() + sentence[1:]


def _names(given: str, family: str) -> tuple[str, ...]:
    if SWAPPED in (given, family):
        return (_EXCHANGED,)
    first, last = _GIVEN_NAME.get(given, _NOT_COMPARED), _FAMILY_NAME.get(family, _NOT_COMPARED)
    if first == last:  # both the same, or neither compared
        return ("same name" if first == _SAME else f"name {_NOT_COMPARED}",)
    return _named("first name", first), _named("family name", last)


def _named(which: str, how: str) -> str:
    if how == _SAME:
        return f"same {which}"
    return f"{which} {how}" if how == _NOT_COMPARED else how


def every_sentence() -> Iterator[str]:
    """The closed list: every sentence that there is, each once."""
    names = [*product(("", *_GIVEN_NAME), ("", *_FAMILY_NAME)), (SWAPPED, SWAPPED)]
    yield from dict.fromkeys(
        because({"given_name": given, "family_name": family, "birth_date": born})
        for (given, family), born in product(names, ("", *_BIRTH_DATE))
    )
