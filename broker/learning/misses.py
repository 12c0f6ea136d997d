"""Close matches that were not shown, counted by why: so that an owner learns where matching fails.

They are counted after the policy's gates, so that a withheld record never counts. A count can't be followed query
by query: it stays in memory, and reaches the disk once a day at most (and at the end), whether there was anything
to count or not. It is told by whole weeks that are over, as a multiple of five; "fewer than 10" may be none. A
broker that is killed loses a day of counts.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from pydantic import NonNegativeInt, TypeAdapter, ValidationError

FEWEST, ROUNDED_TO = 10, 5
FEW = f"fewer than {FEWEST}"
_KEPT = TypeAdapter(dict[str, dict[str, NonNegativeInt]])
_BORN: Mapping[str, Sequence[str | None]] = {
    "a birth date is missing": [None],
    "the birth date differs": ["same_year", "differs", "within_a_year", "outside"],
    "the birth date is nearly the same": ["one_edit", "day_month_swap", "two_of_three_parts"],
    "only an age, or a part of the birth date, is known": ["inside"],
}
_BY_BIRTH = {level: reason for reason, levels in _BORN.items() for level in levels}
_NUMBER, _SEVERAL = "the number differs", "several people fit"
_NAMES = {name: f"the {name} name differs, or is missing" for name in ("family", "given")}
REASONS = (_NUMBER, *_BORN, *_NAMES.values(), _SEVERAL)
"""Every reason that ``why`` gives."""

Weeks = dict[str, Counter[str]]
"""Counts by reason, by ISO week (2026-W47)."""


class CountsUnfit(ValueError):
    """A file of counts has something else in it. The sentence says what to do."""


def why(levels: Mapping[str, str]) -> str:
    """What kept a close match from being shown, as far as levels tell: the first of these that holds."""
    if "differs" in (levels.get("nhs_number"), levels.get("upn")):
        return _NUMBER
    if by_birth := _BY_BIRTH.get(levels.get("birth_date")):
        return by_birth
    for identifier, name in (("family_name", "family"), ("given_name", "given")):
        if levels.get(identifier, "differs") == "differs":
            return _NAMES[name]
    return _SEVERAL


@dataclass(slots=True)
class Misses:
    """The counts of one source. ``path`` is where they are kept."""

    path: Path
    _weeks: Weeks = field(default_factory=lambda: defaultdict(Counter), repr=False)

    def count(self, levels: Mapping[str, str], today: date) -> None:
        """One close match that was not shown. It waits in memory: a disk that fails must not cost an answer."""
        self._weeks[_week(today)][why(levels)] += 1

    def taken(self, today: date) -> Weeks:
        """What was counted since the last time, to be written; with this week, also where nothing was."""
        taken, self._weeks = self._weeks, defaultdict(Counter)
        taken[_week(today)].update()
        return taken

    def put_back(self, weeks: Weeks) -> None:
        """Count them again: they could not be written."""
        for week, counts in weeks.items():
            self._weeks[week] += counts


def add(path: Path, weeks: Weeks) -> None:
    """Add counts to a file: whole, or not at all. Raises OSError and CountsUnfit."""
    kept = read(path)
    for week, counts in weeks.items():
        kept[week] = kept.get(week, Counter()) + counts
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        json.dump(kept, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read(path: Path) -> Weeks:
    """The counts of a file, by week; none where there is no file. Raises OSError and CountsUnfit."""
    if not path.is_file():
        return {}
    try:
        return {week: Counter(counts) for week, counts in _KEPT.validate_json(path.read_bytes()).items()}
    except ValidationError:
        raise CountsUnfit(
            f"{path} holds no counts any more. Move it away: counting then begins anew."
        ) from None


def told(kept: Weeks, today: date) -> dict[str, dict[str, str]]:
    """What may be told: weeks that ended at least a day ago, newest first, every reason in round numbers.

    Every week since counting began, and every reason: a reason that is left out would tell of one that is not.
    """
    return {
        week: {reason: _round(kept.get(week, Counter())[reason]) for reason in REASONS}
        for week in _weeks_since(min(kept, default=""), today - timedelta(days=8))
    }


def summed_up(counts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is told of one week, with all reasons of which there were few in one line."""
    many = [(reason, count) for reason, count in counts.items() if count != FEW]
    yield from many
    if len(many) < len(counts):
        yield "each other reason" if many else "each reason", FEW


def _weeks_since(first: str, day: date) -> Iterator[str]:
    """The weeks from that of ``day`` back to ``first``; none where there is no first."""
    while first and _week(day) >= first:
        yield _week(day)
        day -= timedelta(days=7)


def _round(count: int) -> str:
    if count < FEWEST:
        return FEW
    return f"about {ROUNDED_TO * round(count / ROUNDED_TO)}"


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"
