"""How the comparisons of a candidate query are written for the databases that ODBC reaches.

Every parameter is a ``?``. Statements of PostgreSQL, SQL Server and SQLite take a list as one parameter, so
that one prepared statement serves every length; MariaDB's take a parameter for each value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.mssql.base import MSDialect
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine.interfaces import Dialect as SqlDialect

from connectors.dialects import AnyColumn, Bound, Condition, Dialect, left, patterns, postgresql_dialect

_make_postgresql: Callable[..., SqlDialect] = PGDialect  # SQLAlchemy leaves their arguments untyped
_make_mariadb: Callable[..., SqlDialect] = MySQLDialect
_make_sqlserver: Callable[..., SqlDialect] = MSDialect


def postgresql_by_odbc() -> Dialect:
    """As by asyncpg, with each array as its literal: psqlODBC gives a text no type, PostgreSQL its column's."""
    return replace(
        postgresql_dialect(),
        sql=_make_postgresql(paramstyle="qmark"),
        list_of=_array,
        beginnings=lambda first: _array(patterns(first)),
    )


def mariadb_dialect() -> Dialect:
    """Lists value by value: a JSON_TABLE would compare in a collation of its own, and use no index."""
    return Dialect(
        sql=_make_mariadb(paramstyle="qmark"),
        one_of=lambda column, bound: column.in_(bound),
        none_of=lambda column, bound: column.not_in(bound),
        begins=lambda column, bound, length: left(column, length).in_(bound),
        list_of=_padded,
        beginnings=_padded,
        spread=True,
    )


def sqlserver_dialect() -> Dialect:
    """JSON arrays, because it takes 2,100 parameters at most (SQL Server 2016 on, compatibility level 130)."""
    return Dialect(
        sql=_make_sqlserver(paramstyle="qmark"),
        one_of=lambda column, bound: column.in_(sa.select(_items(bound).c.value)),
        none_of=lambda column, bound: column.not_in(sa.select(_items(bound).c.value)),
        begins=_begins_with_an_item,
        list_of=lambda values: json.dumps([_json_value(one) for one in values], ensure_ascii=False),
        beginnings=lambda first: json.dumps(patterns(first), ensure_ascii=False),
        at_most=lambda found, rows: found.prefix_with(sa.text(f"TOP {rows}")),
    )


def _array(values: Sequence[object]) -> str:
    return "{" + ",".join(_array_item(one) for one in values) + "}"


def _array_item(value: object) -> str:
    text = value.isoformat() if isinstance(value, date) else str(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _padded(values: Sequence[object]) -> Sequence[object]:
    """Repeated up to a power of two, so that a handful of statements serves all lengths."""
    length = 1 << (len(values) - 1).bit_length()
    return [*values, *[values[-1]] * (length - len(values))]


def _items(bound: Bound) -> sa.TableValuedAlias:
    return sa.func.openjson(bound).table_valued("value")


def _begins_with_an_item(column: AnyColumn, bound: Bound, _: int) -> Condition:
    item = _items(bound).c.value
    return sa.exists(sa.select(sa.literal_column("1")).where(column.like(item)))


def _json_value(value: object) -> object:
    """A moment with its T: only so is it read alike whatever language the login has."""
    return value.isoformat() if isinstance(value, date) else value
