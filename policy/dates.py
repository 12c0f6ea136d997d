"""Dates as policies count them: whole months back, and cut to year, month or day."""

from __future__ import annotations

import calendar
from datetime import date

_CHARACTERS = (0, 4, 7, 10)
"""Of a date as text, at each of DateShown: a table by place, because every date of every record is cut."""


def earliest_shown(today: date, months: int) -> date:
    """The first day that lies within so many months before today.

    The same day of that month; where the month is shorter, its last day: 31 March less one month is 28 (or
    29) February.
    """
    month_count = today.year * 12 + today.month - 1 - months
    year, month = divmod(month_count, 12)
    if year < 1:
        return date.min
    return date(year, month + 1, min(today.day, calendar.monthrange(year, month + 1)[1]))


def cut(day: date | None, shown: int) -> str | None:
    """A date at its level: "2024", "2024-03" or "2024-03-12"; None at nothing, and where there is none."""
    return day.isoformat()[: _CHARACTERS[shown]] if day is not None and shown else None
