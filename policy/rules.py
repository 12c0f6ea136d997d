"""The rules of one field, compiled; and what can be told afterwards of the rules that decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from policy.conditions import Condition, Mark
from policy.facts import Ask
from policy.parts import Ages


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: when it applies, the level that it gives or allows, and the line where it stands."""

    applies: Condition = field(repr=False)
    level: int
    line: int


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a field of a record is shown at its level, by lines of the policy file.

    ``given`` are the share rules that gave the most, ``limited`` the at_most rules that hold it to ``level``;
    ``limited_by_purpose``: so do the purpose rules; ``by_location``: so does it that the household's whereabouts
    are protected. All is empty where no rule was looked at: for a record that is withheld, and for every other
    field when nothing of ``involved`` is shown.
    """

    field: str
    level: int
    given: tuple[int, ...] = ()
    limited: tuple[int, ...] = ()
    limited_by_purpose: bool = False
    by_location: bool = False


class FieldNow(NamedTuple):
    """What one field is shown at, for one request and mark: fixed, but for what depends on the subject's age."""

    granted: int
    cap: int
    giving: tuple[tuple[Ages, int], ...] = ()
    limiting: tuple[tuple[Ages, int], ...] = ()

    def level(self, age: int | None) -> int:
        """The level for a subject of this age; None: unknown."""
        granted, cap, giving, limiting = self
        for ages, level in giving:
            if level > granted and ages.hold(age) is True:
                granted = level
        for ages, level in limiting:
            if level < cap and ages.hold(age) is not False:
                cap = level
        return granted if granted < cap else cap  # noqa: FURB136 -- of every field of every record: a call costs more

    def most(self) -> int:
        """The most that it could be, whatever the age."""
        if not self.giving:
            return min(self.granted, self.cap)
        return min(max(self.granted, *(level for _, level in self.giving), 0), self.cap)


@dataclass(frozen=True, slots=True)
class FieldRules:
    """The rules of one field that speak of one purpose and mark.

    ``always`` is what those say that have no other condition; ``giving`` and ``limiting`` are the rest.
    """

    always: FieldNow
    giving: tuple[Rule, ...] = field(repr=False)
    limiting: tuple[Rule, ...] = field(repr=False)

    def now(self, ask: Ask, most: int | None) -> FieldNow:
        """The field for one request. ``most`` is what its purpose allows; None: all."""
        granted, cap = self.always.granted, self.always.cap
        if most is not None and most < cap:
            cap = most
        if not self.giving and not self.limiting:
            return self.always if most is None else FieldNow(granted, cap)
        of_age: tuple[list[tuple[Ages, int]], list[tuple[Ages, int]]] = ([], [])
        for rule in self.giving:
            if rule.level > granted and rule.applies.facts_hold(ask) is True:
                if rule.applies.ages is None:
                    granted = rule.level
                else:
                    of_age[0].append((rule.applies.ages, rule.level))
        for rule in self.limiting:
            if rule.level < cap and rule.applies.facts_hold(ask) is not False:
                if rule.applies.ages is None:
                    cap = rule.level
                else:
                    of_age[1].append((rule.applies.ages, rule.level))
        return FieldNow(granted, cap, *map(tuple, of_age))


def rules_for(
    share: Iterable[Rule], at_most: Iterable[Rule], purpose: str | None, mark: Mark, most: int
) -> FieldRules:
    """The rules of a field that speak of a purpose (None: one that none names) and of a mark."""
    giving = [rule for rule in share if rule.applies.speaks_of(purpose, mark)]
    limiting = [rule for rule in at_most if rule.applies.speaks_of(purpose, mark)]
    granted = max((rule.level for rule in giving if rule.applies.always), default=0)
    cap = min((rule.level for rule in limiting if rule.applies.always), default=most)
    return FieldRules(
        FieldNow(granted, min(cap, most)),
        giving=tuple(rule for rule in giving if not rule.applies.always),
        limiting=tuple(rule for rule in limiting if not rule.applies.always),
    )


@dataclass(frozen=True, slots=True)
class WrittenRules:
    """All rules of one field, as they stand in the file."""

    share: tuple[Rule, ...] = ()
    at_most: tuple[Rule, ...] = ()

    def trace(self, name: str, level: int, ask: Ask, mark: Mark, age: int | None) -> Trace:
        """Which rules make this field's level what it is. What else limits it is for the caller to say."""
        giving = [rule for rule in self.share if rule.level and rule.applies(ask, mark, age) is True]
        granted = max((rule.level for rule in giving), default=0)
        holding = [rule for rule in self.at_most if rule.level == level < granted]
        return Trace(
            name,
            level,
            given=tuple(rule.line for rule in giving if rule.level == granted),
            limited=tuple(rule.line for rule in holding if rule.applies(ask, mark, age) is not False),
        )

    def granted(self, ask: Ask, mark: Mark, age: int | None) -> int:
        """The most that the share rules give."""
        return max((rule.level for rule in self.share if rule.applies(ask, mark, age) is True), default=0)
