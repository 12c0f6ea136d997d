"""What it says when a birth date lies in a range that was typed for it ("about 35", "March 2012").

Derived from the table's own birth-date levels, not measured. A stranger's birth date lies in a range of
``w`` days with the chance that each of its days has by itself: ``w`` times the ``u`` of an exact date (a
year: .0135, which is what the table's exact, near and same-year levels come to together). A person's own
lies inside unless the record or the estimate is wrong: of wrong birth dates (.035 of all) most keep the
year, and ages are most often wrong by one year, so .975 inside, .015 within a year of it, .010 elsewhere.
So a typed year is worth 6.2 bits, a month 9.8, five years 3.9, and a whole date 14.7. A relative is born
in a given year near one's own with the chance of the table's household levels of the same year, about
.04; twins are born together.
"""

from __future__ import annotations

from datetime import date

from broker.matching.compare import compare_ranges
from broker.matching.evidence import Chances
from broker.matching.levels import BirthDateLevel, RangeLevel
from broker.matching.weights import Weights

_M = {RangeLevel.INSIDE: 0.975, RangeLevel.WITHIN_A_YEAR: 0.015, RangeLevel.OUTSIDE: 0.010}
_TWIN = {RangeLevel.INSIDE: 0.980, RangeLevel.WITHIN_A_YEAR: 0.013, RangeLevel.OUTSIDE: 0.007}
_RELATIVES_PER_YEAR = 0.04
_DAYS_A_YEAR = 365.25


def weigh_range(
    one: tuple[date, date], other: tuple[date, date], weights: Weights
) -> tuple[RangeLevel, Chances]:
    """The level and the chances of two ranges of birth dates (a whole date is a range of one day)."""
    level = compare_ranges(one, other)
    days = sum((last - first).days + 1 for first, last in (one, other)) - 1  # they overlap in so many places
    day = weights.birth_date[BirthDateLevel.EXACT].u
    u = _split(days * day, 2 * _DAYS_A_YEAR * day)
    household = _split(days / _DAYS_A_YEAR * _RELATIVES_PER_YEAR, 2 * _RELATIVES_PER_YEAR)
    return level, Chances(_M[level], u[level], household[level], _TWIN[level])


def _split(inside: float, near: float) -> dict[RangeLevel, float]:
    """Chances of the three levels, which come to 1."""
    return {
        RangeLevel.INSIDE: inside,
        RangeLevel.WITHIN_A_YEAR: near,
        RangeLevel.OUTSIDE: max(1.0 - inside - near, near),
    }
