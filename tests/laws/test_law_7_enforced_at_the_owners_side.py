"""Law 7. The owner's rule is enforced at the owner's side."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date
from typing import get_type_hints

from broker.consult import consult
from broker.consultation import Consultation, Consulted, Finding, PersonFinding
from broker.consulting.side import OwnersSide
from connectors.contract import Identifiers
from policy.facts import LEVELS, Ask
from tests.fakes.littleworth import row
from tests.laws.conftest import Start

EMMA = Identifiers(given_name="Emma", family_name="Ashdown", birth_date=date(1991, 3, 7), postcode="LW1 4AB")
ASK = Ask(
    purpose="section_47_enquiry",
    role="social_worker",
    relation="other_adult",
    today=date(2026, 6, 1),
    typed_age=35,
    case="verified",
)


async def owners_side(start: Start, *rows: object) -> OwnersSide:
    town = await start({"school": rows})
    return OwnersSide(town.sources["school"], town.front.broker.around.catalogue.services["school"].policy)


def consultation(ask: Ask) -> Consultation:
    return Consultation("q-1", (Consulted(1, EMMA, ask),), seconds=1.0)


async def test_law_7_a_broker_cannot_widen_the_owners_policy(start: Start) -> None:
    side = await owners_side(start, row())
    widest = {name: max(levels) for name, levels in LEVELS.items()}
    (found,) = (await consult(consultation(replace(ASK, caps=widest, look_back_months=None)), side)).people
    (finding,) = found.findings
    assert finding.involvement.last_contact == "2026"
    assert finding.involvement.lead_practitioner is not None
    assert finding.involvement.lead_practitioner.shown == "team"


async def test_law_7_a_broker_that_claims_another_purpose_gets_what_that_purpose_gives(start: Start) -> None:
    side = await owners_side(start, row())
    (found,) = (await consult(consultation(replace(ASK, purpose="no_such_purpose")), side)).people
    assert (found.outcome, found.findings) == ("withheld", ())


async def test_law_7_what_the_policy_withheld_never_reaches_the_broker(start: Start) -> None:
    side = await owners_side(start, row(gates={"category": "parking"}), row("k2", restricted=True))
    (found,) = (await consult(consultation(ASK), side)).people
    assert found == PersonFinding(1, found.outcome, hint=None, findings=())
    assert found.outcome == "nothing_to_share"


def test_law_7_what_leaves_the_owners_side_is_a_closed_type_without_rows() -> None:
    assert {one.name for one in dataclasses.fields(PersonFinding)} == {
        "number",
        "outcome",
        "hint",
        "findings",
    }
    assert {one.name for one in dataclasses.fields(Finding)} == {
        "involvement",
        "grade",
        "reasons",
        "because",
        "levels",
        "lines",
    }
    assert "Candidate" not in str(get_type_hints(consult)["return"])


async def test_law_7_a_consultation_carries_no_policy(start: Start) -> None:
    assert {one.name for one in dataclasses.fields(Consultation)} == {
        "query_id",
        "people",
        "seconds",
        "former_names",
    }
    side = await owners_side(start, row())
    (found,) = (await consult(consultation(replace(ASK, relation="parent")), side)).people
    assert found.outcome == "involved"
