"""A new extract, before it is asked anything: every row against the header, the header against the source file.

DuckDB drops an empty cell too many at the end of a row without a word. A comma too many in an address moves all
cells after it by one, and the last cells of a row are often empty: so here each row is counted, with places for
one cell more than the header has, where a cell that is not there (no value) differs from an empty one.
"""

from __future__ import annotations

from connectors.candidate_query import CandidateQuery
from connectors.connection import ExtractConnection
from connectors.contract import SourceMisfit, SourceUnavailable
from connectors.dialects import duckdb_dialect
from connectors.duckdb_session import DuckSession
from connectors.extract_file import Header, header_of
from connectors.extract_sql import quoted_name, read_csv
from connectors.live_columns import LiveColumns, check_columns, mapped_columns, missing_relation, vetted_query
from connectors.read_values import WRITTEN
from connectors.source_file import SourceFile

_ENOUGH_TO_JUDGE = 20  # birth dates: fewer may all be mistyped


def looked_through(
    source: SourceFile, settings: ExtractConnection, table: str, session: DuckSession
) -> CandidateQuery:
    """The query for the extract that the session is shown, under the name ``table``.

    Raises SourceMisfit and SourceUnavailable, with a sentence that repeats nothing of a row.
    """
    header = header_of(source.source, session.path, settings.delimiter)
    _check_cells(source, settings, header, session)
    _name_it(table, settings, header, session)
    relation = _relation(source, table)
    live = _live_columns(source, relation, session)
    _check_birth_dates(source, relation, session)
    return CandidateQuery(source, live, duckdb_dialect())


def _check_cells(
    source: SourceFile, settings: ExtractConnection, header: Header, session: DuckSession
) -> None:
    width = len(header.names)
    cells = read_csv(session.path, settings, header, [f"c{n}" for n in range(width + 1)], loosely=True)
    ragged = f"c{width - 1} IS NULL OR c{width} IS NOT NULL"
    rows, wrong, first = session.ask(
        f"SELECT count(*), count(*) FILTER ({ragged}), min(place) FILTER ({ragged})"  # noqa: S608 -- names made here
        f" FROM (SELECT *, row_number() OVER () AS place FROM {cells})"
    )[0]
    if wrong:
        raise SourceMisfit(
            f"{source.source}: {wrong} of the extract's {rows} rows have more or fewer cells than the header,"
            f" which has {width}. The first of them is row {first}."
        )
    if rows < settings.least_rows:
        raise SourceUnavailable(
            f"{source.source}: the extract has {rows} rows, fewer than the {settings.least_rows} expected."
        )


def _name_it(table: str, settings: ExtractConnection, header: Header, session: DuckSession) -> None:
    name, rows = quoted_name(table), read_csv(session.path, settings, header, header.names)
    session.ask(f"CREATE OR REPLACE TEMP VIEW {name} AS SELECT * FROM {rows}")  # noqa: S608 -- names, quoted


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
        f"SELECT count(*) FILTER ({text} <> ''), count(*) FILTER (regexp_full_match({text}, $1))"  # noqa: S608 -- names, quoted
        f" FROM {relation}",
        [WRITTEN[born.format].pattern],
    )[0]
    if given >= _ENOUGH_TO_JUDGE and dates * 2 < given:
        raise SourceMisfit(
            f"{source.source}: of {given} values of the column {born.column!r} only {dates} are dates of its"
            f" format ({born.format})."
        )
