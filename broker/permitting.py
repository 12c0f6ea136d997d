"""Is this allowed, and what then is asked of whom: a plan, or a refusal that says what to do.

The purpose rules decide (``consent_rules``); here their grant is turned into the request facts that each
source's own policy is asked with. Nothing here has seen a record.

A plan is made once, and made again when the case system has been heard (``casework``): then the case is known,
and, where the query is about a case, whom it is about.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from broker.agreed import Agreed, agreed_of, as_asked
from broker.consultation import CaseFinding, Consultation, Consulted, LinkedPerson
from broker.errors import Complaint, Incomplete, NotPermitted
from broker.fanout import Lane
from broker.matching.enough import cleaned, too_little
from broker.questions import Person, Query, Requester, typed_age
from broker.references import LAPSED
from broker.surroundings import LONDON, Surroundings
from consent_rules.model import Purpose
from consent_rules.permit import Asked, Grant, PersonGrant, Refusal, agreed_otherwise, permit
from policy.facts import LEVELS, Ask

_TO_ADD = "This is too little to tell one person from another. Add a {}, or an NHS number."
_NO_CASE_SYSTEM = Complaint(
    "no_case_system", "No case system is connected here. Ask about each person by name.", "/journey"
)
_WHICH_CASE = Complaint("case_reference_missing", "Add the case reference.", "/case_reference")


@dataclass(frozen=True, slots=True)
class Plan:
    """A permitted query: who asks what of which sources. ``not_asked`` are the sources left out.

    ``consultations`` are by source. ``agreements`` are what counted of each person's: by source, where it is not
    as at EVERY_SERVICE. ``found`` is what the case system said; None: it was not asked. ``ties`` are what ties the
    requester to people of the query (``conflicts.ties``).
    """

    query_id: str
    asked_at: datetime
    query: Query = field(repr=False)
    requester: Requester
    grant: Grant
    lanes: tuple[Lane, ...]
    not_asked: tuple[str, ...]
    consultations: Mapping[str, Consultation]
    agreements: tuple[Agreed, ...] = field(repr=False)
    purpose_digest: str
    policy_digests: Mapping[str, str]
    policy_versions: Mapping[str, int]
    weights_versions: Mapping[str, str]
    found: CaseFinding | None = None
    ties: tuple[str, ...] = ()

    @property
    def case(self) -> Literal["verified", "unverified"]:
        """What the case counts as: verified only when the case system said so."""
        return _counts_as(self.found)


def permitted(query: Query, requester: Requester, around: Surroundings) -> Plan:
    """The plan of a query that is allowed. Raises NotPermitted or Incomplete, naming everything at once."""
    asked_at, query_id = around.now(), around.new_id()
    return _plan(query, requester, around, asked_at, query_id, None)


def with_case(plan: Plan, found: CaseFinding, around: Surroundings) -> Plan:
    """The plan, now that the case system has said what it says.

    Where the query is about a case, it is now about those linked to it whom the purpose is about.
    """
    if plan.query.journey == "people":
        return _plan(plan.query, plan.requester, around, plan.asked_at, plan.query_id, found)
    linked = tuple(one for one in found.people if _in_question_too(one, plan.query, purpose_of(plan, around)))
    query = replace(plan.query, people=tuple(Person(one.relation, one.identifiers) for one in linked))
    found = replace(found, people=linked)
    return _plan(query, plan.requester, around, plan.asked_at, plan.query_id, found)


def purpose_of(plan: Plan, around: Surroundings) -> Purpose:
    """The purpose rules' own text of what the plan was permitted for."""
    return around.catalogue.purposes.rules.purposes[plan.grant.purpose]


def _in_question_too(one: LinkedPerson, query: Query, purpose: Purpose) -> bool:
    return one.relation in purpose.about and query.linked in (None, one.key)


def _plan(
    query: Query,
    requester: Requester,
    around: Surroundings,
    asked_at: datetime,
    query_id: str,
    found: CaseFinding | None,
) -> Plan:
    people = tuple(_cleaned(person) for person in query.people)
    rules, today = around.catalogue.purposes.rules, around.today(asked_at)
    agreements = [
        agreed_of(person, query.purpose, rules, around.agreements, today) for person in query.people
    ]
    asked = _asked(query, requester, agreements, found)
    grant = _granted(asked, query, people, around)
    not_known_yet = query.journey == "case" and found is None
    consultations = {}
    for lane in _lanes(query, grant, around):
        its = _granted_at(lane.source, asked, agreements, grant, around)
        consulted = _consulted(people, its, asked_at, found)
        if consulted or not_known_yet:
            consultations[lane.source] = Consultation(
                query_id, consulted, query.seconds, former_names=grant.former_names
            )
    lanes = tuple(around.lanes[name] for name in consultations)
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
        consultations=consultations,
        agreements=tuple(agreements),
        purpose_digest=around.catalogue.purposes.digest,
        policy_digests={name: policy.digest for name, policy in policies.items()},
        policy_versions={name: policy.version for name, policy in policies.items()},
        weights_versions={name: one.weights.version for name, one in around.catalogue.services.items()},
        found=found,
    )


