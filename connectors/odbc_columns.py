"""What a database's catalogue says, through ODBC, of a source's table or query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

import pyodbc

from connectors.contract import SourceMisfit
from connectors.live_columns import ColumnKind, LiveColumns, check_columns, missing_relation, vetted_query
from connectors.odbc_databases import Database
from connectors.odbc_reader import Reader
from connectors.oracle_catalogue import columns_by_oracle, no_query
from connectors.postgresql_catalogue import RELATIONS, TABLE_COLUMNS, check_readable
from connectors.source_file import SourceFile

_BY_SQL_TYPE: Mapping[int, ColumnKind] = {
    **dict.fromkeys(
        [pyodbc.SQL_CHAR, pyodbc.SQL_VARCHAR, pyodbc.SQL_LONGVARCHAR, pyodbc.SQL_WCHAR, pyodbc.SQL_WVARCHAR,
         pyodbc.SQL_WLONGVARCHAR], "text"
    ),
    **dict.fromkeys(
        [pyodbc.SQL_TINYINT, pyodbc.SQL_SMALLINT, pyodbc.SQL_INTEGER, pyodbc.SQL_BIGINT, pyodbc.SQL_NUMERIC,
         pyodbc.SQL_DECIMAL], "whole_number"
    ),
    pyodbc.SQL_TYPE_DATE: "date",
    pyodbc.SQL_TYPE_TIMESTAMP: "moment",
    pyodbc.SQL_BIT: "flag",
}  # fmt: skip
# FreeTDS calls SQL Server's newer types texts.
_BY_TYPE_NAME: Mapping[str, ColumnKind] = {
    "date": "date",
    "datetime2": "moment",
    "datetimeoffset": "moment_with_zone",
}
_BY_PYTHON_TYPE: Mapping[type, ColumnKind] = {
    str: "text", int: "whole_number", Decimal: "whole_number", date: "date", datetime: "moment", bool: "flag",
}  # fmt: skip


def live_columns(reader: Reader, database: Database, source: SourceFile) -> LiveColumns:
    """The columns of the source's table or query, checked against its file. Raises SourceMisfit."""
    if source.table is None and database.name == "oracle":
        raise no_query(source)
    if source.table is None:
        live = _columns_of_query(reader, database, source)
    elif database.name == "postgresql":
        live = _columns_by_postgresql(reader, source, source.table)
    elif database.name == "oracle":
        live = columns_by_oracle(reader, source, source.table)
    else:
        live = _columns_by_odbc(reader, source, source.table)
    if database.name == "sqlite":
        live = dict.fromkeys(live, "untyped")
    check_columns(source, live)
    return live


def _columns_by_postgresql(reader: Reader, source: SourceFile, table: str) -> LiveColumns:
    """Its own catalogue says more: which columns the user may read, and the types below domains."""
    schema, _, name = table.rpartition(".")
    asked = TABLE_COLUMNS.replace("$1", "?").replace("$2", "?")
    found: list[tuple[str, ColumnKind, bool]] = [
        (str(column), kind, bool(readable))  # type: ignore[misc]  # the statement gives kinds only
        for column, kind, readable in reader.rows(asked, name, schema, schema)
    ]
    if not found:
        raise missing_relation(source, [str(relation) for (relation,) in reader.rows(RELATIONS)])
    check_readable(source, {column: readable for column, _, readable in found})
    return {column: kind for column, kind, _ in found}


def _columns_by_odbc(reader: Reader, source: SourceFile, table: str) -> LiveColumns:
    schema, _, name = table.rpartition(".")
    # MariaDB's schemas are catalogues. The driver takes names for patterns, in which _ is any character.
    places = {schema} if schema else {None, "", reader.connection.getinfo(pyodbc.SQL_DATABASE_NAME)}
    found = [
        one
        for one in reader.cursor.columns(table=name).fetchall()
        if one.table_name == name and not places.isdisjoint({one.table_schem, one.table_cat})
    ]
    if len({(one.table_cat, one.table_schem) for one in found}) > 1:
        raise SourceMisfit(f"{source.source}: there are several tables {name!r}: write its schema before it.")
    if not found:
        tables = reader.cursor.tables().fetchall()
        raise missing_relation(
            source, [f"{one.table_schem or one.table_cat}.{one.table_name}" for one in tables]
        )
    return {one.column_name: _kind(one.data_type, one.type_name) for one in found}


def _kind(sql_type: int, type_name: str) -> ColumnKind:
    named = _BY_TYPE_NAME.get(type_name.casefold())
    return named or _BY_SQL_TYPE.get(sql_type, "other")


def _columns_of_query(reader: Reader, database: Database, source: SourceFile) -> LiveColumns:
    reader.connection.clear_output_converters()  # a converted date would look like a text
    reader.rows(f"SELECT * FROM ({vetted_query(source)}) AS r WHERE 1 = 0")  # nosec B608  # noqa: S608 -- vetted, and read-only
    kinds = {name: _BY_PYTHON_TYPE.get(kind, "other") for name, kind in reader.columns()}
    database.convert(reader.connection)
    return kinds
