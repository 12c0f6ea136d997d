"""Whose a row is, when several people of one query could be meant: brothers, twins, a father and his son."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from broker.matching.claims import Claim
from broker.matching.grades import Grade

_CLEARLY = 32.0
"""How many times likelier (5 bits) a row must be of one person than of another to be clearly theirs."""
_SHOWN = frozenset({Grade.CERTAIN, Grade.PROBABLE})


def settled(claims: Sequence[Sequence[Claim]]) -> list[list[Claim]]:
    """The claims of each person, so that no row is probable or better for two people.

    A row that is clearly one person's is no one else's. One that could be of two is possible at most, for
    both. Nobody's grade rises because someone else is asked about too.
    """
    rivals: dict[int, list[tuple[int, Claim]]] = defaultdict(list)
    for person, own in enumerate(claims):
        for claim in own:
            for row in claim.rows:
                rivals[row].append((person, claim))
    return [
        [kept for claim in own if (kept := _kept(claim, person, rivals))] for person, own in enumerate(claims)
    ]


def _kept(claim: Claim, person: int, rivals: Mapping[int, Sequence[tuple[int, Claim]]]) -> Claim | None:
    others = [other for row in claim.rows for rival, other in rivals[row] if rival != person]
    if any(other.grade in _SHOWN and other.odds >= _CLEARLY * claim.odds for other in others):
        return None
    if any(other.odds > claim.odds / _CLEARLY for other in others):
        return replace(claim, grade=Grade.POSSIBLE)
    return claim
