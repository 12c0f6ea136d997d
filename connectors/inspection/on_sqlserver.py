"""Looking at Microsoft SQL Server, by ODBC. Its user can't write: without that no session comes about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from connectors.candidate_query import Question
from connectors.contract import SourceFault
from connectors.inspection.looking import Looking, may_change
from connectors.inspection.seen import Encryption, Limits, SeenColumn, SeenIndex, SeenTable, Step
from connectors.live_columns import ColumnKind

_TABLES = """
    SELECT CONCAT(s.name, '.', o.name), CASE o.type WHEN 'V' THEN 1 ELSE 0 END,
           (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id IN (0, 1))
      FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
     WHERE o.type IN ('U', 'V') AND HAS_PERMS_BY_NAME(CONCAT(s.name, '.', o.name), 'OBJECT', 'SELECT') = 1
     ORDER BY 1"""
_COLUMNS = """
    SELECT c.name, t.name, c.max_length FROM sys.columns AS c
      JOIN sys.types AS t ON t.user_type_id = c.user_type_id
     WHERE c.object_id = OBJECT_ID(?) ORDER BY c.column_id"""
_INDEXES = """
    SELECT i.name, i.is_unique, k.key_ordinal, c.name FROM sys.indexes AS i
      JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
      JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
     WHERE i.object_id = OBJECT_ID(?) AND i.type IN (1, 2) AND i.is_disabled = 0 AND i.has_filter = 0
       AND k.is_included_column = 0
     ORDER BY i.is_primary_key DESC, i.name, k.key_ordinal"""
_MAY_WRITE = """
    SELECT COUNT(*) FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
     WHERE o.type IN ('U', 'V')
       AND (HAS_PERMS_BY_NAME(CONCAT(s.name, '.', o.name), 'OBJECT', 'INSERT') = 1
         OR HAS_PERMS_BY_NAME(CONCAT(s.name, '.', o.name), 'OBJECT', 'UPDATE') = 1
         OR HAS_PERMS_BY_NAME(CONCAT(s.name, '.', o.name), 'OBJECT', 'DELETE') = 1)"""
_KINDS: Mapping[str, ColumnKind] = {
    **dict.fromkeys(["char", "varchar", "nchar", "nvarchar", "text", "ntext", "sysname"], "text"),
    **dict.fromkeys(["tinyint", "smallint", "int", "bigint", "numeric", "decimal"], "whole_number"),
    "date": "date", "datetime": "moment", "datetime2": "moment", "smalldatetime": "moment",
    "datetimeoffset": "moment_with_zone", "bit": "flag",
}  # fmt: skip


class LookAtSqlserver(Looking):
    """As ``seen.Look``."""

    quote, top = ("[", "]"), True

    async def tables(self) -> tuple[SeenTable, ...]:
        return tuple(
            SeenTable(str(name), str(view) == "1", int(str(rows)) if rows else None)
            for name, view, rows in await self._session.rows(_TABLES)
        )

    async def columns(self, table: str) -> tuple[SeenColumn, ...]:
        return tuple(
            SeenColumn(str(name), _KINDS.get(str(kind), "other"), f"{kind}({length})")
            for name, kind, length in await self._session.rows(_COLUMNS, self.relation(table))
        )

    async def indexes(self, table: str) -> tuple[SeenIndex, ...]:
        keys: dict[tuple[str, bool], list[str]] = defaultdict(list)
        for index, unique, _, column in await self._session.rows(_INDEXES, self.relation(table)):
            keys[str(index), unique in (True, 1, "1")].append(str(column))
        return tuple(SeenIndex(index, tuple(of), unique) for (index, unique), of in keys.items())

    async def plan(self, question: Question) -> tuple[Step, ...] | None:  # noqa: ARG002 -- a Look's
        """It tells a plan only to whom it gives SHOWPLAN, which a reader should not have."""
        return None

    async def may_write(self) -> tuple[str, ...]:
        """The session refuses rights on the database as a whole; these are on single tables."""
        ((tables,),) = await self._session.rows(_MAY_WRITE)
        return (may_change(tables),) if int(str(tables)) else ()

    async def encryption(self) -> Encryption:
        """Only who may see the server's state may ask; others are not told."""
        asked = "SELECT encrypt_option, net_transport FROM sys.dm_exec_connections WHERE session_id = @@SPID"
        try:
            ((option, transport),) = await self._session.rows(asked)
        except (SourceFault, ValueError):
            return Encryption(None)
        return Encryption(str(option).upper() == "TRUE", str(transport), leaves=str(transport) == "TCP")

    async def limits(self) -> Limits:
        """The driver breaks statements off, the server says how long it waits for a lock."""
        ((lock,),) = await self._session.rows("SELECT @@LOCK_TIMEOUT")
        return Limits(0.0, None, int(str(lock)) / 1000 if int(str(lock)) > 0 else None)
