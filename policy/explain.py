"""Why a question is answered as it is: who sees what of a record, and the line of the policy that says so.

``explain(policy, ask, record)`` goes through what the policy does, in its order; whatever withholds a record, and
every rule that would have shown more, is named with its line and the owner's own reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policy.compile import CompiledPolicy, compile_policy
from policy.conditions import MARKS, Condition
from policy.dates import earliest_shown
from policy.diff import purposes_of
from policy.facts import Ask, Record
from policy.load import LoadedPolicy
from policy.parts import Ages
from policy.region_words import ages_said, level_called, one_of
from policy.rules import Rule, Trace
from policy.space import Span


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence, and the line of the policy file that it is about, if there is one."""

    sentence: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class FieldExplained:
    """One field: its level, what made it so, and what would have to be otherwise for more."""

    name: str
    level: str
    because: tuple[Reason, ...]
    not_more: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """``outcome``: closed (the source is not even asked), withheld (as if there were no such record), or shown.

    ``withheld_by`` says why; empty, when the record is shown.
    """

    outcome: str
    withheld_by: tuple[Reason, ...]
    fields: tuple[FieldExplained, ...] = field(default=())


def explain(loaded: LoadedPolicy, ask: Ask, record: Record) -> Explained:
    """Why this question about this record is answered as it is. Facts that are None are unknown."""
    policy = compile_policy(loaded)
    fields = tuple(_field(loaded, policy, trace, ask, record) for trace in policy.trace(ask, record))
    no_rule = fields[0].not_more
    if policy.closes(ask):
        return Explained("closed", tuple(_closing(loaded, policy, ask)) or no_rule, fields)
    if policy.withholds(ask, record):
        return Explained("withheld", tuple(_withholding(loaded, policy, ask, record)) or no_rule, fields)
    return Explained("shown", (), fields)


def _closing(loaded: LoadedPolicy, policy: CompiledPolicy, ask: Ask) -> Iterator[Reason]:
    """What of the question alone stands in the way, before any rule of a field is looked at."""
    written, line_of = policy.policy, loaded.positions.of
    if policy.by_request:
        yield Reason("This service discloses nothing: it rings back.", line_of(("discloses",))[0])
    if not policy.in_force(ask.today):
        span = f"{written.effective.from_} to {written.effective.until}"
        yield Reason(f"The policy is in force from {span}, not on {ask.today}.", line_of(("effective",))[0])
    ages = policy.book.ages
    if ages is not None and ages.hold(ask.typed_age) is False:
        sentence = f"It is about people of {_ages(ages)}: of others the service is not even asked."
        yield Reason(sentence, line_of(("people", "age"))[0])


def _withholding(loaded: LoadedPolicy, policy: CompiledPolicy, ask: Ask, record: Record) -> Iterator[Reason]:
    """What of the record stands in the way, before any rule of a field is looked at."""
    ages = policy.book.ages
    if ages is not None and ages.hold(record.age) is not True:
        age = "not known" if record.age is None else str(record.age)
        sentence = f"It is about people of {_ages(ages)}, and this one's age is {age}."
        yield Reason(sentence, loaded.positions.of(("people", "age"))[0])
    if record.restriction not in MARKS:
        yield Reason("Somebody who is shielded, or may be, is never shown.")
    for name, gate in policy.book.gates.items():
        if not gate.passes(record.gates.get(name)):
            yield _by_gate(loaded, name, record.gates.get(name))
    yield from _by_date(loaded, policy, ask, record)


def _ages(ages: Ages) -> str:
    return ages_said(Span(ages.from_ or 0, None if ages.to is None else ages.to + 1))


def _by_gate(loaded: LoadedPolicy, name: str, value: str | None) -> Reason:
    gate, line_of = loaded.policy.gates[name], loaded.positions.of
    if value is not None and value in gate.never:
        return Reason(
            f"{name} {value!r} is never shown: {gate.never[value]}",
            line_of(("gates", name, "never", value))[0],
        )
    said = "is missing" if value is None else f"is {value!r}"
    listed = f"{one_of(gate.only)} alone pass" if gate.only else "a missing value does not pass"
    return Reason(f"{name} {said}; {listed}.", line_of(("gates", name))[0])


