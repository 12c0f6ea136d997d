"""Spellings to look for: properties that hold for any text, and a few cases that people rely on."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.name_forms import StoredCase, beginnings, initials, name_forms, slip_forms

CASES: tuple[StoredCase, ...] = ("as_written", "upper", "lower", "title")
ANY_CASE = st.sampled_from(CASES)


@given(st.text(max_size=80), ANY_CASE)
def test_any_text_at_all_gives_spellings_that_a_database_takes(name: str, stored: StoredCase) -> None:
    for form in name_forms(name, stored):
        assert form
        assert "\x00" not in form
        assert not set(form) & set("*%_")
        form.encode()  # no half of a character


@given(st.text(max_size=200), ANY_CASE)
def test_the_number_of_spellings_is_bounded(name: str, stored: StoredCase) -> None:
    assert len(name_forms(name, stored)) <= 700


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20))
def test_a_name_is_looked_for_as_it_was_typed(name: str) -> None:
    assert unicodedata.normalize("NFC", name) in name_forms(name, "as_written")


@given(st.text(alphabet=st.characters(categories=["L"]), min_size=1, max_size=20), ANY_CASE)
def test_every_spelling_begins_with_one_of_the_initials(name: str, stored: StoredCase) -> None:
    forms = name_forms(name, stored)
    assert {form[0] for form in forms if form[0].isalnum()} <= set(initials(forms))


@given(st.text(max_size=40), ANY_CASE)
def test_every_spelling_begins_with_one_of_the_beginnings_where_there_are_any(
    name: str, stored: StoredCase
) -> None:
    forms = name_forms(name, stored)
    begun = beginnings(forms)
    assert not begun or all(form[:2] in begun for form in forms)
    assert not any(set("*?[]%_\\") & set(one) for one in begun)


def test_a_record_that_holds_the_initial_alone_begins_so_too() -> None:
    assert beginnings(("Ada", "ada")) == ("A", "A ", "A.", "Ad", "a", "a ", "a.", "ad")


@pytest.mark.parametrize("forms", [("A",), ("Ada", "A"), ("A%", "Ab"), (), ("[d", "Ad")])
def test_where_two_letters_do_not_tell_there_are_no_beginnings(forms: tuple[str, ...]) -> None:
    assert beginnings(forms) == ()


@pytest.mark.parametrize("slip", ["Simth", "Smtih", "Smiht", "Smmith", "Smitth", "Sith", "Smit"])
def test_a_slip_of_the_keyboard_is_looked_for(slip: str) -> None:
    assert slip in slip_forms("Smith", "title")
    assert slip.upper() in slip_forms("Smith", "upper")


@given(st.text(max_size=200), ANY_CASE)
def test_slips_are_few(name: str, stored: StoredCase) -> None:
    found = slip_forms(name, stored)
    assert len(found) <= 400
    assert all(found)


@given(st.text(max_size=40), ANY_CASE)
def test_initials_are_never_a_wildcard_or_a_bracket(name: str, stored: StoredCase) -> None:
    assert not set(initials(name_forms(name, stored))) & set("*%_?[]^-\\")


@given(st.text(max_size=40), ANY_CASE)
def test_the_same_name_gives_the_same_spellings_in_the_same_order(name: str, stored: StoredCase) -> None:
    forms = name_forms(name, stored)
    assert list(forms) == sorted(set(forms))


@pytest.mark.parametrize("nothing", ["", "   ", "%", "*", "_%*", "\x00", "-", "\t\n"])
def test_a_name_of_nothing_but_signs_is_no_name(nothing: str) -> None:
    assert initials(name_forms(nothing, "as_written")) == ()


@pytest.mark.parametrize(
    ("stored", "form"),
    [("upper", "O'BRIEN"), ("lower", "o'brien"), ("title", "O'Brien"), ("title", "O'brien")],
)
def test_a_stored_case_gives_that_case_only(stored: StoredCase, form: str) -> None:
    forms = name_forms("o'brien", stored)
    assert form in forms
    if stored != "title":
        assert all(one in (one.upper(), one.lower()) for one in forms)


def test_particles_of_a_family_name_are_not_looked_for_alone() -> None:
    forms = name_forms("van der Berg", "lower")
    assert "berg" in forms
    assert not {"van", "der"} & set(forms)


def test_a_plain_name_has_few_spellings() -> None:
    assert name_forms("smith", "as_written") == ("SMITH", "Smith", "smith")
    assert name_forms("Smith", "upper") == ("SMITH",)
