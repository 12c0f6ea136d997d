"""A sharing policy, compiled at load: what it decides about an ask, and about a record.

Five rules, each total: whatever goes wrong while deciding, nothing is shown.

1. A request that the policy does not answer (not effective, rings back only, typed age outside the age rule,
   no rule) is *closed*, and every record is withheld from it.
2. A record that a gate, an age rule or the look-back stops is *withheld* whole, as if it were not there.
3. A field's level is the most that a matching ``share`` gives, but at most the least of what the matching
   ``at_most`` and the purpose's caps allow.
4. An unknown fact never shows more (``policy.conditions``).
5. When nothing of ``involved`` is shown, nothing of anything is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from policy.conditions import condition_of
from policy.dates import earliest_shown
from policy.facts import LEVELS, Ask, Involvement, Record, RosterGrant
from policy.levels import level, most
from policy.load import LoadedPolicy
from policy.model import Gate, SharingPolicy
from policy.parts import Ages, spelt_alike
from policy.reduce import reduced
from policy.roster import CompiledRoster, compiled_roster
from policy.rules import Rule, Trace

Decided = TypeVar("Decided")
NOTHING: Mapping[str, int] = dict.fromkeys(LEVELS, 0)
UNTRACED = tuple(Trace(name, 0) for name in LEVELS)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The rules of one field."""

    share: tuple[Rule, ...]
    at_most: tuple[Rule, ...]

    def level(self, ask: Ask, age: int | None, cap: int) -> int:
        """What a record's field is shown at."""
        granted = max((rule.level for rule in self.share if rule.applies(ask, age) is True), default=0)
        limits = (rule.level for rule in self.at_most if rule.applies(ask, age) is not False)
        return min(granted, cap, *limits)

    def could_be(self, ask: Ask, cap: int) -> int:
        """The most that any record's field could be shown at: its age is not known yet."""
        granted = max((rule.level for rule in self.share if rule.applies(ask, None) is not False), default=0)
        limits = (rule.level for rule in self.at_most if rule.applies(ask, None) is True)
        return min(granted, cap, *limits)

    def trace(self, name: str, ask: Ask, age: int | None, cap: int) -> Trace:
        """Which rules make this field's level what it is."""
        level = self.level(ask, age, cap)
        giving = [rule for rule in self.share if rule.level and rule.applies(ask, age) is True]
        granted = max((rule.level for rule in giving), default=0)
        holding = [rule for rule in self.at_most if rule.level == level < granted]
        return Trace(
            name,
            level,
            given=tuple(rule.line for rule in giving if rule.level == granted),
            limited=tuple(rule.line for rule in holding if rule.applies(ask, age) is not False),
            limited_by_purpose=cap == level < granted,
        )


