"""A new extract, before it is asked anything: every row against the header, the header against the source file.

DuckDB (2.0) alone would not do. Without a word it drops an empty cell too many at the end of a row, where a comma
in an address has moved all other cells by one; and everything that follows a quotation mark without a partner. So
Python's own reader counts every cell first, and DuckDB must find as many rows.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from connectors.candidate_query import CandidateQuery
from connectors.connection import ExtractConnection
from connectors.contract import SourceMisfit, SourceTimedOut, SourceUnavailable
from connectors.dialects import duckdb_dialect
from connectors.duckdb_session import DuckSession
from connectors.extract_index import ExtractIndex, indexed
from connectors.extract_parquet import named_by
from connectors.extract_sql import quoted_name, read_csv
from connectors.extract_text import Header, check_distinct, header_of
from connectors.live_columns import LiveColumns, check_columns, mapped_columns, missing_relation, vetted_query
from connectors.read_values import WRITTEN
from connectors.source_file import SourceFile

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

_ROWS_BETWEEN_LOOKS = 1_000
_ENOUGH_TO_JUDGE = 20  # birth dates: fewer may all be mistyped


@dataclass(frozen=True, slots=True)
class Looked:
    """A version that is as it should be: the query for it, and what gives its name to a file with its rows.

    ``index`` is None where a row may take several lines, or where rows are put together by a query.
    """

    query: CandidateQuery
    name_it: Callable[[Path], None]
    index: ExtractIndex | None


def looked_through(
    source: SourceFile, settings: ExtractConnection, table: str, session: DuckSession, stopped: Event
) -> Looked:
    """The extract in the session's memory, looked through until ``stopped``; its name is ``table`` from now on.

    Raises SourceMisfit, SourceUnavailable and SourceTimedOut; no sentence repeats anything of a row.
    """
    if settings.form == "parquet":
        return _looked_through_parquet(source, settings, table, session)
    return _looked_through_text(source, settings, table, session, stopped)


def named(source: SourceFile, settings: ExtractConnection, table: str, session: DuckSession) -> None:
    """Give its name to what is in the session's memory, though nothing of it was looked through yet.

    Raises SourceMisfit where not even its columns have names.
    """
    if settings.form == "parquet":
        name_it = named_by(source.source, table, session)
    else:
        header = header_of(source.source, session.path, settings.delimiter)
        name_it = _named_text(settings, header, table, session, one_line_each=False)
    name_it(session.path)


def _named_text(
    settings: ExtractConnection, header: Header, table: str, session: DuckSession, *, one_line_each: bool
) -> Callable[[Path], None]:
    def name_it(path: Path) -> None:
        found = read_csv(path, settings, header, one_line_each=one_line_each)
        session.ask(f"CREATE OR REPLACE TEMP VIEW {quoted_name(table)} AS SELECT * FROM {found}")  # nosec B608  # noqa: S608 -- names, quoted

    return name_it


def _looked_through_text(
    source: SourceFile, settings: ExtractConnection, table: str, session: DuckSession, stopped: Event
) -> Looked:
    header = header_of(source.source, session.path, settings.delimiter)
    rows, one_line_each = _counted(source, settings, header, session.path, stopped)
    name_it = _named_text(settings, header, table, session, one_line_each=one_line_each)
    name_it(session.path)
    _check_duckdb_finds(rows, source, table, session)
    query = _checked_query(source, table, session)
    index = None
    if settings.form == "csv" and one_line_each and source.query is None:
        index = indexed(session.path, header.names, settings.delimiter, source, stopped)
    return Looked(query, name_it, index)


def _looked_through_parquet(
    source: SourceFile, settings: ExtractConnection, table: str, session: DuckSession
) -> Looked:
    """Its rows are whole, or DuckDB does not read it at all: how many there are stands at its end."""
    name_it = named_by(source.source, table, session)
    name_it(session.path)
    check_distinct(source.source, session.columns(quoted_name(table)))
    _check_least_rows(source, settings, _rows_found(table, session))
    return Looked(_checked_query(source, table, session), name_it, None)


def _checked_query(source: SourceFile, table: str, session: DuckSession) -> CandidateQuery:
    relation = _relation(source, table)
    live = _live_columns(source, relation, session)
    _check_birth_dates(source, relation, session)
    return CandidateQuery(source, live, duckdb_dialect())


def _counted(
    source: SourceFile, settings: ExtractConnection, header: Header, path: Path, stopped: Event
) -> tuple[int, bool]:
    """How many rows there are, blank lines left out, when each has as many cells as the header.

    And whether each stands in one line: no cell holds the end of a line.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=settings.delimiter, strict=True)
        rows, lines = -1, 0  # the header is none
        for line, row in _by_line(source, reader):
            lines += 1
            if rows % _ROWS_BETWEEN_LOOKS == 0 and stopped.is_set():
                raise SourceTimedOut(f"{source.source}: the time was over while the extract was read.")
            if row and len(row) != len(header.names):
                raise SourceMisfit(
                    f"{source.source}: the row at line {line} of the extract has {len(row)} cells, its header"
                    f" {len(header.names)}."
                )
            rows += bool(row)
    _check_least_rows(source, settings, rows)
    return rows, lines == reader.line_num


