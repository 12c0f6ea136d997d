"""The evidence that two records are of one person: identifier by identifier, then the odds of it all.

After Fellegi and Sunter (1969), with two terms for the people who agree with somebody without being them:
odds = prior * M / (U + relatives * prior * H + twins * prior * T). M, U, H and T are the products of the
chances of every level found; a missing identifier multiplies by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from typing import NamedTuple, TypeVar

from broker.matching.compare import (
    FamilyNameLevel,
    GivenNameLevel,
    compare_birth_dates,
    compare_family_names,
    compare_given_names,
    compare_numbers,
    compare_sexes,
)
from broker.matching.frequencies import (
    FAMILY_NAME_SHARES,
    GIVEN_NAME_SHARES,
    UNLISTED_FAMILY_NAME,
    UNLISTED_GIVEN_NAME,
)
from broker.matching.grades import Reason
from broker.matching.known import Known
from broker.matching.places import compare_addresses, compare_postcodes, place
from broker.matching.ranges import weigh_range
from broker.matching.weights import NO_EVIDENCE, Chances, Weights


class Evidence(NamedTuple):
    """What one identifier says of two records: the level, what is told of it, and the level's chances.

    ``level`` is a word of the weights' table; empty where the identifier is missing on either side.
    """

    reason: Reason
    chances: Chances
    level: str = ""

    @property
    def likelihood(self) -> float:
        """How many times likelier this is of one person than of two strangers."""
        return self.chances.m / self.chances.u


SWAPPED = "swapped"
"""The level of both names where they were entered in each other's place."""

MISSING = Evidence(Reason.MISSING, NO_EVIDENCE)
LOCATION_UNTOLD = {"address": MISSING, "postcode": MISSING}

_LEVELS_OF = {
    Reason.EXACT: "exact same same_dwelling",
    Reason.CLOSE: "close nickname day_month_swap one_edit",
    Reason.PARTIAL: ("similar initial shared_token two_of_three_parts inside same_street sector district"),
    Reason.DIFFERS: "differs same_year within_a_year outside",
}
_REASONS = {level: reason for reason, levels in _LEVELS_OF.items() for level in levels.split()}
"""By the level's own word: levels of different identifiers that are called alike mean the same."""

_NO_AGREEMENT = frozenset({Reason.DIFFERS, Reason.MISSING})
_NEW_YEARS_DAY_TIMES = 10.0
"""1 January is the birth date of many whose true one is unknown: to agree on it says that much less."""

Level = TypeVar("Level", bound=StrEnum)


def _evidence(level: Level | None, table: Mapping[Level, Chances]) -> Evidence:
    return MISSING if level is None else Evidence(_REASONS[level], table[level], level)


Comparison = Mapping[str, Evidence]
"""An entry per identifier, by its name. Which of them were compared is told by the reasons."""


def compared_with(person: Known, weights: Weights) -> Callable[[Known], Comparison]:
    """A function that compares rows with the person, all but the location, and no name or date twice.

    What it remembers is personal: let it go with the query.
    """
    given_name = cache(lambda name: _given_name(person.given_name, name, weights))
    family_name = cache(lambda names: _family_name(person.family_names, names, weights))
    born = cache(lambda date_, between: _birth_date(person, date_, between, weights))

    def compare(row: Known) -> Comparison:
        given, family = given_name(row.given_name), family_name(row.family_names)
        if given.reason is family.reason is Reason.DIFFERS:
            given, family = _swapped(person, row, weights) or (given, family)
        return {
            "given_name": given,
            "family_name": family,
            "birth_date": born(row.birth_date, row.born_between),
            "sex": _evidence(compare_sexes(person.sex, row.sex), weights.sex),
            "nhs_number": _evidence(compare_numbers(person.nhs_number, row.nhs_number), weights.number),
            "upn": _evidence(compare_numbers(person.upn, row.upn), weights.number),
            **LOCATION_UNTOLD,
        }

    return compare


def located_with(person: Known, weights: Weights) -> Callable[[Known], Comparison]:
    """A function that compares the location of rows with the person's: an entry for address and postcode.

    Address and postcode tell the same: the postcode counts only where an address is missing.
    """
    where = cache(place)
    home = place(*person.location)

    def locate(row: Known) -> Comparison:
        there = where(*row.location)
        address = _evidence(compare_addresses(home, there), weights.address)
        if address.reason is not Reason.MISSING:
            return {"address": address, "postcode": MISSING}
        code = _evidence(compare_postcodes(home.postcode, there.postcode), weights.postcode)
        return {"address": MISSING, "postcode": code}

    return locate


