"""Small mistakes in a policy, one at a time: the tests in the file are worth as much as they notice of them.

The operators, each as somebody's slip of the pen: a rule is lost; a rule loses its roles, or one of its
conditions, or speaks of one purpose more; a level is one higher; a gate, or the age rule, is lost; a value passes
a gate that did not, or no longer passes; a date, an age, an hour or the look-back is moved by one, either way; one
identifier more travels from the roster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any, get_args

from policy.facts import LEVELS, RosterShown
from policy.load import LoadedPolicy
from policy.model import SharingPolicy
from policy.parts import Ages, Hours, Identifier, Part, Steps, When

OTHER_VALUE = "any_other_value"
"""Stands for a value that no gate lists."""

_DAY, _MINUTE = timedelta(days=1), timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Mutant:
    """A policy with one mistake: the operator's name, the line, and the mistake in words."""

    operator: str
    line: int
    mistake: str
    policy: SharingPolicy = field(repr=False)


def mutants(loaded: LoadedPolicy, purposes: Sequence[str]) -> Iterator[Mutant]:
    """Every mistake of one operator at one place. ``purposes``: all that there are."""
    policy = loaded.policy
    for steps, mistake, operator, changed in _changes(policy, purposes):
        line = loaded.positions.of(steps)[0]
        yield Mutant(operator, line, mistake, _replaced(policy, steps, changed))


_GONE = object()
Change = tuple[Steps, str, str, Any]
"""Where, in words what, by which operator, and what stands there then; _GONE: nothing."""


def _changes(policy: SharingPolicy, purposes: Sequence[str]) -> Iterator[Change]:
    for name, rules in policy.rules():
        for kind in ("share", "at_most"):
            for place, rule in enumerate(getattr(rules, kind)):
                levels = [str(one.name.lower()) for one in LEVELS[name]]
                yield from _of_rule(("fields", name, kind, place), rule, levels, purposes)
    yield from _of_roster(policy, purposes)
    yield from _of_gates(policy)
    yield from _of_dates(policy)
    if policy.people is not None:
        yield ("people",), "people of every age are shown", "drop the age rule", None
        yield from _of_ages(("people", "age"), policy.people.age)


def _of_roster(policy: SharingPolicy, purposes: Sequence[str]) -> Iterator[Change]:
    if policy.roster is None:
        return
    levels = [str(one.name.lower()) for one in RosterShown]
    for kind in ("share", "at_most"):
        for place, rule in enumerate(getattr(policy.roster, kind)):
            yield from _of_rule(("roster", kind, place), rule, levels, purposes)
    for place, travelling in enumerate(policy.roster.search_with):
        steps: Steps = ("roster", "search_with", place)
        yield from _of_rule(steps, travelling, [], purposes)
        for more in [one for one in get_args(Identifier) if one not in travelling.identifiers][:1]:
            wider = (*travelling.identifiers, more)
            yield (*steps, "identifiers"), f"{more} travels too", "widen what travels", wider


def _of_rule(steps: Steps, rule: Any, levels: Sequence[str], purposes: Sequence[str]) -> Iterator[Change]:
    giving = "at_most" not in steps
    yield steps, "the rule is gone", "drop a rule", _GONE
    if rule.roles is not None:
        yield (*steps, "roles"), "the rule is for every role", "widen a role", None
    if giving:
        for more in [one for one in purposes if one not in rule.purpose][:2]:
            yield (*steps, "purpose"), f"the rule is for {more} too", "widen a purpose", (*rule.purpose, more)
    if levels and (at := levels.index(rule.show)) + 1 < len(levels):
        higher = levels[at + 1]
        yield (*steps, "show"), f"it shows {higher}, not {rule.show}", "widen a level", higher
    if rule.when is not None:
        yield from _of_when((*steps, "when"), rule.when)


def _of_when(steps: Steps, when: When) -> Iterator[Change]:
    named = [name for name in type(when).model_fields if getattr(when, name) is not None]
    for name in named:
        at: Steps = (*steps, name) if len(named) > 1 else steps
        yield at, f"its condition on {name} is gone", "drop a condition", None
    if when.age is not None:
        yield from _of_ages((*steps, "age"), when.age)
    if when.time is not None:
        yield from _of_hours((*steps, "time"), when.time)


