"""What the flow does about a tie: refuse one's own record; else ask for a word on it, and write it down."""

from __future__ import annotations

from dataclasses import replace

from broker.conflicts.ties import Tie, tie
from broker.errors import Complaint, Incomplete, NotPermitted
from broker.permitting import Plan, purpose_of
from broker.surroundings import Surroundings

_KNOWS = Complaint(
    "conflict_of_interest",
    "You know somebody in this check yourself, so a colleague has to make it. Ask your team manager.",
    "/conflict_of_interest",
)
_OWN_RECORD = Complaint(
    "own_record",
    "Somebody in this check has your own name, and may be you. Nobody asks about themselves: a colleague has to"
    " make this check. Ask your team manager.",
    "/people",
)
_TO_SAY = Complaint(
    "conflict_to_say",
    "Say whether you know anyone in this check yourself: in conflict_of_interest, none or declared.",
    "/conflict_of_interest",
)
"""The same whatever tie there is: it tells nobody who is a member of staff."""


async def checked(plan: Plan, around: Surroundings) -> Plan:
    """The plan with its ties, which are recorded. Raises NotPermitted and Incomplete.

    Emergency access does not wait for a word: its ties are recorded. Of an answer that is opened further, the
    answer was checked.
    """
    if plan.query.conflict == "declared":
        raise NotPermitted(_KNOWS)
    if plan.query.opened_from:
        return plan
    ties = await _ties(plan, around)
    if "own_record" in ties:
        raise NotPermitted(_OWN_RECORD)
    if ties and plan.query.conflict is None and not purpose_of(plan, around).emergency:
        raise Incomplete(_TO_SAY)
    return replace(plan, ties=ties)


async def _ties(plan: Plan, around: Surroundings) -> tuple[Tie, ...]:
    staff, today = await around.colleagues.names(), around.today(plan.asked_at)
    found = {tie(one.identifiers, plan.requester, staff, today) for one in plan.query.people}
    return tuple(sorted(filter(None, found)))
