"""Dates: can they be read, can they be true, and are they what somebody knew or what a system filled in?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from broker.matching.normalise import real_birth_date
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
from connectors.source_file import Column, SourceFile

Day = Callable[[Row], date | str]

_BIRTHS = {
    "day": "A birth date",
    "new_year": "1 January of a year",
    "default": "A date that systems fill in (1900-01-01)",
    "before_1900": "Before 1900",
    "future": "In the future",
    UNREADABLE: "Not a date of the declared format",
    MISSING: "Missing",
}
_ORDERS = {
    "ambiguous": "Day and month could be swapped (both below 13)",
    "told": "They could not, or there is no date",
}
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
_NEW_YEAR = (1, 1)
_HEAP = 0.01
"""1 January is one day in 365: from a share of 1 in 100 on, it stands for "only the year is known"."""
_TOO_AMBIGUOUS = 0.5
"""Of the days of a year, 132 of 365 have a number below 13 that is not their month's: .36 would be usual."""


def dates(source: SourceFile, columns: Columns, today: date) -> Iterator[Question]:
    """The questions about the dates that the source file maps."""
    born = source.identifiers.birth_date
    if born is not None:
        yield _birth_date(columns.day(born), today, has_number=_has_number(source))
        if born.format != "date":
            yield _order(columns.day(born), born)
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


def _has_number(source: SourceFile) -> bool:
    return source.identifiers.nhs_number is not None or source.identifiers.upn is not None


def _birth_date(day: Day, today: date, *, has_number: bool) -> Question:
    def answer(row: Row) -> str:
        born = day(row)
        if isinstance(born, str):
            return born
        if real_birth_date(born) is None and born.year >= _FIRST_YEAR - 1:
            return "default"
        if born.year < _FIRST_YEAR:
            return "before_1900"
        if born > today:
            return "future"
        return "new_year" if (born.month, born.day) == _NEW_YEAR else "day"

    return Question(
        "birth_date",
        "Birth date",
        _BIRTHS,
        answer,
        lambda table: _birth_findings(table, has_number=has_number),
    )


def _birth_findings(table: Table, *, has_number: bool) -> Iterable[Finding]:
    none = (MISSING, "default", "before_1900", UNREADABLE)
    if table.notable(*none):
        yield Finding(
            Weight.HIDES,
            f"{table.words(*none)} has no birth date that can be used.",
            "Found only with an address or an age, they are possible matches at best, and possible matches are"
            " not shown." + (" An NHS number or UPN still finds them." if has_number else ""),
            "Fill in birth dates where another record of the service knows them. Where nobody does, leave it"
            " empty: a date such as 1900-01-01 tells nothing.",
        )
    if table.notable(UNREADABLE):
        yield Finding(
            Weight.HIDES,
            f"{table.words(UNREADABLE)} has a birth date that is not of the declared format.",
            "It counts as missing.",
            "Check the format of birth_date in the source file (never month first), or mend the export.",
        )
    if table.count("new_year") >= _HEAP * table.total > 0:
        yield Finding(
            Weight.WEAKENS,
            f"{table.words('new_year')} was born on a 1 January; 1 in 365 would be usual.",
            "Somebody entered the year alone. To agree on such a date is little evidence, and the true date is"
            " another.",
            "Enter the true date where it is known.",
        )
    if table.notable("future", least=0.0):
        yield Finding(
            Weight.CHECK,
            f"Birth dates in the future: {table.words('future')}.",
            "For an unborn child an expected date may stand here. Anyone else is missed.",
            "Check them, and years of two digits above all (68 read as 2068).",
        )


def _order(day: Day, column: Column) -> Question:
    def answer(row: Row) -> str:
        born = day(row)
        if isinstance(born, str):
            return "told"
        return "ambiguous" if born.day <= 12 and born.day != born.month else "told"  # noqa: PLR2004 -- months

    return Question(
        "day_or_month",
        f"Birth date: which is the day? (declared: {column.format})",
        _ORDERS,
        answer,
        _order_findings,
    )


def _order_findings(table: Table) -> Iterable[Finding]:
    if table.total and table.count("ambiguous") > _TOO_AMBIGUOUS * table.total:
        yield Finding(
            Weight.CHECK,
            f"{table.words('ambiguous')} has a birth date whose day could be the month; 4 in 11 would be usual.",
            "Dates may have been entered or exported month first. A swapped date is a close match at best.",
            "Compare some birth dates with another system.",
        )


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