def _check_least_rows(source: SourceFile, settings: ExtractConnection, rows: int) -> None:
    if rows < settings.least_rows:
        raise SourceUnavailable(
            f"{source.source}: the extract has {rows} rows, fewer than the {settings.least_rows} expected."
        )


def _by_line(source: SourceFile, reader: CsvReader) -> Iterator[tuple[int, list[str]]]:
    """Every row, with the line at which it begins."""
    line = 1
    try:
        for row in reader:
            yield line, row
            line = reader.line_num + 1
    except csv.Error:
        wrong = True  # outside the handler: the fault may quote the row
    else:
        wrong = False
    if wrong:
        raise SourceMisfit(
            f"{source.source}: the row at line {line} of the extract is no CSV. Is a quotation mark without its"
            " partner, or not written twice within a cell?"
        )


def _check_duckdb_finds(rows: int, source: SourceFile, table: str, session: DuckSession) -> None:
    found = _rows_found(table, session)
    if found != rows:
        raise SourceMisfit(f"{source.source}: of the extract's {rows} rows DuckDB finds {found}.")


def _rows_found(table: str, session: DuckSession) -> int:
    return int(session.ask(f"SELECT count(*) FROM {quoted_name(table)}")[0][0])  # nosec B608  # noqa: S608 -- a name, quoted


def _relation(source: SourceFile, table: str) -> str:
    """What is read, as it stands after FROM: the extract, or the vetted query over it."""
    if source.table is None:
        return f"({vetted_query(source)}) AS r"
    if source.table != table:
        raise missing_relation(source, [table])
    return quoted_name(table)


def _live_columns(source: SourceFile, relation: str, session: DuckSession) -> LiveColumns:
    """The columns of what is read, checked against the source file."""
    live: LiveColumns = dict.fromkeys(session.columns(relation), "untyped")
    if not {name for _, name in mapped_columns(source)} & set(live):
        # Not by check_columns: where the header is missing, its hints would be taken from the first row.
        raise SourceMisfit(
            f"{source.source}: the extract's first line names none of the columns of the source file."
            " Is it the header, and is the delimiter the right one?"
        )
    check_columns(source, live)
    return live


def _check_birth_dates(source: SourceFile, relation: str, session: DuckSession) -> None:
    """A wrong format would make every birth date a missing one, and find fewer people without a word."""
    born = source.identifiers.birth_date
    if born is None:
        return
    text = f"trim({quoted_name(born.column)})"
    given, dates = session.ask(
        f"SELECT count(*) FILTER ({text} <> ''), count(*) FILTER (regexp_full_match({text}, $1))"  # nosec B608  # noqa: S608 -- names, quoted
        f" FROM {relation}",
        [WRITTEN[born.format].pattern],
    )[0]
    if given >= _ENOUGH_TO_JUDGE and dates * 2 < given:
        raise SourceMisfit(
            f"{source.source}: of {given} values of the column {born.column!r} only {dates} are dates of its"
            f" format ({born.format})."
        )
