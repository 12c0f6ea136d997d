"""Withhold, then match.

Rows that the owner's policy withholds go *before* matching, so that no grade, ambiguity or count can betray them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from broker.consultation import Consultation, Consulted
from broker.consulting.records import record_of
from broker.consulting.side import OwnersSide
from broker.matching.grades import Hit
from broker.matching.match import Met, match, stands_for_itself
from connectors.contract import Candidate, Candidates
from policy.asked import AskedPolicy


@dataclass(frozen=True, slots=True)
class Matched:
    """One person of a query, and the rows of this source that are this person's, as far as can be told.

    ``asked``: the policy for the request about this person; None: it shows nothing. ``not_asked``: nothing that
    was typed of this person is taken by this source.
    """

    consulted: Consulted
    asked: AskedPolicy | None = field(repr=False)
    hits: Sequence[Hit] = field(repr=False)
    too_many: bool
    not_asked: bool

    def shown(self, side: OwnersSide) -> list[Hit]:
        """Those that are certain enough to be shown."""
        return [hit for hit in self.hits if stands_for_itself(hit.grade, side.sensitive)]


def matched_by(consultation: Consultation, side: OwnersSide, candidates: Candidates) -> list[Matched]:
    """Withhold, then match. Each person is matched with the rows that this person's ask leaves.

    What is left is counted, too: withheld rows must not make the others too many to tell apart.
    """
    people, source = consultation.people, side.connector.source
    rows, capped = candidates.rows, candidates.capped
    asked = [side.policy.about(one.ask) for one in people]
    left = [_left(one, rows, side, its) for one, its in zip(people, asked, strict=True)]
    with side.in_common.of(consultation.query_id) as worked_out:
        hits = match(
            [one.identifiers for one in people],
            rows,
            source.population,
            relatives=source.holds_relatives,
            weights=side.weights,
            available=lambda index, row: id(row) in left[index],
            met=worked_out.setdefault(Met, Met()),
        )
    return [
        Matched(
            one,
            asked[index],
            found,
            too_many=capped or len(its) > source.row_cap,
            not_asked=index in candidates.not_asked,
        )
        for index, (one, found, its) in enumerate(zip(people, hits, left, strict=True))
    ]


def _left(
    one: Consulted, rows: Sequence[Candidate], side: OwnersSide, asked: AskedPolicy | None
) -> frozenset[int]:
    """The rows, by identity, that the policy does not withhold from the question about this person.

    Nor are those of an identity that is kept apart from the one that was asked for.
    """
    shields, population = side.shields(), side.connector.source.population
    if asked is None:
        return frozenset()
    return frozenset(
        id(row)
        for row in rows
        if not asked.withholds(record_of(row, one))
        and not shields.apart(one.identifiers, row.identifiers, population)
    )


def count_misses(matched: Sequence[Matched], side: OwnersSide) -> None:
    """Count who was possible and not shown: of what the policy left, so that a withheld record never counts."""
    if side.misses is None:
        return
    for one in matched:
        if one.hits and not one.shown(side):
            side.misses.count(one.hits[0].levels, one.consulted.ask.today)
