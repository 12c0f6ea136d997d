"""One identifier of two people, compared to a level. None where it is missing on either side.

Every comparison gives the same whichever person comes first. The levels are those of ``weights.py``;
addresses and postcodes are compared in ``places.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from itertools import product

import jellyfish

from broker.matching.frequencies import GIVEN_NAME_SHARES
from broker.matching.known import Number
from broker.matching.nicknames import are_forms_of_one_name


class GivenNameLevel(StrEnum):
    EXACT = "exact"
    CLOSE = "close"
    NICKNAME = "nickname"
    SIMILAR = "similar"
    INITIAL = "initial"
    DIFFERS = "differs"


class FamilyNameLevel(StrEnum):
    EXACT = "exact"
    CLOSE = "close"
    SHARED_TOKEN = "shared_token"  # noqa: S105 -- a part of a name, no secret
    SIMILAR = "similar"
    DIFFERS = "differs"


class BirthDateLevel(StrEnum):
    EXACT = "exact"
    DAY_MONTH_SWAP = "day_month_swap"
    ONE_EDIT = "one_edit"
    TWO_OF_THREE_PARTS = "two_of_three_parts"
    SAME_YEAR = "same_year"
    DIFFERS = "differs"


class RangeLevel(StrEnum):
    """A birth date against a range of dates that was typed for it ("about 35", "March 2012")."""

    INSIDE = "inside"
    WITHIN_A_YEAR = "within_a_year"
    OUTSIDE = "outside"


class SexLevel(StrEnum):
    SAME = "same"
    DIFFERS = "differs"


class NumberLevel(StrEnum):
    EXACT = "exact"
    ONE_EDIT = "one_edit"
    DIFFERS = "differs"


CLOSE, SIMILAR = 0.92, 0.80  # Jaro-Winkler similarity, of 1
_LONGEST_NAME = 80  # characters that are compared: time must not grow with what is typed


def _likeness(one: str, other: str) -> float:
    """Jaro-Winkler similarity without regard to spaces. In a fixed order: it is not quite symmetrical."""
    first, second = sorted((one.replace(" ", "")[:_LONGEST_NAME], other.replace(" ", "")[:_LONGEST_NAME]))
    return jellyfish.jaro_winkler_similarity(first, second)


# Many men of a family bear one of these before the name that they go by: alone they tell little.
_HONOURING = frozenset(
    ["mohammed", "muhammad", "mohamed", "mohammad", "muhammed", "mohamad", "md", "mohd", "syed", "sheikh"]
)


def compare_given_names(one: str | None, other: str | None) -> GivenNameLevel | None:
    """Two given names, of one or several words. A lone letter is only ever an initial."""
    if not (one and other):
        return None
    words, others = one.split(), other.split()
    if len(words[0]) == 1 or len(others[0]) == 1:
        return GivenNameLevel.INITIAL if words[0][0] == others[0][0] else GivenNameLevel.DIFFERS
    if one.replace(" ", "") == other.replace(" ", ""):
        return GivenNameLevel.EXACT
    if words[0] == others[0]:
        return _same_first_name(words, others)
    return _different_first_names(words, others)


def _same_first_name(words: Sequence[str], others: Sequence[str]) -> GivenNameLevel:
    """Middle names are often left out or cut to an initial; two that contradict each other mean a doubt."""
    agree = all(
        a == b or (1 in (len(a), len(b)) and a[0] == b[0]) for a, b in zip(words, others, strict=False)
    )
    if words[0] in _HONOURING:
        return GivenNameLevel.CLOSE if agree else GivenNameLevel.SIMILAR
    return GivenNameLevel.EXACT if agree else GivenNameLevel.CLOSE


def _different_first_names(words: Sequence[str], others: Sequence[str]) -> GivenNameLevel:
    first, second = words[0], others[0]
    likeness = max(_likeness(first, second), _likeness(" ".join(words), " ".join(others)))
    nickname = are_forms_of_one_name(first, second)
    if likeness >= CLOSE and (nickname or not _two_known_names(first, second)):
        return GivenNameLevel.CLOSE
    if nickname:
        return GivenNameLevel.NICKNAME
    known_by_another = any(len(word) > 1 for word in {*words} & {*others})
    return GivenNameLevel.SIMILAR if likeness >= SIMILAR or known_by_another else GivenNameLevel.DIFFERS


def _two_known_names(first: str, second: str) -> bool:
    """Daniel and Danielle are two names, and no slip of the pen."""
    return first in GIVEN_NAME_SHARES and second in GIVEN_NAME_SHARES


_PARTICLES = frozenset(
    word
    for words in (
        "al el abu bin bint ibn ben ul ur",
        "de da do dos das del di la le van von der den ter und zu mc mac st san ap",
    )
    for word in words.split()
)
_FAMILY_ORDER = list(FamilyNameLevel)


def compare_family_names(
    names: Sequence[str], others: Sequence[str]
) -> tuple[FamilyNameLevel, str | None] | None:
    """The best that any family name of one gives with any of the other's; and the name itself, if exact."""
    levels = [(_compare_two(one, other), one) for one, other in product(names, others)]
    if not levels:
        return None
    level, name = min(levels, key=lambda found: (_FAMILY_ORDER.index(found[0]), found[1]))
    return level, name.replace(" ", "") if level is FamilyNameLevel.EXACT else None


