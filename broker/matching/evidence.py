"""What one identifier says of two records, and what all of them say: the currency of matching."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from broker.matching.grades import Reason
from broker.matching.levels import REASONS

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Chances(NamedTuple):
    """The chances of one level, each from 0 to 1, between the records of two.

    ``m``: they are one person; ``u``: two strangers; ``household``: relatives in one household; ``twin``: twins.
    """

    m: float
    u: float
    household: float
    twin: float


NO_EVIDENCE = Chances(1.0, 1.0, 1.0, 1.0)
"""Of a missing identifier: 0 bits, whoever the two are."""

_AGREES = frozenset({Reason.EXACT, Reason.CLOSE, Reason.PARTIAL})


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What one identifier says of two records: the level, what is told of it, and the level's chances.

    ``level`` is a word of the weights' table; empty where the identifier is missing on either side. Each is made
    once a query, and is equal to itself alone: so what a combination of them weighs is worked out once.
    """

    reason: Reason
    chances: Chances
    level: str = ""
    agrees: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "agrees", self.reason in _AGREES)

    @property
    def likelihood(self) -> float:
        """How many times likelier this is of one person than of two strangers."""
        return self.chances.m / self.chances.u


MISSING = Evidence(Reason.MISSING, NO_EVIDENCE)


Located = tuple[Evidence, Evidence]
"""The evidence of address and postcode. They tell the same: a postcode counts only where an address is missing."""


class Comparison(NamedTuple):
    """The evidence of every identifier of two records. A location that may not count is MISSING (law 9)."""

    given_name: Evidence
    family_name: Evidence
    birth_date: Evidence
    sex: Evidence
    nhs_number: Evidence
    upn: Evidence
    address: Evidence = MISSING
    postcode: Evidence = MISSING

    def at(self, place: Located) -> Comparison:
        """The same, with what the location tells."""
        return Comparison(*self[:6], *place)


class Remembering(dict[K, V]):
    """A dictionary that makes what it lacks and keeps it. It holds personal values: let it go with the query."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self[key] = self._make(key)
        return value

    def __repr__(self) -> str:
        return f"Remembering({len(self)})"


def evidence_of(level: str, chances: Chances) -> Evidence:
    """The evidence of a level, by its word."""
    return Evidence(REASONS[level], chances, str(level))
