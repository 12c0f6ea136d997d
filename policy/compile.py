"""A sharing policy, compiled at load: what it decides about an ask, and about a record.

Five rules, each total: whatever goes wrong while deciding, nothing is shown.

1. A request that the policy does not answer (not effective, rings back only, typed age outside the age rule,
   no rule) is *closed*, and every record is withheld from it.
2. A record that a gate, an age rule or the look-back stops, or of somebody shielded, is *withheld* whole, as if it
   were not there.
3. A field's level is the most that a matching ``share`` gives, but at most the least of what the matching
   ``at_most`` and the purpose's caps allow.
4. An unknown fact never shows more (``policy.conditions``).
5. When nothing of ``involved`` is shown, nothing of anything is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from policy.asked import NOTHING, UNTRACED, AskedPolicy, about
from policy.conditions import condition_of
from policy.facts import LEVELS, Ask, Involvement, Record, RosterGrant
from policy.gates import compiled_gates
from policy.levels import level
from policy.load import LoadedPolicy
from policy.model import SharingPolicy
from policy.roster import CompiledRoster, compiled_roster
from policy.rulebook import Rulebook, rulebook
from policy.rules import Rule, Trace, WrittenRules


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """What a data owner decided, ready to be asked. Every method is total.

    For many records ask ``about(ask)`` once, and that of each: it is None of a request for which there is nothing.
    """

    digest: str
    book: Rulebook = field(repr=False)
    roster_rules: CompiledRoster | None = field(default=None, repr=False)
    _known: dict[int, tuple[Ask, AskedPolicy | None]] | None = field(default=None, repr=False, compare=False)

    def for_one_query(self) -> CompiledPolicy:
        """The same, for as long as one query lasts: what it makes of a request (an ``Ask``) it works out once."""
        return replace(self, _known={})

    @property
    def policy(self) -> SharingPolicy:
        """The file."""
        return self.book.policy

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

    def about(self, ask: Ask) -> AskedPolicy | None:
        """The policy for one request; None when nothing can be shown to it, whatever the records say."""
        return asked if (asked := self._about(ask)) and not asked.closed else None

    def closes(self, ask: Ask) -> bool:
        """Whether nothing can be shown whatever the records say: by request facts alone."""
        return self.about(ask) is None

    def opens(self, ask: Ask) -> frozenset[str]:
        """The fields of which something could be shown, whatever the records say."""
        return asked.opens() if (asked := self.about(ask)) else frozenset()

    def withholds(self, ask: Ask, record: Record) -> bool:
        """Whether the whole record is as if it were not there."""
        return asked.withholds(record) if (asked := self.about(ask)) else True

    def levels(self, ask: Ask, record: Record) -> Mapping[str, int]:
        """How much of each field of this record is shown."""
        return asked.levels(record) if (asked := self.about(ask)) else NOTHING

    def reduce(self, ask: Ask, record: Record) -> Involvement | None:
        """The involvement as far as it is shown; None when the record is withheld."""
        return asked.reduce(record) if (asked := self.about(ask)) else None

    def trace(self, ask: Ask, record: Record) -> tuple[Trace, ...]:
        """Which lines of the policy decided each field's level, in the order of LEVELS."""
        return asked.trace(record) if (asked := self._about(ask)) else UNTRACED

    def in_force(self, today: date) -> bool:
        """Whether this is a day on which the policy shares anything."""
        return self.policy.effective.hold(today)

    def roster(self, ask: Ask, age: int | None) -> RosterGrant:
        """What of a person linked to the requester's own open case is shown, and may be searched with."""
        try:
            return self._roster(ask, age)
        except Exception:  # noqa: BLE001 -- as above
            return RosterGrant()

    def _about(self, ask: Ask) -> AskedPolicy | None:
        if self._known is None:
            return self._decided(ask)
        if id(ask) not in self._known:
            self._known[id(ask)] = (
                ask,
                self._decided(ask),
            )  # with the ask: no other one gets its place in memory
        return self._known[id(ask)][1]

    def _decided(self, ask: Ask) -> AskedPolicy | None:
        try:
            return about(self.book, ask)
        except Exception:  # noqa: BLE001 -- a fault while deciding must close, whatever it is: law 2
            return None

    def _roster(self, ask: Ask, age: int | None) -> RosterGrant:
        if self.roster_rules is None or ask.case != "verified" or not self.in_force(ask.today):
            return RosterGrant()
        return self.roster_rules.grant(ask, age)


def compile_policy(loaded: LoadedPolicy) -> CompiledPolicy:
    """A loaded policy with its rules as closures over frozen sets."""
    named = dict(loaded.policy.rules())
    written = {name: _written(loaded, name) if name in named else WrittenRules() for name in LEVELS}
    book = rulebook(loaded.policy, written, compiled_gates(loaded.policy.gates))
    roster = compiled_roster(loaded.policy.roster) if loaded.policy.roster else None
    return CompiledPolicy(loaded.digest, book, roster)


def _written(loaded: LoadedPolicy, name: str) -> WrittenRules:
    return WrittenRules(_rules(loaded, name, "share"), _rules(loaded, name, "at_most"))


def _rules(loaded: LoadedPolicy, name: str, kind: Literal["share", "at_most"]) -> tuple[Rule, ...]:
    """The rules of one kind of a field, each with the line where it stands."""
    written = getattr(getattr(loaded.policy.fields, name), kind)
    line_of = loaded.positions.of
    return tuple(
        Rule(condition_of(rule), level(name, rule.show), line_of(("fields", name, kind, place))[0])
        for place, rule in enumerate(written)
    )
