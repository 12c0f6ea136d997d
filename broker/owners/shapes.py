"""The shape of a column's values: in what form dates, names and codes stand. Counts only; no value leaves."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from connectors.contract import Sex
from connectors.expand import DateFormat
from connectors.inspection.seen import Coded
from connectors.name_forms import StoredCase

SAMPLE = 400
ENOUGH = 20
"""Fewer values tell nothing of the others."""
MOST = 0.97
"""The share that has to be of one shape: clerks mistype two or three in a hundred."""
FEWEST_ROWS = 10
"""A code that fewer rows have is not shown: it may be about somebody."""
MOST_CODES = 30
LONGEST_CODE = 32

Written = DateFormat | Literal["with_time", "month_first", "short_year"]
_FORMS: Mapping[Written, re.Pattern[str]] = {
    "iso_text": re.compile(r"\d{4}-\d\d-\d\d"),
    "dmy_text": re.compile(r"(?:0[1-9]|[12]\d|3[01])/(?:0[1-9]|1[0-2])/\d{4}"),
    "compact_text": re.compile(r"(?:1[89]|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"),
    "month_first": re.compile(r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])/\d{4}"),
    "short_year": re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d\d"),
    "with_time": re.compile(r"(?:\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4})[T ].+"),
}
NOT_READ: Mapping[str, str] = {
    "with_time": "a time of day stands behind the date, so that an equal date is never found",
    "month_first": "they are written month first, which is not read",
    "short_year": "their years have two digits, which are not read",
}
_SEXES: Mapping[str, Sex] = {
    "f": "female", "female": "female", "woman": "female", "w": "female", "girl": "female",
    "m": "male", "male": "male", "man": "male", "boy": "male", "other": "other", "x": "other", "o": "other",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DateShape:
    """How dates are written: the form that nearly all have, or None; and how many were looked at."""

    written: Written | None
    looked_at: int
    of_that_form: int = 0


def date_shape(values: Sequence[str]) -> DateShape:
    """Day first is preferred to month first where both fit."""
    counts = {form: sum(map(bool, map(pattern.fullmatch, values))) for form, pattern in _FORMS.items()}
    best = max(counts, key=lambda form: counts[form])
    if len(values) >= ENOUGH and counts[best] >= MOST * len(values):
        return DateShape(best, len(values), counts[best])
    return DateShape(None, len(values), counts[best])


def name_case(values: Iterable[str]) -> StoredCase:
    """The case in which every one of these names is written; ``as_written`` where they differ or are too few."""
    names = [one for one in values if any(map(str.isalpha, one))]
    if len(names) < ENOUGH:
        return "as_written"
    if all(one == one.upper() for one in names):
        return "upper"
    if all(one == one.lower() for one in names):
        return "lower"
    return "as_written"


def tellable(codes: Sequence[Coded]) -> tuple[Coded, ...]:
    """The codes that may be told: short, of one line, and shared by enough rows to be about nobody."""
    return tuple(
        one
        for one in codes
        if one.rows >= FEWEST_ROWS and len(one.value) <= LONGEST_CODE and one.value.isprintable()
    )


def sex_codes(codes: Sequence[Coded]) -> Mapping[str, Sex]:
    """The codes whose meaning is plain. Numbers are not: 1 is male in the NHS's tables, and female in others."""
    return {one.value: _SEXES[key] for one in codes if (key := one.value.casefold()) in _SEXES}


def about(rows: int) -> str:
    """A number of rows as it may be told: rounded to two digits, a small one not at all."""
    if rows < FEWEST_ROWS:
        return f"fewer than {FEWEST_ROWS}"
    return f"about {rounded(rows):,}"


def rounded(rows: int) -> int:
    """To two digits."""
    return round(rows, 2 - len(str(rows)))