def _counts_as(found: CaseFinding | None) -> Literal["verified", "unverified"]:
    return "verified" if found is not None and found.state == "verified" else "unverified"


def _cleaned(person: Person) -> Person:
    return Person(
        person.relation, cleaned(person.identifiers), person.family_agreement, person.agreement_evidence
    )


def _asked(
    query: Query,
    requester: Requester,
    agreements: Sequence[Agreed],
    found: CaseFinding | None,
) -> Asked:
    return Asked(
        purpose=query.purpose,
        held_roles=requester.roles,
        role=query.role,
        journey=query.journey,
        view=query.view,
        reason=query.reason,
        case_reference=query.case_reference,
        conversation=query.conversation,
        case=_counts_as(found),
        people=tuple(
            as_asked(person.relation, its) for person, its in zip(query.people, agreements, strict=True)
        ),
        after_flags=query.opened_from is not None,
        registered=requester.registration is not None,
    )


def _granted(asked: Asked, query: Query, people: Iterable[Person], around: Surroundings) -> Grant:
    granted = permit(around.catalogue.purposes.rules, asked)
    if not isinstance(granted, Grant) and any(one.kind == "not_permitted" for one in granted):
        raise NotPermitted(*_complaints(granted))
    refused = () if isinstance(granted, Grant) else tuple(_complaints(granted))
    missing = dict.fromkeys([*refused, *_lacking(query, people, around)])
    if missing or not isinstance(granted, Grant):
        raise Incomplete(*missing)
    return granted


def _granted_at(
    source: str,
    asked: Asked,
    agreements: Sequence[Agreed],
    grant: Grant,
    around: Surroundings,
) -> Grant:
    """The grant at one source, where families may have agreed to less, or to more."""
    if not any(source in its for its in agreements):
        return grant
    people = tuple(
        as_asked(one.relation, its, source) for one, its in zip(asked.people, agreements, strict=True)
    )
    return agreed_otherwise(around.catalogue.purposes.rules, grant, replace(asked, people=people))


def _consulted(
    people: Iterable[Person], grant: Grant, asked_at: datetime, found: CaseFinding | None
) -> tuple[Consulted, ...]:
    """Those about whom a source is asked, with the facts by which its owner decides."""
    return tuple(
        Consulted(number, person.identifiers, request_facts(person, its, grant, asked_at, _counts_as(found)))
        for number, (person, its) in enumerate(zip(people, grant.people, strict=True), start=1)
        if not its.closed and not too_little(person.identifiers)
    )


def _complaints(refusals: Iterable[Refusal]) -> Iterator[Complaint]:
    return (Complaint(one.code, one.sentence, one.pointer) for one in refusals)


def _lacking(query: Query, people: Iterable[Person], around: Surroundings) -> Iterator[Complaint]:
    """Which case, or who cannot be told from others by what was typed; and what to add (law 9).

    Of whom a case system names, nothing can be added: who cannot be told from others is not asked about.
    """
    if query.journey == "case":
        if around.case_lane is None:
            yield _NO_CASE_SYSTEM
        if query.case_reference is None:
            yield _WHICH_CASE
        return
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


def request_facts(
    person: Person,
    its: PersonGrant,
    grant: Grant,
    asked_at: datetime,
    case: Literal["verified", "unverified"],
) -> Ask:
    """The request facts about one person, as each source's own policy is asked with."""
    today = asked_at.astimezone(LONDON).date()
    return Ask(
        purpose=grant.purpose,
        role=grant.role,
        relation=person.relation,
        today=today,
        typed_age=typed_age(person.identifiers, today),
        case=case,
        family_agreement=its.family_agreement,
        look_back_months=grant.look_back_months,
        caps=_levels(its.caps),
        time=asked_at.astimezone(LONDON).time(),
    )


def _levels(names: Mapping[str, str]) -> Mapping[str, int]:
    return {name: LEVELS[name][level.upper()] for name, level in names.items()}