@dataclass(frozen=True, slots=True)
class CompiledGate:
    """The values that pass, where they are listed; those that never do; and what is spelt like these."""

    only: frozenset[str] | None
    never: frozenset[str]
    like_never: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """What a data owner decided, ready to be asked. Every method is total."""

    policy: SharingPolicy = field(repr=False)
    digest: str
    fields: Mapping[str, FieldRules] = field(repr=False)
    gates: Mapping[str, CompiledGate] = field(repr=False)
    roster_rules: CompiledRoster | None = field(default=None, repr=False)

    @property
    def sensitive(self) -> bool:
        return self.policy.sensitive

    @property
    def by_request(self) -> bool:
        """Whether this service discloses nothing and rings back instead: the same for everyone."""
        return self.policy.discloses == "by_request"

    @property
    def version(self) -> int:
        return self.policy.version

    @property
    def nothing_means(self) -> str:
        return self.policy.nothing_means

    @property
    def record_date(self) -> str:
        """The date by which a record is too old."""
        return self.policy.record_date

    def closes(self, ask: Ask) -> bool:
        """Whether nothing can be shown whatever the records say: by request facts alone."""
        return "involved" not in self.opens(ask)

    def opens(self, ask: Ask) -> frozenset[str]:
        """The fields of which something could be shown, whatever the records say."""
        return _else(frozenset(), lambda: self._opens(ask))

    def withholds(self, ask: Ask, record: Record) -> bool:
        """Whether the whole record is as if it were not there."""
        return self.levels(ask, record)["involved"] == 0

    def levels(self, ask: Ask, record: Record) -> Mapping[str, int]:
        """How much of each field of this record is shown."""
        return _else(NOTHING, lambda: self._levels(ask, record))

    def reduce(self, ask: Ask, record: Record) -> Involvement | None:
        """The involvement as far as it is shown; None when the record is withheld."""
        return _else(None, lambda: reduced(self.policy, self.levels(ask, record), record))

    def in_force(self, today: date) -> bool:
        """Whether this is a day on which the policy shares anything."""
        return self.policy.effective.from_ <= today <= self.policy.effective.until

    def roster(self, ask: Ask, age: int | None) -> RosterGrant:
        """What of a person linked to the requester's own open case is shown, and may be searched with."""
        return _else(RosterGrant(), lambda: self._roster(ask, age))

    def trace(self, ask: Ask, record: Record) -> tuple[Trace, ...]:
        """Which lines of the policy decided each field's level, in the order of LEVELS."""
        return _else(UNTRACED, lambda: self._trace(ask, record))

    def _opens(self, ask: Ask) -> frozenset[str]:
        if not self._answers(ask):
            return frozenset()
        could = {name: rules.could_be(ask, _cap(ask, name)) for name, rules in self.fields.items()}
        return frozenset(name for name, at in could.items() if at > 0) if could["involved"] else frozenset()

    def _levels(self, ask: Ask, record: Record) -> Mapping[str, int]:
        if not self._answers(ask) or not self._lets_pass(ask, record):
            return NOTHING
        levels = {name: rules.level(ask, record.age, _cap(ask, name)) for name, rules in self.fields.items()}
        return levels if levels["involved"] else NOTHING

    def _trace(self, ask: Ask, record: Record) -> tuple[Trace, ...]:
        if not self._answers(ask) or not self._lets_pass(ask, record):
            return UNTRACED
        involved, *others = (
            rules.trace(name, ask, record.age, _cap(ask, name)) for name, rules in self.fields.items()
        )
        return (involved, *others) if involved.level else (involved, *UNTRACED[1:])

    def _roster(self, ask: Ask, age: int | None) -> RosterGrant:
        if self.roster_rules is None or ask.case != "verified" or not self.in_force(ask.today):
            return RosterGrant()
        return self.roster_rules.grant(ask, age)

    def _answers(self, ask: Ask) -> bool:
        """Whether the policy answers such an ask at all, before any rule of a field is looked at."""
        return self.in_force(ask.today) and not self.by_request and not _outside(self._ages, ask.typed_age)

    def _lets_pass(self, ask: Ask, record: Record) -> bool:
        return (
            all(_passes(gate, record.gates.get(name)) for name, gate in self.gates.items())
            and (self._ages is None or self._ages.hold(record.age) is True)
            and self._recent_enough(ask, getattr(record, self.record_date))
        )

    @property
    def _ages(self) -> Ages | None:
        return self.policy.people.age if self.policy.people else None

    def _recent_enough(self, ask: Ask, dated: date | None) -> bool:
        """A record without its date, or from the future, is not shown either."""
        if dated is None or dated > ask.today:
            return False
        spans = [months for months in (self.policy.look_back, ask.look_back_months) if months is not None]
        return not spans or dated >= earliest_shown(ask.today, min(spans))


def compile_policy(loaded: LoadedPolicy) -> CompiledPolicy:
    """A loaded policy with its rules as closures over frozen sets."""
    written: Mapping[str, Any] = dict(loaded.policy.rules())
    rules = {
        name: FieldRules(
            *(
                tuple(
                    Rule(
                        condition_of(rule),
                        level(name, rule.show),
                        loaded.positions.of(("fields", name, kind, n))[0],
                    )
                    for n, rule in enumerate(getattr(written[name], kind))
                )
                for kind in ("share", "at_most")
            )
        )
        if name in written
        else FieldRules((), ())
        for name in LEVELS
    }
    gates = {name: _compiled_gate(gate) for name, gate in loaded.policy.gates.items()}
    roster = compiled_roster(loaded.policy.roster) if loaded.policy.roster else None
    return CompiledPolicy(loaded.policy, loaded.digest, rules, gates, roster)


def _else(nothing: Decided, decide: Callable[[], Decided]) -> Decided:
    """What ``decide`` gives; nothing, when anything goes wrong while deciding: law 2."""
    try:
        return decide()
    except Exception:  # noqa: BLE001 -- a fault while deciding must close, whatever it is
        return nothing


def _compiled_gate(gate: Gate) -> CompiledGate:
    only = None if gate.only is None else frozenset(gate.only)
    return CompiledGate(only, frozenset(gate.never), frozenset(map(spelt_alike, gate.never)))


def _passes(gate: CompiledGate, value: str | None) -> bool:
    """A value that is missing passes no gate; without a list of those that pass, none like a ``never`` does."""
    return value is not None and value not in gate.never and _listed(gate, value)


def _listed(gate: CompiledGate, value: str) -> bool:
    return value in gate.only if gate.only is not None else spelt_alike(value) not in gate.like_never


def _outside(ages: Ages | None, age: int | None) -> bool:
    return ages is not None and ages.hold(age) is False


def _cap(ask: Ask, name: str) -> int:
    return ask.caps.get(name, most(name))
