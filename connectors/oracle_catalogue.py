"""What Oracle's own catalogue says of a source's table or view: in what way each text is compared, too."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.contract import SourceMisfit
from connectors.live_columns import ColumnKind, LiveColumns, columns_of, missing_relation
from connectors.odbc_reader import Reader, Rows
from connectors.source_file import SourceFile

# An empty text is nothing to Oracle: so is a schema that was not written.
COLUMNS = """
    SELECT column_name, data_type FROM all_tab_columns
     WHERE table_name = ? AND owner = NVL(?, SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'))
     ORDER BY column_id"""
SYNONYMS = """
    SELECT table_name, table_owner FROM all_synonyms
     WHERE synonym_name = ? AND owner IN (NVL(?, SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')), 'PUBLIC')
       AND db_link IS NULL
     ORDER BY CASE owner WHEN 'PUBLIC' THEN 1 ELSE 0 END"""
RELATIONS = """
    SELECT owner || '.' || object_name FROM all_objects
     WHERE object_type IN ('TABLE', 'VIEW', 'MATERIALIZED VIEW')
       AND owner NOT IN (SELECT username FROM all_users WHERE oracle_maintained = 'Y')"""

_KINDS: tuple[tuple[str, ColumnKind], ...] = (
    (r"VARCHAR2?", "text"),
    (r"CHAR", "padded_text"),
    (r"NVARCHAR2", "national_text"),
    (r"NCHAR", "padded_national_text"),
    (r"NUMBER", "whole_number"),
    (r"DATE|TIMESTAMP(\(\d\))?( WITH LOCAL TIME ZONE)?", "moment"),
    (r"TIMESTAMP(\(\d\))? WITH TIME ZONE", "moment_with_zone"),
)
_DATES = frozenset(["birth_date", "started", "ended", "last_contact"])


def columns_by_oracle(reader: Reader, source: SourceFile, table: str) -> LiveColumns:
    """The columns of a table, view or synonym. Raises SourceMisfit: it is not there, or a date can't be read."""
    schema, _, name = table.rpartition(".")
    found = reader.rows(COLUMNS, name, schema) or _behind_a_synonym(reader, name, schema)
    if not found:
        raise missing_relation(source, [str(one) for (one,) in reader.rows(RELATIONS)])
    live = {str(column): kind_of(str(written)) for column, written in found}
    _check_zones(source, live)
    return live


def no_query(source: SourceFile) -> SourceMisfit:
    """Only the catalogue tells a padded text from another, and it knows nothing of a query."""
    return SourceMisfit(
        f"{source.source}: kind odbc reads tables and views of Oracle, no query: make a view of it, and name that."
    )


def kind_of(data_type: str) -> ColumnKind:
    """What a column of one of Oracle's types is compared with."""
    return next((kind for pattern, kind in _KINDS if re.fullmatch(pattern, data_type)), "other")


def _behind_a_synonym(reader: Reader, name: str, schema: str) -> Rows:
    for table, owner in reader.rows(SYNONYMS, name, schema)[:1]:
        return reader.rows(COLUMNS, table, owner)
    return ()


def _check_zones(source: SourceFile, live: LiveColumns) -> None:
    """Oracle's driver hands a moment over without its zone: a day might be the one before."""
    zoned = sorted({name for name in _dates(source) if live.get(name) == "moment_with_zone"})
    wrong = [
        f"the column {name!r} is a TIMESTAMP WITH TIME ZONE, whose zone Oracle's driver drops:"
        f" map a view that has CAST({name} AT TIME ZONE 'Europe/London' AS DATE)."
        for name in zoned
    ]
    if wrong:
        raise SourceMisfit(f"{source.source} is not as its source file says:\n" + "\n".join(wrong))


def _dates(source: SourceFile) -> Iterator[str]:
    for part in (source.identifiers, source.involvement):
        yield from (column.column for place, column in columns_of(part) if place in _DATES)