def _compare_two(one: str, other: str) -> FamilyNameLevel:
    if 1 in (len(one), len(other)):  # an initial for a family name
        return FamilyNameLevel.SIMILAR if one[0] == other[0] else FamilyNameLevel.DIFFERS
    if one == other or one.replace(" ", "") == other.replace(" ", ""):
        return FamilyNameLevel.EXACT
    likeness = _likeness(one, other)
    if likeness >= CLOSE:
        return FamilyNameLevel.CLOSE
    if (" " in one or " " in other) and _telling(one) & _telling(other):
        return FamilyNameLevel.SHARED_TOKEN
    return FamilyNameLevel.SIMILAR if likeness >= SIMILAR else FamilyNameLevel.DIFFERS


def _telling(name: str) -> set[str]:
    return {word for word in name.split() if len(word) > 1 and word not in _PARTICLES}


_TWO_PARTS = 2  # of day, month and year


def compare_birth_dates(one: date, other: date) -> BirthDateLevel:
    """Two whole dates. One edit is one digit typed wrong, or two neighbours exchanged, in one part."""
    if one == other:
        return BirthDateLevel.EXACT
    if one.year == other.year and (one.day, one.month) == (other.month, other.day):
        return BirthDateLevel.DAY_MONTH_SWAP
    if (one.year == other.year) + (one.month == other.month) + (one.day == other.day) == _TWO_PARTS:
        slip = _one_digit_apart(_digits(one), _digits(other))
        return BirthDateLevel.ONE_EDIT if slip else BirthDateLevel.TWO_OF_THREE_PARTS
    return BirthDateLevel.SAME_YEAR if one.year == other.year else BirthDateLevel.DIFFERS


def _digits(born: date) -> str:
    return f"{born.day:02}{born.month:02}{born.year:04}"


def _one_digit_apart(one: str, other: str) -> bool:
    """One digit differs, or two neighbours stand the other way round. Both of the same length."""
    at = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(at) == 1:
        return True
    neighbours = len(at) == len("ab") and at[1] == at[0] + 1
    return neighbours and one[at[0]] == other[at[1]] and one[at[1]] == other[at[0]]


_A_YEAR = timedelta(days=366)


def compare_ranges(one: tuple[date, date], other: tuple[date, date]) -> RangeLevel:
    """Two ranges of birth dates, first and last day each (a whole date is both): do they meet?"""
    gap = max(one[0], other[0]) - min(one[1], other[1])
    if gap <= timedelta(0):
        return RangeLevel.INSIDE
    return RangeLevel.WITHIN_A_YEAR if gap <= _A_YEAR else RangeLevel.OUTSIDE


def compare_sexes(one: str | None, other: str | None) -> SexLevel | None:
    if not (one and other):
        return None
    return SexLevel.SAME if one == other else SexLevel.DIFFERS


def compare_numbers(one: Number | None, other: Number | None) -> NumberLevel | None:
    """Two NHS numbers, or two UPNs. One with a wrong check digit counts only where it is a slip of the other.

    A check digit finds every slip of one digit, so a slip always has one valid and one invalid side.
    """
    if one is None or other is None or not (one.valid or other.valid):
        return None
    if one.valid and other.valid:
        return NumberLevel.EXACT if one.written == other.written else NumberLevel.DIFFERS
    return NumberLevel.ONE_EDIT if _one_digit_apart(one.written, other.written) else None
