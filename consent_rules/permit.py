"""Permit: what a purpose opens for one requester now, or every reason why it opens nothing.

Pure and total. Nothing is permitted that the rules do not say; a fact that is missing or unknown counts as
the strictest that it could be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from consent_rules.asked import Asked, AskedPerson, written
from consent_rules.caps import ONLY_INVOLVED, least
from consent_rules.model import FamilyAgreement, Purpose, PurposeRules, Sources
from consent_rules.refuse import Refusal, acting_roles, refusals

__all__ = [
    "Agreement",
    "Asked",
    "AskedPerson",
    "Grant",
    "PersonGrant",
    "Refusal",
    "agreed_otherwise",
    "permit",
]

Agreement = Literal["given", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class PersonGrant:
    """What is open about one person, in the order of the query.

    ``family_agreement`` is as it was taken: given counts only with evidence. ``caps`` are level names per
    field; ``closed``: they leave nothing, so no source is asked about this person.
    """

    relation: str
    family_agreement: Agreement | None
    caps: Mapping[str, str]
    closed: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What a purpose permits this requester now, acting in one role.

    ``look_back_months`` is None when records of any age count. ``former_names``: whether other family names,
    typed or recorded, may be used to find somebody.
    """

    purpose: str
    role: str
    view: Literal["flags", "details"]
    look_back_months: int | None
    people: tuple[PersonGrant, ...]
    sources: Sources
    former_names: bool

    def permits_source(self, name: str, sensitive: bool) -> bool:
        """Whether the source of this name, sensitive or not, may be asked at all."""
        return self.sources.permit(name, sensitive)


def permit(rules: PurposeRules, asked: Asked) -> Grant | tuple[Refusal, ...]:
    """The grant, or all the reasons why there is none."""
    return refusals(rules, asked) or _grant(rules.purposes[asked.purpose], asked)


def agreed_otherwise(rules: PurposeRules, grant: Grant, asked: Asked) -> Grant:
    """The same grant at a service of which the families said something else. Agreements refuse nobody."""
    purpose = rules.purposes[grant.purpose]
    return replace(grant, people=tuple(_person(purpose, asked, person) for person in asked.people))


def _grant(purpose: Purpose, asked: Asked) -> Grant:
    (role,) = acting_roles(purpose, asked)
    return Grant(
        purpose=asked.purpose,
        role=role,
        view=asked.view,
        look_back_months=purpose.look_back,
        people=tuple(_person(purpose, asked, person) for person in asked.people),
        sources=purpose.sources,
        former_names=purpose.former_names == "used",
    )


def _person(purpose: Purpose, asked: Asked, person: AskedPerson) -> PersonGrant:
    caps = least(
        purpose.at_most.levels(),
        *_case_caps(purpose, asked),
        *_view_caps(asked),
        *(cap for rule in purpose.agreements(asked.view) for cap in _agreement_caps(rule, person)),
    )
    return PersonGrant(person.relation, _as_taken(person), caps, closed=caps.get("involved") == "nothing")


def _case_caps(purpose: Purpose, asked: Asked) -> Iterator[Mapping[str, str]]:
    if purpose.case_check is not None and asked.case != "verified":
        yield purpose.case_check.unverified.levels()


def _view_caps(asked: Asked) -> Iterator[Mapping[str, str]]:
    if asked.view != "details":
        yield ONLY_INVOLVED


def _agreement_caps(rule: FamilyAgreement, person: AskedPerson) -> Iterator[Mapping[str, str]]:
    """What limits a person without an agreement: this person's own, nobody else's opens anything here.

    An unknown agreement may be one that was withdrawn: both limits apply, else forgetting a withdrawal would
    show more. Only a register that was read and holds none is spared the second.
    """
    if rule.needed is None or _is_given(person):
        return
    yield rule.needed.without_agreement.levels()
    if person.family_agreement != "not_recorded":
        yield rule.needed.if_withdrawn.levels()


def _is_given(person: AskedPerson) -> bool:
    return person.family_agreement == "given" and written(person.agreement_evidence)


def _as_taken(person: AskedPerson) -> Agreement | None:
    if person.family_agreement in ("refused", "withdrawn"):
        return person.family_agreement
    return "given" if _is_given(person) else None
