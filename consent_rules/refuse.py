"""Refuse: every reason why a purpose opens nothing, each with a sentence that says what to do.

A sentence never repeats what was typed: it may be logged, and somebody may have typed a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, get_args

from consent_rules.asked import Asked, written
from consent_rules.model import Purpose, PurposeRules, Relation

_RELATIONS: frozenset[str] = frozenset(get_args(Relation))
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no grant. ``incomplete`` can be put right by adding what the sentence asks for.

    ``pointer`` is a JSON pointer into the query.
    """

    kind: Literal["not_permitted", "incomplete"]
    code: str
    sentence: str
    pointer: str


def refusals(rules: PurposeRules, asked: Asked) -> tuple[Refusal, ...]:
    """All the reasons why there is no grant; none of them, when there is one."""
    purpose = rules.purposes.get(asked.purpose)
    if purpose is None:
        return (_unknown_purpose(rules, asked), *_unheld_role(asked))
    return (
        *_no_role(purpose, asked),
        *_unregistered(purpose, asked),
        *_no_source(purpose),
        *_journey(purpose, asked),
        *_view(purpose, asked),
        *_unrecorded(purpose, asked),
        *_people(purpose, asked),
    )


def acting_roles(purpose: Purpose, asked: Asked) -> tuple[str, ...]:
    """The roles in which the requester may ask: of the one named, or of all that are held. One is enough
    for a grant; with several the requester must choose.
    """
    named = asked.held_roles if asked.role is None else asked.held_roles & {asked.role}
    return tuple(sorted(named & set(purpose.who_may_ask)))


def _unknown_purpose(rules: PurposeRules, asked: Asked) -> Refusal:
    open_to_them = [key for key, purpose in rules.purposes.items() if acting_roles(purpose, asked)]
    advice = _did_you_mean(asked.purpose, open_to_them, "Choose one that your role may ask for.")
    return Refusal("not_permitted", "unknown_purpose", f"There is no such purpose. {advice}", "/purpose")


def _did_you_mean(typed: str, known: list[str], otherwise: str) -> str:
    near = get_close_matches(typed[:_LONGEST_NAME].lower(), known, n=1)
    return f"Did you mean {near[0]}?" if near else otherwise


def _unheld_role(asked: Asked) -> Iterator[Refusal]:
    if asked.role is not None and asked.role not in asked.held_roles:
        sentence = "You do not hold the role that you named. Name one of yours, or leave it out."
        yield Refusal("not_permitted", "role_not_held", sentence, "/role")


def _no_role(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    acting = acting_roles(purpose, asked)
    unheld = tuple(_unheld_role(asked))
    yield from unheld
    if len(acting) > 1:
        sentence = f"Several of your roles may ask for this: {_listed(acting)}. Name the one that you act in."
        yield Refusal("incomplete", "name_one_role", sentence, "/role")
    elif not acting and not unheld:
        yield _role_may_not_ask(asked)


def _role_may_not_ask(asked: Asked) -> Refusal:
    if asked.role is None:
        sentence = "None of your roles may ask for this purpose. Choose another, or ask a colleague who may."
        return Refusal("not_permitted", "role_may_not_ask", sentence, "/purpose")
    sentence = (
        "This role may not ask for this purpose. Choose another purpose, or act in another role of yours."
    )
    return Refusal("not_permitted", "role_may_not_ask", sentence, "/role")


def _unregistered(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    if purpose.needs_registration and not asked.registered:
        sentence = (
            "Only those in a professional register may ask for this purpose, and your sign-in names no number of"
            " yours. Ask your team manager, or choose another purpose."
        )
        yield Refusal("not_permitted", "registration_needed", sentence, "/purpose")


def _no_source(purpose: Purpose) -> Iterator[Refusal]:
    if purpose.sources.are_none:
        sentence = "This purpose opens no service's records. Choose the purpose for which you need them."
        yield Refusal("not_permitted", "opens_no_source", sentence, "/purpose")


def _journey(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    if asked.journey in purpose.journeys:
        return
    if asked.journey == "case":
        sentence = "This purpose does not open the people of a case. Ask about each person by name."
    else:
        sentence = "This purpose opens the people of a case only. Ask by the case's number."
    yield Refusal("not_permitted", "journey_not_allowed", sentence, "/journey")


def _view(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    if asked.view in purpose.views:
        return
    if asked.view == "details" and "details_after_flags" in purpose.views:
        if not asked.after_flags:
            sentence = "Ask for the flags first, then open the details of each service that you need."
            yield Refusal("not_permitted", "flags_first", sentence, "/view")
        return
    allowed = _listed(view for view in purpose.views if view in ("flags", "details"))
    sentence = f"Ask for another view. This purpose opens: {allowed or 'none'}."
    yield Refusal("not_permitted", "view_not_allowed", sentence, "/view")


_TO_RECORD = {
    "reason": "Write why you are asking.",
    "case_reference": "Add the case reference.",
    "conversation": "Record the conversation with the family: who spoke with whom, when, or why not.",
}


def _unrecorded(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    recorded = {
        "reason": asked.reason,
        "case_reference": asked.case_reference,
        "conversation": asked.conversation,
    }
    for what in _must_record(purpose, asked):
        if not written(recorded[what]):
            yield Refusal("incomplete", f"{what}_missing", _TO_RECORD[what], f"/{what}")


def _must_record(purpose: Purpose, asked: Asked) -> Iterator[str]:
    """What the purpose says, and what its kind brings with it, in one order."""
    implied: set[str] = set(purpose.must_record)
    if purpose.emergency is not None:
        implied.add("reason")
    if any(agreement.record_conversation for agreement in purpose.agreements(asked.view)):
        implied.add("conversation")
    return (what for what in _TO_RECORD if what in implied)


def _people(purpose: Purpose, asked: Asked) -> Iterator[Refusal]:
    # A case's people are not known before its roster was read, and that needs a grant too.
    if not asked.people and asked.journey == "people":
        yield Refusal("incomplete", "nobody_named", "Say about whom you are asking.", "/people")
    for place, person in enumerate(asked.people):
        if person.relation not in purpose.about:
            yield _relation(purpose, person.relation, f"/people/{place}/relation")


def _relation(purpose: Purpose, relation: str, pointer: str) -> Refusal:
    about = f"This purpose is about: {_listed(purpose.about) or 'nobody'}."
    if relation in _RELATIONS:
        sentence = f"{about} Leave this person out, or ask about them for another purpose."
        return Refusal("not_permitted", "relation_not_allowed", sentence, pointer)
    advice = _did_you_mean(relation, list(purpose.about), about)
    return Refusal("not_permitted", "unknown_relation", f"There is no such relation. {advice}", pointer)


def _listed(names: Iterator[str] | tuple[str, ...]) -> str:
    return ", ".join(names)
