"""Looking at MariaDB and MySQL, by ODBC."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from operator import itemgetter

from connectors.candidate_query import Question
from connectors.contract import SourceFault, SourceMisfit
from connectors.inspection.looking import Looking, called
from connectors.inspection.seen import Encryption, Limits, SeenColumn, SeenIndex, SeenTable, Step
from connectors.live_columns import ColumnKind

_TABLES = """
    SELECT table_name, table_type <> 'BASE TABLE', table_rows FROM information_schema.tables
     WHERE table_schema = DATABASE() ORDER BY table_name"""
_IN = "table_schema = COALESCE(NULLIF(?, ''), DATABASE()) AND table_name = ?"
_COLUMNS = f"""
    SELECT column_name, data_type, column_type FROM information_schema.columns
     WHERE {_IN} AND FIND_IN_SET('select', privileges) ORDER BY ordinal_position"""  # nosec B608  # noqa: S608 -- a constant
_INDEXES = f"""
    SELECT index_name, non_unique, seq_in_index, column_name, sub_part, index_type
      FROM information_schema.statistics WHERE {_IN} ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index"""  # nosec B608  # noqa: S608 -- as above
_RIGHTS = """
    SELECT DISTINCT privilege_type FROM information_schema.user_privileges
     UNION SELECT privilege_type FROM information_schema.schema_privileges
     UNION SELECT privilege_type FROM information_schema.table_privileges
     UNION SELECT privilege_type FROM information_schema.column_privileges"""
_WRITES = frozenset(
    ["INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "TRIGGER", "SUPER", "FILE"]
)
_KINDS: Mapping[str, ColumnKind] = {
    **dict.fromkeys(["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum"], "text"),
    **dict.fromkeys(["tinyint", "smallint", "mediumint", "int", "bigint", "decimal", "year"], "whole_number"),
    "date": "date", "datetime": "moment", "timestamp": "moment", "bit": "flag",
}  # fmt: skip
# Table, type, key and rows of EXPLAIN. MySQL has a column of partitions before the type.
_MARIADBS, _MYSQLS, _MYSQLS_WIDTH = itemgetter(2, 3, 5, 8), itemgetter(2, 4, 6, 9), 12
_LOOK_UPS = frozenset(["ref", "eq_ref", "const", "range", "ref_or_null", "index_merge", "system"])


class LookAtMariadb(Looking):
    """As ``seen.Look``."""

    quote = ("`", "`")

    async def tables(self) -> tuple[SeenTable, ...]:
        found = await self._session.rows(_TABLES)
        return tuple(
            SeenTable(str(name), bool(int(str(view))), int(str(rows)) if rows else None)
            for name, view, rows in found
        )

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        schema, _, name = table.rpartition(".")
        found = await self._session.rows(_COLUMNS, schema, name)
        return tuple(
            SeenColumn(str(column), _KINDS.get(str(kind).casefold(), "other"), str(declared))
            for column, kind, declared in found
        )

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:
        schema, _, name = table.rpartition(".")
        keys: dict[tuple[str, bool], list[str]] = defaultdict(list)
        for index, not_unique, _, column, part, kind in await self._session.rows(_INDEXES, schema, name):
            usable = column is not None and part is None and str(kind) in {"BTREE", "HASH"}
            keys[str(index), str(not_unique) == "0"].append(str(column) if usable else "")
        return tuple(SeenIndex(index, tuple(of), unique) for (index, unique), of in keys.items() if all(of))

    async def plan(self, question: Question) -> tuple[Step, ...] | None:
        """By the table that EXPLAIN gives: its JSON quotes values, and not always so that it can be read."""
        found = await self._session.rows(f"EXPLAIN {question.text}", *question.values)
        steps = (_MYSQLS(row) if len(row) == _MYSQLS_WIDTH else _MARIADBS(row) for row in found)
        return tuple(_step(str(table), str(how), index, rows) for table, how, index, rows in steps if how)

    async def may_write(self) -> tuple[str, ...]:
        found = {str(right).upper() for (right,) in await self._session.rows(_RIGHTS)}
        return tuple(f"has the right {one}" for one in sorted(found & _WRITES))

    async def encryption(self) -> Encryption:
        (row,) = await self._session.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
        ((user,),) = await self._session.rows("SELECT USER()")
        at_home = str(user).rpartition("@")[2] in {"localhost", "127.0.0.1", "::1"}
        return Encryption(bool(row[1]), str(row[1] or ""), leaves=not at_home)

    async def limits(self) -> Limits:
        asked = 0.3
        await self._allow(asked, 2)
        began = time.perf_counter()
        with suppress(SourceFault):  # one version breaks the statement off, another only the sleep
            await self._session.rows("SELECT SLEEP(2)")
        took = time.perf_counter() - began
        ((lock,),) = await self._session.rows("SELECT @@SESSION.lock_wait_timeout")
        await self._allow(20, 20)
        return Limits(asked, took if took < 1.5 else None, float(str(lock)))  # noqa: PLR2004 -- between .3 and 2

    async def _allow(self, statement: float, lock: int) -> None:
        """Seconds; MySQL takes milliseconds, under another name."""
        try:
            await self._session.rows(
                f"SET SESSION max_statement_time = {statement}, lock_wait_timeout = {lock}"
            )
        except SourceMisfit:
            milliseconds = int(statement * 1000)
            await self._session.rows(
                f"SET SESSION max_execution_time = {milliseconds}, lock_wait_timeout = {lock}"
            )


def _step(table: str, how: str, index: object, estimate: object) -> Step:
    counted = re.match(r"\d+", str(estimate))  # "11 (3%)" where it also filters by a second index
    rows = int(counted[0]) if counted else None
    if how.casefold() in _LOOK_UPS:
        name = str(index or "of its primary key")
        return Step(f"looks up rows by the index {name}", index=name, rows=rows)
    if table.startswith("<"):
        return Step("puts the rows found together")
    return Step(f"reads every row of {called(table)}", reads_all=table, rows=rows)
