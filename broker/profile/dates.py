"""Dates of involvements: can they be read, can they be true, and how recent are they?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from broker.profile.questions import (
    MISSING,
    UNREADABLE,
    Columns,
    Finding,
    Question,
    Row,
    Table,
    Weight,
)
from connectors.source_file import SourceFile

Day = Callable[[Row], date | str]

_AGES = (
    (31, "month", "Within a month"),
    (92, "quarter", "One to three months ago"),
    (366, "year", "Three months to a year ago"),
    (731, "two_years", "One to two years ago"),
    (1827, "five_years", "Two to five years ago"),
)
_NEVER_OLDER = "older", "More than five years ago"
_NOT_DAYS = {
    "default": "A date that systems fill in (1900-01-01)",
    "before_1900": "Before 1900",
    "future": "In the future",
    UNREADABLE: "Not a date of the declared format",
    MISSING: "Missing",
}
_CALLED = {"started": "Start date", "ended": "End date", "last_contact": "Last contact"}
_EITHER = {"neither": "Neither a start nor an end", "either": "One of them, or both"}
_SPANS = {
    "reversed": "Ends before it starts",
    "in_order": "Does not",
}
_DEFAULTS = frozenset({date(1900, 1, 1), date(1899, 12, 30), date(1899, 12, 31), date(9999, 12, 31)})
_FIRST_YEAR = 1900


def dates(source: SourceFile, columns: Columns, today: date) -> Iterator[Question]:
    """The questions about the involvement dates that the source file maps."""
    mapped = source.involvement
    if mapped.started is not None:
        yield _started(columns.day(mapped.started), today, source.coverage.since)
    if mapped.ended is not None:
        yield _involvement_date("ended", columns.day(mapped.ended), today, {"day": "A date"}, lambda _: "day")
    if mapped.last_contact is not None:
        yield _last_contact(columns.day(mapped.last_contact), today)
    if mapped.started is not None and mapped.ended is not None:
        yield _span(columns.day(mapped.started), columns.day(mapped.ended))
        yield _neither(columns.day(mapped.started), columns.day(mapped.ended))


def month_of(day: Day, today: date) -> Callable[[Row], str | None]:
    """The month of a date that is not in the future (2026-05); None of any other."""

    def month(row: Row) -> str | None:
        found = day(row)
        return None if isinstance(found, str) or found > today else f"{found:%Y-%m}"

    return month


def _involvement_date(
    place: str, day: Day, today: date, days: Mapping[str, str], day_answer: Callable[[date], str]
) -> Question:
    """``days``: how real dates are told apart, by what ``day_answer`` gives."""
    called = _CALLED[place]

    def answer(row: Row) -> str:
        found = day(row)
        if isinstance(found, str):
            return found
        if found in _DEFAULTS:
            return "default"
        if found > today:
            return "future"
        return "before_1900" if found.year < _FIRST_YEAR else day_answer(found)

    stops = Finding(
        Weight.STOPS,
        f"There are values of the column of {place} that are no dates of the declared format.",
        "Whenever a search brings up such a row, the service can't answer at all: a lost end would make an old"
        " involvement look like a current one. One row is enough, so this is told however few there are.",
        f"Check the format of {place} in the source file, and mend these values in the database or the export.",
    )
    return Question(
        place,
        called,
        {**days, **_NOT_DAYS},
        answer,
        lambda table: _involvement_findings(place, called, table),
        stops={UNREADABLE: stops},
    )


def _started(day: Day, today: date, since: date) -> Question:
    days = {"day": f"From {since:%d.%m.%Y} on, which the source covers", "before": "Before that"}
    return _involvement_date("started", day, today, days, lambda one: "day" if one >= since else "before")


def _last_contact(day: Day, today: date) -> Question:
    days = dict([*((key, label) for _, key, label in _AGES), _NEVER_OLDER])

    def age(found: date) -> str:
        ago = (today - found).days
        return next((key for most, key, _ in _AGES if ago <= most), _NEVER_OLDER[0])

    return _involvement_date("last_contact", day, today, days, age)


def _involvement_findings(place: str, called: str, table: Table) -> Iterable[Finding]:
    if place != "ended" and table.notable(MISSING, least=0.05):
        yield Finding(
            Weight.HIDES if place == "last_contact" else Weight.CHECK,
            f"{table.words(MISSING)} has no {called.lower()}.",
            "Where the sharing policy looks back by this date, a record without it is not shown to anyone.",
            "Have it filled in, or choose another record_date in the sharing policy.",
        )
    if table.notable("default", "before_1900"):
        yield Finding(
            Weight.CHECK,
            f"{table.words('default', 'before_1900')} has a {called.lower()} before 1900, or a default.",
            "It is taken as it stands: a requester may be shown the year 1900.",
            "Make such dates empty in a view, and map the view.",
        )
    if place != "ended" and table.notable("future", least=0.0):
        yield Finding(
            Weight.CHECK,
            f"A {called.lower()} in the future: {table.words('future')}.",
            "Where the sharing policy looks back by this date, these records are not shown to anyone.",
            "Check whether planned involvements are in scope; if not, take them out with a cohort.",
        )


def _span(started: Day, ended: Day) -> Question:
    def answer(row: Row) -> str:
        first, last = started(row), ended(row)
        if isinstance(first, str) or isinstance(last, str):
            return "in_order"
        return "in_order" if first <= last else "reversed"

    return Question("span", "Start and end together", _SPANS, answer, _span_findings)


def _span_findings(table: Table) -> Iterable[Finding]:
    if table.notable("reversed", least=0.0):
        yield Finding(
            Weight.CHECK,
            f"Involvements that end before they start: {table.words('reversed')}.",
            "They are shown as they stand, and confuse whoever reads them.",
            "Check whether the two columns are swapped in the source file.",
        )


def _neither(started: Day, ended: Day) -> Question:
    def answer(row: Row) -> str:
        return "neither" if isinstance(started(row), str) and isinstance(ended(row), str) else "either"

    return Question("undated", "Involvements without dates", _EITHER, answer, _neither_findings)


def _neither_findings(table: Table) -> Iterable[Finding]:
    if table.notable("neither"):
        yield Finding(
            Weight.CHECK,
            f"{table.words('neither')} has neither a start nor an end.",
            "Whoever asks can't tell whether the service still works with the family.",
            "Have at least the start filled in, or map a column that holds it.",
        )
