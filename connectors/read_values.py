"""Single values as drivers give them: texts without blanks, and dates in every format of a source file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, datetime
from zoneinfo import ZoneInfo

from connectors.expand import DateFormat

_LONDON = ZoneInfo("Europe/London")

# A time of day may follow. Day first, never month first.
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ].*)?")
WRITTEN: Mapping[DateFormat, re.Pattern[str]] = {
    "date": _YEAR_FIRST,
    "iso_text": _YEAR_FIRST,
    "dmy_text": re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})(?: .*)?"),
    "compact_text": re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:[T ]?\d*)?"),
}
_WITH_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d(?::?\d\d)?)")
_NO_DATE = re.compile(r"[0/. :T-]*")


def text_of(value: object) -> str | None:
    """The value as one text without blanks at its ends; None for nothing. A flag reads true or false."""
    if isinstance(value, str):
        return value.strip() or None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() or None


def date_of(value: object, written: DateFormat) -> date | None:
    """The value as a day; None for nothing, blanks and zeros; ValueError for what is no date of that format.

    A moment that knows its zone is on its day in London, written as a text too: JSON has midnight in June as
    23:00 of the day before, in UTC.
    """
    if isinstance(value, datetime):
        return (value if value.tzinfo is None else value.astimezone(_LONDON)).date()
    if value is None or isinstance(value, date):
        return value
    text = str(value).strip()
    if _NO_DATE.fullmatch(text):
        return None
    found = WRITTEN[written].fullmatch(text)
    if found is None:
        raise ValueError("no date of this format")
    if _WITH_ZONE.fullmatch(text):
        with suppress(OverflowError):  # the first day of the calendar, which some write for "none"
            return datetime.fromisoformat(text).astimezone(_LONDON).date()
    return date(int(found["year"]), int(found["month"]), int(found["day"]))
