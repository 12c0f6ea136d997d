"""How one identifier other than a name may stand in a service's database: dates, postcodes and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Literal

DateFormat = Literal["date", "iso_text", "dmy_text", "compact_text"]

_EARLIEST_BIRTH, _LATEST_BIRTH = 1880, 2100  # outside, a mistyped digit is no birth of anyone on record


def date_text(day: date, written: DateFormat) -> str:
    """A date as a text column of that format holds it; ``date`` as databases without dates do: 2019-03-07."""
    year, month, of_month = day.isoformat().split("-")
    if written == "dmy_text":
        return f"{of_month}/{month}/{year}"
    return f"{year}{month}{of_month}" if written == "compact_text" else day.isoformat()


def exact_dates(day: date) -> tuple[date, ...]:
    """The day, and the day with day and month swapped where that is a date."""
    return tuple(sorted({day, *_valid([(day.year, day.day, day.month)])}))


def one_edit_dates(day: date) -> tuple[date, ...]:
    """Every other real date that is one mistyped digit, or one pair of swapped neighbours, away; sorted."""
    written = f"{day:%d%m}{day.year:04}"
    near = (*_one_digit_changed(written), *_neighbours_swapped(written))
    return tuple(sorted(set(_valid((int(one[4:]), int(one[2:4]), int(one[:2])) for one in near)) - {day}))


def days_between(first: date, last: date) -> tuple[date, ...]:
    """Every day from the first to the last, both included."""
    return tuple(first + timedelta(days=after) for after in range((last - first).days + 1))


def postcode_forms(postcode: str) -> tuple[str, ...]:
    """A whole postcode spaced, unspaced and in the fixed width of old files; in capitals and small letters.

    None for less than a whole postcode: its first half alone is a town.
    """
    bare = re.sub(r"[^A-Z0-9]", "", postcode.upper())
    if not re.fullmatch(r"[A-Z0-9]{2,4}[0-9][A-Z]{2}", bare):
        return ()
    outward, inward = bare[:-3], bare[-3:]
    forms = {f"{outward} {inward}", bare, f"{outward:<4}{inward}"}
    return tuple(sorted(forms | {one.lower() for one in forms}))


def nhs_number_forms(number: str) -> tuple[str, ...]:
    """An NHS number without spaces, and as it is printed (3 3 4); none when it has not ten digits."""
    digits = re.sub(r"\D", "", number)
    if len(digits) != 10:  # noqa: PLR2004 -- an NHS number has ten digits
        return ()
    return (digits, f"{digits[:3]} {digits[3:6]} {digits[6:]}")


def code_forms(code: str) -> tuple[str, ...]:
    """A code (UPN, UPRN) without spaces, in capitals and small letters; UPRNs also without leading zeros."""
    bare = "".join(one for one in code if one.isascii() and one.isalnum())
    return tuple(sorted({bare.upper(), bare.lower(), bare.lstrip("0") if bare.isdigit() else bare} - {""}))


def reference_forms(reference: str) -> tuple[str, ...]:
    """A case's number as it was typed, in capitals, in small letters, and each without blanks."""
    typed = " ".join(reference.split())
    forms = {typed, typed.upper(), typed.lower()}
    return tuple(sorted((forms | {one.replace(" ", "") for one in forms}) - {""}))


def _one_digit_changed(written: str) -> Iterator[str]:
    for place, kept in enumerate(written):
        yield from (written[:place] + digit + written[place + 1 :] for digit in "0123456789" if digit != kept)


def _neighbours_swapped(written: str) -> Iterator[str]:
    """Within the day, the month or the year: people mistype one of them at a time."""
    for place in (0, 2, 4, 5, 6):
        yield written[:place] + written[place + 1] + written[place] + written[place + 2 :]


def _valid(parts: Iterable[tuple[int, int, int]]) -> Iterator[date]:
    for year, month, day in parts:
        if _EARLIEST_BIRTH <= year <= _LATEST_BIRTH:
            try:
                yield date(year, month, day)
            except ValueError:
                continue
