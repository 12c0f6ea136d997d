"""Each identifier of two people, compared to a level."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.matching.compare import compare_birth_dates, compare_numbers, compare_ranges
from broker.matching.compare_names import compare_family_names, compare_given_names
from broker.matching.known import Number
from broker.matching.levels import (
    AddressLevel,
    BirthDateLevel,
    FamilyNameLevel,
    GivenNameLevel,
    NumberLevel,
    PostcodeLevel,
    RangeLevel,
)
from broker.matching.nicknames import are_forms_of_one_name
from broker.matching.pair import comparison_of
from broker.matching.places import compare_addresses, compare_postcodes, place
from broker.matching.weights import DEFAULT_WEIGHTS
from connectors.contract import Identifiers, Sex


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("sarah", "sarah", GivenNameLevel.EXACT),
        ("anne marie", "annemarie", GivenNameLevel.EXACT),
        ("sarah", "sarah jane", GivenNameLevel.EXACT),
        ("sarah j", "sarah jane", GivenNameLevel.ALL_NAMES),
        ("sarah jane", "sarah jane", GivenNameLevel.ALL_NAMES),
        ("sarah ann", "sarah jane", GivenNameLevel.CLOSE),
        ("mohammed ali", "mohammed", GivenNameLevel.CLOSE),
        ("mohammed ali", "mohammed usman", GivenNameLevel.SIMILAR),
        ("charlotte", "charlote", GivenNameLevel.CLOSE),
        ("mohammed", "muhammad", GivenNameLevel.NICKNAME),
        ("bill", "william", GivenNameLevel.NICKNAME),
        ("siobhan", "shivaun", GivenNameLevel.NICKNAME),
        ("daniel", "danielle", GivenNameLevel.TWO_NAMES),
        ("jayden", "kayden", GivenNameLevel.TWO_NAMES),
        ("amira", "amina", GivenNameLevel.TWO_NAMES),
        ("maisie", "daisy", GivenNameLevel.TWO_NAMES),
        ("margaret", "daisy", GivenNameLevel.NICKNAME),
        ("kate", "katie", GivenNameLevel.CLOSE),
        ("mohamed", "muhammad", GivenNameLevel.NICKNAME),
        ("oluwaseun", "seun", GivenNameLevel.NICKNAME),
        ("caoimhe", "keeva", GivenNameLevel.NICKNAME),
        ("hassan", "hussain", GivenNameLevel.TWO_NAMES),
        ("amira", "amirah", GivenNameLevel.CLOSE),
        ("gurpreet", "gurprit", GivenNameLevel.CLOSE),
        ("qasim", "kasim", GivenNameLevel.CLOSE),
        ("mohammed ali", "ali", GivenNameLevel.SIMILAR),
        ("j", "john", GivenNameLevel.INITIAL),
        ("j", "j", GivenNameLevel.INITIAL),
        ("j", "sarah", GivenNameLevel.DIFFERS),
        ("jack", "emma", GivenNameLevel.DIFFERS),
        (None, "emma", None),
    ],
)
def test_given_names_compare_to_a_level(
    one: str | None, other: str | None, level: GivenNameLevel | None
) -> None:
    assert compare_given_names(one, other) == compare_given_names(other, one) == level


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mohamed", "muhammad"),
        ("yusuf", "joseph"),
        ("seun", "oluwaseun"),
        ("beth", "elizabeth"),
        ("kate", "katherine"),
        ("alex", "alexandra"),
        ("alex", "alexander"),
    ],
)
def test_short_forms_and_spellings_are_forms_of_one_name(one: str, other: str) -> None:
    assert are_forms_of_one_name(one, other)
    assert are_forms_of_one_name(other, one)


def test_two_names_with_a_short_form_in_common_are_two_names() -> None:
    assert not are_forms_of_one_name("samuel", "samantha")
    assert not are_forms_of_one_name("unheard", "unheard of")


@pytest.mark.parametrize(
    ("names", "others", "level"),
    [
        (("smith",), ("smith",), FamilyNameLevel.EXACT),
        (("al hassan",), ("alhassan",), FamilyNameLevel.EXACT),
        (("jones", "smith"), ("brown", "smith"), FamilyNameLevel.EXACT),
        (("mcdonald",), ("macdonald",), FamilyNameLevel.CLOSE),
        (("smith jones",), ("jones",), FamilyNameLevel.SHARED_TOKEN),
        (("al khatib",), ("al rashid",), FamilyNameLevel.DIFFERS),
        (("thompson",), ("tompkins",), FamilyNameLevel.SIMILAR),
        (("s",), ("smith",), FamilyNameLevel.SIMILAR),
        (("s",), ("s",), FamilyNameLevel.SIMILAR),
        (("smith",), ("patel",), FamilyNameLevel.DIFFERS),
    ],
)
def test_family_names_compare_to_the_best_level_of_any_of_them(
    names: tuple[str, ...], others: tuple[str, ...], level: FamilyNameLevel
) -> None:
    found, back = compare_family_names(names, others), compare_family_names(others, names)
    assert found is not None
    assert back is not None
    assert found[0] == back[0] == level


def test_a_missing_family_name_is_not_compared() -> None:
    assert compare_family_names((), ("smith",)) is None


@pytest.mark.parametrize(
    ("other", "level"),
    [
        (date(2012, 3, 7), BirthDateLevel.EXACT),
        (date(2012, 7, 3), BirthDateLevel.DAY_MONTH_SWAP),
        (date(2012, 3, 17), BirthDateLevel.ONE_EDIT),
        (date(2021, 3, 7), BirthDateLevel.ONE_EDIT),
        (date(2012, 3, 28), BirthDateLevel.TWO_OF_THREE_PARTS),
        (date(1987, 3, 7), BirthDateLevel.TWO_OF_THREE_PARTS),
        (date(2012, 11, 28), BirthDateLevel.SAME_YEAR),
        (date(1987, 11, 28), BirthDateLevel.DIFFERS),
    ],
)
def test_birth_dates_compare_to_a_level(other: date, level: BirthDateLevel) -> None:
    typed = date(2012, 3, 7)
    assert compare_birth_dates(typed, other) == compare_birth_dates(other, typed) == level


@pytest.mark.parametrize(
    ("born", "level"),
    [
        (date(1990, 1, 1), RangeLevel.INSIDE),
        (date(1990, 12, 31), RangeLevel.INSIDE),
        (date(1991, 6, 1), RangeLevel.WITHIN_A_YEAR),
        (date(1989, 6, 1), RangeLevel.WITHIN_A_YEAR),
        (date(1993, 1, 1), RangeLevel.OUTSIDE),
    ],
)
def test_a_birth_date_is_inside_near_or_outside_a_typed_range(born: date, level: RangeLevel) -> None:
    assert compare_ranges((date(1990, 1, 1), date(1990, 12, 31)), (born, born)) == level


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [("female", "female", "same"), ("female", "male", "differs"), (None, "male", ""), ("other", "male", "")],
)
def test_sexes_are_the_same_or_differ_or_missing(one: Sex | None, other: Sex | None, level: str) -> None:
    told = comparison_of(Identifiers(sex=one), Identifiers(sex=other), DEFAULT_WEIGHTS)
    assert told.sex.level == level


def test_a_number_with_a_wrong_check_digit_counts_only_as_a_slip_of_the_other() -> None:
    right, slip = Number("9434765919", True), Number("9434765910", False)
    assert compare_numbers(right, right) is NumberLevel.EXACT
    assert compare_numbers(right, Number("9434765870", True)) is NumberLevel.DIFFERS
    assert compare_numbers(right, slip) is compare_numbers(slip, right) is NumberLevel.ONE_EDIT
    assert compare_numbers(right, Number("1234567890", False)) is None
    assert compare_numbers(slip, slip) is None


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("12 Mill Lane, Stockport SK3 8AB", "12 Mill Ln, SK3 8AB", AddressLevel.SAME_DWELLING),
        ("Flat 3, 12 Mill Lane", "12 Mill Lane, Flat 3", AddressLevel.SAME_DWELLING),
        ("12 a Mill Lane", "12A Mill Lane", AddressLevel.SAME_DWELLING),
        ("Rose Cottage", "Rose Cottage", AddressLevel.SAME_DWELLING),
        ("12, SK3 8AB", "12 Mill Lane, SK3 8AB", AddressLevel.SAME_DWELLING),
        ("14 Mill Lane, SK3 8AB", "12 Mill Lane, SK3 8AB", AddressLevel.SAME_STREET),
        ("Flat 3, 12 Mill Lane", "12 Mill Lane", AddressLevel.SAME_STREET),
        ("12 Mill Lane", "12 Mil Lane", AddressLevel.SIMILAR),
        ("12 High Street, SK3 8AB", "12 High Street, M1 1AA", AddressLevel.SIMILAR),
        ("9 High Street, SK3 8AB", "12 High Street, M1 1AA", AddressLevel.DIFFERS),
        ("12 Mill Lane", "40 Rowan Avenue", AddressLevel.DIFFERS),
        ("NFA", "12 Mill Lane", None),
        ("", "12 Mill Lane", None),
    ],
)
def test_addresses_compare_to_a_level(one: str, other: str, level: AddressLevel | None) -> None:
    here, there = place(one, None, None), place(other, None, None)
    assert compare_addresses(here, there) == compare_addresses(there, here) == level


def test_the_same_uprn_is_the_same_dwelling_and_two_uprns_never_are() -> None:
    here = place("12 Mill Lane", None, "0100012345678")
    assert compare_addresses(here, place("Elsewhere", None, "100012345678")) is AddressLevel.SAME_DWELLING
    assert compare_addresses(here, place("12 Mill Lane", None, "7")) is AddressLevel.SAME_STREET
    assert compare_addresses(here, place(None, None, "7")) is AddressLevel.DIFFERS


@pytest.mark.parametrize(
    ("other", "level"),
    [
        ("SK3 8AB", PostcodeLevel.EXACT),
        ("SK3 8AD", PostcodeLevel.ONE_EDIT),
        ("SK3 8BA", PostcodeLevel.ONE_EDIT),
        ("SK3 8XY", PostcodeLevel.SECTOR),
        ("SK3 8", PostcodeLevel.SECTOR),
        ("SK3 1XY", PostcodeLevel.DISTRICT),
        ("SK3", PostcodeLevel.DISTRICT),
        ("M1 1AA", PostcodeLevel.DIFFERS),
        ("", None),
    ],
)
def test_postcodes_compare_to_a_level(other: str, level: PostcodeLevel | None) -> None:
    assert compare_postcodes("SK3 8AB", other) == compare_postcodes(other, "SK3 8AB") == level


folded_names = st.text(alphabet="abcdejlmno ", min_size=1, max_size=12).map(
    lambda name: " ".join(name.split()) or "a"
)


@given(folded_names, folded_names)
def test_comparing_names_is_symmetrical(one: str, other: str) -> None:
    assert compare_given_names(one, other) == compare_given_names(other, one)
    assert compare_family_names((one,), (other,)) == compare_family_names((other,), (one,))


@given(st.dates(), st.dates())
def test_comparing_birth_dates_is_symmetrical(one: date, other: date) -> None:
    assert compare_birth_dates(one, other) == compare_birth_dates(other, one)


@given(st.text(max_size=40), st.text(max_size=40))
def test_comparing_addresses_is_symmetrical(one: str, other: str) -> None:
    here, there = place(one, None, None), place(other, None, None)
    assert compare_addresses(here, there) == compare_addresses(there, here)
