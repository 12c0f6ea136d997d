"""Reading a case from a YAML, JSON or CSV file. A fault says where it is, and never repeats what stands there."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

import handwritten
from broker.explaining.case import MOST_RECORDS, Case, Record, Someone
from handwritten import Fault, Faults

_LARGEST_BYTES = 1 << 20
_OTHER_PEOPLE = frozenset({"typed", "asked_with"})
_NOT_A_CASE = (
    "The column record says typed in one row, for the person in question, and asked_with in those of up to 11"
    f" others; the rest, 1 to {MOST_RECORDS} rows, are records."
)


def read_case(path: Path) -> Case:
    """The case of a YAML or JSON file, or of a CSV file whose name says so. Raises handwritten.Faults."""
    try:
        return _from_csv(path) if path.suffix.lower() == ".csv" else handwritten.read(path, Case)
    except Faults as faults:
        raise Faults(Fault(one.path, one.line, one.column, one.sentence) for one in faults.faults) from None


def _from_csv(path: Path) -> Case:
    """A row a person; the column ``record`` says who it is: ``typed``, ``asked_with``, or a record by its key."""
    people: dict[str, list[Someone]] = {"typed": [], "asked_with": [], "records": []}
    for line, row in _rows(path):
        kind, model, written = _someone(row)
        try:
            people[kind].append(model.model_validate(written))
        except ValidationError as wrong:
            raise Faults(Fault(path, line, 1, _sentence(one)) for one in wrong.errors()) from None
    try:
        (typed,) = people["typed"]
        return Case.model_validate({**people, "typed": typed})
    except ValueError:  # pydantic's own is one, too
        raise Faults([Fault(path, 1, 1, _NOT_A_CASE)]) from None


def _someone(row: Mapping[str, str]) -> tuple[str, type[Someone], dict[str, Any]]:
    """Which of the people a row is, and its cells."""
    key = row.get("record", "")
    written = {name: _cell(name, cell) for name, cell in row.items() if cell and name != "record"}
    if key.lower() in _OTHER_PEOPLE:
        return key.lower(), Someone, written
    return "records", Record, written | ({"key": key} if key else {})


def _cell(name: str, written: str) -> object:
    if name == "other_family_names":
        return [one.strip() for one in written.split(";") if one.strip()]
    return int(written) if name == "age" and written.isascii() and written.isdecimal() else written


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}."


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows with their lines, every cell without the blanks around it."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), restkey="")
    try:
        for row in rows:
            if row.get("") or None in row.values():
                raise Faults([Fault(path, rows.line_num, 1, "This row has not one cell for each column.")])
            yield rows.line_num, {name.strip(): cell.strip() for name, cell in row.items() if name}
    except csv.Error:
        raise Faults([Fault(path, rows.line_num, 1, "This line is no CSV.")]) from None


def _text(path: Path) -> str:
    """The file, in UTF-8 with or without a mark, as Excel writes it."""
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST_BYTES + 1)
        if len(raw) <= _LARGEST_BYTES:
            return raw.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise Faults([Fault(path, 1, 1, "This file cannot be read as a text in UTF-8.")]) from None
    raise Faults([Fault(path, 1, 1, "This file is larger than a megabyte.")])
