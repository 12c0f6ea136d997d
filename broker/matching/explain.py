"""One person against the records of a source, weight by weight: how a grade came about.

It is for the source's own analyst. The weighing is ``match``'s own; this takes its product apart into bits, which
are logarithms to the base of 2: one more doubles the odds, one less halves them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from broker.matching.claims import Claim, Weighed, by_chance, claimed, limit
from broker.matching.columns import Columns, columns_of
from broker.matching.evidence import MISSING, Comparison, Evidence
from broker.matching.grades import Grade, Reason
from broker.matching.group import group
from broker.matching.known import Known, known_of
from broker.matching.limits import Limit
from broker.matching.match import Groups, Rows, weigh
from broker.matching.settle import settled
from broker.matching.weigh import commoner_here
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.contract import Candidate, Identifiers


@dataclass(frozen=True, slots=True)
class Weight:
    """What one identifier adds. ``level`` is empty where it is missing on either side.

    ``counts`` is false for a location that was compared but may not count (law 9): it adds nothing then.
    """

    identifier: str
    level: str
    m: float
    u: float
    counts: bool = True

    @property
    def bits(self) -> float:
        """Against a stranger: how much likelier this is of one person than of two."""
        return math.log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Account:
    """The records (by their places) that are held to be one person, and what speaks for and against.

    All in bits but ``chance``, of 1. ``prior``: of anyone in the source. ``namesakes``: what it costs that more
    people bear the name here than elsewhere. ``relatives`` and ``twins``: what it costs that such people agree
    without being the person. ``asked_alone``: the grade without the other people of the query.
    """

    records: tuple[int, ...]
    weights: tuple[Weight, ...]
    prior: float
    namesakes: float
    relatives: float
    twins: float
    chance: float
    by_chance: Grade
    limit: Limit
    asked_alone: Grade
    grade: Grade

    @property
    def bits(self) -> float:
        """The odds before other records are looked at."""
        terms = (self.prior, *(one.bits for one in self.weights), self.namesakes, self.relatives, self.twins)
        return math.fsum(terms)

    @property
    def chance_alone(self) -> float:
        """What the chance would be without the other records."""
        odds = math.exp2(self.bits)
        return odds / (1.0 + odds)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The accounts, likeliest first, and the chance that it is nobody of these records. All chances come to 1."""

    accounts: tuple[Account, ...]
    nobody: float
    population: int
    relatives: bool
    version: str


def explain(
    person: Identifiers,
    records: Sequence[Identifiers],
    population: int,
    *,
    relatives: bool = True,
    weights: Weights = DEFAULT_WEIGHTS,
    keys: Sequence[str] = (),
    asked_with: Sequence[Identifiers] = (),
) -> Explanation:
    """Why each record is or is not taken for the person, as ``match`` does it.

    ``keys`` are the records' local keys, where known: records of one key and name are one person's.
    ``asked_with`` are the other people of the query: they compete for the records.
    """
    source, order = _source(records, keys, population, relatives, weights)
    typed = known_of(person)
    counted, located = source.weighed(typed), source.weighed(typed, by_law=False)
    reckoned = _Reckoned(
        source,
        commoner=commoner_here([one.comparison for one in counted], population),
        by_range=typed.birth_date is None,
        alone=_grades(source.claims(typed)),
        settled=_grades(settled([source.claims(one) for one in (typed, *map(known_of, asked_with))])[0]),
    )
    accounts = [_account(one, at, reckoned, order) for one, at in zip(counted, located, strict=True)]
    nobody = 1.0 / (1.0 + math.fsum(one.odds for one in counted))
    likeliest = sorted(accounts, key=lambda one: (-one.chance, one.records))
    return Explanation(tuple(likeliest), nobody, population, relatives, weights.version)


@dataclass(frozen=True, slots=True)
class _Source:
    """The records, grouped, and what they are weighed by."""

    columns: Columns
    groups: Groups
    population: int
    relatives: bool
    weights: Weights

    def weighed(self, someone: Known, *, by_law: bool = True) -> list[Weighed]:
        return weigh(
            someone,
            self.columns,
            self.groups,
            self.population,
            relatives=self.relatives,
            weights=self.weights,
            by_law=by_law,
        )

    def claims(self, someone: Known) -> list[Claim]:
        return claimed(self.weighed(someone), by_range=someone.birth_date is None)


def _source(
    records: Sequence[Identifiers], keys: Sequence[str], population: int, relatives: bool, weights: Weights
) -> tuple[_Source, Sequence[int]]:
    """The source, and for each of its rows the place among the records: ``match`` sorts rows by their keys."""
    known = keys or [str(place) for place in range(len(records))]
    rows = [Candidate(key, one) for key, one in zip(known, records, strict=True)]
    order = sorted(range(len(rows)), key=lambda place: rows[place].local_key)
    columns = columns_of([rows[place] for place in order])
    groups = group(columns, tuple(range(len(rows))))
    return _Source(columns, groups, population, relatives, weights), order


def _grades(claims: Sequence[Claim]) -> Mapping[Rows, Grade]:
    return {one.rows: one.grade for one in claims}


@dataclass(frozen=True, slots=True)
class _Reckoned:
    """What is reckoned with beside the comparison: the grades are by rows, before and after others compete."""

    source: _Source
    commoner: float
    by_range: bool
    alone: Mapping[Rows, Grade]
    settled: Mapping[Rows, Grade]


def _account(one: Weighed, located: Weighed, reckoned: _Reckoned, order: Sequence[int]) -> Account:
    prior = reckoned.source.weights.in_source / max(reckoned.source.population, 1)
    namesakes = _namesakes(one.comparison, reckoned.commoner)
    relatives, twins = _relatives(one.comparison, prior, namesakes, reckoned.source)
    return Account(
        records=tuple(sorted(order[row] for row in one.rows)),
        weights=tuple(_weights(one.comparison, located.comparison)),
        prior=math.log2(prior),
        namesakes=namesakes,
        relatives=relatives,
        twins=twins,
        chance=one.chance,
        by_chance=by_chance(one.chance, one.comparison),
        limit=limit(one.comparison, reckoned.by_range),
        asked_alone=reckoned.alone.get(one.rows, Grade.CERTAINLY_NOT),
        grade=reckoned.settled.get(one.rows, Grade.CERTAINLY_NOT),
    )


def _weights(counted: Comparison, located: Comparison) -> Iterator[Weight]:
    for name, evidence, compared in zip(Comparison._fields, counted, located, strict=True):
        counts = evidence is not MISSING or compared is MISSING
        yield Weight(name, compared.level, evidence.chances.m, evidence.chances.u, counts)


def _namesakes(comparison: Comparison, commoner: float) -> float:
    alike = comparison.given_name.agrees and comparison.family_name.agrees
    return -math.log2(commoner) if alike else 0.0


def _relatives(
    comparison: Comparison, prior: float, namesakes: float, source: _Source
) -> tuple[float, float]:
    """What relatives cost, and what twins cost on top of them, in bits: none or less."""
    if not source.relatives:
        return 0.0, 0.0
    told: Sequence[Evidence] = [one for one in comparison if one.reason is not Reason.MISSING]
    stranger = math.prod(one.chances.u for one in told) * math.exp2(-namesakes)
    relative = prior * source.weights.relatives * math.prod(one.chances.household for one in told)
    twin = prior * source.weights.twins * math.prod(one.chances.twin for one in told)
    with_relatives = stranger + relative
    return math.log2(stranger / with_relatives), math.log2(with_relatives / (with_relatives + twin))
