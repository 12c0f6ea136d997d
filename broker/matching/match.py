"""People of a query against the rows of one source: who is who, with a grade and the reasons.

The rows of one person are grouped, every group is weighed against every person, the odds are set against each
other and against "nobody in this source", and the people of the query settle whose a row is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from broker.matching.claims import Claim, graded, may_count_location, of_the_group
from broker.matching.grades import Grade, Hit, Reason
from broker.matching.group import group
from broker.matching.known import Known, comparer_of_identifiers
from broker.matching.settle import settled
from broker.matching.weigh import commoner_here, compared_with, located_with, odds
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.contract import Candidate, Identifiers

Available = Callable[[int, Candidate], bool]
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
    comparable = comparer_of_identifiers()
    known = [comparable(row.identifiers) for row in rows]

    def claims(index: int, person: Known) -> list[Claim]:
        compare, locate = compared_with(person, weights), located_with(person, weights)
        compared = {}
        for members in groups(_indices(index, rows, available)):
            comparison = of_the_group([compare(known[row]) for row in members])
            if may_count_location(comparison):
                comparison = {**comparison, **of_the_group([locate(known[row]) for row in members])}
            compared[members] = comparison
        commoner = commoner_here(compared.values(), population)
        weigh = partial(odds, population=population, weights=weights, relatives=relatives, commoner=commoner)
        weighed = {members: (one, weigh(one)) for members, one in compared.items()}
        return graded(weighed, by_range=person.birth_date is None)

    groups = _grouping(rows, known)
    every = [claims(index, comparable(person)) for index, person in enumerate(people)]
    return tuple(tuple(_hit(claim, rows) for claim in own) for own in settled(every))


def _indices(person: int, rows: Sequence[Candidate], available: Available | None) -> tuple[int, ...]:
    return tuple(index for index, row in enumerate(rows) if available is None or available(person, row))


Groups = tuple[tuple[int, ...], ...]


def _grouping(rows: Sequence[Candidate], known: Sequence[Known]) -> Callable[[tuple[int, ...]], Groups]:
    """A function that groups the rows of these indices; most people of a query have the same ones."""
    done: dict[tuple[int, ...], Groups] = {}

    def groups(indices: tuple[int, ...]) -> Groups:
        if indices not in done:
            parts = group([known[index] for index in indices], [rows[index].local_key for index in indices])
            done[indices] = tuple(tuple(indices[place] for place in part) for part in parts)
        return done[indices]

    return groups


def _hit(claim: Claim, rows: Sequence[Candidate]) -> Hit:
    reasons = {name: evidence.reason for name, evidence in claim.comparison.items()}
    return Hit(tuple(rows[index] for index in claim.rows), claim.grade, reasons)


def visible_reasons(hit: Hit) -> Mapping[str, Reason]:
    """The reasons that may be shown: of names and birth date only (law 9)."""
    return {name: hit.reasons[name] for name in _VISIBLE if name in hit.reasons}


def stands_for_itself(grade: Grade, sensitive: bool) -> bool:
    """Whether a hit of this grade may be shown: probable or better, of a sensitive source only certain."""
    return grade is Grade.CERTAIN or (grade is Grade.PROBABLE and not sensitive)
