"""Rows given in Python, stored as a service's database would hold them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime

import apsw

from connectors.contract import Candidate
from connectors.expand import DateFormat, date_text
from connectors.live_columns import columns_of, mapped_columns, vetted_query
from connectors.source_file import Column, SourceFile

Row = Mapping[str, object]
"""A row by the names of its columns; dates as dates, or as texts of the column's format."""

_TABLE = "rows"


def as_queried(source: SourceFile) -> SourceFile:
    """The source file as it describes the table of ``database_of``."""
    return source.model_copy(update={"table": _TABLE, "query": None})


def database_of(source: SourceFile, rows: Sequence[Row], without: Collection[str] = ()) -> apsw.Connection:
    """A database in memory with one table of texts: the columns of the file, and any others of the rows.

    Where the file has a query, the rows are what it would give. It is vetted all the same.
    """
    if source.query is not None:
        vetted_query(source)
    named = (*(name for _, name in mapped_columns(source)), *(name for row in rows for name in row))
    columns = [one for one in dict.fromkeys(named) if one not in without]
    formats = _date_formats(source)
    database = apsw.Connection(":memory:")
    database.execute(f"CREATE TABLE {_TABLE} ({', '.join(f'{_quoted(one)} TEXT' for one in columns)})")
    places = ", ".join("?" * len(columns))
    database.executemany(
        f"INSERT INTO {_TABLE} VALUES ({places})",  # nosec B608  # noqa: S608 -- question marks only
        [tuple(_stored(row.get(one), formats.get(one, "date")) for one in columns) for row in rows],
    )
    return database


def row_of(candidate: Candidate, source: SourceFile) -> Row:
    """The row that a source so described would have to hold for this candidate to come out of it."""
    row: dict[str, object] = {source.local_key: candidate.local_key}
    if source.cohort and source.cohort.only:
        row[source.cohort.column] = source.cohort.only[0]
    for part in ("identifiers", "involvement", "contact"):
        row |= {column.column: value for column, value in _values(candidate, source, part)}
    row |= {column: candidate.gates.get(gate) for gate, column in source.gates.items()}
    for place in ("restricted", "staff", "protected_location"):
        if (rule := getattr(source, place)) is not None:
            row[rule.column] = rule.values[0] if getattr(candidate, place) else "no"
    return row


def _values(candidate: Candidate, source: SourceFile, part: str) -> Iterator[tuple[Column, object]]:
    others = iter(candidate.identifiers.other_family_names)
    held_by = candidate if part == "involvement" else getattr(candidate, part)
    for place, column in columns_of(getattr(source, part)):
        if place == "other_family_names":
            yield column, next(others, None)
        else:
            codes: Mapping[str, str] = source.status_codes if place == "status" else {}
            yield column, _code(getattr(held_by, place), source.sex_codes if place == "sex" else codes)


def _code(word: object, codes: Mapping[str, str]) -> object:
    """The code that the source uses for a word; the word itself where it has none."""
    return next((code for code, meant in codes.items() if meant == word), word)


def _date_formats(source: SourceFile) -> Mapping[str, DateFormat]:
    mapped = (*columns_of(source.identifiers), *columns_of(source.involvement))
    return {column.column: column.format for _, column in mapped}


def _stored(value: object, written: DateFormat) -> str | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date):
        return date_text(value, written)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
