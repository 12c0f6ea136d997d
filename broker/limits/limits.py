"""What the flow asks before it goes on: has this requester, or has everybody about this person, asked too much?

Emergency access is under no limit: it took a strong sign-in and a reason already (``api.front``, the purpose
rules), is told to owners and reviewed. Opening the details of an answer is under none either: the answer was.

The decision depends on the question, on who asks it, and on what was asked before: never on a record (law 5).
"""

from __future__ import annotations

from datetime import timedelta

from broker import recording
from broker.audit.log import AuditLog
from broker.audit.watching.finding import moment
from broker.audit.watching.model import span
from broker.audit.writer import Receipt
from broker.errors import Complaint, TooManyAsked
from broker.limits.counting import TooMuch, too_many, too_often
from broker.limits.settings import NO_LIMITS, Most, RoleLimits
from broker.permitting import Plan, purpose_of
from broker.surroundings import Surroundings

_SAID = {
    "queries": "You have asked {most} questions within {within}, as many as one person may.",
    "people": "You have asked about {most} different people within {within}, as many as one person may.",
    "same_person": "Somebody in this check has been asked about too often of late.",
    "same_person_by_all": "Somebody in this check has been asked about too often of late.",
}
_CODES = {
    "queries": "too_many_queries",
    "people": "too_many_people",
    "same_person": "too_often_about_one_person",
    "same_person_by_all": "too_often_about_one_person",
}


async def repeats(plan: Plan, log: AuditLog, around: Surroundings) -> int:
    """How often this requester asked about any of these people before, under whatever spelling.

    Raises NotRecorded, and TooManyAsked where that, or what everybody asked about them, is too often.
    """
    its = _limits(plan, around)
    if its != NO_LIMITS:
        around.barred.refuse(_who(plan), plan.asked_at)
    within = _longest(recording.REPEATED_WITHIN, its.same_person, its.same_person_by_all)
    asked = await recording.asked_about(log, plan, within)
    if found := too_often(asked, its, plan.asked_at):
        raise TooManyAsked(_complaint(found, around), _seconds(found, plan))
    return sum(one.own and plan.asked_at - one.at <= recording.REPEATED_WITHIN for one in asked)


async def refuse_too_many(plan: Plan, intent: Receipt, log: AuditLog, around: Surroundings) -> None:
    """Raises TooManyAsked where this question, which is in the log, is one too many; and NotRecorded.

    By the place of its entry it is clear which one that is, whichever broker wrote the others.
    """
    its = _limits(plan, around)
    if not (its.queries or its.people):
        return
    asked = await recording.asked_by(log, plan, _longest(timedelta(0), its.queries, its.people), intent)
    if found := too_many(asked, its, plan.asked_at):
        complaint = _complaint(found, around)
        around.barred.bar(_who(plan), found.until, complaint, plan.asked_at)
        raise TooManyAsked(complaint, _seconds(found, plan))


def _limits(plan: Plan, around: Surroundings) -> RoleLimits:
    """Those that this question is under."""
    if plan.query.opened_from or purpose_of(plan, around).emergency:
        return NO_LIMITS
    return around.limits.of(plan.grant.role)


def _longest(least: timedelta, *limits: Most | None) -> timedelta:
    return max([least, *(one.within for one in limits if one)])


def _who(plan: Plan) -> tuple[str, str]:
    return plan.requester.subject, plan.grant.role


def _seconds(found: TooMuch, plan: Plan) -> float:
    return (found.until - plan.asked_at).total_seconds()


def _complaint(found: TooMuch, around: Surroundings) -> Complaint:
    said = _SAID[found.limit].format(most=found.of.most, within=span(found.of.within))
    purposes = around.catalogue.purposes.rules.purposes.values()
    emergency = ", or use emergency access" if any(one.emergency for one in purposes) else ""
    again = f"Ask again after {moment(found.until)}. If it cannot wait, ring the services' desks{emergency}."
    return Complaint(_CODES[found.limit], f"{said} {again}")
