"""A database's rows made into candidates: dates as dates, blanks as missing, codes as words.

A query may bring thousands of rows, so where each value stands is worked out once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

from connectors.contract import READ_PER_CAP, Candidate, Candidates, Contact, Identifiers, Sex, SourceMisfit
from connectors.live_columns import columns_of
from connectors.read_values import date_of, text_of
from connectors.source_file import Column, DeskWhen, Restricted, SourceFile

Row = Sequence[object]
T = TypeVar("T")
Read = Callable[[Row], T]

PLAIN_SEX_CODES: Mapping[str, Sex] = {
    "f": "female", "female": "female", "m": "male", "male": "male", "other": "other",
}  # fmt: skip
TRUE_WORDS = frozenset(["true", "t", "yes", "y", "1"])
_NO_CONTACT = Contact()


def candidates_of(source: SourceFile, columns: Sequence[str], rows: Sequence[Row]) -> Candidates:
    """What came back, as the contract has it, and whether it was too much.

    ``columns`` names what stands where in a row; a column that is not among them is missing in every
    candidate. Raises SourceMisfit for a row without a local key, or an involvement date that is none.
    """
    read = _Reading(source, columns).candidate()
    most = READ_PER_CAP * source.row_cap
    kept = tuple(map(read, rows[:most]))
    return Candidates(kept, capped=len(rows) > len(kept))


class _Reading:
    """Makes the functions that read one part of a row each."""

    def __init__(self, source: SourceFile, columns: Sequence[str]) -> None:
        self._source = source
        self._place = {name: place for place, name in enumerate(columns)}

    def candidate(self) -> Read[Candidate]:
        source = self._source
        local_key = self._local_key()
        identifiers, contact = self._identifiers(), self._contact()
        started = self._involvement_date(source.involvement.started)
        ended = self._involvement_date(source.involvement.ended)
        last_contact = self._involvement_date(source.involvement.last_contact)
        status, restricted = self._status(), self._flag(source.restricted)
        staff, protected = self._flag(source.staff), self._flag(source.protected_location)
        gates = {gate: self._text(column) for gate, column in source.gates.items()}
        return lambda row: Candidate(
            local_key(row),
            identifiers(row),
            started(row),
            ended(row),
            last_contact(row),
            status(row),
            contact(row),
            {gate: read(row) for gate, read in gates.items()},
            restricted(row),
            staff(row),
            protected(row),
        )

    def _local_key(self) -> Read[str]:
        read = self._text(self._source.local_key)

        def local_key(row: Row) -> str:
            found = read(row)
            if found is None:
                raise SourceMisfit(
                    f"{self._source.source}: a row has no local key ({self._source.local_key})."
                )
            return found

        return local_key

    def _identifiers(self) -> Read[Identifiers]:
        columns = self._source.identifiers
        others = [self._text(one.column) for one in columns.other_family_names]
        born, sex = self._birth_date(columns.birth_date), self._sex()
        given, family = self._optional(columns.given_name), self._optional(columns.family_name)
        address, postcode = self._optional(columns.address), self._optional(columns.postcode)
        uprn, nhs_number = self._optional(columns.uprn), self._optional(columns.nhs_number)
        upn, case_id = self._optional(columns.upn), self._optional(columns.case_id)
        return lambda row: Identifiers(
            given(row),
            family(row),
            tuple(name for read in others if (name := read(row)) is not None),
            born(row),
            None,
            sex(row),
            address(row),
            postcode(row),
            uprn(row),
            nhs_number(row),
            upn(row),
            case_id(row),
        )

    def _contact(self) -> Read[Contact]:
        mapped = {place: one.column for place, one in columns_of(self._source.contact)}
        reads = {place: self._text(name) for place, name in mapped.items() if name in self._place}
        if not reads:
            return lambda _: _NO_CONTACT
        is_desk = self._is_one_of(self._source.contact.desk_when)

        def contact(row: Row) -> Contact:
            found = Contact(**{place: read(row) for place, read in reads.items()})
            return replace(found, name=None, role=None, staff_id=None) if is_desk(row) else found

        return contact

    def _is_one_of(self, rule: DeskWhen | None) -> Read[bool]:
        if rule is None:
            return lambda _: False
        read, values = self._text(rule.column), {one.casefold() for one in rule.values}
        return lambda row: (value := read(row)) is not None and value.casefold() in values

    def _status(self) -> Read[str | None]:
        """The owner's word for a code. Where the file lists codes, one that it does not list means nothing."""
        read, codes = self._optional(self._source.involvement.status), self._source.status_codes
        if not codes:
            return read
        return lambda row: None if (code := read(row)) is None else codes.get(code)

    def _sex(self) -> Read[Sex | None]:
        read = self._optional(self._source.identifiers.sex)
        codes = self._source.sex_codes or PLAIN_SEX_CODES
        folded = {code.casefold(): sex for code, sex in codes.items()}
        return lambda row: None if (code := read(row)) is None else folded.get(code.casefold())

    def _flag(self, rule: Restricted | None) -> Read[bool]:
        if rule is None:
            return lambda _: False
        read, says_so = self._text(rule.column), shields(rule)
        return lambda row: says_so(read(row))

    def _birth_date(self, column: Column | None) -> Read[date | None]:
        """An unreadable birth date is a missing one: the other identifiers still count."""
        if column is None or column.column not in self._place:
            return _nothing
        place, written = self._place[column.column], column.format

        def birth_date(row: Row) -> date | None:
            try:
                return date_of(row[place], written)
            except ValueError:
                return None

        return birth_date

    def _involvement_date(self, column: Column | None) -> Read[date | None]:
        """An unreadable date is a fault: an involvement whose end is lost would look like a current one."""
        if column is None or column.column not in self._place:
            return _nothing
        name, written, source = column.column, column.format, self._source.source
        place = self._place[name]

        def involvement_date(row: Row) -> date | None:
            try:
                return date_of(row[place], written)
            except ValueError:
                sentence = f"{source}: the column {name!r} holds a value that is no date of its format."
            raise SourceMisfit(sentence)  # outside the handler: the cause may quote the value

        return involvement_date

    def _optional(self, column: Column | None) -> Read[str | None]:
        return _nothing if column is None else self._text(column.column)

    def _text(self, name: str) -> Read[str | None]:
        place = self._place.get(name)
        return _nothing if place is None else lambda row: text_of(row[place])


def shields(rule: Restricted) -> Callable[[str | None], bool]:
    """Whether a value says that a row's person is shielded.

    Case does not matter, and a true flag is any of the words for it: rather shielded than not.
    """
    shielded = {one.strip().casefold() for one in rule.values}
    shielded |= {"true"} if shielded & TRUE_WORDS else set()
    return lambda value: rule.missing if value is None else value.casefold() in shielded


def _nothing(_: Row) -> None:
    return None
