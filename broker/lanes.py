"""The ways to the sources whose connectors run in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from broker.answers import FAILURES
from broker.consult import consult
from broker.consult_case import CaseSide, consult_case
from broker.consultation import CaseConsultation, CaseFinding, Consultation, SourceFinding
from broker.consulting.side import OwnersSide
from broker.fanout import CaseLane, Guard, Lane
from broker.fanout.hearing import Ask
from broker.fanout.maintenance import under_maintenance
from broker.surroundings import LONDON
from broker.telemetry import Tracing


def lane_to(
    name: str,
    side: OwnersSide,
    tracing: Tracing,
    guard: Guard,
    now: Callable[[], datetime],
    replica: OwnersSide | None = None,
) -> Lane:
    """The way to a source whose connector runs in this process, and to its replica, where it has one."""
    second = _asking(name, replica, tracing) if replica else None
    return Lane(name, _asking(name, side, tracing), guard, second, _maintenance(guard, now))


def _asking(name: str, side: OwnersSide, tracing: Tracing) -> Ask:
    async def ask(consultation: Consultation) -> SourceFinding:
        people = len(consultation.people)
        with tracing.span("consult", query_id=consultation.query_id, source=name, people=people) as span:
            found = await consult(consultation, side)
            # Failures only: what else an outcome tells is for the requester and the audit log.
            span.set_attribute(
                "status", "failed" if any(one.outcome in FAILURES for one in found.people) else "answered"
            )
            return found

    return ask


def case_lane_to(
    name: str, side: CaseSide, tracing: Tracing, guard: Guard, now: Callable[[], datetime]
) -> CaseLane:
    """The way to the requesters' case system."""

    async def ask(consultation: CaseConsultation) -> CaseFinding:
        with tracing.span("check case", query_id=consultation.query_id, source=name) as span:
            found = await consult_case(consultation, side)
            span.set_attribute(
                "status", "answered" if found.state in ("verified", "unverified") else "failed"
            )
            return found

    return CaseLane(name, ask, guard, _maintenance(guard, now))


def _maintenance(guard: Guard, now: Callable[[], datetime]) -> Callable[[], bool]:
    windows = guard.asking.maintenance
    return lambda: bool(windows) and under_maintenance(windows, now().astimezone(LONDON)) is not None
