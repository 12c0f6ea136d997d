"""One person of a query against the people of a source: odds against each other, and law 9's limits."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from broker.matching.grades import Grade, Reason
from broker.matching.weigh import Comparison, Evidence

_CERTAIN, _PROBABLE, _POSSIBLE = 0.99, 0.80, 0.05
_AGREES = frozenset({Reason.EXACT, Reason.CLOSE, Reason.PARTIAL})
_ANCHORS = ("birth_date", "nhs_number", "upn")
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


def graded(weighed: Mapping[tuple[int, ...], tuple[Comparison, float]]) -> list[Claim]:
    """The claims that are possible at least, best first, from the comparison and odds of each group of rows.

    The chances of all groups and of "nobody in this source" come to one.
    """
    total = 1.0 + math.fsum(odds for _, odds in weighed.values())
    claims = [
        Claim(rows, _grade(odds / total, comparison), odds, comparison)
        for rows, (comparison, odds) in weighed.items()
        if odds / total >= _POSSIBLE and _any_agrees(comparison, _IDENTITY)
    ]
    return sorted(claims, key=lambda claim: (-claim.odds, claim.rows))


def _grade(chance: float, comparison: Comparison) -> Grade:
    """The grade of a chance of at least ``_POSSIBLE``, under law 9.

    A name without an agreeing birth date or number is never more than possible; two different valid NHS
    numbers are neither.
    """
    two_numbers = comparison["nhs_number"].reason is Reason.DIFFERS
    if two_numbers or not _any_agrees(comparison, _ANCHORS) or chance < _PROBABLE:
        return Grade.POSSIBLE
    return Grade.CERTAIN if chance >= _CERTAIN else Grade.PROBABLE
