"""What the flow writes into the audit log, and that it does not go on without.

Every function here returns only when its entry is durable, or raises NotRecorded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from broker.answers import SourcePart
from broker.audit import call_events, events, match_events
from broker.audit.asked import AskedAbout, AskedBy
from broker.audit.event import Event, Facts, PersonAsked, Who
from broker.audit.log import AuditLog, LogUnavailable, Receipt
from broker.consultation import LinkedPerson
from broker.errors import NotRecorded, NotSignedIn, NotWitnessed, Refused
from broker.fanout import Heard
from broker.permitting import Plan
from broker.presenting import as_bytes
from broker.questions import Person, Requester
from broker.surroundings import Surroundings
from consent_rules.agreements import Decided

REPEATED_WITHIN = timedelta(hours=24)
"""Queries for one person within this time count as one repeated search (law 9)."""

PEOPLE_IN_AN_ENTRY = 6
"""Of those linked to a case: with the longest identifiers that are kept, so many fit into one entry."""


async def repeats(log: AuditLog, plan: Plan) -> int:
    """How often this requester asked about any of these people before, under whatever spelling."""
    return sum(one.own for one in await asked_about(log, plan, REPEATED_WITHIN))


async def asked_about(log: AuditLog, plan: Plan, within: timedelta) -> list[AskedAbout]:
    """What everybody asked about any of these people before, under whatever spelling."""
    people = [person.identifiers for person in plan.query.people]
    try:
        return await log.asked_about(plan.requester.subject, people, since=plan.asked_at - within)
    except LogUnavailable:
        raise NotRecorded from None


async def asked_by(log: AuditLog, plan: Plan, within: timedelta, intent: Receipt) -> list[AskedBy]:
    """What this requester asked in that time, up to this very question, whose entry is its intent's.

    All brokers on one log agree on it: an entry has its place among the others for good.
    """
    try:
        return await log.asked_by(plan.requester.subject, plan.asked_at - within, intent.index)
    except LogUnavailable:
        raise NotRecorded from None


async def intent(log: AuditLog, plan: Plan, repeated: int) -> Receipt:
    """Record who asks what and why: before any source is asked. Raises NotWitnessed too: then it isn't."""
    query = plan.query
    _witnessed(log, plan.asked_at)
    return await durable(
        log,
        events.QueryIntent(
            query_id=plan.query_id,
            at=plan.asked_at,
            requester=as_logged(plan.requester, plan.grant.role),
            purpose=plan.grant.purpose,
            purpose_digest=plan.purpose_digest,
            policy_digests=plan.policy_digests,
            view=query.view,
            journey=query.journey,
            case=plan.case,
            reason=query.reason,
            case_reference=query.case_reference,
            conversation=query.conversation,
            conflict=query.conflict,
            ties=plan.ties,
            people=people_asked(plan),
            sources=tuple(lane.source for lane in plan.lanes),
            not_asked=plan.not_asked,
            traceparent=query.traceparent,
            repeats=repeated,
            opened_from=query.opened_from,
        ),
    )


async def case(
    log: AuditLog,
    plan: Plan,
    source: str,
    shown: bytes | None,
    repeated: int,
    milliseconds: int,
    around: Surroundings,
) -> None:
    """Record what the case system said, and whom the query is now about: before any other source is asked.

    ``shown`` is what the requester reads of it; None: nothing.
    """
    found, policy = plan.found, around.catalogue.services[source].policy
    if found is None:
        return
    numbered = people_asked(plan) if plan.query.journey == "case" else ()
    for first in range(0, max(len(numbered), 1), PEOPLE_IN_AN_ENTRY):
        people = numbered[first : first + PEOPLE_IN_AN_ENTRY]
        await durable(
            log,
            events.CaseChecked(
                query_id=plan.query_id,
                at=around.now(),
                source=source,
                policy_digest=policy.digest,
                policy_version=policy.version,
                state=found.state,
                complete=found.complete,
                requester=plan.requester.subject,
                people=people,
                shown=tuple(
                    "nothing" if shown is None else _shown(found.people[one.number - 1]) for one in people
                ),
                repeats=repeated,
                content=shown or b"",
                milliseconds=milliseconds,
            ),
        )


async def disclosure(log: AuditLog, plan: Plan, heard: Heard, part: SourcePart, now: datetime) -> Receipt:
    """Record what one source discloses: before the first byte of it leaves. Raises NotWitnessed too."""
    _witnessed(log, now)
    return await durable(
        log,
        events.Disclosure(
            query_id=plan.query_id,
            at=now,
            source=heard.source,
            view=plan.query.view,
            policy_digest=plan.policy_digests[heard.source],
            policy_version=plan.policy_versions[heard.source],
            outcomes=tuple(
                events.PersonOutcome(
                    number=one.number,
                    outcome=one.outcome.value,
                    grades=tuple(found.grade.value for found in one.findings),
                    levels=tuple(found.levels for found in one.findings),
                    lines=tuple(found.lines for found in one.findings),
                )
                for one in heard.people
            ),
            content=as_bytes(part),
            weights_version=plan.weights_versions[heard.source],
            milliseconds=heard.milliseconds,
            alert=heard.alert,
        ),
    )


