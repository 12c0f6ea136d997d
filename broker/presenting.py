"""From what a source found to what the requester reads: in the service's words, with the desk beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from pydantic import TypeAdapter

from broker.answers import (
    CASE_ON_PAGES,
    FAILURES,
    ON_PAGES,
    Answer,
    AskedPerson,
    DeskNumber,
    Outcome,
    PersonPart,
    Problem,
    Roster,
    Shown,
    SourcePart,
)
from broker.audit.log import Receipt
from broker.catalogue import Service
from broker.consultation import PersonFinding
from broker.fanout import Heard
from broker.hints import HINTS
from broker.permitting import Plan
from broker.references import CALL_BACK
from broker.surroundings import Surroundings

_PART = TypeAdapter(SourcePart)
_SHOWN_OF_CASE = TypeAdapter(tuple[str, Roster | None, tuple[AskedPerson, ...]])

_PROBLEMS: Mapping[Outcome, Problem] = {
    Outcome.TIMED_OUT: Problem(
        "urn:family-context:problem:source_timed_out",
        "Did not answer in time",
        "This service's database did not answer in time. That says nothing of what it holds. Ring the desk.",
    ),
    Outcome.UNAVAILABLE: Problem(
        "urn:family-context:problem:source_unavailable",
        "Could not be reached",
        "This service's database could not be read. That says nothing of what it holds. Ring the desk.",
    ),
    Outcome.MAINTENANCE: Problem(
        "urn:family-context:problem:source_in_maintenance",
        "Down for planned maintenance",
        "This service's database is down as planned, and was not asked. Ask again later, or ring the desk.",
    ),
}


def part(heard: Heard, plan: Plan, around: Surroundings) -> SourcePart:
    """What one source answers, for all people of the query, in the query's order."""
    found = {one.number: one for one in heard.people}
    people = tuple(
        _person(found.get(number) or PersonFinding(number, Outcome.NOT_ASKED), heard.source, plan, around)
        for number in range(1, len(plan.query.people) + 1)
    )
    return _described(around.catalogue.services[heard.source], people, heard.as_of)


def with_receipt(answered: SourcePart, receipt: Receipt) -> SourcePart:
    return replace(answered, receipt=receipt)


def as_bytes(answered: SourcePart) -> bytes:
    """The part as it is sent, before its receipt: what the audit log keeps a salted hash of."""
    return _PART.dump_json(answered)


def whole(plan: Plan, parts: tuple[SourcePart, ...], receipt: Receipt, around: Surroundings) -> Answer:
    """The whole answer; sources that were not asked stand in it as such."""
    answered = {one.source: one for one in parts} | {
        name: _not_asked(name, plan, around) for name in plan.not_asked
    }
    return Answer(
        query_id=plan.query_id,
        asked_at=plan.asked_at.isoformat(timespec="seconds"),
        purpose=plan.grant.purpose,
        role=plan.grant.role,
        view=plan.query.view,
        case=plan.case,
        people=_people(plan),
        services=tuple(answered[name] for name in around.lanes if name in answered),
        receipt=receipt,
        roster=_roster(plan, around),
    )


def roster_as_bytes(plan: Plan, around: Surroundings) -> bytes:
    """What is shown of a case and of who is linked to it: what the audit log keeps a salted hash of."""
    return _SHOWN_OF_CASE.dump_json((plan.case, _roster(plan, around), _people(plan)))


def _people(plan: Plan) -> tuple[AskedPerson, ...]:
    """The people by their numbers; whom a case system named, as far as its owner shows them."""
    if plan.query.journey == "people":
        return tuple(AskedPerson(n, one.relation) for n, one in enumerate(plan.query.people, start=1))
    linked = plan.found.people if plan.found else ()
    return tuple(
        AskedPerson(n, one.relation if one.relation_shown else None, one.name)
        for n, one in enumerate(linked, start=1)
    )


def _roster(plan: Plan, around: Surroundings) -> Roster | None:
    system = around.catalogue.case_system
    if plan.query.journey == "people" or plan.found is None or system is None:
        return None
    source, state = system.service.source, plan.found.state
    return Roster(
        source=source.source,
        service=source.service,
        system=source.system,
        desk=DeskNumber(source.desk.name, source.desk.phone, source.desk.hours),
        state=state,
        means=CASE_ON_PAGES[state],
        complete=plan.found.complete,
        problem=_PROBLEMS.get(Outcome(state)) if state in FAILURES else None,
    )


def _person(found: PersonFinding, source: str, plan: Plan, around: Surroundings) -> PersonPart:
    shown = tuple(Shown(one.involvement, one.grade.value, one.reasons, one.because) for one in found.findings)
    opens = plan.query.view == "flags" and found.outcome is Outcome.INVOLVED
    return PersonPart(
        person=found.number,
        outcome=found.outcome,
        means=ON_PAGES[found.outcome],
        hint=HINTS[found.hint] if found.hint else None,
        involvements=shown,
        reference=_reference(found.number, source, plan, around) if opens else None,
        call_back=_call_back(found, source, plan, around),
    )


def _call_back(found: PersonFinding, source: str, plan: Plan, around: Surroundings) -> str | None:
    """What asks a service to ring back, by the outcomes that don't depend on records alone.

    The people of a case were not typed: what the case system knows of them is not passed on.
    """
    asked = found.outcome is not Outcome.NOT_ASKED and plan.query.journey == "people"
    if not asked or around.catalogue.services[source].source.desk.requests_to is None:
        return None
    about = replace(
        plan.query,
        role=plan.grant.role,
        people=(plan.query.people[found.number - 1],),
        seconds=0.0,  # nobody is asked, so nobody is waited for
        only_source=source,
        opened_from=plan.query_id,
        traceparent=None,
    )
    return around.sealer.apart(CALL_BACK).seal(about, plan.requester.subject, plan.asked_at)


def _reference(number: int, source: str, plan: Plan, around: Surroundings) -> str:
    about = plan.query.people[number - 1] if plan.query.journey == "people" else None
    details = replace(
        plan.query,
        view="details",
        role=plan.grant.role,
        people=(about,) if about else (),
        linked=None if about or plan.found is None else plan.found.people[number - 1].key,
        only_source=source,
        opened_from=plan.query_id,
        traceparent=None,
    )
    return around.sealer.seal(details, plan.requester.subject, plan.asked_at)


def _not_asked(name: str, plan: Plan, around: Surroundings) -> SourcePart:
    numbers = range(1, len(plan.query.people) + 1)
    asked_none = Heard(name, tuple(PersonFinding(n, Outcome.NOT_ASKED) for n in numbers), milliseconds=0)
    return part(asked_none, plan, around)


def _described(service: Service, people: tuple[PersonPart, ...], as_of: date | None) -> SourcePart:
    source = service.source
    failed = next((one.outcome for one in people if one.outcome in _PROBLEMS), None)
    return SourcePart(
        source=source.source,
        service=source.service,
        system=source.system,
        desk=DeskNumber(source.desk.name, source.desk.phone, source.desk.hours),
        nothing_means=service.policy.nothing_means,
        covers_area=source.coverage.area,
        covers_since=source.coverage.since.isoformat(),
        as_of="live" if source.as_of == "live" else as_of.isoformat() if as_of else None,
        people=people,
        problem=_PROBLEMS[failed] if failed else None,
    )
