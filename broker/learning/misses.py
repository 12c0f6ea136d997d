"""Close matches that were not shown, counted by why: so that an owner learns where matching fails.

They are counted after the policy's gates, so that a withheld record never counts. A count can't be followed query
by query: it stays in memory, reaches the disk once a day at most (and at the end), and is told by whole weeks that
are over, as a multiple of five, with "fewer than 10" for the rest. A broker that is killed loses a day of counts.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

FEWEST, ROUNDED_TO = 10, 5
_BORN: Mapping[str, Sequence[str | None]] = {
    "a birth date is missing": [None],
    "the birth date differs": ["same_year", "differs", "within_a_year", "outside"],
    "the birth date is nearly the same": ["one_edit", "day_month_swap", "two_of_three_parts"],
    "only an age, or a part of the birth date, is known": ["inside"],
}
_BY_BIRTH = {level: reason for reason, levels in _BORN.items() for level in levels}


def why(levels: Mapping[str, str]) -> str:
    """What kept a close match from being shown, as far as levels tell: the first of these that holds."""
    if "differs" in (levels.get("nhs_number"), levels.get("upn")):
        return "the number differs"
    if by_birth := _BY_BIRTH.get(levels.get("birth_date")):
        return by_birth
    for identifier, name in (("family_name", "family"), ("given_name", "given")):
        if levels.get(identifier, "differs") == "differs":
            return f"the {name} name differs, or is missing"
    return "several people fit"


@dataclass(slots=True)
class Misses:
    """The counts of one source, by ISO week (2026-W47) and reason. ``path`` is where they are kept."""

    path: Path
    _weeks: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter), repr=False)
    _written: date | None = None

    def count(self, levels: Mapping[str, str], today: date) -> None:
        """One close match that was not shown. Written down when a day has gone by since it last was."""
        self._weeks[_week(today)][why(levels)] += 1
        if self._written is None:
            self._written = today
        elif self._written < today:
            self.write(today)

    def write(self, today: date) -> None:
        """Add what was counted to the file: whole, or not at all."""
        if not self._weeks:
            return
        kept = read(self.path)
        for week, counts in self._weeks.items():
            kept[week] = kept.get(week, Counter()) + counts
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(kept, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        self._weeks.clear()
        self._written = today


def read(path: Path) -> dict[str, Counter[str]]:
    """The counts of a file, by week; none where there is no file."""
    if not path.is_file():
        return {}
    return {week: Counter(counts) for week, counts in json.loads(path.read_text(encoding="utf-8")).items()}


def told(kept: Mapping[str, Counter[str]], today: date) -> dict[str, dict[str, str]]:
    """What may be told: weeks that ended at least a day ago, newest first, each reason in round numbers."""
    last = _week(today - timedelta(days=8))
    return {
        week: {reason: _round(count) for reason, count in sorted(counts.items())}
        for week, counts in sorted(kept.items(), reverse=True)
        if week <= last
    }


def _round(count: int) -> str:
    if count < FEWEST:
        return f"fewer than {FEWEST}"
    return f"about {ROUNDED_TO * round(count / ROUNDED_TO)}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