def _by_date(loaded: LoadedPolicy, policy: CompiledPolicy, ask: Ask, record: Record) -> Iterator[Reason]:
    name, line = policy.record_date, loaded.positions.of(("look_back",))[0]
    dated = getattr(record, name)
    if dated is None:
        yield Reason(
            f"The record has no {name}, by which it is judged.", loaded.positions.of(("record_date",))[0]
        )
        return
    if dated > ask.today:
        yield Reason(f"Its {name} lies in the future.", loaded.positions.of(("record_date",))[0])
    own, purposes = policy.policy.look_back, ask.look_back_months
    if own is not None and dated < earliest_shown(ask.today, own):
        yield Reason(f"Its {name} is more than {own} months ago.", line)
    if purposes is not None and dated < earliest_shown(ask.today, purposes):
        yield Reason(
            f"Its {name} is more than {purposes} months ago, which is how far back the purpose looks."
        )


def _field(
    loaded: LoadedPolicy, policy: CompiledPolicy, trace: Trace, ask: Ask, record: Record
) -> FieldExplained:
    rules, name = policy.book.written[trace.field], trace.field
    because = [
        *(Reason(f"shared for {ask.purpose}: {_why(loaded, name)}", line) for line in trace.given),
        *(Reason(f"no more than this: {_limit(loaded, name, line)}", line) for line in trace.limited),
    ]
    if trace.limited_by_purpose:
        because.append(Reason("no more than this: the purpose rules allow no more"))
    if trace.by_location:
        because.append(Reason("no more than this: where the household lives is protected"))
    more = [rule for rule in rules.share if rule.level > trace.level]
    unmet = tuple(_unmet(rule, name, ask, record) for rule in more if rule.applies.names(ask.purpose))
    spoken = [rule for rule in rules.share if rule.applies.names(ask.purpose)]
    if not spoken:
        unmet = (Reason(_no_rule(policy, name, ask.purpose)),)
    return FieldExplained(name, level_called(name, trace.level), tuple(because), tuple(filter(None, unmet)))


def _no_rule(policy: CompiledPolicy, name: str, purpose: str) -> str:
    others = [
        one
        for one in purposes_of(policy)
        if any(rule.applies.names(one) for rule in policy.book.written[name].share)
    ]
    shared = f"It is shared for {one_of(others)}." if others else "It is shared for nothing."
    return f"No rule shares it for {purpose}. {shared}"


def _why(loaded: LoadedPolicy, name: str) -> str:
    return str(getattr(loaded.policy.fields, name).justification)


def _limit(loaded: LoadedPolicy, name: str, line: int) -> str:
    at_most = getattr(loaded.policy.fields, name).at_most
    lines = [loaded.positions.of(("fields", name, "at_most", place))[0] for place in range(len(at_most))]
    return str(at_most[lines.index(line)].why)


def _unmet(rule: Rule, name: str, ask: Ask, record: Record) -> Reason | None:
    """What of a rule that would show more does not hold; None when it holds, and something else limits it."""
    lacking = [*_lacking(rule.applies, ask, record)]
    return (
        Reason(f"{level_called(name, rule.level)}, if {' and '.join(lacking)}", rule.line)
        if lacking
        else None
    )


def _lacking(condition: Condition, ask: Ask, record: Record) -> Iterator[str]:
    for fact in condition.facts:
        if fact.holds(getattr(ask, fact.name)) is not True:
            yield f"{fact.name.replace('_', ' ')} were {one_of(_wanted(fact.named))}"
    if record.restriction not in condition.marks:
        yield f"the record were marked {one_of(sorted(condition.marks))}"
    ages = condition.ages
    if ages is not None and ages.hold(record.age) is not True:
        yield f"the person were {_ages(ages)}"


def _wanted(named: tuple[Any, ...]) -> list[str]:
    return [f"{one:%H:%M}" if hasattr(one, "hour") else str(one) for one in named]


def as_json(explained: Explained) -> Mapping[str, Any]:
    """The same for programs."""
    return {
        "outcome": explained.outcome,
        "withheld_by": [_reason(one) for one in explained.withheld_by],
        "fields": {
            one.name: {
                "level": one.level,
                "because": [_reason(reason) for reason in one.because],
                "not_more": [_reason(reason) for reason in one.not_more],
            }
            for one in explained.fields
        },
    }


def _reason(one: Reason) -> Mapping[str, Any]:
    return {"sentence": one.sentence, "line": one.line}