def _of_gates(policy: SharingPolicy) -> Iterator[Change]:
    for name, gate in policy.gates.items():
        steps: Steps = ("gates", name)
        yield steps, f"{name} is not looked at", "drop a gate", _GONE
        if gate.only is not None:
            for value in (*gate.never, _unlisted(policy, name)):
                let = gate.model_copy(
                    update={"only": (*gate.only, value), "never": _without(gate.never, value)}
                )
                yield steps, f"{name} {value} passes", "widen a code", let
            for value in gate.only if len(gate.only) > 1 else ():
                fewer = gate.model_copy(update={"only": tuple(one for one in gate.only if one != value)})
                yield steps, f"{name} {value} no longer passes", "narrow a code", fewer
        else:
            for value in gate.never:
                rest = gate.model_copy(update={"never": _without(gate.never, value)})
                yield steps, f"{name} {value} passes", "widen a code", rest


def _unlisted(policy: SharingPolicy, name: str) -> str:
    """A value that the gate does not list: one of a test, where there is one, or else one that nobody has."""
    gate = policy.gates[name]
    tried = (test.record.get(name) for test in policy.tests)
    listed = {*gate.never, *(gate.only or ())}
    return next((value for value in tried if value and value not in listed), OTHER_VALUE)


def _without(never: Mapping[str, str], value: str) -> dict[str, str]:
    return {code: why for code, why in never.items() if code != value}


def _of_dates(policy: SharingPolicy) -> Iterator[Change]:
    first, last = policy.effective.from_, policy.effective.until
    for days, said in ((-_DAY, "a day earlier"), (_DAY, "a day later")):
        if (moved := _moved(first, days)) and moved <= last:
            yield ("effective",), f"it begins {said}", "move a date", {"from_": moved}
        if (moved := _moved(last, days)) and moved >= first:
            yield ("effective",), f"it ends {said}", "move a date", {"until": moved}
    if policy.look_back is not None:
        for months, said in ((1, "a month longer"), (-1, "a month less")):
            if policy.look_back + months > 0:
                yield ("look_back",), f"records count for {said}", "move a date", policy.look_back + months


def _moved(day: date, by: timedelta) -> date | None:
    try:
        return day + by
    except OverflowError:
        return None


def _of_ages(steps: Steps, ages: Ages) -> Iterator[Change]:
    for name, age in (("from_", ages.from_), ("to", ages.to)):
        for moved in (age - 1, age + 1) if age is not None else ():
            if moved >= 0:
                said = f"the age {name.rstrip('_')} is {moved}, not {age}"
                yield steps, said, "move an age", {name: moved}


def _of_hours(steps: Steps, hours: Hours) -> Iterator[Change]:
    for name, at in (("from_", hours.from_), ("to", hours.to)):
        for by in (-_MINUTE, _MINUTE):
            moved = _clock(at, by)
            yield (
                steps,
                f"the time {name.rstrip('_')} is {moved:%H:%M}, not {at:%H:%M}",
                "move an hour",
                {name: moved},
            )


def _clock(at: time, by: timedelta) -> time:
    return (datetime.combine(date(2000, 1, 2), at) + by).time()


def _replaced(part: Any, steps: Sequence[str | int], changed: Any) -> Any:
    """A part of the file with something else at one place. A mapping of values changes some of a part's own."""
    if not steps:
        return (
            part.model_copy(update=changed)
            if isinstance(changed, dict) and isinstance(part, Part)
            else changed
        )
    step, *further = steps
    if isinstance(part, Part):
        return part.model_copy(update={str(step): _replaced(getattr(part, str(step)), further, changed)})
    if isinstance(part, dict):
        return _kept(
            (key, _replaced(value, further, changed) if key == step else value) for key, value in part.items()
        )
    return tuple(
        one
        for one in (_replaced(one, further, changed) if n == step else one for n, one in enumerate(part))
        if one is not _GONE
    )


def _kept(items: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    return {key: value for key, value in items if value is not _GONE}
