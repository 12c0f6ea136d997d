"""How the comparisons of a candidate query are written for Oracle (12.2 or later).

Every value is bound as a text and cast to its column's own type in the statement. So it is the value that is
converted, never the column, whose index would then be of no use: Oracle turns a DATE column into a TIMESTAMP to
compare it with a timestamp, and a VARCHAR2 column into its national character set to compare it with a text that
a Unicode driver binds. And so a CHAR column is compared blank-padded, as only two CHARs are: against any other
text, 'Smith' in a CHAR(30) is not Smith.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.dialects.oracle.base import OracleDialect
from sqlalchemy.engine.interfaces import Dialect as SqlDialect
from sqlalchemy.types import UserDefinedType

from connectors.dialects import AnyColumn, AnyType, Bound, Condition, Dialect, untyped
from connectors.live_columns import ColumnKind

MOST_IN_A_LIST = 1_000
"""ORA-01795, before Oracle 23."""

_make_oracle: Callable[..., SqlDialect] = OracleDialect  # SQLAlchemy leaves its arguments untyped

# The longest that fits into each type in every character set; no identifier is longer.
_TEXTS: Mapping[ColumnKind, str] = {
    "text": "VARCHAR2(400 CHAR)",
    "padded_text": "CHAR(400 CHAR)",
    "national_text": "NVARCHAR2(400)",
    "padded_national_text": "NCHAR(400)",
}
_UNPADDED: Mapping[ColumnKind, ColumnKind] = {"padded_text": "text", "padded_national_text": "national_text"}


class CastTo(UserDefinedType[object]):
    """A parameter that Oracle is told to read as this type."""

    cache_ok = True

    def __init__(self, kind: ColumnKind) -> None:
        self.kind = kind

    def get_col_spec(self, **_: object) -> str:
        """The type's name, as it stands in the statement."""
        return _TEXTS.get(self.kind, "NUMBER")

    def bind_expression(self, bindvalue: sa.BindParameter[object]) -> sa.ColumnElement[object]:
        """The cast around the parameter."""
        return sa.cast(bindvalue, self)


class Day(UserDefinedType[object]):
    """A parameter that is a day, whatever date format the session has."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The type's name."""
        return "DATE"

    def bind_expression(self, bindvalue: sa.BindParameter[object]) -> sa.ColumnElement[object]:
        """The day at its midnight."""
        return sa.func.to_date(bindvalue, sa.literal_column("'YYYY-MM-DD'"))


def oracle_dialect() -> Dialect:
    """Lists value by value, as MariaDB's: a JSON_TABLE would be guessed to have thousands of rows."""
    return Dialect(
        sql=_make_oracle(paramstyle="qmark"),
        one_of=lambda column, bound: column.in_(bound),
        none_of=lambda column, bound: column.not_in(bound),
        begins=_begins,
        list_of=_listed,
        beginnings=_listed,
        spread=True,
        typed=_typed,
        value_of=_text,
        most_in_a_list=MOST_IN_A_LIST,
    )


def _typed(kind: ColumnKind) -> AnyType:
    if kind in {
        "date",
        "moment",
    }:  # Oracle's DATE has a time of day; beside a TIMESTAMP it is the DATE that gives
        return Day()
    return CastTo(kind) if kind in _TEXTS or kind == "whole_number" else untyped(kind)


def _begins(column: AnyColumn, bound: Bound, length: int) -> Condition:
    """A part of a padded text is not padded."""
    of: AnyType = column.type
    if isinstance(of, CastTo):
        of = CastTo(_UNPADDED.get(of.kind, of.kind))
    first = sa.func.substr(column, sa.literal_column("1"), sa.literal_column(str(length)))
    return first.in_(sa.bindparam(bound.key, type_=of))


def _listed(values: Sequence[object]) -> Sequence[object]:
    """Repeated up to a power of two, so that a handful of statements serves all lengths.

    An empty text is nothing to Oracle, and one nothing in a NOT IN would leave no row at all.
    """
    kept = [text for one in values if (text := _text(one))]
    length = min(1 << (len(kept) - 1).bit_length(), MOST_IN_A_LIST) if kept else 0
    return [*kept, *kept[-1:] * (length - len(kept))]


def _text(value: object) -> str:
    """As the casts read it; of a moment, the day."""
    return value.isoformat()[:10] if isinstance(value, date) else str(value)
