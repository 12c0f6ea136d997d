"""pseudopeople's invented households (IHME), asked in the census of 2030 about that of 2020.

Ten years lie between: people married, moved, died, were born. Names, dates and addresses have the noise of a real
census. Households are halved by number: the even ones are reported, the odd ones are for development.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Hashable, Iterator, Sequence
from contextlib import redirect_stderr
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pseudopeople

from bench.matching.linkage import Record
from broker.matching.normalise import fold
from connectors.contract import Identifiers

_UNIT = re.compile(r"^unit (#? ?\w+ )+(?=[0-9]+ )")
_YEAR = re.compile(r"(19|20)[0-9]{2}")


Row = dict[str, Any]


def censuses(*, reported: bool) -> tuple[list[Row], list[Row]]:
    """The rows of half the census of 2030, which are asked about, and of all of that of 2020, which is stored."""
    logging.disable(logging.WARNING)
    with redirect_stderr(StringIO()):  # it draws a bar
        later, earlier = (pseudopeople.generate_decennial_census(year=year) for year in (2030, 2020))
    half = [row for row in _rows(later) if _is_even(row["household_id"]) is reported]
    return half, _rows(earlier)


def records(rows: Sequence[Row]) -> list[Record]:
    return [_record(row) for row in rows]


def _rows(file: Any) -> list[Row]:
    rows: list[Row] = file.astype(object).where(file.notna(), "").to_dict("records")
    return rows


def _is_even(household: str) -> bool:
    return int(household.rpartition("_")[2]) % 2 == 0


def _record(row: Row) -> Record:
    given = f"{row['first_name']} {row['middle_initial']}".strip() if row["first_name"] else None
    unit = f"unit {row['unit_number']}" if row["unit_number"] else ""
    address = " ".join(part for part in (unit, _digits(row["street_number"]), row["street_name"]) if part)
    sex = str(row["sex"]).lower()
    birth_date, born_between = _born(row["date_of_birth"])
    identifiers = Identifiers(
        given_name=given,
        family_name=row["last_name"] or None,
        birth_date=birth_date,
        born_between=born_between,
        sex="female" if sex == "female" else "male" if sex == "male" else None,
        address=address or None,
    )
    return Record(row["simulant_id"], identifiers)


def _digits(written: object) -> str:
    return str(written).split(".")[0]


def _born(written: str) -> tuple[date | None, tuple[date, date] | None]:
    """The date; where it is not one, the month or the year that can still be read (02/2|/1995: February 1995).

    A thirteenth month or later is a day that changed places with its month.
    """
    month, _, rest = written.partition("/")
    day, _, year = rest.partition("/")
    if not _YEAR.fullmatch(year):
        return None, None
    parts = [int(part) if part.isdigit() else 0 for part in (month, day)]
    for first, second in (parts, parts[::-1]):
        try:
            return date(int(year), first, second), None
        except ValueError:
            continue
    return None, _between(int(year), parts[0])


def _between(year: int, month: int) -> tuple[date, date]:
    if month not in range(1, 13):
        return date(year, 1, 1), date(year, 12, 31)
    after = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), after - timedelta(days=1)


def keys(one: Identifiers) -> Iterator[Hashable]:
    """The rules of a search, and those that Splink is given here: what is compared is matching, not fetching."""
    given, family = fold(one.given_name or "").split(" ")[0], fold(one.family_name or "")
    born = one.birth_date
    known = born or (one.born_between and one.born_between[0])
    year = known and known.year
    if born:
        yield "born", born
        yield "exchanged", born.year, *sorted((born.day, born.month))
    if given and family:
        yield "names", *sorted((family, given[0]))
        yield "initial", given, family[0]
        yield "either way", *sorted((given[:3], family[:3]))
        if born:
            yield "year", born.year, *sorted((given[0], family[0]))
            yield "day", born.month, born.day, *sorted((given[0], family[0]))
    if year and given:
        yield "given, year", given, year
    if year and family:
        yield "family, year", family, year
    if one.address:
        yield "dwelling", _UNIT.sub("", fold(one.address))
