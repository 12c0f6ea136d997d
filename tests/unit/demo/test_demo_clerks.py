"""The errors of invented clerks: about as many as in real records, and no two copies alike."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.clerks import Written, carelessly, faithfully, plain_letters, slip
from deploy.demo.people import Person
from tests.unit.demo.demo_samples import town


@pytest.fixture(scope="module")
def copies() -> list[tuple[Person, Written]]:
    chance = random.Random(3)  # noqa: S311 -- invented people
    return [(one, carelessly(one, chance)) for one in town().people for _ in range(4)]


def letters(name: str | None) -> str | None:
    """What is left without accents, case, blanks and punctuation: the published rates leave those out."""
    if name is None:
        return None
    bare = unicodedata.normalize("NFKD", plain_letters(name).casefold())
    return "".join(letter for letter in bare if letter.isalnum())


@pytest.mark.parametrize(
    ("differs", "least", "most"),
    [
        pytest.param(lambda p, w: letters(w.family_name) != letters(p.family_name), 0.02, 0.05, id="family name"),
        pytest.param(lambda p, w: letters(w.given_name) != letters(p.given_name), 0.01, 0.04, id="given name"),
        pytest.param(lambda p, w: w.birth_date not in (None, p.birth_date), 0.01, 0.02, id="birth date inexact"),
        pytest.param(lambda p, w: w.birth_date is None, 0.004, 0.012, id="no birth date"),
        pytest.param(lambda p, w: letters(w.postcode) != letters(p.postcode), 0.30, 0.45, id="postcode"),
        pytest.param(lambda p, w: w.sex not in (None, p.sex), 0.001, 0.006, id="sex"),
        pytest.param(lambda p, w: w.nhs_number is None, 0.2, 0.3, id="no number"),
        pytest.param(lambda p, w: w.family_name != w.family_name.strip(), 0.005, 0.015, id="blanks"),
        pytest.param(lambda p, w: bool(w.postcode) and " " not in w.postcode, 0.03, 0.07, id="unspaced postcode"),
    ],
)  # fmt: skip
def test_errors_are_about_as_frequent_as_published(
    differs: Callable[[Person, Written], bool],
    least: float,
    most: float,
    copies: list[tuple[Person, Written]],
) -> None:
    share = sum(differs(person, written) for person, written in copies) / len(copies)
    assert least <= share <= most


def test_most_inexact_birth_dates_keep_two_of_three_parts(copies: list[tuple[Person, Written]]) -> None:
    wrong = [(p.birth_date, w.birth_date) for p, w in copies if w.birth_date not in (None, p.birth_date)]
    kept = [
        sum((born.year == as_written.year, born.month == as_written.month, born.day == as_written.day))
        for born, as_written in wrong
        if as_written
    ]
    swapped = sum(born.month == w.day and born.day == w.month for born, w in wrong if w)
    assert len(kept) == len(wrong) > 100
    assert sum(parts >= 2 for parts in kept) + swapped > 0.9 * len(kept)


def test_a_number_is_never_written_wrong_only_left_out(copies: list[tuple[Person, Written]]) -> None:
    assert all(w.nhs_number in (None, p.nhs_number) and w.upn in (None, p.upn) for p, w in copies)


def test_a_faithful_clerk_makes_no_error() -> None:
    person = town().people[0]
    written = faithfully(person)
    assert (written.given_name, written.family_name) == (person.given_name, person.family_name)
    assert (written.birth_date, written.postcode) == (person.birth_date, person.postcode)


@given(st.text("abcdef", min_size=4, max_size=12), st.integers())
def test_a_slip_always_makes_another_name_of_nearly_the_same_letters(name: str, seed: int) -> None:
    slipped = slip(name, random.Random(seed))  # noqa: S311 -- invented people
    assert slipped != name
    assert slipped[0] == name[0]
    assert abs(len(slipped) - len(name)) <= 1


def test_plain_letters_are_those_of_a_british_keyboard() -> None:
    assert plain_letters("Łukasz Wiśniewski-Siân Đức") == "Lukasz Wisniewski-Sian Duc"


def test_every_name_in_the_town_has_plain_letters() -> None:
    names = [plain_letters(one.given_name + one.family_name) for one in town().people]
    assert all(name.isascii() or set(name) & set("محمد") for name in names)
