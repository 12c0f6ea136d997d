"""Birth dates, ranges of them and official numbers, compared to a level. The same whichever comes first.

Names are compared in ``compare_names.py``, addresses and postcodes in ``places.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from broker.matching.known import Number
from broker.matching.levels import BirthDateLevel, NumberLevel, RangeLevel

_TWO_PARTS = 2  # of day, month and year


def birth_date_comparer(one: date) -> Callable[[date], BirthDateLevel]:
    """A function that compares whole dates with this one.

    One edit is one digit typed wrong, or two neighbours exchanged, in one part.
    """
    year, month, day = one.year, one.month, one.day

    def compare(other: date) -> BirthDateLevel:
        same_year, same_month, same_day = other.year == year, other.month == month, other.day == day
        if same_month and same_day and same_year:
            return BirthDateLevel.EXACT
        if same_year + same_month + same_day == _TWO_PARTS:
            slip = _one_digit_apart(_digits(one), _digits(other))
            return BirthDateLevel.ONE_EDIT if slip else BirthDateLevel.TWO_OF_THREE_PARTS
        if not same_year:
            return BirthDateLevel.DIFFERS
        swapped = other.day == month and other.month == day
        return BirthDateLevel.DAY_MONTH_SWAP if swapped else BirthDateLevel.SAME_YEAR

    return compare


def compare_birth_dates(one: date, other: date) -> BirthDateLevel:
    """Two whole dates."""
    return birth_date_comparer(one)(other)


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


def compare_numbers(one: Number | None, other: Number | None) -> NumberLevel | None:
    """Two NHS numbers, or two UPNs. One with a wrong check digit counts only where it is a slip of the other.

    A check digit finds every slip of one digit, so a slip always has one valid and one invalid side.
    """
    if one is None or other is None or not (one.valid or other.valid):
        return None
    if one.valid and other.valid:
        return NumberLevel.EXACT if one.written == other.written else NumberLevel.DIFFERS
    return NumberLevel.ONE_EDIT if _one_digit_apart(one.written, other.written) else None
