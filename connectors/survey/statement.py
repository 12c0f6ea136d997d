"""The statement of a survey: the mapped columns of every row, in whatever order the database has them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from connectors.dialects import Dialect
from connectors.live_columns import mapped_columns, vetted_query
from connectors.source_file import SourceFile


def columns_read(source: SourceFile) -> tuple[str, ...]:
    """The columns that the source file maps, each once. No other is read."""
    return tuple(dict.fromkeys(name for _, name in mapped_columns(source)))


def statement(source: SourceFile, dialect: Dialect, most: int | None) -> str:
    """Its text. Rows outside the cohort are read too: how many there are is one of the questions.

    The columns have been checked against the live database.
    """
    relation = _relation(source)
    asked = sa.select(*(relation.c[name] for name in columns_read(source)))
    limited = asked if most is None else dialect.at_most(asked, most)
    # SQLite's limit has an offset, which SQLAlchemy would bind.
    return str(limited.compile(dialect=dialect.sql, compile_kwargs={"literal_binds": True}))


def counting(source: SourceFile, dialect: Dialect) -> str:
    """The statement that counts the rows."""
    counted = sa.select(sa.func.count()).select_from(_relation(source))
    return str(counted.compile(dialect=dialect.sql))


def at_most(rows: int | None, most: int | None) -> int | None:
    """How many rows are to be expected where there are so many."""
    return rows if most is None or rows is None else min(rows, most)


def _relation(source: SourceFile) -> sa.FromClause:
    """The table, or the vetted query as a derived table. Every name is quoted."""
    columns: list[sa.ColumnClause[object]] = [
        sa.column(quoted_name(name, quote=True)) for name in columns_read(source)
    ]
    if source.table is None:
        # A colon would be a parameter to SQLAlchemy.
        return sa.text(vetted_query(source).replace(":", r"\:")).columns(*columns).subquery("r")
    schema, _, name = source.table.rpartition(".")
    quoted_schema = quoted_name(schema, quote=True) if schema else None
    return sa.table(quoted_name(name, quote=True), *columns, schema=quoted_schema).alias("r")
