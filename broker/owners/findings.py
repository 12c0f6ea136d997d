"""What a check of a source says: a finding each, in plain English, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.inspection.seen import Step

Level = Literal["fine", "note", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``about``: connection, columns, dates, names, codes, indexes, rights, encryption, limits, age, question."""

    level: Level
    about: str
    says: str
    todo: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The question for an invented person: its SQL, its plan, and how long it took (seconds, median of three)."""

    sql: str
    plan: tuple[Step, ...] | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one source."""

    source: str
    findings: tuple[Finding, ...]
    asked: Asked | None = None

    @property
    def is_well(self) -> bool:
        return all(one.level != "problem" for one in self.findings)
