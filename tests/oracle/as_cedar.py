"""A sharing policy as Cedar policies: the same meaning, in an engine that is not ours.

An action is a field and a level. ``share ... show: month`` permits the levels up to month where its condition is
true; ``at_most year`` forbids those above it unless its condition is definitely false; gates, ages, dates and caps
of a purpose forbid. The roster is a field more, and an identifier to search with one of a single level. Unknown is
"?", or -1 of a number. It is made from the file's own model, and from nothing that our engine compiles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import cedarpy

from policy.facts import Ask, Record
from policy.model import SharingPolicy

LEVELS: Mapping[str, tuple[str, ...]] = {
    "involved": ("yes",),
    "status": ("exact",),
    "started": ("year", "month", "full_date"),
    "ended": ("year", "month", "full_date"),
    "last_contact": ("year", "month", "full_date"),
    "lead_practitioner": ("desk", "team", "named"),
}
OF_ROSTERS: Mapping[str, tuple[str, ...]] = {
    "roster": ("relation", "relation_and_name"),
    "search_with birth_date": ("yes",),
    "search_with postcode": ("yes",),
}
"""What is shown of people who are linked to a case, and may be searched with."""
EVERYTHING: Mapping[str, tuple[str, ...]] = {**LEVELS, **OF_ROSTERS}
UNKNOWN, NO_NUMBER = "?", -1


@dataclass(frozen=True, slots=True)
class CedarPolicy:
    """The translation, parsed."""

    policy: SharingPolicy
    parsed: Any
    entities: Any


def translated(policy: SharingPolicy) -> CedarPolicy:
    """The whole policy for Cedar."""
    text = "\n".join(_statements(policy))
    return CedarPolicy(policy, cedarpy.PolicySet.from_str(text), cedarpy.Entities.from_json_str("[]"))


def decided(cedar: CedarPolicy, met: list[tuple[Ask, Record]]) -> list[dict[str, int]]:
    """The level of every field for each question and record, and of what stands in a roster about a person of the
    record's age. Fails when Cedar met an error while deciding.
    """
    actions = list(_actions())
    requests = [
        {
            "principal": 'Requester::"r"',
            "action": f'Action::"{field}:{at}"',
            "resource": 'Record::"r"',
            "context": context | {"mark": "none"} if field in OF_ROSTERS else context,
        }
        for context in (context_of(cedar.policy, ask, record) for ask, record in met)
        for field, at in actions
    ]
    replies = cedarpy.is_authorized_batch(requests, cedar.parsed, cedar.entities)
    assert not [one.diagnostics.errors for one in replies if one.diagnostics.errors]
    decisions = iter(replies)
    return [_levels([(action, next(decisions).allowed) for action in actions]) for _ in met]


def _actions() -> Iterator[tuple[str, int]]:
    for field, names in EVERYTHING.items():
        yield from ((field, at) for at in range(1, len(names) + 1))


def _levels(allowed: list[tuple[tuple[str, int], bool]]) -> dict[str, int]:
    levels = dict.fromkeys(EVERYTHING, 0)
    for (field, at), yes in allowed:
        levels[field] = max(levels[field], at if yes else 0)
    return levels if levels["involved"] else levels | dict.fromkeys(LEVELS, 0)


def _statements(policy: SharingPolicy) -> Iterator[str]:
    yield f"forbid(principal, action, resource) unless {{ {_on_a_day_of(policy)} }};"
    yield from _of_records(policy)
    yield from _of_roster(policy)


def _on_a_day_of(policy: SharingPolicy) -> str:
    first, last = policy.effective.from_.toordinal(), policy.effective.until.toordinal()
    return f"context.today >= {first} && context.today <= {last}"


def _of_roster(policy: SharingPolicy) -> Iterator[str]:
    """What the worker who holds the case is shown of those who are linked to it."""
    names, rules = OF_ROSTERS["roster"], policy.roster
    for at, level in enumerate(names, start=1):
        action = f'action == Action::"roster:{at}"'
        for share in rules.share if rules else ():
            if level in names[: names.index(share.show) + 1]:
                yield f"permit(principal, {action}, resource) when {{ {_true(share, giving=True)} }};"
        for cap in rules.at_most if rules else ():
            if level not in names[: 0 if cap.show == "nothing" else names.index(cap.show) + 1]:
                yield f"forbid(principal, {action}, resource) unless {{ {_false(cap)} }};"
    for rule in rules.search_with if rules else ():
        for identifier in rule.identifiers:
            action = f'action == Action::"search_with {identifier}:1"'
            yield f"permit(principal, {action}, resource) when {{ {_true(rule, giving=True)} }};"
    listed = ", ".join(f'Action::"{field}:{at}"' for field, at in _actions() if field in OF_ROSTERS)
    yield f'forbid(principal, action in [{listed}], resource) unless {{ context.case == "verified" }};'


def _of_records(policy: SharingPolicy) -> Iterator[str]:
    for field, names in LEVELS.items():
        rules = getattr(policy.fields, field)
        for at, level in enumerate(names, start=1):
            action = f'action == Action::"{field}:{at}"'
            for share in rules.share if rules else ():
                if level in names[: _number(field, share.show)]:
                    yield f"permit(principal, {action}, resource) when {{ {_true(share, giving=True)} }};"
            for cap in rules.at_most if rules else ():
                if at > _number(field, cap.show):
                    yield f"forbid(principal, {action}, resource) unless {{ {_false(cap)} }};"
            yield f"forbid(principal, {action}, resource) when {{ context.cap_{field} < {at} }};"
            if field == "lead_practitioner" and at > 1:
                yield f'forbid(principal, {action}, resource) when {{ context.mark == "location" }};'
    listed = ", ".join(f'Action::"{field}:{at}"' for field, at in _actions() if field in LEVELS)
    yield from (
        f"forbid(principal, action in [{listed}], resource) unless {{ {one} }};" for one in _whole(policy)
    )


def _number(field: str, level: str) -> int:
    return 0 if level == "nothing" else LEVELS[field].index(level) + 1


def _whole(policy: SharingPolicy) -> Iterator[str]:
    """What must hold for anything to be shown of a record."""
    yield str(policy.discloses == "records").lower()
    yield '["none", "location", "staff"].contains(context.mark)'
    if policy.people is not None:
        low, high = policy.people.age.from_, policy.people.age.to
        yield f"context.typed == {NO_NUMBER} || ({_within('typed', low, high)})"
        yield f"context.age != {NO_NUMBER} && ({_within('age', low, high)})"
    for name, gate in policy.gates.items():
        value = f"context.gate_{name}"
        yield f'{value} != "{UNKNOWN}"'
        yield f"!({_several(_said(one) for one in gate.never)}.contains({value}))"
        if gate.only is not None:
            yield f"{_several(map(_said, gate.only))}.contains({value})"
        else:
            yield f"!({_several(_folded(one) for one in gate.never)}.contains(context.folded_{name}))"
    yield f"context.dated != {NO_NUMBER} && context.dated <= context.today && context.dated >= context.earliest"


def _true(rule: Any, *, giving: bool) -> str:
    """When a condition is true."""
    when = rule.when
    parts = [f"{_several(rule.purpose)}.contains(context.purpose)"] if rule.purpose else []
    if rule.roles:
        parts.append(f"{_several(rule.roles)}.contains(context.role)")
    marks = ["none", "location"] if giving else ["none", "location", "staff"]
    if when is not None:
        parts += [_fact(name, wanted) for name, wanted in _facts(when)]
        parts += (
            [f"context.age != {NO_NUMBER} && ({_within('age', when.age.from_, when.age.to)})"]
            if when.age
            else []
        )
        parts += [f"context.minute != {NO_NUMBER} && ({_hours(when.time)})"] if when.time else []
        marks = [when.restriction] if when.restriction else marks
    parts.append(f"{_several(marks)}.contains(context.mark)")
    return " && ".join(f"({part})" for part in parts)


def _false(rule: Any) -> str:
    """When a condition is definitely false: one of its facts is known, and does not hold."""
    when, parts = rule.when, ["false"]
    if rule.purpose:
        parts.append(f"!({_several(rule.purpose)}.contains(context.purpose))")
    if rule.roles:
        parts.append(f"!({_several(rule.roles)}.contains(context.role))")
    if when is not None:
        parts += [
            f'context.{name} != "{UNKNOWN}" && !({_fact(name, wanted)})' for name, wanted in _facts(when)
        ]
        within = _within("age", when.age.from_, when.age.to) if when.age else ""
        parts += [f"context.age != {NO_NUMBER} && !({within})"] if when.age else []
        parts += [f"context.minute != {NO_NUMBER} && !({_hours(when.time)})"] if when.time else []
        parts += [f'context.mark != "{when.restriction}"'] if when.restriction else []
    return " || ".join(f"({part})" for part in parts)


def _facts(when: Any) -> Iterator[tuple[str, list[str]]]:
    if when.relation is not None:
        yield "relation", list(when.relation)
    if when.case is not None:
        yield "case", [when.case]
    if when.family_agreement is not None:
        yield "agreement", [when.family_agreement]


def _fact(name: str, wanted: list[str]) -> str:
    return f"{_several(wanted)}.contains(context.{name})"


def _hours(hours: Any) -> str:
    first, beyond = _minute(hours.from_), _minute(hours.to)
    joined = "&&" if first < beyond else "||"
    return f"context.minute >= {first} {joined} context.minute < {beyond}"


def _within(name: str, low: int | None, high: int | None) -> str:
    bounds = [f"context.{name} >= {low}"] if low is not None else []
    bounds += [f"context.{name} <= {high}"] if high is not None else []
    return " && ".join(bounds) or "true"


def _several(names: Iterable[str]) -> str:
    return json.dumps(list(names))


def _said(value: str) -> str:
    return f"={value}"


def _folded(value: str) -> str:
    return "=" + "".join(value.split()).casefold()


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def context_of(policy: SharingPolicy, ask: Ask, record: Record) -> dict[str, Any]:
    """What Cedar is told of a question and a record."""
    gates = {f"gate_{name}": _gate(record.gates.get(name), _said) for name in policy.gates}
    folded = {f"folded_{name}": _gate(record.gates.get(name), _folded) for name in policy.gates}
    dated = getattr(record, policy.record_date)
    return {
        "purpose": ask.purpose,
        "role": ask.role,
        "relation": ask.relation,
        "case": ask.case or UNKNOWN,
        "agreement": ask.family_agreement or UNKNOWN,
        "minute": NO_NUMBER if ask.time is None else _minute(ask.time),
        "typed": NO_NUMBER if ask.typed_age is None else ask.typed_age,
        "age": NO_NUMBER if record.age is None else record.age,
        "mark": record.restriction or UNKNOWN,
        "today": ask.today.toordinal(),
        "dated": NO_NUMBER if dated is None else dated.toordinal(),
        "earliest": _earliest(policy, ask),
        **{f"cap_{field}": ask.caps.get(field, len(names)) for field, names in LEVELS.items()},
        **gates,
        **folded,
    }


def _gate(value: str | None, said: Any) -> str:
    return UNKNOWN if value is None else str(said(value))


def _earliest(policy: SharingPolicy, ask: Ask) -> int:
    months = [one for one in (policy.look_back, ask.look_back_months) if one is not None]
    return months_before(ask.today, min(months)).toordinal() if months else 0


def months_before(today: date, months: int) -> date:
    """So many months before, counted month by month; where that month has no such day, its last one."""
    first = today.replace(day=1)
    for _ in range(months):
        first = (first - timedelta(days=1)).replace(day=1)
    beyond = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=today.day - 1), beyond - timedelta(days=1))
