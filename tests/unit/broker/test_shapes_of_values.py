"""The shape of values: counts of them, and codes that are about nobody."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import handwritten
from broker.owners.shapes import (
    FEWEST_ROWS,
    LONGEST_CODE,
    about,
    date_shape,
    name_case,
    rounded,
    sex_codes,
    tellable,
)
from broker.owners.yaml_text import comment, scalar
from connectors.inspection.seen import Coded
from connectors.source_file import SourceFile


@pytest.mark.parametrize(
    ("value", "form"),
    [
        ("2019-03-07", "iso_text"),
        ("27/03/2019", "dmy_text"),
        ("20190307", "compact_text"),
        ("03/27/2019", "month_first"),
        ("07/03/19", "short_year"),
        ("2019-03-07 00:00:00", "with_time"),
        ("soon", None),
        ("7/3/2019", "month_first"),
    ],
)
def test_dates_are_known_by_their_form(value: str, form: str | None) -> None:
    assert date_shape([value] * 40).written == form


def test_day_first_goes_before_month_first_where_both_fit() -> None:
    assert date_shape(["07/03/2019"] * 40).written == "dmy_text"
    assert date_shape(["07/03/2019"] * 30 + ["03/27/2019"] * 10).written == "month_first"


def test_a_few_slips_change_nothing_and_a_few_values_tell_nothing() -> None:
    assert date_shape(["2019-03-07"] * 99 + ["?"]).written == "iso_text"
    assert date_shape(["2019-03-07"] * 90 + ["?"] * 10).written is None
    assert date_shape(["2019-03-07"] * 19).written is None


def test_a_case_is_told_only_when_every_name_has_it() -> None:
    assert name_case(["SMITH"] * 30) == "upper"
    assert name_case(["smith"] * 30) == "lower"
    assert name_case(["SMITH"] * 30 + ["Smith"]) == "as_written"
    assert name_case(["SMITH"] * 5) == "as_written"


def test_codes_that_few_rows_have_or_that_are_no_codes_are_not_told() -> None:
    codes = [
        Coded("ACT", 500),
        Coded("RARE", FEWEST_ROWS - 1),
        Coded("x" * (LONGEST_CODE + 1), 500),
        Coded("a\nb", 50),
    ]
    assert [one.value for one in tellable(codes)] == ["ACT"]
    assert "ACT" not in repr(codes)


def test_numbers_are_no_sexes() -> None:
    assert sex_codes([Coded("F", 50), Coded("Male", 50), Coded("1", 50), Coded("9", 50)]) == {
        "F": "female",
        "Male": "male",
    }


@given(st.integers(min_value=0, max_value=10**9))
def test_a_number_of_rows_is_rounded_and_a_small_one_hidden(rows: int) -> None:
    told = about(rows)
    assert (told == "fewer than 10") == (rows < FEWEST_ROWS)
    assert abs(rounded(rows) - rows) <= max(1, rows) * 0.05
    assert len(str(rounded(rows)).rstrip("0")) <= 2


@given(st.text(min_size=1).filter(lambda text: text.isprintable()))
def test_whatever_a_column_is_called_it_is_read_back_as_that(name: str) -> None:
    """And a comment ends where its line ends."""
    text = SOURCE.format(column=scalar(name), remark=comment(f"{name}\nkind: other"))
    made, _ = handwritten.read_bytes(text.encode(), SourceFile, PATH)
    assert made.local_key == name


PATH = Path("probation.yaml")
SOURCE = """format: source/1
source: probation
service: Probation
system: Delius
kind: memory
connection: {{}}
table: orders
local_key: {column}
{remark}
identifiers: {{given_name: a, family_name: b}}
involvement: {{}}
desk: {{name: Desk, phone: "01632 960061"}}
coverage: {{area: Northshire, since: 2015-01-01}}
population: 10
"""
