"""The odds that two records are of one person, from what their comparison tells.

After Fellegi and Sunter (1969), with two terms for the people who agree with somebody without being them:
odds = prior * M / (U + relatives * prior * H + twins * prior * T). M, U, H and T are the products of the
chances of every level found; a missing identifier multiplies by one.
"""

from __future__ import annotations

from collections.abc import Iterable

from broker.matching.evidence import MISSING, Comparison
from broker.matching.grades import Reason
from broker.matching.weights import Weights


def commoner_here(comparisons: Iterable[Comparison], population: int) -> float:
    """How many times commoner the person's full name is in this source than the table says; at least 1.

    A table for the whole country knows nothing of a valley or a community where everyone is called the same,
    but the rows that came back show it: every namesake but one is somebody else.
    """
    namesakes = [
        one
        for one in comparisons
        if one.given_name.reason is Reason.EXACT and one.family_name.reason is Reason.EXACT
    ]
    if not namesakes:
        return 1.0
    thought = max(one.given_name.chances.u * one.family_name.chances.u for one in namesakes)
    return max((len(namesakes) - 1) / max(population, 1) / thought, 1.0)


def odds(
    comparison: Comparison, population: int, weights: Weights, *, relatives: bool, commoner: float = 1.0
) -> float:
    """The odds that the two are one person, to 1, before other candidates are looked at.

    ``population``: how many people the source holds. Without ``relatives`` only strangers are reckoned with.
    ``commoner``: from ``commoner_here``; it counts where both names agree, more or less.
    """
    prior = weights.in_source / max(population, 1)
    m = u = household = twin = 1.0
    for evidence in comparison:
        if evidence is not MISSING:
            chances = evidence.chances
            m, u = m * chances.m, u * chances.u
            household, twin = household * chances.household, twin * chances.twin
    if commoner > 1 and comparison.given_name.agrees and comparison.family_name.agrees:
        u *= commoner
    related = prior * (weights.relatives * household + weights.twins * twin) if relatives else 0.0
    return prior * m / (u + related)
