"""One person of a query against the people of a source: odds against each other, and law 9's limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field

from broker.matching.grades import Grade, Reason
from broker.matching.weigh import Comparison, Evidence

_CERTAIN, _PROBABLE, _POSSIBLE = 0.99, 0.80, 0.05
_PROBABLE_IN_PART = 0.99
"""Where a birth date agrees in part only, namesakes of one age are the rule, and odds too sure of themselves."""
_AGREES = frozenset({Reason.EXACT, Reason.CLOSE, Reason.PARTIAL})
_CLOSELY = frozenset({Reason.EXACT, Reason.CLOSE})
_NUMBERS = ("nhs_number", "upn")
_ANCHORS = ("birth_date", *_NUMBERS)
_FROM_LEAST = (Grade.POSSIBLE, Grade.PROBABLE, Grade.CERTAIN)
_IDENTITY = ("given_name", "family_name", *_ANCHORS)
_TOLD_TOGETHER = (
    ("given_name", "family_name"),
    ("birth_date",),
    ("sex",),
    ("nhs_number",),
    ("upn",),
    ("address", "postcode"),
)


@dataclass(frozen=True, slots=True)
class Claim:
    """That rows of a source (by index) are of one person of the query. ``odds``: before other candidates."""

    rows: tuple[int, ...]
    grade: Grade
    odds: float = field(repr=False)
    comparison: Comparison = field(repr=False)


def of_the_group(comparisons: Sequence[Comparison]) -> Comparison:
    """What the rows of one person say together: per identifier the best, as people move and marry.

    The comparisons all have the same identifiers.
    """
    if len(comparisons) == 1:
        return comparisons[0]
    return {
        name: comparison[name]
        for names in _TOLD_TOGETHER
        if names[0] in comparisons[0]
        for comparison in (max(comparisons, key=lambda one: _rank([one[name] for name in names])),)
        for name in names
    }


def _rank(evidence: Sequence[Evidence]) -> tuple[bool, float, Sequence[Evidence]]:
    """A difference tells more than a gap; the rest is there to never depend on the rows' order."""
    told = any(one.reason is not Reason.MISSING for one in evidence)
    return told, math.prod(one.likelihood for one in evidence), evidence


def may_count_location(comparison: Comparison) -> bool:
    """Only beside a birth date (an approximate one too) or a number that agrees.

    Otherwise an address could be found out by trying: by a name that is known, and then one street after the
    other, until the grade moves (law 9).
    """
    return _any_agrees(comparison, _ANCHORS)


def _any_agrees(comparison: Comparison, names: Sequence[str]) -> bool:
    return any(comparison[name].reason in _AGREES for name in names)


def graded(weighed: Mapping[tuple[int, ...], tuple[Comparison, float]], *, by_range: bool) -> list[Claim]:
    """The claims that are possible at least, best first, from the comparison and odds of each group of rows.

    The chances of all groups and of "nobody in this source" come to one. ``by_range``: of the birth date only an
    age, a month or a year was typed.
    """
    total = 1.0 + math.fsum(odds for _, odds in weighed.values())
    claims = [
        Claim(rows, _grade(odds / total, comparison, by_range), odds, comparison)
        for rows, (comparison, odds) in weighed.items()
        if odds / total >= _POSSIBLE and _any_agrees(comparison, _IDENTITY)
    ]
    return sorted(claims, key=lambda claim: (-claim.odds, claim.rows))


def _grade(chance: float, comparison: Comparison, by_range: bool) -> Grade:
    """The grade of a chance of at least ``_POSSIBLE``, no higher than what agrees can carry."""
    in_part = comparison["birth_date"].reason is Reason.PARTIAL and not _same_home(comparison)
    if chance < (_PROBABLE_IN_PART if in_part else _PROBABLE):
        return Grade.POSSIBLE
    likely = Grade.CERTAIN if chance >= _CERTAIN else Grade.PROBABLE
    return min(likely, _ceiling(comparison, by_range), key=_FROM_LEAST.index)


def _ceiling(comparison: Comparison, by_range: bool) -> Grade:
    """The highest grade that what agrees can carry, whatever the odds (law 9).

    Odds take the identifiers for independent, and among people of one community names are not: in a town of
    20,000, odds alone showed 16 wrong people among 2,475, and with these limits none among 1,640. Two different
    valid NHS numbers are never more than possible; nor is a name without an agreeing birth date or number.
    """
    if comparison["nhs_number"].reason is Reason.DIFFERS:
        return Grade.POSSIBLE
    if _any_agrees(comparison, _NUMBERS):
        return Grade.CERTAIN
    names = {comparison[name].reason for name in ("given_name", "family_name")}
    same_home = _same_home(comparison)
    match comparison["birth_date"].reason:
        case Reason.EXACT:
            return Grade.CERTAIN if same_home or Reason.DIFFERS not in names else Grade.POSSIBLE
        case Reason.CLOSE:
            return _nearly_born_then(names, same_home)
        case Reason.PARTIAL:
            return _born_about_then(names, same_home, by_range)
    return Grade.POSSIBLE


def _same_home(comparison: Comparison) -> bool:
    return any(comparison[name].reason is Reason.EXACT for name in ("address", "postcode"))


def _nearly_born_then(names: Set[Reason], same_home: bool) -> Grade:
    """With a slip in the birth date, a namesake of the same age may be meant: only the same home tells."""
    if not same_home:
        return Grade.POSSIBLE
    return Grade.CERTAIN if Reason.DIFFERS not in names else Grade.PROBABLE


def _born_about_then(names: Set[Reason], same_home: bool, by_range: bool) -> Grade:
    """Within an age that was typed, or with two of a date's three parts: both names have to agree."""
    if not names <= _CLOSELY:
        return Grade.POSSIBLE
    if same_home:
        return Grade.CERTAIN
    return Grade.PROBABLE if by_range and names == {Reason.EXACT} else Grade.POSSIBLE
