"""One source, consulted: search, withhold, match, reduce.

This runs where the connector runs: in the broker's process, or in an agent beside the service's database. What
it gives back is all that ever leaves that side: outcomes and involvements, never a row.

The order matters. Rows that the owner's policy withholds go *before* matching, so that no grade, ambiguity or
count can betray them; and the whole record is judged, so that "involved" tells of no parking ticket.
"""

from __future__ import annotations

from dataclasses import replace

from broker.answers import Outcome
from broker.consultation import Consultation, PersonFinding, SourceFinding
from broker.consulting.alerting import alert_of
from broker.consulting.matched import count_misses, matched_by
from broker.consulting.reducing import completed, reduced
from broker.consulting.searching import marked, searched
from broker.consulting.side import OwnersSide
from broker.consulting.unasked import all_failed, closed_to, without_asking
from connectors.contract import Candidates, SourceFault, SourceTimedOut


async def consult(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    """Ask one source about the people of a query; a finding per person, in the query's order. Never raises."""
    with side.in_common.of(consultation.query_id):
        return await _consulted(consultation, side)


async def _consulted(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    side = replace(side, policy=side.policy.for_one_query())
    closed = {one.number: closed_to(one, side) for one in consultation.people}
    asked = tuple(one for one in consultation.people if closed[one.number] is None)
    found = await _search_and_match(replace(consultation, people=asked), side) if asked else SourceFinding(())
    by_number = {one.number: one for one in found.people}
    people = (by_number.get(one.number) or without_asking(one, closed) for one in consultation.people)
    return SourceFinding(tuple(people), found.as_of, found.alert)


async def _search_and_match(consultation: Consultation, side: OwnersSide) -> SourceFinding:
    try:
        rows = await searched(consultation, side, None)
        side = _with_shields_of_now(side)
        found = marked(rows, consultation, side)
        people = await judged(consultation, side, found)
        return SourceFinding(people, found.as_of, alert_of(consultation, side, rows))
    except SourceFault as fault:
        outcome = Outcome.TIMED_OUT if isinstance(fault, SourceTimedOut) else Outcome.UNAVAILABLE
        return all_failed(consultation, outcome, fault)
    except Exception as fault:  # noqa: BLE001 -- a fault of ours must not take the other services' answers along
        return all_failed(consultation, Outcome.UNAVAILABLE, fault)


def _with_shields_of_now(side: OwnersSide) -> OwnersSide:
    """The shields are looked up once, when the rows are there. Raises RegisterUnavailable."""
    shields = side.shields()
    return replace(side, shields=lambda: shields)


async def judged(
    consultation: Consultation, side: OwnersSide, found: Candidates
) -> tuple[PersonFinding, ...]:
    """Withhold, match and reduce what a search found; a finding per person, in the order of the consultation."""
    matched = matched_by(consultation, side, found)
    contacts = await completed(matched, side)
    people = tuple(reduced(one, side, contacts) for one in matched)
    count_misses(matched, side)
    return people
