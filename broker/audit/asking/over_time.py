"""How many questions were asked over time: by day or week, for what purpose, and with what outcome.

A question counts once for its purpose, and once for each outcome that any service had for anybody of it; a refusal
is an outcome too. It stands where it began, in London.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from broker.audit.asking.questions import Question
from broker.audit.asking.search import Criteria, Progress, search
from broker.audit.events import ASKED, OPENED, Refused
from broker.audit.reader import AuditReader
from broker.surroundings import LONDON

Step = Literal["day", "week"]
REFUSED = "refused"
UNREADABLE = "unreadable"
MOST_DAYS = 35
"""Of a longer time, weeks are counted: bars of single days would be too thin to be seen."""

_ASKED = frozenset({ASKED, OPENED})


@dataclass(frozen=True, slots=True)
class OverTime:
    """Counts for each step, in order. ``begins``: the first day of each; weeks begin on a Monday."""

    step: Step
    begins: tuple[date, ...]
    by_purpose: Mapping[str, tuple[int, ...]]
    by_outcome: Mapping[str, tuple[int, ...]]

    @property
    def most(self) -> int:
        """The largest of all counts."""
        return max(
            (n for by in (self.by_purpose, self.by_outcome) for counted in by.values() for n in counted),
            default=0,
        )


def over_time(
    reader: AuditReader,
    before: int,
    since: date,
    until: date,
    progress: Progress = lambda _done, _total: None,
) -> OverTime:
    """The counts of the days from ``since`` to ``until``, of what begins before the entry ``before``."""
    step: Step = "day" if (until - since).days < MOST_DAYS else "week"
    begins = tuple(_begins(since, until, step))
    purposes: Counter[tuple[str, date]] = Counter()
    outcomes: Counter[tuple[str, date]] = Counter()
    wanted = Criteria(since=since, until=until, kinds=_ASKED | {Refused.kind})
    for question in search(reader, wanted, before, progress):
        at = _first_day(datetime.fromisoformat(question.at).astimezone(LONDON).date(), step)
        if question.kind in _ASKED:
            purposes[question.purpose or UNREADABLE, at] += 1
        for outcome, count in _outcomes(question).items():
            outcomes[outcome, at] += count
    return OverTime(step, begins, _rows(purposes, begins), _rows(outcomes, begins))


def _outcomes(question: Question) -> Mapping[str, int]:
    """One entry may stand for many refusals of nobody who is known."""
    if question.kind == Refused.kind:
        return {REFUSED: int(question.request.get("count", 1))}
    return {one.outcome: 1 for one in question.outcomes}


def _rows(counted: Counter[tuple[str, date]], begins: tuple[date, ...]) -> Mapping[str, tuple[int, ...]]:
    """By name, those that came most first."""
    whole: Counter[str] = Counter()
    for (name, _), count in counted.items():
        whole[name] += count
    names = sorted(whole, key=lambda name: (-whole[name], name))
    return {name: tuple(counted[name, day] for day in begins) for name in names}


def _begins(since: date, until: date, step: Step) -> list[date]:
    first, length = _first_day(since, step), 1 if step == "day" else 7
    return [first + timedelta(days=n) for n in range(0, (until - first).days + 1, length)]


def _first_day(day: date, step: Step) -> date:
    return day if step == "day" else day - timedelta(days=day.weekday())
