"""The one statement that a source is asked: all rules, all people, one round trip.

SQLAlchemy's expression language writes it; nothing of SQLAlchemy runs it. Its text depends on the *shape* of
the search only (which columns are compared how, and how often), never on a value: values are bound, and a
database prepares each shape once.

Where every probe can use an index, the statement is a UNION of them; where one can't, the whole table has to
be read anyway, and one scan with all the conditions is faster (82 against 185 ms for 270,000 rows).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import lru_cache
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import quoted_name

from connectors.contract import READ_PER_CAP, Search
from connectors.dialects import AnyColumn, AnyType, Bound, Condition, Dialect, Selection
from connectors.expand import date_text
from connectors.live_columns import TEXTS, ColumnKind, LiveColumns, columns_of, vetted_query
from connectors.marks import mark
from connectors.rules import BEGINS, Comparison, How, Probe, in_parts, on_days, probes
from connectors.source_file import Cohort, Column, SourceFile

Shape = tuple[tuple[tuple[Column, How], ...], ...]
Relation = sa.FromClause

QUERY_ID, COHORT = "query_id", "cohort"


@dataclass(frozen=True, slots=True)
class Question:
    """A statement and its parameters, in the order in which the text numbers them.

    ``columns`` are those that it selects, in order.
    """

    text: str
    values: tuple[object, ...] = field(repr=False)
    columns: tuple[str, ...]


class CandidateQuery:
    """Makes the questions for one source, whose columns have been checked against the live database."""

    def __init__(self, source: SourceFile, live: LiveColumns, dialect: Dialect) -> None:
        self._source = source
        self._live = live
        self._dialect = dialect
        self._moments = {name for name, kind in live.items() if kind == "moment"}
        self._relation = _relation(source, live, dialect)
        # By shape: a search holds personal values, its shape holds none.
        self._statement = lru_cache(maxsize=256)(self._rendered)

    def question(self, search: Search) -> Question | None:
        """The question for a search; None when nothing that was typed can be looked for in this source."""
        wanted = on_days(probes(search, self._source), self._moments)
        wanted = in_parts(wanted, self._dialect.most_in_a_list)
        if not wanted:
            return None
        columns = selected_columns(self._source, search)
        statement = self._statement(tuple(one.signature for one in wanted), columns)
        values = dict(self._values(wanted)) | {QUERY_ID: mark(search.query_id)[:63]}
        text, in_order = (
            self._spread(statement, values) if self._dialect.spread else _in_order(statement, values)
        )
        return Question(text, in_order, columns)

    def _values(self, wanted: Sequence[Probe]) -> Iterator[tuple[str, object]]:
        for number, probe in enumerate(wanted):
            for place, one in enumerate(probe.comparisons):
                yield from self._bound(_name(number, place), one)
        if self._source.cohort is not None:
            cohort = self._source.cohort
            kind = self._live[cohort.column]
            values = [_as_kind(one, kind) for one in cohort.only or cohort.never]
            yield COHORT, self._dialect.list_of(values)

    def _bound(self, name: str, compared: Comparison) -> Iterator[tuple[str, object]]:
        if compared.how in BEGINS:
            yield name, self._dialect.beginnings([str(one) for one in compared.values])
            return
        values = _all_as_stored(compared, self._live[compared.column.column])
        if compared.how == "between":
            first, last = map(self._dialect.value_of, values)
            yield from ((f"{name}_from", first), (f"{name}_before", last))
        else:
            yield name, self._dialect.list_of(values)

    def _spread(self, statement: SQLCompiler, values: Mapping[str, object]) -> tuple[str, tuple[object, ...]]:
        """The text with as many parameters as its lists have values."""
        used = {name: value for name, value in values.items() if name in statement.params}
        whole = statement.construct_expanded_state(used)
        return whole.statement, tuple(whole.positional_parameters)

    def _rendered(self, shape: Shape, columns: tuple[str, ...]) -> SQLCompiler:
        found = self._union(shape, columns) if self._looks_up(shape) else self._scan(shape, columns)
        # One more than may come, to see whether there are more.
        limited = self._dialect.at_most(found, READ_PER_CAP * self._source.row_cap + 1)
        return limited.compile(dialect=self._dialect.sql)

    def _looks_up(self, shape: Shape) -> bool:
        return self._dialect.looks_up and all(
            any(column.indexed and how not in BEGINS for column, how in signature) for signature in shape
        )

    def _union(self, shape: Shape, columns: tuple[str, ...]) -> Selection:
        """A branch per kind of probe, so that each finds its own index."""
        numbered = groupby(enumerate(shape), key=lambda one: one[1][0][0])
        branches = [
            self._branch([self._probe(number, one) for number, one in alike], columns)
            for _, alike in numbered
        ]
        candidate = sa.union(*branches).subquery("candidate")
        found = sa.select(*(candidate.c[name] for name in columns))
        return self._told_who_asks(found)

    def _scan(self, shape: Shape, columns: tuple[str, ...]) -> Selection:
        conditions = [self._probe(number, one) for number, one in enumerate(shape)]
        return self._told_who_asks(self._branch(conditions, columns))

    def _branch(self, conditions: Sequence[Condition], columns: tuple[str, ...]) -> Selection:
        found = sa.select(*(self._column(name) for name in columns)).where(sa.or_(*conditions))
        cohort = self._source.cohort
        return found if cohort is None else found.where(self._in_scope(cohort))

    def _told_who_asks(self, found: Selection) -> Selection:
        asked_by = self._dialect.asked_by
        return found if asked_by is None else found.where(asked_by(_parameter(QUERY_ID)))

    def _probe(self, number: int, signature: tuple[tuple[Column, How], ...]) -> Condition:
        return sa.and_(*(self._comparison(_name(number, place), *one) for place, one in enumerate(signature)))

    def _comparison(self, name: str, column: Column, how: How) -> Condition:
        compared = self._column(column.column)
        if how == "between":
            first, last = (_parameter(f"{name}_{end}", compared.type) for end in ("from", "before"))
            return sa.and_(compared >= first, compared < last)
        bound = _parameter(name, compared.type)
        if how == "one_of":
            return self._dialect.one_of(compared, bound)
        return self._dialect.begins(compared, bound, 1 if how == "begins" else 2)

    def _in_scope(self, cohort: Cohort) -> Condition:
        """A row without a value is none of the values that ``never`` names: it is in scope."""
        column = self._column(cohort.column)
        if cohort.only:
            return self._dialect.one_of(column, _parameter(COHORT, column.type))
        return sa.or_(column.is_(None), self._dialect.none_of(column, _parameter(COHORT, column.type)))

    def _column(self, name: str) -> AnyColumn:
        return self._relation.c[name]


def selected_columns(source: SourceFile, search: Search) -> tuple[str, ...]:
    """The columns that a search needs and no other, each once: law 8.

    Gates and the restriction always; identifiers unless ``gates_only``; of involvement and contact what
    ``involvement`` names.
    """
    needed, wanted = [source.local_key], search.involvement
    needed += [column.column for _, column in columns_of(source.identifiers) if not search.gates_only]
    needed += [column.column for place, column in columns_of(source.involvement) if place in wanted]
    if "contact" in wanted:
        needed += [column.column for _, column in columns_of(source.contact)]
        needed += [source.contact.desk_when.column] if source.contact.desk_when else []
    needed += source.gates.values()
    needed += [one.column for name, one in source.guards().items() if name != "cohort"]
    return tuple(dict.fromkeys(needed))


def _relation(source: SourceFile, live: LiveColumns, dialect: Dialect) -> Relation:
    """The table, or the vetted query as a derived table. Every name is quoted."""
    columns: list[sa.ColumnClause[object]] = [
        sa.column(quoted_name(name, quote=True), dialect.typed(kind)) for name, kind in live.items()
    ]
    if source.table is None:
        # A colon would be a parameter to SQLAlchemy.
        return sa.text(vetted_query(source).replace(":", r"\:")).columns(*columns).subquery("r")
    schema, _, name = source.table.rpartition(".")
    quoted_schema = quoted_name(schema, quote=True) if schema else None
    return sa.table(quoted_name(name, quote=True), *columns, schema=quoted_schema).alias("r")


def _in_order(statement: SQLCompiler, values: Mapping[str, object]) -> tuple[str, tuple[object, ...]]:
    """The text, and its values in its order; a parameter of SQLAlchemy's own has its value from there."""
    own = statement.params
    return str(statement), tuple(values.get(name, own[name]) for name in statement.positiontup or ())


