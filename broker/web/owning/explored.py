"""What a question about a record that somebody makes up would get, and why: by the very rules that decide.

The purpose rules are asked first, as for every query, and then the owner's policy explains itself, as
``broker policy explain`` has it. Nothing real is looked at, so nothing of it is recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Any, Literal, cast, get_args

from broker.permitting import request_facts
from broker.questions import Person
from broker.web.owning.owned import Owned
from connectors.contract import Identifiers
from consent_rules.asked import Asked, AskedPerson
from consent_rules.model import Purpose, Relation
from consent_rules.permit import Grant, permit
from policy.dates import earliest_shown
from policy.examples import SOMEBODY_ELSE
from policy.explain import FieldExplained, Reason, explain
from policy.facts import CaseCheck, Record, Restriction
from policy.model import SharingPolicy

AGREEMENTS = ("not_recorded", "given", "refused", "withdrawn")
CASES = get_args(CaseCheck)
RESTRICTIONS = get_args(Restriction)
GATE = "gate-"
"""Before the name of a gate, in the names of fields."""

_NUMBER = re.compile(r"\d{1,3}", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_OLDEST = 130
_NOTED = "noted"

Outcome = Literal["refused", "not_asked", "no_agreement", "closed", "withheld", "shown"]
OUTCOMES = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Choice:
    """One field of the form: what it may be, and what it is before anybody chose."""

    name: str
    options: tuple[str, ...]
    first: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What came of it: ``why``, where nothing is shown; the fields, where something is."""

    outcome: Outcome
    why: tuple[Reason, ...] = ()
    fields: tuple[FieldExplained, ...] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """The form as it was sent: what is no option is nothing."""

    typed: Mapping[str, str] = field(repr=False)

    def missing(self) -> Iterator[str]:
        """The fields without which nothing can be asked."""
        return (name for name in ("purpose", "role", "relation") if not self.typed[name])

    def misfits(self) -> Iterator[str]:
        """The fields in which something stands that it can't be."""
        for name in ("age", "months"):
            number = self.typed[name]
            if number and (not _NUMBER.fullmatch(number) or (name == "age" and int(number) > _OLDEST)):
                yield name
        if self.typed["time"] and not _TIME.fullmatch(self.typed["time"]):
            yield "time"

    @property
    def age(self) -> int | None:
        return int(self.typed["age"]) if self.typed["age"] else None


def choices(of: Owned) -> Sequence[Choice]:
    """The fields of the form from which one is chosen."""
    rules, policy = of.catalogue.purposes.rules, of.service.loaded.policy
    return (
        Choice("purpose", tuple(rules.purposes)),
        Choice("role", tuple(rules.roles)),
        Choice("relation", get_args(Relation)),
        Choice("case", CASES, "unverified"),
        Choice("agreement", AGREEMENTS, "not_recorded"),
        *(Choice(f"{GATE}{name}", _values(policy, name)) for name in policy.gates),
        Choice("restriction", RESTRICTIONS, "none"),
    )


def _values(policy: SharingPolicy, gate: str) -> tuple[str, ...]:
    written = policy.gates[gate]
    return (*(written.only or ()), *written.never, SOMEBODY_ELSE)


def speaks_of_time(policy: SharingPolicy) -> bool:
    """Whether any rule looks at the time of day: only then is it asked for."""
    conditions = (getattr(rule, "when", None) for _, rule in policy.written_rules())
    return any(one is not None and one.time is not None for one in conditions)


def tried_of(of: Owned, fields: Mapping[str, str]) -> Tried:
    """What was sent, or, of an empty form, what stands there at first."""
    chosen = {one.name: _chosen(one, fields.get(one.name)) for one in choices(of)}
    return Tried({**chosen, **{name: fields.get(name, "") for name in ("age", "months", "time")}})


def _chosen(one: Choice, sent: str | None) -> str:
    return sent if sent is not None and sent in one.options else one.first


def decided(of: Owned, tried: Tried, at: datetime) -> Told:
    """What would be shown, and why. ``at`` is the moment at which it would be asked."""
    typed, rules = tried.typed, of.catalogue.purposes.rules
    purpose = rules.purposes[typed["purpose"]]
    granted = permit(rules, _asked(purpose, typed))
    if not isinstance(granted, Grant):
        return Told("refused", tuple(Reason(one.sentence) for one in granted))
    if not granted.permits_source(of.name, of.service.sensitive):
        return Told("not_asked")
    (its,) = granted.people
    if its.closed:
        return Told("no_agreement")
    facts = request_facts(
        Person(typed["relation"], Identifiers()), its, granted, at, cast("CaseCheck", typed["case"])
    )
    ask = replace(facts, typed_age=tried.age)
    if typed["time"]:
        ask = replace(ask, time=time.fromisoformat(typed["time"]))
    explained = explain(of.service.loaded, ask, _record(of.service.loaded.policy, tried, at))
    return Told(cast("Outcome", explained.outcome), explained.withheld_by, explained.fields)


def _asked(purpose: Purpose, typed: Mapping[str, str]) -> Asked:
    """The question with everything recorded that has to be: for what is shown at most."""
    agreement = cast("Any", typed["agreement"])
    return Asked(
        purpose=typed["purpose"],
        held_roles=frozenset({typed["role"]}),
        role=typed["role"],
        journey=purpose.journeys[0] if purpose.journeys else "people",
        view="flags" if purpose.views == ("flags",) else "details",
        reason=_NOTED,
        case_reference=_NOTED,
        conversation=_NOTED,
        case=cast("CaseCheck", typed["case"]),
        people=(AskedPerson(typed["relation"], agreement, _NOTED if agreement == "given" else None),),
        after_flags=True,
    )


def _record(policy: SharingPolicy, tried: Tried, at: datetime) -> Record:
    typed = tried.typed
    dated = earliest_shown(at.date(), int(typed["months"])) if typed["months"] else None
    made = Record(
        age=tried.age,
        gates={name: typed[f"{GATE}{name}"] or None for name in policy.gates},
        restriction=cast("Restriction", typed["restriction"]),
    )
    return replace(made, **{policy.record_date: dated})  # type: ignore[arg-type]  # the name is of a date
