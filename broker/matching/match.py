"""People of a query against the rows of one source: who is who, with a grade and the reasons.

The rows of one person are grouped, every group is weighed against every person, the odds are set against each
other and against "nobody in this source", and the people of the query settle whose a row is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.matching.against import Against, against, compared
from broker.matching.claims import Claim, Weighed, anchored, claimed, nearest, of_the_group
from broker.matching.columns import Columns, Names, columns_of
from broker.matching.evidence import Comparison, Remembering
from broker.matching.grades import Grade, Hit, Reason
from broker.matching.group import group
from broker.matching.known import Known, known_of
from broker.matching.normalise import real_name
from broker.matching.settle import settled
from broker.matching.weigh import commoner_here, odds
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.contract import Candidate, Identifiers

Available = Callable[[int, Candidate], bool]
Rows = tuple[int, ...]
"""Some of a source's rows, by their places in the columns."""
Groups = tuple[Rows, ...]
_VISIBLE = ("given_name", "family_name", "birth_date")


@dataclass(slots=True)
class Met:
    """What matching made of values that it met, for as long as one query lasts: its sources share many.

    It holds personal values. Nothing that it keeps tells whose row a value stood in, or how often.
    """

    names: Names = field(default_factory=lambda: Remembering(real_name), repr=False)
    people: dict[tuple[Known, str], Against] = field(default_factory=dict, repr=False)

    def against(self, person: Known, weights: Weights) -> Against:
        """The person as they are compared by these weights."""
        found = self.people.get((person, weights.version))
        if found is None or found.weights is not weights:
            found = self.people[person, weights.version] = against(person, weights)
        return found


def match(
    people: Sequence[Identifiers],
    candidates: Sequence[Candidate],
    population: int,
    *,
    relatives: bool = True,
    weights: Weights = DEFAULT_WEIGHTS,
    available: Available | None = None,
    met: Met | None = None,
) -> tuple[tuple[Hit, ...], ...]:
    """The hits of each person, best first; grades don't depend on the order of people or candidates.

    ``population`` is how many people the source holds. ``relatives``: whether the source holds several people
    of a household. ``available(index, candidate)`` tells whether the candidate exists at all for the person
    of that index; one that doesn't has no influence on what that person gets, not even through somebody else of
    the query. Nothing typed or stored makes it raise. ``met`` goes from one source of a query to the next.
    """
    met = met or Met()
    rows = sorted(candidates, key=lambda row: row.local_key)
    columns = columns_of(rows, met.names)
    known = [known_of(person) for person in people]
    there = [_available_to(index, rows, available) for index in range(len(people))]
    groups: Remembering[Rows, Groups] = Remembering(lambda some: group(columns, some))

    def claims_within(some: Rows) -> list[list[Claim]]:
        """What each person of the query would have in a source that holds these rows alone."""
        within = [some if own == some else _both(own, some) for own in there]
        return settled(
            [
                claimed(
                    weigh(
                        person,
                        columns,
                        groups[own],
                        population,
                        relatives=relatives,
                        weights=weights,
                        met=met,
                    ),
                    by_range=person.birth_date is None,
                )
                for person, own in zip(known, within, strict=True)
            ]
        )

    settled_within = Remembering(claims_within)
    return tuple(
        tuple(_hit(claim, rows) for claim in settled_within[own][index]) for index, own in enumerate(there)
    )


def _available_to(person: int, rows: Sequence[Candidate], available: Available | None) -> Rows:
    if available is None:
        return tuple(range(len(rows)))
    return tuple(index for index, row in enumerate(rows) if available(person, row))


def _both(own: Rows, other: Rows) -> Rows:
    return tuple(sorted({*own} & {*other}))


def weigh(
    person: Known,
    columns: Columns,
    groups: Groups,
    population: int,
    *,
    relatives: bool,
    weights: Weights,
    by_law: bool = True,
    met: Met | None = None,
) -> list[Weighed]:
    """Every group of rows with its odds, and its chance among all groups and "nobody in this source".

    With ``by_law`` a location counts only beside an agreeing birth date or number. Without, it always does: that
    is for measuring the method and for a source's own analyst, never for an answer.
    """
    told = _told((met or Met()).against(person, weights), columns, groups, by_law)
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


def _told(whom: Against, columns: Columns, groups: Groups, by_law: bool) -> list[Comparison]:
    """What each group of rows says of the person."""
    comparisons = compared(whom, columns)
    places, written = whom.places, columns.location
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
        bits=math.log2(claim.odds) if claim.odds > 0 else -math.inf,
    )


def visible_reasons(hit: Hit) -> Mapping[str, Reason]:
    """The reasons that may be shown: of names and birth date only (law 9)."""
    return {name: hit.reasons[name] for name in _VISIBLE if name in hit.reasons}


def stands_for_itself(grade: Grade, sensitive: bool) -> bool:
    """Whether a hit of this grade may be shown: probable or better, of a sensitive source only certain."""
    return grade is Grade.CERTAIN or (grade is Grade.PROBABLE and not sensitive)