def _name(number: int, place: int) -> str:
    return f"p{number}_{place}"


def _parameter(name: str, of: AnyType | None = None) -> Bound:
    return sa.bindparam(name, type_=of or sa.types.NullType())


def _all_as_stored(compared: Comparison, kind: ColumnKind) -> Sequence[object]:
    """The values as a column of this kind takes them: most often as they are, not looked at one by one."""
    values, column = compared.values, compared.column
    if kind == "date" and column.format == "date":
        as_they_are = isinstance(values[0], date)
    else:
        as_they_are = kind in TEXTS and isinstance(values[0], str)
    return values if as_they_are else [_as_stored(one, column, kind) for one in values]


def _as_stored(value: str | date, column: Column, kind: ColumnKind) -> object:
    if isinstance(value, str):
        return _as_kind(value, kind)
    if column.format != "date" or kind == "untyped":
        return date_text(value, column.format)
    return datetime.combine(value, time()) if kind == "moment" else value


def _as_kind(value: str, kind: ColumnKind) -> object:
    """A text as its column's kind. A text that is no whole number is never equal to one: -1 stands for it."""
    if kind == "whole_number":
        return int(value) if value.isdecimal() else -1
    if kind == "flag":
        return value.casefold() in {"true", "t", "yes", "y", "1"}
    return value
