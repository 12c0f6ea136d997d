"""The case: asked of the requester's own case system before anything else, where it matters.

Twice it matters. Where the purpose rules check the case, an open case that is the requester's own opens more.
And where the query is about a case (journey 2), the case system names the people whom it is about.
"""

from __future__ import annotations

import time

from broker import presenting, recording
from broker.audit.log import AuditLog
from broker.conflicts import deciding as conflicts
from broker.consultation import CaseConsultation, CaseFinding
from broker.fanout import CaseLane, hear_case
from broker.permitting import Plan, purpose_of, with_case
from broker.surroundings import Surroundings
from policy.facts import Ask

SHARE_OF_TIME = 1 / 3
"""Of the time that is left: a case system that hangs must leave the services the rest."""


async def checked(
    plan: Plan, log: AuditLog, around: Surroundings, deadline: float, *, shown: bool = True
) -> Plan:
    """The plan with its case checked, and recorded. Unchanged where nothing depends on the case.

    ``shown``: whether the requester reads what the case system said.
    """
    lane = around.case_lane
    if lane is None or not _matters(plan, around):
        return plan
    found, milliseconds = await _heard(plan, lane, around, deadline)
    known = with_case(plan, found, around)
    repeated = await recording.repeats(log, known) if plan.query.journey == "case" else 0
    read = presenting.roster_as_bytes(known, around) if shown else None
    await recording.case(log, known, lane.source, read, repeated, milliseconds, around)
    if plan.query.journey == "case":  # whom it is about was not known before
        known = await conflicts.checked(known, around)
    return known


def _matters(plan: Plan, around: Surroundings) -> bool:
    if plan.query.journey == "case":
        return True
    return plan.query.case_reference is not None and purpose_of(plan, around).case_check is not None


async def _heard(
    plan: Plan, lane: CaseLane, around: Surroundings, deadline: float
) -> tuple[CaseFinding, int]:
    service = around.catalogue.services[lane.source]
    if not plan.grant.permits_source(lane.source, service.sensitive):
        return CaseFinding("unverified"), 0
    now = time.monotonic()
    return await hear_case(lane, _consultation(plan, around), now + (deadline - now) * SHARE_OF_TIME)


def _consultation(plan: Plan, around: Surroundings) -> CaseConsultation:
    about_nobody_yet = Ask(
        purpose=plan.grant.purpose,
        role=plan.grant.role,
        relation="",
        today=around.today(plan.asked_at),
        case="verified",
    )
    return CaseConsultation(
        query_id=plan.query_id,
        case_id=plan.query.case_reference or "",
        worker=plan.requester.worker,
        ask=about_nobody_yet,
        seconds=plan.query.seconds,
        people_wanted=plan.query.journey == "case",
    )
