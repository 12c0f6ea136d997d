"""A database's rows made into candidates: dates as dates, blanks as missing, codes as words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from connectors.contract import Candidate, Candidates, Contact, Identifiers, Sex, SourceMisfit
from connectors.expand import DateFormat
from connectors.live_columns import columns_of
from connectors.source_file import Column, Restricted, SourceFile

Row = Sequence[object]

_LONDON = ZoneInfo("Europe/London")
_PLAIN_SEX_CODES: Mapping[str, Sex] = {
    "f": "female", "female": "female", "m": "male", "male": "male", "other": "other",
}  # fmt: skip
_TRUE = frozenset(["true", "t", "yes", "y", "1"])

# A time of day may follow. Day first, never month first.
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ].*)?")
_WRITTEN: Mapping[DateFormat, re.Pattern[str]] = {
    "date": _YEAR_FIRST,
    "iso_text": _YEAR_FIRST,
    "dmy_text": re.compile(r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})(?: .*)?"),
    "compact_text": re.compile(r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(?:[T ]?\d*)?"),
}
_NO_DATE = re.compile(r"[0/. :T-]*")


class RowReader:
    """Makes candidates of one source's rows, whose values stand in the order of ``columns``.

    A column that was not selected is missing in every candidate.
    """

    def __init__(self, source: SourceFile, columns: Sequence[str]) -> None:
        self._source = source
        self._place = {name: place for place, name in enumerate(columns)}
        codes = source.sex_codes or _PLAIN_SEX_CODES
        self._sex_codes = {code.casefold(): sex for code, sex in codes.items()}

    def candidate(self, row: Row) -> Candidate:
        """Raises SourceMisfit for a row without a local key, or an involvement date that is none."""
        source = self._source
        local_key = self._text(row, source.local_key)
        if local_key is None:
            raise SourceMisfit(f"{source.source}: a row has no local key ({source.local_key}).")
        status = self._optional(row, source.involvement.status)
        return Candidate(
            local_key=local_key,
            identifiers=self._identifiers(row),
            started=self._involvement_date(row, source.involvement.started),
            ended=self._involvement_date(row, source.involvement.ended),
            last_contact=self._involvement_date(row, source.involvement.last_contact),
            status=_status(status, source.status_codes),
            contact=self._contact(row),
            gates={gate: self._text(row, column) for gate, column in source.gates.items()},
            restricted=self._is_restricted(row, source.restricted),
        )

    def _identifiers(self, row: Row) -> Identifiers:
        columns = self._source.identifiers
        others = (self._optional(row, column) for column in columns.other_family_names)
        sex = self._optional(row, columns.sex)
        return Identifiers(
            given_name=self._optional(row, columns.given_name),
            family_name=self._optional(row, columns.family_name),
            other_family_names=tuple(name for name in others if name is not None),
            birth_date=self._birth_date(row, columns.birth_date),
            sex=None if sex is None else self._sex_codes.get(sex.casefold()),
            address=self._optional(row, columns.address),
            postcode=self._optional(row, columns.postcode),
            uprn=self._optional(row, columns.uprn),
            nhs_number=self._optional(row, columns.nhs_number),
            upn=self._optional(row, columns.upn),
        )

    def _contact(self, row: Row) -> Contact:
        found = {place: self._optional(row, column) for place, column in columns_of(self._source.contact)}
        return Contact(**found)

    def _is_restricted(self, row: Row, restricted: Restricted | None) -> bool:
        """Case does not matter, and a true flag is any of the words for it: rather shielded than not."""
        if restricted is None:
            return False
        value = self._text(row, restricted.column)
        if value is None:
            return restricted.missing
        shielded = {one.strip().casefold() for one in restricted.values}
        is_true_flag = self._value(row, restricted.column) is True
        return value.casefold() in shielded or (is_true_flag and not shielded.isdisjoint(_TRUE))

    def _birth_date(self, row: Row, column: Column | None) -> date | None:
        """An unreadable birth date is a missing one: the other identifiers still count."""
        try:
            return self._date(row, column)
        except ValueError:
            return None

    def _involvement_date(self, row: Row, column: Column | None) -> date | None:
        """An unreadable date is a fault: an involvement whose end is lost would look like a current one."""
        try:
            return self._date(row, column)
        except ValueError:
            name = column.column if column else ""
            raise SourceMisfit(
                f"{self._source.source}: the column {name!r} holds a value that is no date of its format."
            ) from None  # the cause quotes the value

    def _date(self, row: Row, column: Column | None) -> date | None:
        value = None if column is None else self._value(row, column.column)
        if column is None or value is None:
            return None
        if isinstance(value, datetime):
            return _day(value)
        return value if isinstance(value, date) else _written_date(_as_text(value), column.format)

    def _optional(self, row: Row, column: Column | None) -> str | None:
        return None if column is None else self._text(row, column.column)

    def _text(self, row: Row, name: str) -> str | None:
        value = self._value(row, name)
        return None if value is None else _as_text(value) or None

    def _value(self, row: Row, name: str) -> object:
        place = self._place.get(name)
        return None if place is None else row[place]


def candidates_of(source: SourceFile, columns: Sequence[str], rows: Sequence[Row]) -> Candidates:
    """What came back, as the contract has it: no more than the source's cap, and whether there were more."""
    reader = RowReader(source, columns)
    kept = rows[: source.row_cap]
    return Candidates(tuple(map(reader.candidate, kept)), capped=len(rows) > len(kept))


def _status(code: str | None, codes: Mapping[str, str]) -> str | None:
    """The owner's word for a code. Where the file lists codes, one that it does not list means nothing."""
    return codes.get(code) if codes and code is not None else code


def _as_text(value: object) -> str:
    """One line, without blanks at its ends. A flag reads true or false, as in the source file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip()


def _day(moment: datetime) -> date:
    """The day in London of a moment that knows its zone; else its own day."""
    return moment.date() if moment.tzinfo is None else moment.astimezone(UTC).astimezone(_LONDON).date()


def _written_date(text: str, written: DateFormat) -> date | None:
    """A date of that format; None for blanks and zeros; ValueError for anything else."""
    if _NO_DATE.fullmatch(text):
        return None
    found = _WRITTEN[written].fullmatch(text)
    if found is None:
        raise ValueError("no date of this format")
    return date(int(found["year"]), int(found["month"]), int(found["day"]))
