"""Birth dates: can they be read, can they be true, and are they what somebody knew or what a system filled in?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from broker.matching.normalise import real_birth_date
from broker.profile.questions import MISSING, UNREADABLE, Columns, Finding, Question, Row, Table, Weight
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
_FIRST_YEAR = 1900
_NEW_YEAR = (1, 1)
_HEAP = 0.01
"""1 January is one day in 365: from a share of 1 in 100 on, it stands for "only the year is known"."""
_TOO_AMBIGUOUS = 0.5
"""Of the days of a year, 132 of 365 have a number below 13 that is not their month's: .36 would be usual."""


def births(source: SourceFile, columns: Columns, today: date) -> Iterator[Question]:
    """The questions about the birth date that the source file maps."""
    born = source.identifiers.birth_date
    if born is not None:
        yield _birth_date(columns.day(born), today, has_number=_has_number(source))
        if born.format != "date":
            yield _order(columns.day(born), born)


def _has_number(source: SourceFile) -> bool:
    return source.identifiers.nhs_number is not None or source.identifiers.upn is not None


def _birth_date(day: Day, today: date, *, has_number: bool) -> Question:
    def answer(row: Row) -> str:
        born = day(row)
        if isinstance(born, str):
            return born
        if born > today:
            return "future"
        if real_birth_date(born) is None and born.year >= _FIRST_YEAR - 1:
            return "default"
        if born.year < _FIRST_YEAR:
            return "before_1900"
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
