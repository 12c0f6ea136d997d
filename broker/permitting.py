"""Is this allowed, and what then is asked of whom: a plan, or a refusal that says what to do.

The purpose rules decide (``consent_rules``); here their grant is turned into the request facts that each
source's own policy is asked with. Nothing here has seen a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from broker.consultation import Consultation, Consulted
from broker.errors import Complaint, Incomplete, NotPermitted
from broker.fanout import Lane
from broker.matching.enough import cleaned, too_little
from broker.questions import Person, Query, Requester, typed_age
from broker.references import LAPSED
from broker.surroundings import Surroundings
from consent_rules.permit import Asked, AskedPerson, Grant, PersonGrant, Refusal, permit
from policy.facts import LEVELS, Ask

_TO_ADD = "This is too little to tell one person from another. Add a {}, or an NHS number."


@dataclass(frozen=True, slots=True)
class Plan:
    """A permitted query: who asks what of which sources. ``not_asked`` are the sources left out."""

    query_id: str
    asked_at: datetime
    query: Query = field(repr=False)
    requester: Requester
    grant: Grant
    lanes: tuple[Lane, ...]
    not_asked: tuple[str, ...]
    consultation: Consultation
    purpose_digest: str
    policy_digests: Mapping[str, str]
    policy_versions: Mapping[str, int]


def permitted(query: Query, requester: Requester, around: Surroundings) -> Plan:
    """The plan of a query that is allowed. Raises NotPermitted or Incomplete, naming everything at once."""
    people = tuple(_cleaned(person) for person in query.people)
    grant = _granted(query, people, requester, around)
    asked_at, query_id = around.now(), around.new_id()
    today = around.today(asked_at)
    consulted = tuple(
        Consulted(number, person.identifiers, _ask(person, its, grant, today))
        for number, (person, its) in enumerate(zip(people, grant.people, strict=True), start=1)
        if not its.closed
    )
    lanes = _lanes(query, grant, around) if consulted else ()
    policies = {lane.source: around.catalogue.services[lane.source].policy for lane in lanes}
    return Plan(
        query_id=query_id,
        asked_at=asked_at,
        query=query,
        requester=requester,
        grant=grant,
        lanes=lanes,
        not_asked=tuple(
            name for name in _in_question(query, around) if name not in {lane.source for lane in lanes}
        ),
        consultation=Consultation(query_id, consulted, query.seconds, former_names=grant.former_names),
        purpose_digest=around.catalogue.purposes.digest,
        policy_digests={name: policy.digest for name, policy in policies.items()},
        policy_versions={name: policy.version for name, policy in policies.items()},
    )


def _cleaned(person: Person) -> Person:
    return Person(
        person.relation, cleaned(person.identifiers), person.family_agreement, person.agreement_evidence
    )


def _granted(query: Query, people: Iterable[Person], requester: Requester, around: Surroundings) -> Grant:
    asked = Asked(
        purpose=query.purpose,
        held_roles=requester.roles,
        role=query.role,
        journey=query.journey,
        view=query.view,
        reason=query.reason,
        case_reference=query.case_reference,
        conversation=query.conversation,
        case="unverified",
        people=tuple(AskedPerson(p.relation, p.family_agreement, p.agreement_evidence) for p in query.people),
        after_flags=query.opened_from is not None,
    )
    decided = permit(around.catalogue.purposes.rules, asked)
    if not isinstance(decided, Grant) and any(one.kind == "not_permitted" for one in decided):
        raise NotPermitted(*_complaints(decided))
    missing = (
        [*_lacking(people)] if isinstance(decided, Grant) else [*_complaints(decided), *_lacking(people)]
    )
    if missing or not isinstance(decided, Grant):
        raise Incomplete(*missing)
    return decided


def _complaints(refusals: Iterable[Refusal]) -> Iterator[Complaint]:
    return (Complaint(one.code, one.sentence, one.pointer) for one in refusals)


def _lacking(people: Iterable[Person]) -> Iterator[Complaint]:
    """Who cannot be told from others by what was typed, and what to add (law 9)."""
    for number, person in enumerate(people):
        if missing := too_little(person.identifiers):
            sentence = _TO_ADD.format(missing.replace("_", " "))
            yield Complaint("too_little_to_identify", sentence, f"/people/{number}/{missing}")


def _in_question(query: Query, around: Surroundings) -> tuple[str, ...]:
    if query.only_source is None:
        return tuple(around.lanes)
    if query.only_source not in around.lanes:  # the service has left since the reference was sealed
        raise LAPSED
    return (query.only_source,)


def _lanes(query: Query, grant: Grant, around: Surroundings) -> tuple[Lane, ...]:
    services = around.catalogue.services
    return tuple(
        around.lanes[name]
        for name in _in_question(query, around)
        if grant.permits_source(name, services[name].sensitive)
    )


def _ask(person: Person, its: PersonGrant, grant: Grant, today: date) -> Ask:
    return Ask(
        purpose=grant.purpose,
        role=grant.role,
        relation=person.relation,
        today=today,
        typed_age=typed_age(person.identifiers, today),
        case="unverified",
        family_agreement=its.family_agreement,
        look_back_months=grant.look_back_months,
        caps=_levels(its.caps),
    )


def _levels(names: Mapping[str, str]) -> Mapping[str, int]:
    return {name: LEVELS[name][level.upper()] for name, level in names.items()}
