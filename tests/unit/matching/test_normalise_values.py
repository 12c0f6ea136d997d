"""Names, dates and numbers made comparable."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.matching.normalise import (
    approximate_birth_date,
    fold,
    name_tokens,
    postcode,
    real_birth_date,
    real_name,
    upn_letters,
    valid_nhs_number,
    valid_upn,
)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  O'Neill ", "oneill"),
        ("O’Neill", "oneill"),
        ("O´Neill", "oneill"),
        ("Smith-Jones", "smith jones"),
        ("Smith–Jones", "smith jones"),
        ("José", "jose"),
        ("Łukasz Søren", "lukasz soren"),
        ("Straße", "strasse"),
        ("Sm*th%_", "smth"),
        ("أَحْمَد", "احمد"),
        ("Ма́рия", "мария"),
        ("a\u200fb", "ab"),
        ("😀", ""),
        ("", ""),
    ],
)
def test_writings_of_one_name_fold_to_one_text(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_indian_vowel_signs_are_letters_and_stay() -> None:
    assert fold("राम") != fold("रोम")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folded_text_has_single_spaces_and_no_wildcards(text: str) -> None:
    folded = fold(text)
    assert folded == " ".join(folded.split())
    assert not set("*%_'") & set(folded)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_fast_way_for_plain_letters_gives_what_the_general_way_gives(text: str) -> None:
    assert fold(text) == fold(text + " é").removesuffix("e").rstrip()


def test_a_title_is_no_part_of_a_name() -> None:
    assert name_tokens("Mrs. Anne-Marie") == ("anne", "marie")
    assert name_tokens("Dr") == ("dr",)


@pytest.mark.parametrize(
    "stopgap",
    ["Baby", "BABY OF Sarah", "Unknown", "tbc", "Do not use", "N/A", "?", "123", "*", "Mr", "😀", None],
)
def test_stopgap_names_are_missing(stopgap: str | None) -> None:
    assert real_name(stopgap) is None


def test_short_and_foreign_names_are_names() -> None:
    assert [real_name(name) for name in ("J", "Ng", "李", "Null")] == ["j", "ng", "李", "null"]


@pytest.mark.parametrize("born", [date(1900, 1, 1), date(1899, 12, 30), date(9999, 12, 31), date.min, None])
def test_default_birth_dates_are_missing(born: date | None) -> None:
    assert real_birth_date(born) is None


def test_a_range_of_more_than_ten_years_is_no_birth_date() -> None:
    assert approximate_birth_date((date(1980, 1, 1), date(1980, 12, 31))) is not None
    assert approximate_birth_date((date(1980, 1, 1), date(1995, 12, 31))) is None


def test_a_range_typed_backwards_is_turned() -> None:
    assert approximate_birth_date((date(1981, 1, 1), date(1980, 1, 1))) == (
        date(1980, 1, 1),
        date(1981, 1, 1),
    )


def test_an_nhs_number_needs_its_check_digit() -> None:
    assert valid_nhs_number("943 476 5919") == "9434765919"
    assert valid_nhs_number("943-476-5919") == "9434765919"
    assert [valid_nhs_number(no) for no in ("9434765918", "0000000000", "943476591", "", None)] == [None] * 5


@given(st.integers(0, 9), st.integers(0, 9))
def test_a_slip_of_one_digit_is_never_a_valid_nhs_number(place: int, digit: int) -> None:
    slip = "9434765919"[:place] + str(digit) + "9434765919"[place + 1 :]
    assert (valid_nhs_number(slip) is not None) == (slip == "9434765919")


def test_a_unique_pupil_number_needs_its_check_letter() -> None:
    body = "80120000100"
    valid = [letter + body + "1" for letter in "ABCDEFGHJKLMNPQRTUVWXYZ" if valid_upn(letter + body + "1")]
    # 8*2 + 0*3 + 1*4 + 2*5 + 1*10 + 1*13 = 53, and 53 mod 23 = 7: the eighth letter.
    assert valid == ["H801200001001"]
    assert valid_upn("A123") is None
    assert upn_letters("h 8012 00001001") == "H801200001001"


def test_a_temporary_pupil_number_ends_with_a_letter() -> None:
    # 53 - 13 + 2*13 = 66, and 66 mod 23 = 20: X stands for 20, C for 2.
    assert valid_upn("X80120000100C") == "X80120000100C"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("sk38ab", "SK3 8AB"),
        ("SK3  8AB", "SK3 8AB"),
        ("SK3 OAB", "SK3 0AB"),
        ("ec1a1bb", "EC1A 1BB"),
        ("SK3", "SK3"),
        ("SK3 8", "SK3 8"),
        ("ZZ99 3VZ", None),
        ("Stockport", None),
        ("", None),
    ],
)
def test_postcodes_have_one_writing(written: str, normal: str | None) -> None:
    assert postcode(written) == normal


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Katherine (known as Katie)", "katherine"),
        ("Jones née Smith", "jones"),
        ("Smith-Jones aka Brown", "smith jones"),
        ("Haji Abdi", "abdi"),
        ("John Jnr", "john"),
        ("Nee", "nee"),
        ("Cllr. Mrs", "mrs"),
        ("Jr", "jr"),
    ],
)
def test_what_is_said_beside_a_name_is_no_part_of_it(written: str, name: str) -> None:
    assert real_name(written) == (None if name == "mrs" else name)
