"""A policy's rules and gates, compiled: sorted by what they speak of, so that deciding looks at few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from policy.conditions import MARKS, Mark
from policy.facts import LEVELS, Ask, ContactShown
from policy.gates import CompiledGate
from policy.levels import most
from policy.model import SharingPolicy
from policy.parts import Ages
from policy.rules import FieldRules, WrittenRules, rules_for

MOST: Mapping[str, int] = {name: most(name) for name in LEVELS}
"""The highest level of each field."""

OfFields = tuple[tuple[str, FieldRules], ...]
"""The rules of every field of LEVELS, in their order."""


def by_mark(name: str, mark: Mark) -> int:
    """The most that is ever shown of a field where a record is so marked.

    Of a household whose whereabouts are protected there is the desk: a team's name can tell where it is.
    """
    return ContactShown.DESK if mark == "location" and name == "lead_practitioner" else MOST[name]


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules as written, and sorted by purpose (None: any that no rule names) and mark."""

    policy: SharingPolicy = field(repr=False)
    written: Mapping[str, WrittenRules] = field(repr=False)
    sorted: Mapping[tuple[str | None, Mark], OfFields] = field(repr=False)
    gates: Mapping[str, CompiledGate] = field(repr=False)
    ages: Ages | None
    record_date: str

    def of(self, purpose: str, mark: Mark) -> OfFields:
        """The rules that speak of a purpose and mark."""
        found = self.sorted.get((purpose, mark))
        return self.sorted[None, mark] if found is None else found

    def answers(self, ask: Ask) -> bool:
        """Whether the policy answers such a request at all, before any rule is looked at."""
        ages = self.ages
        return (
            self.policy.effective.hold(ask.today)
            and self.policy.discloses == "records"
            and not (ages is not None and ages.hold(ask.typed_age) is False)
        )


def rulebook(
    policy: SharingPolicy, written: Mapping[str, WrittenRules], gates: Mapping[str, CompiledGate]
) -> Rulebook:
    """The compiled rules of a policy, sorted. Of staff's records no rule speaks but those that name them."""
    rules = [rule for one in written.values() for rule in (*one.share, *one.at_most)]
    purposes = {None, *(purpose for rule in rules for purpose in rule.applies.purposes or ())}
    return Rulebook(
        policy=policy,
        written=written,
        sorted={
            (purpose, mark): tuple(
                (name, rules_for(one.share, one.at_most, purpose, mark, by_mark(name, mark)))
                for name, one in written.items()
            )
            for purpose in purposes
            for mark in MARKS
        },
        gates=gates,
        ages=policy.people.age if policy.people else None,
        record_date=policy.record_date,
    )
