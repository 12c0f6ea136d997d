"""What a policy decides about the records that one request meets.

All that depends on the request alone is decided when this is made, once; a record then costs a look at its gates,
its age and its date. Every method is total: whatever goes wrong, nothing is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from policy.conditions import MARKS, Mark
from policy.dates import earliest_shown
from policy.facts import LEVELS, Ask, Involvement, Record
from policy.reduce import reduced
from policy.rulebook import MOST, Rulebook, by_mark
from policy.rules import FieldNow, Trace

NOTHING: Mapping[str, int] = dict.fromkeys(LEVELS, 0)
UNTRACED = tuple(Trace(name, 0) for name in LEVELS)

Now = Mapping[str, FieldNow]
"""Every field of LEVELS, for one request and the records of one mark."""


@dataclass(frozen=True, slots=True)
class AskedPolicy:
    """A policy that answers one request. ``earliest`` is the first day that is not too long ago, if there is one.

    ``unmarked`` is what is shown of records that nothing marks. The same in short: ``fixed``, the levels whatever
    the age, of fields where none counts; ``of_age``, the others.
    """

    book: Rulebook = field(repr=False)
    ask: Ask = field(repr=False)
    earliest: date | None
    unmarked: Now = field(repr=False)
    fixed: Mapping[str, int] = field(repr=False)
    of_age: tuple[tuple[str, FieldNow], ...] = field(repr=False)

    @property
    def closed(self) -> bool:
        """Whether nothing is shown, whatever the records say."""
        if self.unmarked["involved"].most():
            return False
        return not any(self._of(mark)["involved"].most() for mark in MARKS)

    def opens(self) -> frozenset[str]:
        """The fields of which something could be shown, whatever the records say."""
        opened = (now for now in map(self._of, MARKS) if now["involved"].most())
        return frozenset(name for now in opened for name, one in now.items() if one.most())

    def withholds(self, record: Record) -> bool:
        """Whether the whole record is as if it were not there."""
        return self.levels(record)["involved"] == 0

    def levels(self, record: Record) -> Mapping[str, int]:
        """How much of each field of this record is shown."""
        try:
            return self._levels(record)
        except Exception:  # noqa: BLE001 -- a fault while deciding must close, whatever it is: law 2
            return NOTHING

    def reduce(self, record: Record) -> Involvement | None:
        """The involvement as far as it is shown; None when the record is withheld."""
        try:
            return reduced(self.book.policy, self._levels(record), record)
        except Exception:  # noqa: BLE001 -- as above
            return None

    def trace(self, record: Record) -> tuple[Trace, ...]:
        """Which lines of the policy decided each field's level, in the order of LEVELS."""
        try:
            return self._trace(record)
        except Exception:  # noqa: BLE001 -- as above
            return UNTRACED

    def _levels(self, record: Record) -> Mapping[str, int]:
        mark = record.restriction
        if mark not in MARKS or not self._lets_pass(record):
            return NOTHING
        if mark != "none":
            return _shown(_at(self._of(mark).items(), record.age))
        return _shown({**self.fixed, **_at(self.of_age, record.age)} if self.of_age else self.fixed)

    def _of(self, mark: Mark) -> Now:
        return self.unmarked if mark == "none" else _now(self.book, self.ask, mark)

    def _lets_pass(self, record: Record) -> bool:
        book = self.book
        for name, gate in book.gates.items():
            if not gate.passes(record.gates.get(name)):
                return False
        ages = book.ages
        return (ages is None or ages.hold(record.age) is True) and self._recent_enough(
            record, book.record_date
        )

    def _recent_enough(self, record: Record, by: str) -> bool:
        """A record without its date, or from the future, is not shown either."""
        dated: date | None = getattr(record, by)
        if dated is None or dated > self.ask.today:
            return False
        return self.earliest is None or dated >= self.earliest

    def _trace(self, record: Record) -> tuple[Trace, ...]:
        mark = record.restriction
        if mark not in MARKS or not self._lets_pass(record):
            return UNTRACED
        involved, *others = (self._why(name, mark, record.age) for name in self.book.written)
        return (involved, *others) if involved.level else (involved, *UNTRACED[1:])

    def _why(self, name: str, mark: Mark, age: int | None) -> Trace:
        level, rules = self._of(mark)[name].level(age), self.book.written[name]
        trace = rules.trace(name, level, self.ask, mark, age)
        if level >= rules.granted(self.ask, mark, age):
            return trace
        return replace(
            trace,
            limited_by_purpose=level == self.ask.caps.get(name, MOST[name]),
            by_location=level == by_mark(name, mark),
        )


def about(book: Rulebook, ask: Ask) -> AskedPolicy | None:
    """The policy for one request; None where it does not answer such a one, before any rule is looked at.

    Raises whatever a request that makes no sense makes go wrong.
    """
    if not book.answers(ask):
        return None
    unmarked = _now(book, ask, "none")
    of_age = tuple((name, one) for name, one in unmarked.items() if one.giving or one.limiting)
    fixed = _at(((name, one) for name, one in unmarked.items() if not (one.giving or one.limiting)), None)
    return AskedPolicy(book, ask, _earliest(book, ask), unmarked, fixed, of_age)


def _now(book: Rulebook, ask: Ask, mark: Mark) -> Now:
    caps = ask.caps
    return {name: rules.now(ask, caps.get(name)) for name, rules in book.of(ask.purpose, mark)}


def _at(now: Iterable[tuple[str, FieldNow]], age: int | None) -> dict[str, int]:
    return {name: one.level(age) for name, one in now}


def _shown(levels: Mapping[str, int]) -> Mapping[str, int]:
    """No field of a record is shown whose involvement is not."""
    return levels if levels["involved"] else NOTHING


def _earliest(book: Rulebook, ask: Ask) -> date | None:
    spans = [months for months in (book.policy.look_back, ask.look_back_months) if months is not None]
    return earliest_shown(ask.today, min(spans)) if spans else None
