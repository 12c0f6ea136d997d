"""The same question in the words of the databases that ODBC reaches."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from connectors.candidate_query import CandidateQuery, Question
from connectors.contract import Identifiers
from connectors.dialects import Dialect
from connectors.live_columns import ColumnKind, LiveColumns, mapped_columns
from connectors.odbc_dialects import mariadb_dialect, postgresql_by_odbc, sqlserver_dialect
from connectors.source_file import SourceFile
from tests.spec.connectors.engines import housing, search_for

NAMES = {"given_name": "First]Name", "family_name": {"column": "sur`name?", "indexed": True}}
ADA = Identifiers("Ada", "O'Brien")


def asked(dialect: Dialect, source: SourceFile, *people: Identifiers, **kinds: ColumnKind) -> Question:
    live: LiveColumns = {**dict.fromkeys((name for _, name in mapped_columns(source)), "text"), **kinds}
    question = CandidateQuery(source, live, dialect).question(search_for(*people))
    assert question is not None
    return question


def brief(**changed: object) -> SourceFile:
    parts = {"involvement": {}, "contact": {}, "gates": {}, "restricted": None, "identifiers": NAMES}
    return housing(**{**parts, **changed})


def test_sql_server_takes_lists_as_json_and_limits_at_the_top() -> None:
    question = asked(sqlserver_dialect(), brief(table="dbo.Tenancy"), ADA)
    assert question.text.startswith("SELECT TOP 20001 ")
    assert "FROM [dbo].[Tenancy] AS r" in question.text
    assert "r.[sur`name?] IN (SELECT" in question.text
    assert "FROM openjson(?)" in question.text
    assert "r.[First]]Name] LIKE" in question.text
    assert '["A%", "a%"]' in question.values


def test_sql_server_reads_dates_alike_whatever_language_its_login_has() -> None:
    born = {**NAMES, "birth_date": {"column": "dob", "indexed": True}}
    source = brief(identifiers=born)
    on_a_day = Identifiers(birth_date=date(1985, 3, 7))
    assert (
        asked(sqlserver_dialect(), source, on_a_day, dob="date").values[0] == '["1985-03-07", "1985-07-03"]'
    )
    assert set(asked(sqlserver_dialect(), source, on_a_day, dob="moment").values) == {
        datetime.combine(date(1985, month, day), time()) for month, day in ((3, 7), (3, 8), (7, 3), (7, 4))
    }  # the day, and day and month swapped, each until the next


def test_mariadb_takes_a_parameter_for_each_value() -> None:
    question = asked(mariadb_dialect(), brief(), ADA)
    assert question.text.count("?") - question.text.count("name?") == len(question.values)
    assert "r.`sur``name?` IN (?, " in question.text
    assert "left(r.`First]Name`, 1) IN (?, ?)" in question.text
    assert question.text.endswith("LIMIT 20001")
    assert "O'Brien" in question.values


def test_mariadbs_statements_are_few_because_lists_are_padded() -> None:
    names = ("Li", "Ng", "Wu", "Smith", "Singh", "Evans", "Wright", "Ferncroft")
    texts = {asked(mariadb_dialect(), brief(), Identifiers("Ada", name)).text for name in names}
    assert len(texts) == 3  # for two letters, five or six, and nine


def test_mariadb_leaves_no_row_out_of_a_cohort_by_its_padding() -> None:
    question = asked(
        mariadb_dialect(), brief(cohort={"column": "stage", "never": ["planned", "x", "y"]}), ADA
    )
    assert question.text.count("`stage` NOT IN (?, ?, ?, ?)") > 0
    assert question.values.count("y") > question.values.count("x")


@pytest.mark.parametrize(
    ("name", "inside"),
    [("O'Brien", '"O\'Brien"'), ('Say "so"', '"Say \\"so\\""'), ("Back\\slash", '"Back\\\\slash"')],
)
def test_postgresql_takes_arrays_as_their_literals(name: str, inside: str) -> None:
    question = asked(postgresql_by_odbc(), brief(), Identifiers("Ada", name))
    assert "= ANY (?)" in question.text
    assert any(inside in str(value) for value in question.values)
    assert '{"A%","a%"}' in question.values
