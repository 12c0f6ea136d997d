"""A Parquet extract, as DuckDB reads it: its columns are typed, but every cell is read as a text here, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from connectors.contract import SourceMisfit
from connectors.duckdb_session import DuckSession
from connectors.extract_sql import quoted_name, quoted_text

_NO_TEXT = ("STRUCT", "MAP", "UNION", "BLOB", "BIT")


def named_by(name: str, table: str, session: DuckSession) -> Callable[[Path], None]:
    """What gives the extract's name to a Parquet file with the columns of the one in the session's memory.

    Raises SourceMisfit for a column that is no single value.
    """
    described = session.ask(f"DESCRIBE FROM {_rows(session.path)}")
    columns = ", ".join(_as_text(name, str(column), str(kind)) for column, kind, *_ in described)

    def name_it(path: Path) -> None:
        session.ask(
            f"CREATE OR REPLACE TEMP VIEW {quoted_name(table)} AS SELECT {columns} FROM {_rows(path)}"  # nosec B608  # noqa: S608 -- names, quoted
        )

    return name_it


def _as_text(name: str, column: str, kind: str) -> str:
    """A moment with a zone is the day and time that it was in London."""
    if kind.endswith("]") or kind.startswith(_NO_TEXT):
        raise SourceMisfit(f"{name}: the extract's column {column!r} holds more than a single value.")
    value = quoted_name(column)
    if kind == "TIMESTAMP WITH TIME ZONE":
        value = f"({value} AT TIME ZONE 'Europe/London')"
    return f"nullif(CAST({value} AS VARCHAR), '') AS {quoted_name(column)}"


def _rows(path: Path) -> str:
    return f"read_parquet({quoted_text(str(path))}, hive_partitioning = false, union_by_name = false)"
