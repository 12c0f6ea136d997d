"""What a source was asked lately, from the audit log: as queries, and as the facts that its policy decides on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from broker.agreed import EVERY_SERVICE
from broker.answers import CaseState
from broker.audit.events import ASKED, CASE_CHECKED, CLOSED, OPENED
from broker.audit.reader import AuditReader
from broker.questions import Person, typed_age
from broker.surroundings import LONDON
from connectors.contract import Identifiers
from consent_rules.asked import written
from consent_rules.caps import ONLY_INVOLVED, least
from consent_rules.model import PurposeRules
from policy.facts import LEVELS, Ask, CaseCheck

Agreements = Mapping[str, Mapping[str, Any]]
"""What counted of a family's agreement: by source, and for every other one."""


@dataclass(frozen=True, slots=True)
class PastQuery:
    """A query that a source answered, as far as the keys open it.

    ``request`` is the intent's part for auditors. ``people`` are by their number in the answer, None where
    somebody's key was destroyed; ``agreements`` is what counted of theirs. ``answered`` is when, and ``outcomes``
    what, as the log keeps it.
    """

    answered: datetime
    request: Mapping[str, Any] = field(repr=False)
    after_flags: bool
    case: CaseCheck
    people: Mapping[int, Person | None] = field(repr=False)
    agreements: Mapping[int, Agreements] = field(repr=False)
    outcomes: Sequence[Mapping[str, Any]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """One question about one person, and the levels of each involvement that was shown (numbers, by field)."""

    ask: Ask = field(repr=False)
    shown: tuple[Mapping[str, int], ...]


def past_questions(
    reader: AuditReader, source: str, since: datetime, rules: PurposeRules
) -> Iterator[PastQuestion]:
    """The questions that a source answered from ``since`` on, oldest first.

    People whose key was destroyed are left out: nothing of them can be read. So are questions for purposes that
    there are no more.
    """
    for query in past_queries(reader, source, since):
        if query.request["purpose"] not in rules.purposes:
            continue
        for outcome in query.outcomes:
            person = query.people.get(outcome["number"])
            if person is not None:
                ask = _ask(person, query.agreements.get(outcome["number"]), source, query, rules)
                yield PastQuestion(ask, tuple(map(_numbers, outcome["levels"])))


@dataclass(frozen=True, slots=True)
class _Begun:
    """A query whose intent was read. The case system's word on it, and whom it named, come later."""

    request: Mapping[str, Any] = field(repr=False)
    after_flags: bool
    case: CaseState
    people: Mapping[int, Person | None] = field(repr=False)
    agreements: Mapping[int, Agreements] = field(repr=False)


def past_queries(reader: AuditReader, source: str, since: datetime) -> Iterator[PastQuery]:
    """The queries that a source answered from ``since`` on, oldest first. None is held longer than it lasted."""
    begun: dict[str, _Begun] = {}
    for entry in reader.entries():
        if datetime.fromisoformat(entry.at) < since:
            continue
        query_id, facts = str(entry.facts["query_id"]), entry.facts
        if entry.kind in (ASKED, OPENED) and facts.get("request"):
            begun[query_id] = _Begun(
                facts["request"], entry.kind == OPENED, "unverified", _people(facts), _agreements(facts)
            )
        elif entry.kind == CASE_CHECKED and query_id in begun:
            begun[query_id] = _with_case(begun[query_id], facts)
        elif entry.kind == "disclosure" and facts["source"] == source and query_id in begun:
            yield from _answered(begun[query_id], facts)
        elif entry.kind == CLOSED:
            begun.pop(query_id, None)


def _with_case(query: _Begun, facts: Mapping[str, Any]) -> _Begun:
    said = facts.get("case")
    return replace(
        query,
        case=said["state"] if said else "unverified",
        people={**query.people, **_people(facts)},
        agreements={**query.agreements, **_agreements(facts)},
    )


def _answered(query: _Begun, facts: Mapping[str, Any]) -> Iterator[PastQuery]:
    disclosed = facts.get("disclosed")
    if disclosed and disclosed["outcomes"]:
        yield PastQuery(
            answered=datetime.fromisoformat(str(facts["at"])),
            request=query.request,
            after_flags=query.after_flags,
            case="verified" if query.case == "verified" else "unverified",
            people=query.people,
            agreements=query.agreements,
            outcomes=disclosed["outcomes"],
        )


def _people(facts: Mapping[str, Any]) -> Mapping[int, Person | None]:
    """The people of an entry by their numbers."""
    return {number: _person(part) if part else None for number, part in _parts(facts)}


def _agreements(facts: Mapping[str, Any]) -> Mapping[int, Agreements]:
    """What counted of each person's agreements, where it was not what was typed (in later entries)."""
    return {number: part["agreements"] for number, part in _parts(facts) if part and part.get("agreements")}


def _parts(facts: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
    """The parts of an entry that are about a person, by the number that stands in their names."""
    return (
        (int(name.removeprefix("person ")), part)
        for name, part in facts.items()
        if name.startswith("person ")
    )


def _person(part: Mapping[str, Any]) -> Person:
    known = dict(part["identifiers"])
    born, between = known.pop("birth_date", None), known.pop("born_between", None)
    identifiers = Identifiers(
        **known | {"other_family_names": tuple(known.get("other_family_names") or ())},
        birth_date=date.fromisoformat(born) if born else None,
        born_between=(date.fromisoformat(between[0]), date.fromisoformat(between[1])) if between else None,
    )
    return Person(part["relation"], identifiers, part["family_agreement"], part["agreement_evidence"])


def _ask(
    person: Person, agreements: Agreements | None, source: str, query: PastQuery, rules: PurposeRules
) -> Ask:
    request, local = query.request, query.answered.astimezone(LONDON)
    purpose = rules.purposes[request["purpose"]]
    caps = least(purpose.at_most.levels(), *([ONLY_INVOLVED] if request["view"] == "flags" else []))
    return Ask(
        purpose=request["purpose"],
        role=request["requester"]["role"] or "",
        relation=person.relation,
        today=local.date(),
        typed_age=typed_age(person.identifiers, local.date()),
        case=query.case,
        family_agreement=_agreement(person, agreements or {}, source),
        look_back_months=purpose.look_back,
        caps=_numbers(caps),
        time=local.time(),
    )


def _agreement(person: Person, counted: Agreements, source: str) -> Any:
    """What counted of the family's at this source, as it was taken: given counts only with evidence."""
    typed = {"state": person.family_agreement, "evidence": person.agreement_evidence}
    its = counted.get(source) or counted.get(EVERY_SERVICE) or typed
    if its["state"] == "given":
        return "given" if written(its["evidence"]) else None
    return its["state"] if its["state"] in ("refused", "withdrawn") else None


def _numbers(levels: Mapping[str, str]) -> Mapping[str, int]:
    return {name: int(LEVELS[name][level.upper()]) for name, level in levels.items()}
