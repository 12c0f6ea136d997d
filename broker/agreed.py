"""What a person's family agreed to, as it counts for a purpose: at every service, and where it is otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from broker.questions import Person, typed_age
from broker.registers.agreements import Agreements
from consent_rules.agreements import Decided, Known
from consent_rules.asked import AskedPerson
from consent_rules.model import PurposeRules

EVERY_SERVICE = "*"
"""Where what counts is not of one service alone."""

Agreed = Mapping[str, Decided]
"""By source; of those that are not named it is what counts at EVERY_SERVICE."""


def agreed_of(
    person: Person, purpose: str, rules: PurposeRules, agreements: Agreements, today: date
) -> Agreed:
    """What counts of a person's agreements for a purpose."""
    known = Known(
        agreements(person.identifiers),
        Decided(person.family_agreement, person.agreement_evidence),
        typed_opens=rules.typed_agreements == "count",
    )
    age = typed_age(person.identifiers, today)
    everywhere = known.counting(purpose, age, today, None)
    there = {name: known.counting(purpose, age, today, name) for name in known.services_named()}
    return {EVERY_SERVICE: everywhere} | {name: one for name, one in there.items() if one != everywhere}


def as_asked(relation: str, its: Agreed, source: str = EVERY_SERVICE) -> AskedPerson:
    """The person as the purpose rules are asked about them at one source."""
    counts = its.get(source, its[EVERY_SERVICE])
    return AskedPerson(relation, counts.state, counts.evidence)
