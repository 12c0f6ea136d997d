"""People of a query against the rows of one source: who is who, with a grade and the reasons.

The rows of one person are grouped, every group is weighed against every person, the odds are set against each
other and against "nobody in this source", and the people of the query settle whose a row is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from broker.matching.against import compared, located
from broker.matching.claims import Claim, Weighed, anchored, claimed, nearest, of_the_group
from broker.matching.columns import Columns, columns_of
from broker.matching.evidence import Comparison, Remembering
from broker.matching.grades import Grade, Hit, Reason
from broker.matching.group import group
from broker.matching.known import Known, known_of
from broker.matching.settle import settled
from broker.matching.weigh import commoner_here, odds
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.contract import Candidate, Identifiers

Available = Callable[[int, Candidate], bool]
Groups = tuple[tuple[int, ...], ...]
_VISIBLE = ("given_name", "family_name", "birth_date")


def match(
    people: Sequence[Identifiers],
    candidates: Sequence[Candidate],
    population: int,
    *,
    relatives: bool = True,
    weights: Weights = DEFAULT_WEIGHTS,
    available: Available | None = None,
) -> tuple[tuple[Hit, ...], ...]:
    """The hits of each person, best first; grades don't depend on the order of people or candidates.

    ``population`` is how many people the source holds. ``relatives``: whether the source holds several people
    of a household. ``available(index, candidate)`` tells whether the candidate exists at all for the person
    of that index; one that doesn't has no influence on that person. Nothing typed or stored makes it raise.
    """
    rows = sorted(candidates, key=lambda row: row.local_key)
    columns = columns_of(rows)
    groups: Remembering[tuple[int, ...], Groups] = Remembering(lambda indices: group(columns, indices))

    def claims(index: int, person: Known) -> list[Claim]:
        within = groups[_indices(index, rows, available)]
        weighed = weigh(person, columns, within, population, relatives=relatives, weights=weights)
        return claimed(weighed, by_range=person.birth_date is None)

    every = [claims(index, known_of(person)) for index, person in enumerate(people)]
    return tuple(tuple(_hit(claim, rows) for claim in own) for own in settled(every))


def _indices(person: int, rows: Sequence[Candidate], available: Available | None) -> tuple[int, ...]:
    if available is None:
        return tuple(range(len(rows)))
    return tuple(index for index, row in enumerate(rows) if available(person, row))


def weigh(
    person: Known,
    columns: Columns,
    groups: Groups,
    population: int,
    *,
    relatives: bool,
    weights: Weights,
    by_law: bool = True,
) -> list[Weighed]:
    """Every group of rows with its odds, and its chance among all groups and "nobody in this source".

    With ``by_law`` a location counts only beside an agreeing birth date or number. Without, it always does: that
    is for measuring the method and for a source's own analyst, never for an answer.
    """
    told = _told(person, columns, groups, weights, by_law)
    commoner = commoner_here(told, population)
    odds_of: Remembering[Comparison, float] = Remembering(
        lambda one: odds(one, population, weights, relatives=relatives, commoner=commoner)
    )
    chances = [odds_of[one] for one in told]
    total = 1.0 + math.fsum(chances)
    return [
        Weighed(members, one, chance, chance / total)
        for members, one, chance in zip(groups, told, chances, strict=True)
    ]


def _told(
    person: Known, columns: Columns, groups: Groups, weights: Weights, by_law: bool
) -> list[Comparison]:
    """What each group of rows says of the person."""
    comparisons = compared(person, columns, weights)
    places, written = located(person, weights), columns.location
    told = []
    for members in groups:
        one = comparisons[members[0]]
        if len(members) > 1:
            one = of_the_group([comparisons[row] for row in members])
        if anchored(one) or not by_law:
            one = one.at(nearest([places[written[row]] for row in members]))
        told.append(one)
    return told


def _hit(claim: Claim, rows: Sequence[Candidate]) -> Hit:
    told = claim.weighed.comparison._asdict()
    return Hit(
        tuple(rows[index] for index in claim.rows),
        claim.grade,
        reasons={name: evidence.reason for name, evidence in told.items()},
        levels={name: evidence.level for name, evidence in told.items() if evidence.level},
    )


def visible_reasons(hit: Hit) -> Mapping[str, Reason]:
    """The reasons that may be shown: of names and birth date only (law 9)."""
    return {name: hit.reasons[name] for name in _VISIBLE if name in hit.reasons}


def stands_for_itself(grade: Grade, sensitive: bool) -> bool:
    """Whether a hit of this grade may be shown: probable or better, of a sensitive source only certain."""
    return grade is Grade.CERTAIN or (grade is Grade.PROBABLE and not sensitive)
