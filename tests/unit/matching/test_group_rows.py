"""Which rows of a source are of one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from broker.matching.columns import columns_of
from broker.matching.group import group
from connectors.contract import Candidate, Identifiers

BORN = date(2012, 3, 17)
ONE, OTHER = "9434765919", "9434765870"


def grouped(*rows: Identifiers, keys: str | None = None) -> tuple[tuple[int, ...], ...]:
    names = keys or [str(index) for index in range(len(rows))]
    columns = columns_of([Candidate(key, row) for key, row in zip(names, rows, strict=True)])
    return group(columns, range(len(rows)))


def amira(born: date | None = BORN, given: str = "Amira", **numbers: Any) -> Identifiers:
    return Identifiers(given_name=given, family_name="Quarmby", birth_date=born, **numbers)


def test_the_same_names_and_birth_date_are_one_person_however_written() -> None:
    assert grouped(amira(), amira(given="AMÍRA")) == ((0, 1),)


def test_the_same_names_without_a_birth_date_are_not_one_person() -> None:
    assert grouped(amira(None), amira(None)) == ((0,), (1,))
    assert grouped(amira(None), amira(None), keys="aa") == ((0, 1),)


def test_namesakes_of_new_years_day_are_one_person_only_at_one_postcode() -> None:
    unknown = date(1990, 1, 1)
    here = replace(amira(unknown), postcode="SK3 8AB")
    assert grouped(here, replace(here, postcode="M1 1AA"), replace(here, postcode="sk38ab")) == ((0, 2), (1,))
    assert grouped(amira(unknown), amira(unknown)) == ((0,), (1,))


def test_a_slip_or_a_former_family_name_does_not_make_one_person_two() -> None:
    assert grouped(amira(), replace(amira(), family_name="Quarmbby")) == ((0, 1),)
    assert grouped(amira(), replace(amira(), family_name="Ray", other_family_names=("Quarmby",))) == ((0, 1),)
    assert grouped(amira(), replace(amira(), family_name="Holroyd")) == ((0,), (1,))
    assert grouped(amira(), replace(amira(date(2012, 3, 18)), family_name="Quarmbby")) == ((0,), (1,))


def test_a_short_form_is_the_same_person_and_a_twin_of_a_like_name_is_not() -> None:
    assert grouped(amira(given="Katherine"), amira(given="Katie")) == ((0, 1),)
    assert grouped(amira(given="Jayden"), amira(given="Hayden")) == ((0,), (1,))
    assert grouped(amira(given="Alex", sex="male"), amira(given="Alexandra", sex="female")) == ((0,), (1,))


def test_the_same_valid_number_and_a_like_name_are_one_person() -> None:
    assert grouped(amira(nhs_number=ONE), amira(None, "Amirah", nhs_number=ONE)) == ((0, 1),)
    assert grouped(amira(upn="H801200001001"), amira(None, upn="H801200001001")) == ((0, 1),)


def test_twins_with_each_others_number_stay_two() -> None:
    assert grouped(amira(nhs_number=ONE), amira(given="Zahra", nhs_number=ONE)) == ((0,), (1,))


def test_two_different_valid_numbers_are_never_one_person() -> None:
    assert grouped(amira(nhs_number=ONE), amira(nhs_number=OTHER), amira()) == ((0,), (1,), (2,))
    assert grouped(amira(nhs_number=ONE), amira(nhs_number=OTHER), amira(nhs_number=ONE)) == ((0, 2), (1,))


def test_an_invalid_number_neither_joins_nor_parts() -> None:
    assert grouped(amira(nhs_number="1234567890"), amira(nhs_number=ONE)) == ((0, 1),)
    assert grouped(amira(nhs_number="1234567890"), amira(None, nhs_number="1234567890")) == ((0,), (1,))


def test_a_number_that_many_names_have_was_typed_to_fill_a_field() -> None:
    names = [f"Amira{chr(97 + index)}" for index in range(25)]
    rows = [amira(None, given, nhs_number=ONE) for given in names]
    assert len(grouped(*rows)) == len(rows)


some_rows = st.lists(
    st.builds(
        amira,
        born=st.sampled_from([BORN, None, date(1980, 1, 2)]),
        given=st.sampled_from(["Amira", "Amirah", "Zahra"]),
        nhs_number=st.sampled_from([ONE, OTHER, ""]),
    ),
    max_size=7,
)


@given(some_rows, st.randoms(use_true_random=False))
def test_groups_do_not_depend_on_the_order_of_rows(rows: list[Identifiers], random: Random) -> None:
    order = random.sample(range(len(rows)), len(rows))
    as_they_are = {frozenset(members) for members in grouped(*rows, keys="a" * len(rows))}
    shuffled = grouped(*[rows[index] for index in order], keys="a" * len(rows))
    assert {frozenset(order[place] for place in members) for members in shuffled} == as_they_are
