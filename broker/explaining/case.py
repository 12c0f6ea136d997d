"""The file that a match is explained from: a person as typed, and the records that might be theirs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

import handwritten
from broker.api.query_body import days_meant
from broker.questions import born_at_age
from connectors.contract import Identifiers
from handwritten import Fault, Faults

_LONGEST = 500
_MOST_RECORDS = 200
_LARGEST_BYTES = 1 << 20
Text = Annotated[str, Field(max_length=_LONGEST)]


class Someone(BaseModel):
    """A person, as typed or as a record has it. What is not known is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    given_name: Text | None = Field(default=None, repr=False)
    family_name: Text | None = Field(default=None, repr=False)
    other_family_names: Annotated[tuple[Text, ...], Field(max_length=10, repr=False)] = ()
    birth_date: Text | None = Field(default=None, repr=False)
    age: Annotated[int | None, Field(ge=0, le=120, repr=False)] = None
    sex: Literal["female", "male", "other"] | None = Field(default=None, repr=False)
    address: Text | None = Field(default=None, repr=False)
    postcode: Text | None = Field(default=None, repr=False)
    uprn: Text | None = Field(default=None, repr=False)
    nhs_number: Text | None = Field(default=None, repr=False)
    upn: Text | None = Field(default=None, repr=False)

    @model_validator(mode="after")
    def _one_birth_date(self) -> Someone:
        if self.birth_date and self.age is not None:
            raise ValueError("Give a birth date or an age, not both.")
        try:
            if self.birth_date:
                days_meant(self.birth_date.strip())
        except PydanticCustomError as fault:
            raise ValueError(fault.message()) from None
        return self

    def identifiers(self, today: date) -> Identifiers:
        """What matching compares; ``today`` is what an age is reckoned from."""
        born, between = self._born(today)
        return Identifiers(
            given_name=self.given_name,
            family_name=self.family_name,
            other_family_names=self.other_family_names,
            birth_date=born,
            born_between=between,
            sex=self.sex,
            address=self.address,
            postcode=self.postcode,
            uprn=self.uprn,
            nhs_number=self.nhs_number,
            upn=self.upn,
        )

    def _born(self, today: date) -> tuple[date | None, tuple[date, date] | None]:
        if self.age is not None:
            return None, born_at_age(self.age, today)
        if not self.birth_date:
            return None, None
        first, last = days_meant(self.birth_date.strip())
        return (first, None) if first == last else (None, (first, last))


class Record(Someone):
    """A record. ``key`` is its local key; records of one key and one name are one person's."""

    key: Text | None = Field(default=None, repr=False)


class Case(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    typed: Someone = Field(repr=False)
    records: Annotated[tuple[Record, ...], Field(min_length=1, max_length=_MOST_RECORDS, repr=False)]

    def keys(self) -> tuple[str, ...]:
        """The records' local keys; one of its own for each that has none."""
        return tuple(one.key or f"record {place} has none" for place, one in enumerate(self.records))


def read_case(path: Path) -> Case:
    """The case of a YAML or JSON file, or of a CSV file whose name says so. Raises handwritten.Faults.

    A fault says where it is and what is wrong, and never repeats what stands there.
    """
    try:
        return _from_csv(path) if path.suffix.lower() == ".csv" else handwritten.read(path, Case)
    except Faults as faults:
        raise Faults(Fault(one.path, one.line, one.column, one.sentence) for one in faults.faults) from None


def _from_csv(path: Path) -> Case:
    """A row a person; in the column ``record`` the typed one has ``typed``, and each record its key."""
    typed: list[Mapping[str, Any]] = []
    records: list[Mapping[str, Any]] = []
    for line, row in _rows(path):
        key = row.pop("record", "")
        someone = {name: _cell(name, written) for name, written in row.items() if written}
        is_typed = key.lower() == "typed"
        try:
            (Someone if is_typed else Record).model_validate(someone)
        except ValidationError as wrong:
            raise Faults(Fault(path, line, 1, _sentence(one)) for one in wrong.errors()) from None
        if is_typed:
            typed.append(someone)
        else:
            records.append(someone | ({"key": key} if key else {}))
    if len(typed) != 1 or not 1 <= len(records) <= _MOST_RECORDS:
        sentence = (
            "The column record says typed in one row, for the person who was asked about; the other rows,"
            f" 1 to {_MOST_RECORDS}, are records."
        )
        raise Faults([Fault(path, 1, 1, sentence)])
    return Case.model_validate({"typed": typed[0], "records": records})


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}."


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with their lines, every cell without the blanks around it."""
    try:
        raw = path.read_bytes()
        written = raw[:_LARGEST_BYTES].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Faults([Fault(path, 1, 1, "This file cannot be read as a text in UTF-8.")]) from None
    if len(raw) > _LARGEST_BYTES:
        raise Faults([Fault(path, 1, 1, "This file is larger than a megabyte.")])
    rows = csv.DictReader(io.StringIO(written, newline=""), restkey="")
    try:
        for row in rows:
            if row.get("") or None in row.values():
                raise Faults([Fault(path, rows.line_num, 1, "This row has not one cell for each column.")])
            yield rows.line_num, {name.strip(): cell.strip() for name, cell in row.items() if name}
    except csv.Error:
        raise Faults([Fault(path, rows.line_num, 1, "This line is no CSV.")]) from None


def _cell(name: str, written: str) -> object:
    if name == "other_family_names":
        return [one.strip() for one in written.split(";") if one.strip()]
    return int(written) if name == "age" and written.isascii() and written.isdecimal() else written
