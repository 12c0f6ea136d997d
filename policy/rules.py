"""One rule of a policy, and what can be told afterwards of the rules that decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from policy.conditions import Condition


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
    ``limited_by_purpose``: so do the purpose rules. All is empty where no rule was looked at: for a record
    that is withheld, and for every other field when nothing of ``involved`` is shown.
    """

    field: str
    level: int
    given: tuple[int, ...] = ()
    limited: tuple[int, ...] = ()
    limited_by_purpose: bool = False
