"""The same question in Oracle's words."""

from __future__ import annotations

import re
from datetime import date

import pytest

from connectors.candidate_query import CandidateQuery, Question
from connectors.contract import Identifiers
from connectors.live_columns import ColumnKind, LiveColumns, mapped_columns
from connectors.oracle_dialect import MOST_IN_A_LIST, oracle_dialect
from tests.spec.connectors.engines import housing, search_for

NAMES = {"given_name": "FORENAME", "family_name": {"column": "SURNAME", "indexed": True}}
BORN = {**NAMES, "birth_date": {"column": "DOB", "indexed": True}}
ADA = Identifiers("Ada", "O'Brien")


def asked(*people: Identifiers, kinds: dict[str, ColumnKind] | None = None, **changed: object) -> Question:
    parts = {"involvement": {}, "contact": {}, "gates": {}, "restricted": None, "identifiers": NAMES}
    source = housing(**{**parts, "table": "HOUSE.TENANCY", **changed})
    live: LiveColumns = {
        **dict.fromkeys((name for _, name in mapped_columns(source)), "text"),
        **(kinds or {}),
    }
    question = CandidateQuery(source, live, oracle_dialect()).question(search_for(*people))
    assert question is not None
    return question


def test_names_stand_as_the_catalogue_has_them_and_rows_are_counted_as_oracle_counts_them() -> None:
    text = asked(ADA).text
    assert 'FROM "HOUSE"."TENANCY" r' in text
    assert 'r."SURNAME" IN (CAST(? AS VARCHAR2(400 CHAR))' in text
    assert text.endswith("FETCH FIRST 20001 ROWS ONLY")
    assert " AS r" not in text  # Oracle takes no AS before a table's other name


def test_an_initial_is_looked_for_in_the_rows_that_an_index_found() -> None:
    assert 'substr(r."FORENAME", 1, 1) IN (CAST(? AS VARCHAR2(400 CHAR))' in asked(ADA).text


@pytest.mark.parametrize(
    ("kind", "cast", "of_its_part"),
    [
        ("padded_text", "CHAR(400 CHAR)", "VARCHAR2(400 CHAR)"),
        ("national_text", "NVARCHAR2(400)", "NVARCHAR2(400)"),
        ("padded_national_text", "NCHAR(400)", "NVARCHAR2(400)"),
    ],
)
def test_a_text_is_compared_as_its_column_is(kind: ColumnKind, cast: str, of_its_part: str) -> None:
    text = asked(ADA, kinds={"SURNAME": kind, "FORENAME": kind}).text
    assert f'r."SURNAME" IN (CAST(? AS {cast})' in text
    assert f'substr(r."FORENAME", 1, 1) IN (CAST(? AS {of_its_part})' in text


@pytest.mark.parametrize("kind", ["date", "moment"])
def test_a_day_is_a_text_that_the_statement_makes_a_date(kind: ColumnKind) -> None:
    on_a_day = Identifiers(birth_date=date(1985, 3, 7))
    question = asked(on_a_day, kinds={"DOB": kind}, identifiers=BORN)
    assert "TO_DATE(?, 'YYYY-MM-DD')" in question.text.upper()
    assert {"1985-03-07", "1985-07-03"} <= set(question.values)
    in_a_year = Identifiers("Ada", born_between=(date(1985, 1, 1), date(1985, 12, 31)))
    assert {"1985-01-01", "1986-01-01"} <= set(asked(in_a_year, kinds={"DOB": kind}, identifiers=BORN).values)


def test_a_number_is_a_text_that_the_statement_makes_a_number() -> None:
    """Its driver takes no whole number of ten digits."""
    numbered = {**NAMES, "nhs_number": {"column": "NHS", "indexed": True}}
    question = asked(
        Identifiers(nhs_number="9434765919"), kinds={"NHS": "whole_number"}, identifiers=numbered
    )
    assert 'r."NHS" IN (CAST(? AS NUMBER)' in question.text
    assert set(question.values) == {"9434765919", "-1"}


def test_more_than_a_thousand_values_are_asked_for_in_parts() -> None:
    born = {**NAMES, "birth_date": {"column": "DOB", "format": "dmy_text", "indexed": True}}
    five_years = Identifiers("Ada", "Smith", born_between=(date(1981, 1, 1), date(1985, 12, 31)))
    question = asked(five_years, identifiers=born)
    lists = re.findall(r'r."DOB" IN \(((?:CAST\(\? AS VARCHAR2\(400 CHAR\)\)(?:, )?)+)\)', question.text)
    assert max(one.count("?") for one in lists) == MOST_IN_A_LIST
    assert question.text.count("?") == len(question.values)
    days = {one for one in question.values if str(one).count("/") == 2}
    assert len(days) == 5 * 365 + 1


def test_an_empty_text_is_nothing_and_leaves_no_row_out() -> None:
    question = asked(ADA, cohort={"column": "STAGE", "never": ["", "planned"]})
    assert 'r."STAGE" NOT IN (CAST(? AS VARCHAR2(400 CHAR)))' in question.text
    assert "" not in question.values


def test_statements_are_few_because_lists_are_padded() -> None:
    names = ("Li", "Ng", "Wu", "Smith", "Singh", "Evans", "Wright", "Ferncroft")
    assert (
        len({asked(Identifiers("Ada", name)).text for name in names}) == 3
    )  # for two letters, five or six, nine
