"""One question, answered by two versions of a policy from the same rows: searched once, judged twice.

It runs on the owner's side, as ``consult`` does. What it gives back are findings alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from broker.answers import Outcome
from broker.asking_again import Again
from broker.consult import judged
from broker.consultation import Consulted, PersonFinding
from broker.consulting.searching import found_by, needed_columns
from broker.consulting.side import OwnersSide
from broker.consulting.unasked import closed_to
from connectors.contract import Candidates

Both = tuple[PersonFinding, PersonFinding]
"""What one person's answer is by the one version, and by the other."""


async def by_both(again: Again, old: OwnersSide, new: OwnersSide) -> tuple[Both, ...]:
    """The findings of everyone of a question, in its order. Raises SourceFault.

    The sides differ in their policy alone. Searched for is whoever is open by either, with the columns of both.
    """
    people, sides = again.consultation.people, (old, new)
    closed = [{one.number: _closed(one, again, side) for one in people} for side in sides]
    opened = [tuple(one for one in people if its[one.number] is None) for its in closed]
    sought = tuple(one for one in people if any(one in its for its in opened))
    found = await _searched(again, sought, sides, opened) if sought else Candidates(())
    answers = [
        {one.number: one for one in await _judged(again, side, sought, its, found)}
        for side, its in zip(sides, opened, strict=True)
    ]
    before, after = (
        [answered.get(one.number) or _without_asking(one, its[one.number]) for one in people]
        for answered, its in zip(answers, closed, strict=True)
    )
    return tuple(zip(before, after, strict=True))


async def _searched(
    again: Again,
    sought: tuple[Consulted, ...],
    sides: Iterable[OwnersSide],
    opened: Iterable[Sequence[Consulted]],
) -> Candidates:
    columns = frozenset().union(
        *(
            needed_columns(side.policy, [one.ask for one in its])
            for side, its in zip(sides, opened, strict=True)
        )
    )
    side = next(iter(sides))
    return await found_by(replace(again.consultation, people=sought), side, columns)


async def _judged(
    again: Again,
    side: OwnersSide,
    sought: Sequence[Consulted],
    opened: tuple[Consulted, ...],
    found: Candidates,
) -> tuple[PersonFinding, ...]:
    """What a version makes of the rows for those whom it opens: their places are others than in the search."""
    if not opened:
        return ()
    not_asked = frozenset(place for place, one in enumerate(opened) if sought.index(one) in found.not_asked)
    return await judged(replace(again.consultation, people=opened), side, replace(found, not_asked=not_asked))


def _closed(one: Consulted, again: Again, side: OwnersSide) -> Outcome | None:
    if not again.grant.permits_source(side.connector.source.source, side.sensitive):
        return Outcome.NOT_ASKED
    return closed_to(one, side)


def _without_asking(one: Consulted, outcome: Outcome | None) -> PersonFinding:
    return PersonFinding(one.number, outcome or Outcome.UNAVAILABLE)
