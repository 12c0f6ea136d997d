"""Looking at PostgreSQL, by asyncpg or by ODBC."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.candidate_query import Question
from connectors.contract import SourceFault
from connectors.inspection.looking import Looking, may_change
from connectors.inspection.seen import Encryption, Limits, Rows, SeenColumn, SeenIndex, SeenTable, Step
from connectors.postgresql_catalogue import TABLE_COLUMNS

_TABLES = """
    SELECT n.nspname || '.' || c.relname, c.relkind IN ('v', 'm'), c.reltuples::bigint
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = ANY ('{r,v,m,f,p}') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND NOT c.relispartition AND has_schema_privilege(n.oid, 'USAGE')
       AND has_any_column_privilege(c.oid, 'SELECT')
     ORDER BY 1"""
# to_regclass finds what the role's search path finds, as the connector's own statement does.
_TYPES = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
     WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped"""
# A key column of an expression has the number 0.
_INDEXES = """
    SELECT i.indexrelid::regclass::text, i.indisunique, i.indisprimary,
           (SELECT string_agg(COALESCE(a.attname, ''), chr(31) ORDER BY k.place)
              FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
              LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number
                    AND k.number <> 0
             WHERE k.place <= i.indnkeyatts)
      FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
      JOIN pg_catalog.pg_am AS m ON m.oid = c.relam
     WHERE i.indrelid = to_regclass($1) AND i.indisvalid AND i.indisready AND i.indpred IS NULL
       AND m.amname = 'btree'
     ORDER BY i.indisprimary DESC, 1"""
_MAY_WRITE = """
    SELECT count(*) FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = ANY ('{r,v,f,p}') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
       AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')"""
_MAY_MAKE = """
    SELECT count(*) FROM pg_catalog.pg_namespace AS n
     WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND has_schema_privilege(n.oid, 'CREATE')"""
_SIZES = """
    SELECT relname, max(reltuples)::bigint FROM pg_catalog.pg_class
     WHERE relkind = ANY ('{r,m,f,p}') AND reltuples >= 0 GROUP BY relname"""
_TLS = """
    SELECT s.ssl, s.version, s.cipher, inet_server_addr() IS NOT NULL AND NOT inet_server_addr() <<= '127.0.0.0/8'
           AND inet_server_addr() <> '::1'
      FROM pg_catalog.pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()"""
_ALLOWED = """
    SELECT set_config('statement_timeout', '{statement}', false), set_config('lock_timeout', '{lock}', false)"""
_READS_ALL = frozenset(["Seq Scan", "Foreign Scan"])
_INDEX_SCANS = frozenset(["Index Scan", "Index Only Scan", "Bitmap Index Scan"])


class LookAtPostgresql(Looking):
    """As ``seen.Look``."""

    async def tables(self) -> tuple[SeenTable, ...]:
        found = await self._session.rows(_TABLES)
        return tuple(SeenTable(str(name), _true(view), _estimate(rows)) for name, view, rows in found)

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        schema, _, name = table.rpartition(".")
        found = await self._catalogue(TABLE_COLUMNS, name, schema, schema)
        declared = {
            str(name): str(kind) for name, kind in await self._catalogue(_TYPES, self.relation(table))
        }
        return tuple(
            SeenColumn(str(column), kind, declared.get(str(column), str(kind)))  # type: ignore[arg-type]  # the statement gives kinds only
            for column, kind, readable in found
            if _true(readable)
        )

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:
        found = await self._catalogue(_INDEXES, self.relation(table))
        split = ((name, unique, str(columns).split("\x1f")) for name, unique, _, columns in found)
        return tuple(
            SeenIndex(str(name), tuple(columns), _true(unique))
            for name, unique, columns in split
            if all(columns)
        )

    async def rows_of(self, table: str) -> int | None:
        known = {one.name: one.rows for one in await self.tables()}
        estimate = known.get(table) or known.get(f"public.{table}")
        return await super().rows_of(table) if estimate is None else estimate

    async def plan(self, question: Question) -> tuple[Step, ...] | None:
        """Asked not to read whole tables, so that a small one shows, too, whether an index could serve."""
        await self._session.rows("SELECT set_config('enable_seqscan', 'off', false)")
        try:
            ((made,),) = await self._session.rows(f"EXPLAIN (FORMAT JSON) {question.text}", *question.values)
        finally:
            await self._session.rows("SELECT set_config('enable_seqscan', 'on', false)")
        (whole,) = json.loads(str(made))
        sizes = {str(name): int(str(rows)) for name, rows in await self._session.rows(_SIZES)}
        return tuple(_steps(whole["Plan"], sizes))

    async def may_write(self) -> tuple[str, ...]:
        ((tables,),) = await self._session.rows(_MAY_WRITE)
        ((schemas,),) = await self._session.rows(_MAY_MAKE)
        said = [may_change(tables)] if int(str(tables)) else []
        return (*said, *(["may make tables"] if int(str(schemas)) else []))

    async def encryption(self) -> Encryption:
        found = await self._session.rows(_TLS)
        if not found:
            return Encryption(None)
        ((encrypted, version, cipher, leaves),) = found
        return Encryption(_true(encrypted), f"{version}, {cipher}" if _true(encrypted) else "", _true(leaves))

    async def limits(self) -> Limits:
        asked = 0.3
        await self._session.rows(_ALLOWED.format(statement="300ms", lock="2s"))
        began, broken_off = time.perf_counter(), False
        try:
            await self._session.rows("SELECT pg_sleep(2)")
        except SourceFault:
            broken_off = True
        took = time.perf_counter() - began
        ((lock,),) = await self._session.rows("SELECT setting FROM pg_settings WHERE name = 'lock_timeout'")
        await self._session.rows(_ALLOWED.format(statement="20s", lock="20s"))
        return Limits(asked, took if broken_off else None, int(str(lock)) / 1000 or None)

    async def _catalogue(self, text: str, *values: object) -> Rows:
        """With numbered parameters, each of which may stand several times; ``values`` has one for each place."""
        if self._session.numbered:
            numbers = [int(one) for one in re.findall(r"\$(\d+)", text)]
            return await self._session.rows(text, *(values[numbers.index(one)] for one in sorted({*numbers})))
        return await self._session.rows(re.sub(r"\$\d+", "?", text), *values)


def _true(value: object) -> bool:
    """ODBC gives a flag as a text."""
    return value is True or str(value).casefold() in {"1", "t", "true"}


def _estimate(rows: object) -> int | None:
    """A table that was never analysed has -1."""
    count = int(str(rows))
    return count if count > 0 else None


def _steps(node: Mapping[str, Any], sizes: Mapping[str, int]) -> Iterator[Step]:
    """The steps that read something, in the plan's order."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    cost = float(node["Total Cost"])
    if kind in _INDEX_SCANS and "Index Cond" in node:
        name = node["Index Name"]
        yield Step(f"looks up rows by the index {name}", index=name, rows=int(node["Plan Rows"]), cost=cost)
    elif table and kind in _READS_ALL | _INDEX_SCANS:
        # The plan's own estimate is of the rows that are left, not of those that are read.
        yield Step(f"reads every row of {table}", reads_all=table, rows=sizes.get(table), cost=cost)
    for inner in node.get("Plans", ()):
        yield from _steps(inner, sizes)
