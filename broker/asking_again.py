"""A question of the past, put once more: permitted by today's purpose rules, with today's agreements.

What was typed comes from the audit log. The day, ages and look-back are those of now, since the records are, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from broker.agreed import agreed_of, as_asked
from broker.consultation import Consultation, Consulted
from broker.matching.enough import cleaned, too_little
from broker.past_questions import PastQuery
from broker.permitting import request_facts
from broker.questions import Person
from broker.registers.agreements import Agreements
from broker.surroundings import LONDON
from consent_rules.model import PurposeRules
from consent_rules.permit import Asked, AskedPerson, Grant, permit

WhyNot = Literal["forgotten", "not_permitted"]
"""Why a question can't be put again: somebody's key was destroyed, or today's purpose rules refuse it."""


@dataclass(frozen=True, slots=True)
class Again:
    """A question as it is put again, and what the purpose rules grant for it now."""

    consultation: Consultation
    grant: Grant


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for all questions of a simulation. ``run`` is what its searches are called; ``seconds`` is how
    long one may take.
    """

    run: str
    source: str
    now: datetime
    rules: PurposeRules
    agreements: Agreements
    seconds: float


def asked_again(past: PastQuery, of: Circumstances) -> Again | WhyNot:
    """The question of a past query, or why it can't be put again."""
    known = {number: person for number, person in past.people.items() if person is not None}
    if len(known) != len(past.people):
        return "forgotten"  # without one of them, the rows of the others may be taken for somebody else's
    today = of.now.astimezone(LONDON).date()
    purpose = past.request["purpose"]
    asked = [
        as_asked(one.relation, agreed_of(one, purpose, of.rules, of.agreements, today), of.source)
        for one in known.values()
    ]
    grant = permit(of.rules, _asked(past, asked))
    if not isinstance(grant, Grant):
        return "not_permitted"
    return Again(_consultation(past, known.items(), grant, of), grant)


def _consultation(
    past: PastQuery, known: Iterable[tuple[int, Person]], grant: Grant, of: Circumstances
) -> Consultation:
    consulted = tuple(
        Consulted(number, cleaned(person.identifiers), request_facts(person, its, grant, of.now, past.case))
        for (number, person), its in zip(known, grant.people, strict=True)
        if not its.closed and not too_little(cleaned(person.identifiers))
    )
    return Consultation(of.run, consulted, of.seconds, former_names=grant.former_names)


def _asked(past: PastQuery, people: Sequence[AskedPerson]) -> Asked:
    request = past.request
    role = request["requester"]["role"]
    return Asked(
        purpose=request["purpose"],
        held_roles=frozenset({role} if role else ()),
        role=role,
        journey=request["journey"],
        view=request["view"],
        reason=request["reason"],
        case_reference=request["case_reference"],
        conversation=request["conversation"],
        case=past.case,
        people=tuple(people),
        after_flags=past.after_flags,
        registered=request["requester"].get("registration")
        is not None,  # not in the entries of earlier versions
    )
