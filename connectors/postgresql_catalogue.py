"""What PostgreSQL's own catalogue says of a source's table or query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import asyncpg

from connectors.contract import SourceMisfit
from connectors.live_columns import (
    ColumnKind,
    LiveColumns,
    check_columns,
    mapped_columns,
    missing_relation,
    vetted_query,
)
from connectors.postgresql_pool import AsyncpgConnection
from connectors.source_file import SourceFile

# A domain is of the kind of the type below it.
_KIND = """
    CASE WHEN base.typcategory = 'S' THEN 'text'
         WHEN base.typname IN ('int2', 'int4', 'int8', 'numeric') THEN 'whole_number'
         WHEN base.typname = 'date' THEN 'date'
         WHEN base.typname = 'timestamp' THEN 'moment'
         WHEN base.typname = 'timestamptz' THEN 'moment_with_zone'
         WHEN base.typname = 'bool' THEN 'flag'
         ELSE 'other' END"""
_BASE = "JOIN pg_catalog.pg_type AS base ON base.oid = COALESCE(NULLIF(t.typbasetype, 0), t.oid)"

TABLE_COLUMNS = f"""
    SELECT a.attname AS name, {_KIND} AS kind,
           has_schema_privilege(n.oid, 'USAGE')
           AND has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid {_BASE}
     WHERE c.relname = $1 AND c.relkind = ANY ('{{r,v,m,f,p}}')
       AND CASE WHEN $2 = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = $2 END
     ORDER BY a.attnum"""  # nosec B608  # noqa: S608 -- put together from the constants above

_TYPES = f"SELECT t.oid, {_KIND} AS kind FROM pg_catalog.pg_type AS t {_BASE} WHERE t.oid = ANY ($1)"  # nosec B608  # noqa: S608 -- as above

RELATIONS = """
    SELECT n.nspname || '.' || c.relname AS name
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = ANY ('{r,v,m,f,p}') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND has_schema_privilege(n.oid, 'USAGE') AND has_any_column_privilege(c.oid, 'SELECT')"""


async def live_columns(connection: AsyncpgConnection, source: SourceFile) -> LiveColumns:
    """The columns of the source's table or query, checked against its file. Raises SourceMisfit."""
    if source.table is None:
        live = await _columns_of_query(connection, vetted_query(source))
    else:
        live = await _columns_of_table(connection, source, source.table)
    check_columns(source, live)
    return live


async def _columns_of_table(connection: AsyncpgConnection, source: SourceFile, table: str) -> LiveColumns:
    schema, _, name = table.rpartition(".")
    found = await connection.fetch(TABLE_COLUMNS, name, schema)
    if not found:
        raise missing_relation(source, [row["name"] for row in await connection.fetch(RELATIONS)])
    check_readable(source, {row["name"]: row["readable"] for row in found})
    return {row["name"]: row["kind"] for row in found}


def check_readable(source: SourceFile, readable: Mapping[str, bool]) -> None:
    """Raises SourceMisfit with the mapped columns that the connection's user may not read."""
    closed = sorted({name for _, name in mapped_columns(source) if readable.get(name) is False})
    if closed:
        raise SourceMisfit(
            f"{source.source}: the connection's user may not read {', '.join(closed)} of {source.table}."
        )


async def _columns_of_query(connection: AsyncpgConnection, query: str) -> LiveColumns:
    prepared = await connection.prepare(f"SELECT * FROM ({query}) AS r")  # nosec B608  # noqa: S608 -- vetted, and read-only
    attributes = prepared.get_attributes()
    kinds = await _kinds(connection, attributes)
    return {one.name: kinds[one.type.oid] for one in attributes}


async def _kinds(
    connection: AsyncpgConnection, attributes: Sequence[asyncpg.Attribute]
) -> Mapping[int, ColumnKind]:
    found = await connection.fetch(_TYPES, [one.type.oid for one in attributes])
    return {row["oid"]: row["kind"] for row in found}