async def call_back(log: AuditLog, asked: call_events.CallRequested) -> None:
    """Record that a service is asked to ring back: before anybody there is told. Raises NotWitnessed too."""
    _witnessed(log, asked.at)
    await durable(log, asked)


async def said_before(log: AuditLog, plan: Plan) -> Sequence[Facts]:
    """What this requester said before of the same person at the same source, and the items that it opened."""
    try:
        match = match_of(plan)
        return await log.tagged(match.tags, "feedback", [one.identifiers for one in match.people])
    except LogUnavailable:
        raise NotRecorded from None


def match_of(plan: Plan) -> match_events.MatchOf:
    """Of which match feedback is, by the query that its reference stands for."""
    query = plan.query
    linked = (query.case_reference or "", query.linked) if query.linked else None
    return match_events.MatchOf(plan.requester.subject, query.only_source or "", people_asked(plan), linked)


async def feedback(log: AuditLog, plan: Plan, verdict: str) -> None:
    """Record what a requester says of a match; where it was wrong, with an item to look into."""
    opened_from, match = plan.query.opened_from, match_of(plan)
    said = match_events.MatchFeedback(
        query_id=plan.query_id,
        at=plan.asked_at,
        requester=as_logged(plan.requester, plan.grant.role),
        source=match.source,
        opened_from=opened_from,
        purpose=plan.grant.purpose,
        verdict=verdict,
        match=match,
    )
    await durable(log, said)
    if verdict == "wrong_person":
        item = match_events.TriageOpened(plan.query_id, plan.asked_at, match.source, opened_from, match)
        await durable(log, item)


@asynccontextmanager
async def closing(log: AuditLog, plan: Plan, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """Within this, a query is open in the log; behind it, answered, or aborted when it raised."""
    try:
        yield
    except BaseException:
        await durable(log, events.QueryClosed(plan.query_id, now(), "aborted"))
        raise
    await durable(log, events.QueryClosed(plan.query_id, now(), "answered"))


@dataclass(slots=True)
class RefusalMeter:
    """Beyond 60 a minute, refusals of people who are not signed in become one counted entry a minute.

    So that nobody can fill the disk, or hide among refusals, without an account.
    """

    minute: datetime | None = None
    recorded: int = 0
    held_back: int = 0

    def to_record(self, at: datetime, limit: int = 60) -> int:
        """How many refusals the next entry stands for; 0: none is written now."""
        this_minute = at.replace(second=0, microsecond=0)
        if self.minute != this_minute:
            stands_for, self.minute, self.recorded, self.held_back = 1 + self.held_back, this_minute, 1, 0
            return stands_for
        if self.recorded < limit:
            self.recorded += 1
            return 1
        self.held_back += 1
        return 0


async def refused(
    log: AuditLog,
    refusal: Refused,
    who: Requester | None,
    purpose: str | None,
    now: datetime,
    meter: RefusalMeter,
) -> None:
    """Record that someone was refused, and why, by its code alone."""
    count = meter.to_record(now) if who is None or isinstance(refusal, NotSignedIn) else 1
    if count:
        requester = as_logged(who, role=None) if who else None
        code = refusal.complaints[0].code
        await durable(
            log, events.Refused(at=now, requester=requester, code=code, purpose=purpose, count=count)
        )


async def durable(log: AuditLog, event: Event) -> Receipt:
    """Record an event; its receipt, when it is durable. Raises NotRecorded."""
    try:
        return await log.record(event)
    except LogUnavailable:
        raise NotRecorded from None


def _witnessed(log: AuditLog, now: datetime) -> None:
    """Raises NotWitnessed when entries wait for longer than the limit for their witnesses."""
    if log.standing.lapsed(now):
        raise NotWitnessed


def _shown(one: LinkedPerson) -> str:
    """How much of someone linked to a case was shown."""
    if one.name is not None:
        return "relation_and_name"
    return "relation" if one.relation_shown else "nothing"


def as_logged(requester: Requester, role: str | None) -> Who:
    """A requester as the log names them."""
    return Who(
        requester.subject,
        requester.name,
        requester.organisation,
        role,
        requester.team,
        requester.registration,
    )


def people_asked(plan: Plan) -> tuple[PersonAsked, ...]:
    """The people of a query, with what was typed of each, and what counted of the family's agreements."""
    return tuple(
        PersonAsked(
            number,
            person.relation,
            person.identifiers,
            person.family_agreement,
            person.agreement_evidence,
            _where_not_typed(person, its),
        )
        for number, (person, its) in enumerate(zip(plan.query.people, plan.agreements, strict=True), start=1)
    )


def _where_not_typed(person: Person, its: Mapping[str, Decided]) -> Mapping[str, Mapping[str, Any]]:
    typed = Decided(person.family_agreement, person.agreement_evidence)
    return {} if {*its.values()} == {typed} else {name: asdict(one) for name, one in its.items()}
