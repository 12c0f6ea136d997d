"""Every statement of every dialect, read by a parser that is not ours: what it reads, and what it never does.

It also stands for the two databases that no machine of ours can run, SQL Server and Oracle.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp

from connectors.candidate_query import CandidateQuery, Question
from connectors.contract import Identifiers, Search
from connectors.dialects import Dialect, duckdb_dialect, postgresql_dialect, sqlite_dialect
from connectors.live_columns import ColumnKind, LiveColumns, columns_of, mapped_columns
from connectors.odbc_dialects import mariadb_dialect, postgresql_by_odbc, sqlserver_dialect
from connectors.oracle_dialect import oracle_dialect
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing


@dataclass(frozen=True, slots=True)
class Spoken:
    """A dialect of ours, and what the parser calls it. ``kinds``: what a text column of such a database may be."""

    dialect: Callable[[], Dialect]
    parser: str
    texts: tuple[ColumnKind, ...] = ("text",)
    days: tuple[ColumnKind, ...] = ("date", "moment")


DIALECTS: Mapping[str, Spoken] = {
    "postgresql": Spoken(postgresql_dialect, "postgres"),
    "postgresql by odbc": Spoken(postgresql_by_odbc, "postgres"),
    "sqlite": Spoken(sqlite_dialect, "sqlite", ("untyped",), ("untyped",)),
    "extract": Spoken(duckdb_dialect, "duckdb"),
    "mariadb": Spoken(mariadb_dialect, "mysql"),
    "sqlserver": Spoken(sqlserver_dialect, "tsql"),
    "oracle": Spoken(
        oracle_dialect, "oracle", ("text", "padded_text", "national_text", "padded_national_text")
    ),
}
NAMES = st.text(max_size=12) | st.sampled_from(
    ["O'Brien", 'Say "so"', "{fn now()}", "a?b:c$1", "--", "/*", "\\"]
)
DAYS = st.dates(date(1880, 1, 1), date(2100, 1, 1))
RANGES = st.tuples(DAYS, st.sampled_from([0, 30, 365])).map(
    lambda one: (one[0], date.fromordinal(one[0].toordinal() + one[1]))
)
PEOPLE = st.builds(
    Identifiers,
    given_name=st.none() | NAMES,
    family_name=st.none() | NAMES,
    other_family_names=st.lists(NAMES, max_size=2).map(tuple),
    birth_date=st.none() | DAYS,
    born_between=st.none() | RANGES,
    postcode=st.none() | st.sampled_from(["SK1 3XE", "x"]),
    uprn=st.none() | st.just("100011234567"),
    nhs_number=st.none() | st.just("9434765919"),
    upn=st.none() | st.just("A123456789012"),
    case_id=st.none() | NAMES,
)
SEARCHES = st.builds(
    Search,
    query_id=st.sampled_from(["q-1", "*/ DROP TABLE tenancy --"]),
    people=st.lists(PEOPLE, min_size=1, max_size=2).map(tuple),
    involvement=st.frozensets(st.sampled_from(["started", "ended", "last_contact", "status", "contact"])),
    seconds=st.just(1.0),
    gates_only=st.booleans(),
)
COLUMN_NAMES = {
    "given_name": "First Name", "family_name": 'sur"na`me]', "other_family_names": "maiden?", "birth_date": "d:ob",
    "postcode": "post$1code", "uprn": "uprn", "nhs_number": "nhs", "upn": "upn", "case_id": "case_no",
}  # fmt: skip


@st.composite
def sources(draw: st.DrawFn) -> SourceFile:
    """Source files of any shape: which columns there are, which have an index, in what form dates stand."""
    left_out = draw(st.sets(st.sampled_from(sorted(COLUMN_NAMES.keys() - {"given_name", "family_name"}))))
    columns: dict[str, Any] = {
        place: {"column": name, "indexed": draw(st.booleans())}
        for place, name in COLUMN_NAMES.items()
        if place not in left_out
    }
    if "birth_date" in columns:
        columns["birth_date"]["format"] = draw(
            st.sampled_from(["date", "iso_text", "dmy_text", "compact_text"])
        )
    if "other_family_names" in columns:
        columns["other_family_names"] = [columns["other_family_names"]]
    scope = st.fixed_dictionaries({"column": st.just("stage"), "never": st.just(["planned", "x;y", ""])})
    where = draw(st.sampled_from([{"table": "tenancy"}, {"table": "House.Tenancy"}]))
    return housing(identifiers=columns, cohort=draw(st.none() | scope), **where)


def live(source: SourceFile, spoken: Spoken, draw: st.DataObject) -> LiveColumns:
    """What the database might say that these columns are."""
    texts = {name: draw.draw(st.sampled_from(spoken.texts)) for _, name in mapped_columns(source)}
    born = source.identifiers.birth_date
    if born is None or born.format != "date":
        return texts
    return {**texts, born.column: draw.draw(st.sampled_from(spoken.days))}


@pytest.mark.parametrize("name", DIALECTS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(source=sources(), search=SEARCHES, drawn=st.data())
def test_every_statement_is_one_select_of_the_mapped_columns_of_the_table(
    name: str, source: SourceFile, search: Search, drawn: st.DataObject
) -> None:
    spoken = DIALECTS[name]
    question = CandidateQuery(source, live(source, spoken, drawn), spoken.dialect()).question(search)
    if question is None:
        return
    select = one_select(question, spoken)
    assert tables_of(select) == {tuple((source.table or "").split("."))}
    assert columns_in(select) <= {column for _, column in mapped_columns(source)} | {"value"}
    assert placeholders(question, spoken) == len(question.values)
    assert literals(select) <= {"1", "2", "application_name", "%Y-%m-%d", str(4 * source.row_cap + 1), "400"}
    if name != "extract":  # it has no index, and reads every row
        for touched in touched_by_a_function(select):
            assert looked_up_beside(touched, source) or not looks_up(select), touched.sql()


def one_select(question: Question, spoken: Spoken) -> exp.Select:
    (statement,) = sqlglot.parse(question.text, dialect=spoken.parser)
    assert isinstance(statement, exp.Select)
    forbidden = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Command, exp.Into, exp.Lock, exp.DDL)
    assert [one for one in statement.find_all(*forbidden) if not isinstance(one, exp.Query)] == []
    return statement


def tables_of(select: exp.Select) -> set[tuple[str, ...]]:
    """The relations that it reads: what a function gives is none."""
    return {
        tuple(part.name for part in one.parts)
        for one in select.find_all(exp.Table)
        if isinstance(one.this, exp.Identifier)
    }


def columns_in(select: exp.Select) -> set[str]:
    return {one.name for one in select.find_all(exp.Column)}


def literals(select: exp.Select) -> set[str]:
    """No value of anybody stands in the text: only what is the same for every question. The parser writes a
    date's format as Python does."""
    return {
        one.name
        for one in select.find_all(exp.Literal)
        if not isinstance(one.parent, exp.Parameter)  # $2
    }