def _given_name(one: str | None, other: str | None, weights: Weights) -> Evidence:
    level = compare_given_names(one, other)
    evidence = _evidence(level, weights.given_name)
    if level is not GivenNameLevel.EXACT or not (one and other):
        return evidence
    share = max(GIVEN_NAME_SHARES.get(name.split()[0], UNLISTED_GIVEN_NAME) for name in (one, other))
    return _as_common_as(share, evidence, weights)


def _family_name(names: tuple[str, ...], others: tuple[str, ...], weights: Weights) -> Evidence:
    found = compare_family_names(names, others)
    if found is None:
        return MISSING
    level, name = found
    evidence = _evidence(level, weights.family_name)
    if name is None:
        return evidence
    return _as_common_as(FAMILY_NAME_SHARES.get(name, UNLISTED_FAMILY_NAME), evidence, weights)


def _as_common_as(share: float, exact: Evidence, weights: Weights) -> Evidence:
    return exact._replace(chances=exact.chances._replace(u=max(share, weights.rarest_share)))


def _swapped(person: Known, row: Known, weights: Weights) -> tuple[Evidence, Evidence] | None:
    """The evidence where given and family name were entered in each other's place, else None."""
    if not (person.given_name and row.given_name):
        return None
    crosswise = (
        compare_family_names((person.given_name,), row.family_names),
        compare_family_names(person.family_names, (row.given_name,)),
    )
    if any(found is None or found[0] is not FamilyNameLevel.EXACT for found in crosswise):
        return None
    given = weights.given_name[GivenNameLevel.EXACT]
    given = given._replace(m=given.m * 2.0**-weights.swap_bits)
    family = weights.family_name[FamilyNameLevel.EXACT]
    return Evidence(Reason.PARTIAL, given, SWAPPED), Evidence(Reason.PARTIAL, family, SWAPPED)


def _birth_date(
    person: Known, born: date | None, between: tuple[date, date] | None, weights: Weights
) -> Evidence:
    if person.birth_date and born:
        evidence = _evidence(compare_birth_dates(person.birth_date, born), weights.birth_date)
        stopgap = evidence.reason is Reason.EXACT and (born.month, born.day) == (1, 1)
        u = evidence.chances.u * (_NEW_YEARS_DAY_TIMES if stopgap else 1.0)
        return evidence._replace(chances=evidence.chances._replace(u=u))
    one, other = _range(person.birth_date, person.born_between), _range(born, between)
    if one is None or other is None:
        return MISSING
    level, chances = weigh_range(one, other, weights)
    return Evidence(_REASONS[level], chances, level)


def _range(born: date | None, between: tuple[date, date] | None) -> tuple[date, date] | None:
    return (born, born) if born else between


_NAMES = ("given_name", "family_name")


def commoner_here(comparisons: Iterable[Comparison], population: int) -> float:
    """How many times commoner the person's full name is in this source than the table says; at least 1.

    A table for the whole country knows nothing of a valley or a community where everyone is called the same,
    but the rows that came back show it: every namesake but one is somebody else.
    """
    namesakes = [one for one in comparisons if all(one[name].reason is Reason.EXACT for name in _NAMES)]
    if not namesakes:
        return 1.0
    thought = max(math.prod(one[name].chances.u for name in _NAMES) for one in namesakes)
    return max((len(namesakes) - 1) / max(population, 1) / thought, 1.0)


def odds(
    comparison: Comparison, population: int, weights: Weights, *, relatives: bool, commoner: float = 1.0
) -> float:
    """The odds that the two are one person, to 1, before other candidates are looked at.

    ``population``: how many people the source holds. Without ``relatives`` only strangers are reckoned with.
    ``commoner``: from ``commoner_here``; it counts where both names agree, more or less.
    """
    prior = weights.in_source / max(population, 1)
    m, u, household, twin = _products(evidence.chances for evidence in comparison.values())
    if commoner > 1 and not any(comparison[name].reason in _NO_AGREEMENT for name in _NAMES):
        u *= commoner
    related = prior * (weights.relatives * household + weights.twins * twin) if relatives else 0.0
    return prior * m / (u + related)


def _products(chances: Iterable[Chances]) -> Chances:
    m = u = household = twin = 1.0
    for one in chances:
        if one is not NO_EVIDENCE:
            m *= one.m
            u *= one.u
            household *= one.household
            twin *= one.twin
    return Chances(m, u, household, twin)
