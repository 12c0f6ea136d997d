"""Northshire's own files: they load, their tests pass, and they say what the agreements say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from itertools import product
from typing import Any

import pytest

from broker.catalogue import Catalogue, load_catalogue
from broker.staff.complete import Completed, completed
from broker.staff.entries import Entry
from connectors.contract import Contact
from consent_rules.permit import Asked as AskedRules
from consent_rules.permit import AskedPerson, Grant, permit
from deploy.demo.agreements import Asked, may_be_shown
from deploy.demo.databases import DATABASES, READER
from deploy.demo.northshire import PARTNERSHIP, PEOPLE
from deploy.demo.people import age
from deploy.demo.records import SERVICES, Record, Worker
from deploy.demo.staff import TEAM_NUMBERS
from policy.compile import CompiledPolicy
from policy.facts import LEVELS, Ask, CaseCheck, ContactShown, Involvement
from policy.facts import Record as PolicyRecord
from policy.testing import run_tests
from tests.unit.demo.demo_samples import TODAY, by_id, town

ROLES = {
    "section_47_enquiry": "social_worker",
    "section_17_child_in_need": "social_worker",
    "early_help_assessment": "early_help_lead",
    "immediate_danger": "out_of_hours_worker",
}
RELATIONS = ("child", "parent", "sibling", "household_adult", "other_adult", "adult_at_risk")
STATUS = {("school", "current"): "on_roll", ("school", "closed"): "left", ("housing", "closed"): "former"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(PARTNERSHIP)


def test_the_files_agree_with_one_another(catalogue: Catalogue) -> None:
    assert sorted(catalogue.services) == sorted(SERVICES)
    assert sorted(catalogue.purposes.rules.purposes) == sorted(ROLES)


@pytest.mark.parametrize("service", SERVICES)
def test_every_owner_tests_the_policy_and_all_tests_pass(service: str, catalogue: Catalogue) -> None:
    ran = run_tests(catalogue.services[service].loaded)
    assert len(ran) >= 9
    assert [(one.name, one.expected, one.got) for one in ran if not one.passed] == []
    assert {one.expected for one in ran} >= {"nothing", "withheld"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_field_says_why_it_is_shared_and_every_status_what_it_means(
    service: str, catalogue: Catalogue
) -> None:
    policy = catalogue.services[service].loaded.policy
    assert all(rules.justification for _, rules in policy.rules())
    assert policy.fields.status is not None
    assert all(len(code.meaning) > 20 for code in policy.fields.status.codes.values())
    assert "says nothing" in policy.nothing_means or "may hold more" in policy.nothing_means


def test_desks_have_numbers_that_ofcom_keeps_for_fiction() -> None:
    for path in PARTNERSHIP.rglob("*.yaml"):
        for number in re.findall(r"01632 \d{6}", path.read_text(encoding="utf-8")):
            assert number.startswith("01632 960")


@pytest.mark.parametrize("service", DATABASES)
def test_a_source_file_names_the_database_that_is_started_for_it(service: str, catalogue: Catalogue) -> None:
    source, (database, port) = catalogue.services[service].source, DATABASES[service]
    assert source.connection["database"] == database
    assert source.connection["port"] == str(port)
    assert source.connection["user"] == READER
    assert source.connection["password"] == f"file:state/{service}.password"


def test_the_sources_are_about_as_large_as_they_say(catalogue: Catalogue) -> None:
    for service in SERVICES:
        holds = len({one.person_key for one in town(people=PEOPLE).records if one.service == service})
        assert holds / 2 <= catalogue.services[service].source.population <= holds * 2


def test_the_agreements_by_hand_and_the_policy_engine_say_the_same(catalogue: Catalogue) -> None:
    """Every record of a town, for every purpose, relation, agreement and case: some 20,000 decisions."""
    people, decided = by_id(town(2, 450)), {True: 0, False: 0}
    cases = [(case, permitted) for case in questions() if (permitted := permitted_ask(catalogue, *case))]
    for record in [one for one in town(2, 450).records if not one.restricted]:
        service = catalogue.services[record.service]
        typed_age = people[record.person_id].age_on(TODAY)
        for (purpose, relation, agreed, verified), (ask, grant) in cases:
            by_hand = may_be_shown(record, Asked(purpose, relation, TODAY, typed_age, agreed, verified))
            may_ask = grant.permits_source(record.service, service.sensitive)
            by_engine = told(service.policy, replace(ask, typed_age=typed_age), record) if may_ask else None
            assert by_engine == by_hand, (record.service, purpose, relation, agreed, verified)
            decided[by_hand is not None] += 1
    assert min(decided.values()) > 3_000


def questions() -> Iterator[tuple[str, str, bool, bool]]:
    return product(ROLES, RELATIONS, (True, False), (True, False))


def permitted_ask(
    catalogue: Catalogue, purpose: str, relation: str, agreed: bool, verified: bool
) -> tuple[Ask, Grant] | None:
    """The ask of a permitted query; None where the purpose rules refuse it."""
    case: CaseCheck = "verified" if verified else "unverified"
    person = AskedPerson(relation, "given" if agreed else "not_recorded", "note 12" if agreed else None)
    asked = AskedRules(
        purpose=purpose,
        held_roles=frozenset({ROLES[purpose]}),
        role=None,
        journey="people",
        view="details",
        reason="a reason",
        case_reference="NS-1",
        conversation="home visit",
        case=case,
        people=(person,),
    )
    grant = permit(catalogue.purposes.rules, asked)
    if not isinstance(grant, Grant):
        return None
    (its,) = grant.people
    ask = Ask(
        purpose=purpose,
        role=grant.role,
        relation=relation,
        today=TODAY,
        case=case,
        family_agreement=its.family_agreement,
        look_back_months=grant.look_back_months,
        caps={name: LEVELS[name][level.upper()] for name, level in its.caps.items()},
    )
    return ask, grant


def told(policy: CompiledPolicy, ask: Ask, record: Record) -> Mapping[str, Any] | None:
    """What the policy engine lets out of a record, as the agreements put it."""
    if policy.closes(ask):
        return None
    as_recorded = in_words(record, ask, recorded(record.worker))
    involvement = policy.reduce(ask, as_recorded)
    if policy.levels(ask, as_recorded)["lead_practitioner"] == ContactShown.NAMED:
        involvement = policy.reduce(ask, in_words(record, ask, listed(record.worker)))
    return None if involvement is None else as_shown(involvement)


def recorded(worker: Worker) -> Completed:
    return Completed(Contact(worker.name, worker.role, worker.team, worker.phone, worker.email))


def listed(worker: Worker) -> Completed:
    """As the staff directory completes it."""
    if worker.listed is None:
        return recorded(worker)
    known = worker.listed
    entry = Entry(email=known.email, personal_numbers=(known.mobile,), has_left=known.has_left)
    return completed(recorded(worker).contact, entry, TEAM_NUMBERS[worker.team])


def in_words(record: Record, ask: Ask, whom: Completed) -> PolicyRecord:
    born = record.written.birth_date
    gates = {"plan_state": record.kind.upper(), "category": record.kind, "party_role": record.party}
    return PolicyRecord(
        age=age(born, TODAY) if born else ask.typed_age,
        status=STATUS.get((record.service, record.status), record.status),
        started=record.started,
        ended=record.ended,
        last_contact=record.last_contact,
        gates=gates,
        contact_name=whom.contact.name,
        contact_role=whom.contact.role,
        contact_team=whom.contact.team,
        contact_phone=whom.contact.phone,
        contact_email=whom.contact.email,
        contact_from_directory=whom.from_directory,
        contact_has_left=whom.has_left,
    )


def as_shown(involvement: Involvement) -> Mapping[str, Any]:
    lead = involvement.lead_practitioner
    assert lead is not None
    return {
        "status": involvement.status,
        "started": involvement.started,
        "ended": involvement.ended,
        "last_contact": involvement.last_contact,
        "lead_practitioner": {**asdict(lead), "from_directory": list(lead.from_directory)},
    }
