"""Dates, postcodes and numbers in the forms to look for."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.expand import (
    code_forms,
    date_text,
    days_between,
    exact_dates,
    nhs_number_forms,
    one_edit_dates,
    postcode_forms,
)
from connectors.read_values import date_of

BIRTHS = st.dates(date(1900, 1, 1), date(2030, 12, 31))


@given(BIRTHS)
def test_a_swapped_date_is_swapped_back_by_a_second_swap(day: date) -> None:
    assert day in exact_dates(day)
    for other in exact_dates(day):
        assert day in exact_dates(other)
    assert len(exact_dates(day)) == (2 if day.day <= 12 and day.day != day.month else 1)


@given(BIRTHS)
def test_one_edit_is_one_edit_both_ways(day: date) -> None:
    near = one_edit_dates(day)
    assert day not in near
    assert list(near) == sorted(set(near))
    assert len(near) <= 60
    assert all(day in one_edit_dates(other) for other in near)


@pytest.mark.parametrize(
    ("near", "is_near"),
    [
        (date(1985, 3, 8), True),
        (date(1985, 3, 17), True),
        (date(1986, 3, 7), True),
        (date(1958, 3, 7), True),
        (date(1985, 4, 8), False),
        (date(1996, 3, 7), False),
    ],
)
def test_a_slip_of_one_digit_or_two_neighbours_is_near(near: date, is_near: bool) -> None:
    assert (near in one_edit_dates(date(1985, 3, 7))) is is_near


@given(st.dates(), st.sampled_from(["date", "iso_text", "dmy_text", "compact_text"]))
def test_a_written_date_is_read_as_the_same_day(day: date, written: str) -> None:
    assert date_of(date_text(day, written), written) == day  # type: ignore[arg-type]  # of the formats above


@given(BIRTHS, st.integers(0, 800))
def test_the_days_of_a_range_are_all_there_once(first: date, length: int) -> None:
    days = days_between(first, first + timedelta(days=length))
    assert len(days) == length + 1 == len(set(days))
    assert (days[0], days[-1]) == (first, first + timedelta(days=length))


@pytest.mark.parametrize("part", ["", "SK1", "SK1 3", "3XE", "SK1 3XEE", "not known", "SK1 XE3"])
def test_less_than_a_whole_postcode_is_not_looked_for(part: str) -> None:
    assert postcode_forms(part) == ()


def test_a_short_postcode_is_padded_to_the_fixed_width_of_old_files() -> None:
    assert postcode_forms("m11ae") == ("M1  1AE", "M1 1AE", "M11AE", "m1  1ae", "m1 1ae", "m11ae")


@given(st.text(max_size=30))
def test_any_text_gives_numbers_without_harm(text: str) -> None:
    assert len(nhs_number_forms(text)) in (0, 2)
    assert all(form.isalnum() for form in code_forms(text))
    assert len(postcode_forms(text)) in (0, 4, 6)


def test_an_nhs_number_is_looked_for_as_printed_and_as_stored() -> None:
    assert nhs_number_forms("943-476-5919") == ("9434765919", "943 476 5919")
    assert nhs_number_forms("94347659190") == ()
