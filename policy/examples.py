"""An example of a change: a question and a record to which the two versions of a policy answer differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from policy.compile import CompiledPolicy
from policy.diff import FieldChange, RecordsChange, purposes_of
from policy.facts import Ask, Record
from policy.passing import DATED, DAYS, GATE, TODAY, TYPED_AGE, Factor, factors_of
from policy.shown import shown, space_for
from policy.space import OTHER, Region, plain

_A_YEAR = timedelta(days=365)
SOMEBODY_ELSE = "somebody_else"
"""Stands for a role, or a value of a gate, that no rule names."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question and a record, both invented."""

    ask: Ask
    record: Record = field(repr=False)


def example_of(
    change: FieldChange | RecordsChange, old: CompiledPolicy, new: CompiledPolicy
) -> Example | None:
    """A question and record for which the change makes a difference; None where it is about the roster alone."""
    if isinstance(change, FieldChange):
        if change.name not in old.book.written:
            return None
        return _example((old, new), change.purposes[0], change.region, {})
    shows = new if change.widens else old
    purpose, region = _where_shown(shows)
    return _example((shows,), purpose, region, {change.factor: change.values[0]}, (old, new))


def _where_shown(policy: CompiledPolicy) -> tuple[str, Region]:
    """Some purpose and region for which a policy shows that there is an involvement."""
    for purpose in purposes_of(policy):
        space = space_for((policy,), purpose)
        for region in space.regions(shown(policy, purpose, space).at_least["involved"][0]):
            return purpose, region
    raise ValueError("this policy shows nothing to anybody")


def _example(
    passing: tuple[CompiledPolicy, ...],
    purpose: str,
    region: Region,
    chosen: Mapping[Factor, Any],
    among: tuple[CompiledPolicy, ...] | None = None,
) -> Example:
    """A question and a record of a region that these policies let pass, with the ``chosen`` values."""
    factors = {(one.kind, one.name): one for one in factors_of(among or passing)}
    values = {key: _value(one, passing, chosen) for key, one in factors.items()}
    facts = {name: plain(group[0]) for name, group in region.items()}
    today = plain(values[DAYS, ""])
    ask = Ask(
        purpose=purpose,
        role=_named(facts.get("role", OTHER)),
        relation=facts.get("relation", "child"),
        today=today,
        typed_age=plain(values[TYPED_AGE, ""]),
        case=facts.get("case"),
        family_agreement=facts.get("family_agreement"),
        time=facts.get("time"),
    )
    record = Record(
        age=facts.get("age"),
        restriction=facts.get("restriction", "none"),
        gates={name: _named(value) for (kind, name), value in values.items() if kind == GATE},
    )
    for (kind, name), value in values.items():
        if kind == DATED:
            record = replace(record, **{name: _day(value, today)})  # type: ignore[arg-type]  # name is of a date
    return Example(ask, record)


def _value(factor: Factor, passing: tuple[CompiledPolicy, ...], chosen: Mapping[Factor, Any]) -> Any:
    """The chosen value of a factor, or one that all let pass; or else one that the last does."""
    for one, value in chosen.items():
        if (one.kind, one.name) == (factor.kind, factor.name):
            return value
    last = passing[-1:]
    return next(
        value for those in (passing, last) for value in reversed(factor.values) if _all(factor, those, value)
    )


def _all(factor: Factor, policies: tuple[CompiledPolicy, ...], value: Any) -> bool:
    return all(factor.passes(policy, value) for policy in policies)


def _named(value: Any) -> Any:
    return SOMEBODY_ELSE if value == OTHER else value


def _day(value: Any, today: date) -> date | None:
    """A day in the middle of a stretch, as long before ``today`` as that is before TODAY."""
    if value is None:
        return None
    beyond = value.beyond or value.first + _A_YEAR
    first = max(value.first, beyond - _A_YEAR)
    middle: date = first + (beyond - first) / 2
    return middle + (today - TODAY)
