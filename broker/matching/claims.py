"""One person of a query against the people of a source: odds against each other, and law 9's limits."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from broker.matching.evidence import Comparison, Evidence, Located
from broker.matching.grades import Grade, Reason
from broker.matching.levels import BirthDateLevel
from broker.matching.limits import Limit

CERTAIN_FROM, PROBABLE_FROM, POSSIBLE_FROM = 0.99, 0.80, 0.05
"""The least chance, of 1, of each grade. Below the last, a record is certainly not the person's."""
PROBABLE_IN_PART_FROM = 0.99
"""Where a birth date agrees in part only, namesakes of one age are the rule, and odds too sure of themselves."""
_CLOSELY = frozenset({Reason.EXACT, Reason.CLOSE})
_FROM_LEAST = (Grade.POSSIBLE, Grade.PROBABLE, Grade.CERTAIN)


@dataclass(frozen=True, slots=True)
class Weighed:
    """Rows of a source (by index), held to be one person, and the odds that it is the person asked about.

    ``odds`` are before other candidates are looked at; ``chance``, of 1, is after.
    """

    rows: tuple[int, ...]
    comparison: Comparison = field(repr=False)
    odds: float = field(repr=False)
    chance: float = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """That rows of a source are of one person of the query, and how sure that may be said to be."""

    weighed: Weighed = field(repr=False)
    grade: Grade

    @property
    def rows(self) -> tuple[int, ...]:
        return self.weighed.rows

    @property
    def odds(self) -> float:
        return self.weighed.odds


def of_the_group(comparisons: Sequence[Comparison]) -> Comparison:
    """What the rows of one person say together: per identifier the best, as people move and marry.

    Both names are taken from one row. Of the location nothing is told yet.
    """
    names = max((one[:2] for one in comparisons), key=_rank)
    others = (
        max((one[place] for one in comparisons), key=lambda one: _rank((one,))) for place in range(2, 6)
    )
    return Comparison(*names, *others)


def nearest(places: Sequence[Located]) -> Located:
    """Where the rows of one person are nearest to the person asked about."""
    return places[0] if len(places) == 1 else max(places, key=_rank)


def _rank(evidence: Sequence[Evidence]) -> tuple[bool, float, Sequence[str]]:
    """A difference tells more than a gap; the rest is there to never depend on the rows' order."""
    told = any(one.reason is not Reason.MISSING for one in evidence)
    return told, math.prod(one.likelihood for one in evidence), [one.level for one in evidence]


def anchored(comparison: Comparison) -> bool:
    """Whether a birth date (an approximate one too) or a number agrees: only beside one may a location count.

    Otherwise an address could be found out by trying: by a name that is known, and then one street after the
    other, until the grade moves (law 9).
    """
    return comparison.birth_date.agrees or _a_number_agrees(comparison)


def _a_number_agrees(comparison: Comparison) -> bool:
    return comparison.nhs_number.agrees or comparison.upn.agrees


def claimed(weighed: Sequence[Weighed], *, by_range: bool) -> list[Claim]:
    """The claims that are possible at least, best first.

    ``by_range``: of the birth date only an age, a month or a year was typed.
    """
    claims = [
        Claim(one, _grade(one.chance, one.comparison, by_range))
        for one in weighed
        if one.chance >= POSSIBLE_FROM and _identity_agrees(one.comparison)
    ]
    return sorted(claims, key=lambda claim: (-claim.odds, claim.rows))


def _identity_agrees(comparison: Comparison) -> bool:
    return comparison.given_name.agrees or comparison.family_name.agrees or anchored(comparison)


def _grade(chance: float, comparison: Comparison, by_range: bool) -> Grade:
    """The grade of a chance of at least ``POSSIBLE_FROM``, no higher than what agrees can carry."""
    return min(by_chance(chance, comparison), limit(comparison, by_range).grade, key=_FROM_LEAST.index)


def by_chance(chance: float, comparison: Comparison) -> Grade:
    """The grade of a chance of at least ``POSSIBLE_FROM``, if what agrees can carry it."""
    in_part = comparison.birth_date.reason is Reason.PARTIAL and not _same_home(comparison)
    if chance < (PROBABLE_IN_PART_FROM if in_part else PROBABLE_FROM):
        return Grade.POSSIBLE
    return Grade.CERTAIN if chance >= CERTAIN_FROM else Grade.PROBABLE


def limit(comparison: Comparison, by_range: bool) -> Limit:
    """The highest grade that what agrees can carry, whatever the odds (law 9).

    Odds take the identifiers for independent, and among people of one community names are not: in a town of
    20,000, odds alone showed 16 wrong people among 2,475, and with these limits none among 1,640. Two different
    valid NHS numbers are never more than possible; nor is a name without an agreeing birth date or number.
    """
    if comparison.nhs_number.reason is Reason.DIFFERS:
        return Limit.TWO_NHS_NUMBERS
    if _a_number_agrees(comparison):
        return Limit.NONE
    names = {comparison.given_name.reason, comparison.family_name.reason}
    same_home = _same_home(comparison)
    match comparison.birth_date.reason:
        case Reason.EXACT:
            return Limit.NONE if same_home or Reason.DIFFERS not in names else Limit.NAME_DIFFERS
        case Reason.CLOSE:
            exchanged = comparison.birth_date.level == BirthDateLevel.DAY_MONTH_SWAP
            return _nearly_born_then(names, same_home, exchanged)
        case Reason.PARTIAL:
            return _born_about_then(names, same_home, by_range)
    return Limit.NOTHING_SURE


def _same_home(comparison: Comparison) -> bool:
    return Reason.EXACT in (comparison.address.reason, comparison.postcode.reason)


def _nearly_born_then(names: Set[Reason], same_home: bool, exchanged: bool) -> Limit:
    """With a slip in the birth date, a namesake of the same age may be meant: only the same home tells.

    But a namesake whose day and month are the other's ``exchanged`` is as rare as one who was born the same day.
    """
    if same_home:
        return Limit.NONE if Reason.DIFFERS not in names else Limit.SLIP_AND_NAME_DIFFERS
    alone = exchanged and names == {Reason.EXACT}
    return Limit.DAY_AND_MONTH_EXCHANGED if alone else Limit.SLIP_IN_BIRTH_DATE


def _born_about_then(names: Set[Reason], same_home: bool, by_range: bool) -> Limit:
    """Within an age that was typed, or with two of a date's three parts: both names have to agree."""
    if not names <= _CLOSELY:
        return Limit.NAMES_NOT_CLOSE
    if same_home:
        return Limit.NONE
    return Limit.BY_AGE_ALONE if by_range and names == {Reason.EXACT} else Limit.NAMESAKES_OF_ONE_AGE
