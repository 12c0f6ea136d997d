"""Which records a policy lets pass, factor by factor: days, typed age, gates and dates; each on its own, exactly.

A record passes when all factors let it. None of them depends on another, nor on the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from policy.compile import CompiledPolicy
from policy.dates import earliest_shown
from policy.space import OTHER, Span, plain, spans, turns_of

_DAY = timedelta(days=1)
DAYS, TYPED_AGE, GATE, DATED = "days", "typed age", "gate", "dated"


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing of a request or record that may withhold it, with a value for each way of treating it.

    ``kind`` is DAYS, TYPED_AGE, GATE or DATED; ``name`` that of the gate or the date. ``passes`` is whether a
    policy lets a value pass. Values are stretches, or single values of a gate; of DATED, stretches of days where
    today is ``TODAY``.
    """

    kind: str
    name: str
    values: tuple[Any, ...]
    passes: Callable[[CompiledPolicy, Any], bool] = field(repr=False)

    def passing(self, policy: CompiledPolicy) -> frozenset[Any]:
        """The values that a policy lets pass."""
        return frozenset(value for value in self.values if self.passes(policy, value))


TODAY = date(2026, 6, 15)
"""Any day will do: what is longer ago is so on every day."""


def factors_of(policies: Sequence[CompiledPolicy]) -> tuple[Factor, ...]:
    """Everything besides the rules by which these policies withhold."""
    return (_days(policies), _typed_ages(policies), *_gates(policies), *_dates(policies))


def _days(policies: Sequence[CompiledPolicy]) -> Factor:
    effective = [one.policy.effective for one in policies]
    turns = {one.from_ for one in effective} | {one.until + _DAY for one in effective if one.until < date.max}
    return Factor(DAYS, "", tuple(spans(turns)), lambda policy, days: policy.in_force(days.first))


def _typed_ages(policies: Sequence[CompiledPolicy]) -> Factor:
    turns = turns_of(one.book.ages for one in policies if one.book.ages is not None)
    return Factor(TYPED_AGE, "", (*spans(turns), None), _answers)


def _answers(policy: CompiledPolicy, typed: Span | None) -> bool:
    ages = policy.book.ages
    return ages is None or ages.hold(plain(typed)) is not False


def _gates(policies: Sequence[CompiledPolicy]) -> Iterator[Factor]:
    for name in dict.fromkeys(name for one in policies for name in one.book.gates):
        gates = [one.book.gates[name] for one in policies if name in one.book.gates]
        listed = {value for gate in gates for value in (*gate.never, *(gate.only or ()))}
        # As a slip of the keyboard writes them: what is never shown isn't shown then either.
        slips = {f"{value} " for value in listed} - listed
        yield Factor(GATE, name, (*sorted(listed), *sorted(slips), OTHER, None), _gate(name))


def _gate(name: str) -> Callable[[CompiledPolicy, str | None], bool]:
    def passes(policy: CompiledPolicy, value: str | None) -> bool:
        gate = policy.book.gates.get(name)
        return gate is None or gate.passes(value)

    return passes


def _dates(policies: Sequence[CompiledPolicy]) -> Iterator[Factor]:
    for name in dict.fromkeys(one.record_date for one in policies):
        spells = [one.policy.look_back for one in policies if one.policy.look_back is not None]
        turns = {earliest_shown(TODAY, months) for months in spells}
        days = spans({date.min, *turns, TODAY + _DAY})
        yield Factor(DATED, name, (*days, None), _dated(name))


def _dated(name: str) -> Callable[[CompiledPolicy, Span | None], bool]:
    def passes(policy: CompiledPolicy, days: Span | None) -> bool:
        if policy.record_date != name:
            return True
        months, day = policy.policy.look_back, plain(days)
        return day is not None and day <= TODAY and (months is None or day >= earliest_shown(TODAY, months))

    return passes
