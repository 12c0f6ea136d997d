"""What one source was asked lately, from the audit log: as the facts that its policy decides on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from broker.audit.events import ASKED, OPENED
from broker.audit.reader import AuditReader
from broker.permitting import EVERY_SERVICE
from broker.questions import typed_age
from broker.surroundings import LONDON
from connectors.contract import Identifiers
from consent_rules.asked import written
from consent_rules.caps import ONLY_INVOLVED, least
from consent_rules.model import PurposeRules
from policy.facts import LEVELS, Ask


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
    intents: dict[str, Mapping[str, Any]] = {}
    for entry in reader.entries():
        if datetime.fromisoformat(entry.at) < since:
            continue
        if entry.kind in (ASKED, OPENED):
            intents[str(entry.facts["query_id"])] = entry.facts
        elif entry.kind == "disclosure" and entry.facts["source"] == source:
            yield from _of(intents.get(str(entry.facts["query_id"])), entry.facts, rules)


def _of(
    intent: Mapping[str, Any] | None, disclosure: Mapping[str, Any], rules: PurposeRules
) -> Iterator[PastQuestion]:
    disclosed, request = disclosure.get("disclosed"), intent.get("request") if intent else None
    if not disclosed or not request or request["purpose"] not in rules.purposes:
        return
    for outcome in disclosed["outcomes"]:
        person = intent.get(f"person {outcome['number']}") if intent else None
        if person:
            at, source = datetime.fromisoformat(str(disclosure["at"])), str(disclosure["source"])
            ask = _ask(person, request, source, at, rules)
            yield PastQuestion(ask, tuple(map(_numbers, outcome["levels"])))


def _ask(
    person: Mapping[str, Any], request: Mapping[str, Any], source: str, at: datetime, rules: PurposeRules
) -> Ask:
    purpose, local = rules.purposes[request["purpose"]], at.astimezone(LONDON)
    caps = least(purpose.at_most.levels(), *([ONLY_INVOLVED] if request["view"] == "flags" else []))
    return Ask(
        purpose=request["purpose"],
        role=request["requester"]["role"] or "",
        relation=person["relation"],
        today=local.date(),
        typed_age=typed_age(_typed(person["identifiers"]), local.date()),
        case=request["case"],
        family_agreement=_agreement(person, source),
        look_back_months=purpose.look_back,
        caps=_numbers(caps),
        time=local.time(),
    )


def _agreement(person: Mapping[str, Any], source: str) -> Any:
    """What counted of the family's at this source, as it was taken: given counts only with evidence."""
    counted = person.get("agreements") or {}  # not in the entries of earlier versions
    typed = {"state": person["family_agreement"], "evidence": person["agreement_evidence"]}
    its = counted.get(source) or counted.get(EVERY_SERVICE) or typed
    if its["state"] == "given":
        return "given" if written(its["evidence"]) else None
    return its["state"] if its["state"] in ("refused", "withdrawn") else None


def _typed(identifiers: Mapping[str, Any]) -> Identifiers:
    born, between = identifiers.get("birth_date"), identifiers.get("born_between")
    return Identifiers(
        birth_date=date.fromisoformat(born) if born else None,
        born_between=(date.fromisoformat(between[0]), date.fromisoformat(between[1])) if between else None,
    )


def _numbers(levels: Mapping[str, str]) -> Mapping[str, int]:
    return {name: int(LEVELS[name][level.upper()]) for name, level in levels.items()}
