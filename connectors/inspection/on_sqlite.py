"""Looking at SQLite, by apsw or by ODBC."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path

from connectors.candidate_query import Question
from connectors.inspection.looking import Looking, called
from connectors.inspection.seen import Encryption, Limits, SeenColumn, SeenIndex, SeenTable, Step

_TABLES = """
    SELECT name, type = 'view' FROM sqlite_schema
     WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY name"""
_COLUMNS = "SELECT name, type FROM pragma_table_xinfo(?)"
# An index of an expression has a column without a name.
_INDEXES = """
    SELECT l.name, l."unique", i.seqno, i.name, i.coll FROM pragma_index_list(?) AS l
      JOIN pragma_index_xinfo(l.name) AS i ON i.key
     WHERE NOT l.partial ORDER BY l.origin = 'pk' DESC, l.name, i.seqno"""
_ROWID_KEY = """
    SELECT name FROM pragma_table_xinfo(?) WHERE pk = 1 AND upper(type) = 'INTEGER'
       AND (SELECT count(*) FROM pragma_table_xinfo(?) WHERE pk > 0) = 1"""
_NOT_THE_SOURCES = re.compile(r"json_each|anon_\d+|candidate|\(.*")
"""A list of values, and what was found put together."""
_SCAN = re.compile(r"SCAN (?P<table>\S+)(?: USING (?:COVERING )?INDEX (?P<index>\S+))?")
_SEARCH = re.compile(r"SEARCH (?P<table>\S+) USING .*?(?:INDEX (?P<index>\S+)|PRIMARY KEY)")


class LookAtSqlite(Looking):
    """As ``seen.Look``."""

    async def tables(self) -> tuple[SeenTable, ...]:
        return tuple(
            SeenTable(str(name), str(view) == "1") for name, view in await self._session.rows(_TABLES)
        )

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        found = await self._session.rows(_COLUMNS, table.rpartition(".")[2])
        return tuple(SeenColumn(str(name), "untyped", str(kind or "no type")) for name, kind in found)

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:
        name = table.rpartition(".")[2]
        keys: dict[tuple[str, bool], list[str]] = defaultdict(list)
        for index, unique, _, column, collation in await self._session.rows(_INDEXES, name):
            # An index that takes a for A isn't used for a comparison that doesn't.
            usable = column is not None and str(collation) == "BINARY"
            keys[str(index), str(unique) == "1"].append(str(column) if usable else "")
        rowid = [
            SeenIndex("primary key", (str(column),), unique=True)
            for (column,) in await self._session.rows(_ROWID_KEY, name, name)
        ]
        return (
            *rowid,
            *(SeenIndex(index, tuple(of), unique) for (index, unique), of in keys.items() if all(of)),
        )

    async def plan(self, question: Question) -> tuple[Step, ...] | None:
        found = await self._session.rows(f"EXPLAIN QUERY PLAN {question.text}", *question.values)
        return tuple(step for row in found if (step := _step(str(row[-1]))) is not None)

    async def may_write(self) -> tuple[str, ...]:
        """By the file's own permissions."""
        found = await self._session.rows("SELECT file FROM pragma_database_list WHERE name = 'main'")
        path = Path(str(found[0][0])) if found and found[0][0] else None
        return ("may write to the file",) if path and os.access(path, os.W_OK) else ()

    async def encryption(self) -> Encryption:
        return Encryption(None, "a file on this machine", leaves=False)

    async def limits(self) -> Limits:
        """It has none of its own: the connector breaks statements off from another thread."""
        return Limits(0.0, None, None)


def _step(said: str) -> Step | None:
    """A line of EXPLAIN QUERY PLAN that reads a table of the source's; None for any other."""
    found = _SEARCH.match(said) or _SCAN.match(said)
    if found is None or _NOT_THE_SOURCES.fullmatch(found["table"]):
        return None
    if found.re is _SEARCH:
        name = found["index"] or "of its primary key"
        return Step(f"looks up rows by the index {name}", index=name)
    return Step(f"reads every row of {called(found['table'])}", reads_all=found["table"])