def placeholders(question: Question, spoken: Spoken) -> int:
    """Counted as a driver counts them, in what is neither a name nor a literal."""
    quoted = (
        r'"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[(?:[^\]]|\]\])*\]'
        if spoken.parser == "tsql"
        else r'"(?:[^"]|"")*"|`(?:[^`]|``)*`'
    )
    bare = re.sub(quoted, "", question.text)
    if spoken.dialect().sql.paramstyle == "numeric_dollar":
        return len(set(re.findall(r"\$\d+", bare)))
    return bare.count("?")


def looks_up(select: exp.Select) -> bool:
    """Whether it is a union of look-ups, or a look-up: a scan reads every row anyway."""
    return select.find(exp.Union) is not None


def touched_by_a_function(select: exp.Select) -> Iterator[exp.Func]:
    """The functions in conditions that are given a column of the table, which no index then serves."""
    for where in select.find_all(exp.Where):
        for function in where.find_all(exp.Func):
            if isinstance(function, (exp.And, exp.Or)):
                continue
            if any(isinstance(one, exp.Column) and one.table == "r" for one in function.iter_expressions()):
                yield function


def looked_up_beside(function: exp.Func, source: SourceFile) -> bool:
    """Whether the same conjunction compares a bare column that has an index: then it sifts what that found."""
    indexed = {column.column for _, column in columns_of(source.identifiers) if column.indexed}
    conjunction = function.parent
    while conjunction is not None and not isinstance(conjunction, (exp.Paren, exp.Or, exp.Where)):
        compared = [
            one.this
            for one in conjunction.find_all(exp.In, exp.EQ, exp.GTE)
            if isinstance(one.this, exp.Column)
        ]
        if isinstance(conjunction, exp.And) and any(one.name in indexed for one in compared):
            return True
        conjunction = conjunction.parent
    return False


SLY = {
    "two statements": "SELECT r.a FROM tenancy AS r; DROP TABLE tenancy",
    "a write": "DELETE FROM tenancy",
    "one that makes a table": "SELECT r.a INTO copy FROM tenancy AS r",
    "one that locks": "SELECT r.a FROM tenancy AS r FOR UPDATE",
}


@pytest.mark.parametrize("text", SLY.values(), ids=SLY)
def test_the_parser_would_see_another_statement(text: str) -> None:
    with pytest.raises((AssertionError, ValueError)):
        one_select(Question(text, (), ()), DIALECTS["postgresql"])


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ("left(r.forename, 1) IN (?) AND r.surname IN (?)", True),
        ("left(r.forename, 1) IN (?) OR r.surname IN (?)", False),
        ("upper(r.surname) IN (?)", False),
    ],
)
def test_a_function_may_only_sift_what_an_index_found(condition: str, allowed: bool) -> None:
    text = f"SELECT r.ref FROM tenancy AS r WHERE {condition}"  # noqa: S608 -- from above
    (touched,) = touched_by_a_function(one_select(Question(text, (), ()), DIALECTS["mariadb"]))
    assert looked_up_beside(touched, housing()) is allowed
