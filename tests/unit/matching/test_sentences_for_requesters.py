"""The sentence that says why a record is taken for someone: of name and birth date, and no value given away."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.matching import levels
from broker.matching.match import match
from broker.matching.sentences import because, every_sentence
from connectors.contract import Candidate, Identifiers

AMELIE = Identifiers("Amélie", "Quarmby", (), date(2012, 3, 17), address="12 Mill Lane", postcode="SK3 8AB")
NHS, OTHER_NHS = "9434765919", "9434765870"


def sentence(typed: Identifiers, record: Identifiers) -> str:
    """Why the record is taken for who was typed, in a source that holds this one record."""
    return because(match([typed], [Candidate("1", record)], 1000)[0][0].levels)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "Same name, same birth date"),
        ({"birth_date": date(2012, 3, 11)}, "Same name, birth date one digit different or digits exchanged"),
        ({"birth_date": date(2012, 3, 28)}, "Same name, birth date the same in two of day, month and year"),
        ({"birth_date": None}, "Same name, birth date not compared"),
        (
            {"given_name": "Amelia"},
            "First name in another spelling or form, same family name, same birth date",
        ),
        ({"given_name": "A"}, "First name the same as far as its initial, same family name, same birth date"),
        ({"given_name": None}, "First name not compared, same family name, same birth date"),
        ({"family_name": "Quarmbey"}, "Same first name, family name in another spelling, same birth date"),
        ({"family_name": "Shah-Quarmby"}, "Same first name, family name the same in part, same birth date"),
        ({"family_name": "Shah"}, "Same first name, family name different, same birth date"),
        (
            {"given_name": "Quarmby", "family_name": "Amélie"},
            "First and family name the other way round, same birth date",
        ),
    ],
)
def test_the_sentence_says_in_plain_words_how_a_record_compares(
    changed: dict[str, Any], expected: str
) -> None:
    assert sentence(AMELIE, replace(AMELIE, **changed)) == expected


def test_an_age_that_fits_is_said_to_fit() -> None:
    typed = replace(AMELIE, birth_date=None, born_between=(date(2011, 6, 2), date(2012, 6, 1)))
    assert sentence(typed, AMELIE) == "Same name, birth date the same as far as it is given"


def test_a_record_found_by_a_number_alone_is_not_said_to_be_found_by_it() -> None:
    typed = Identifiers(nhs_number=NHS)
    assert sentence(typed, replace(AMELIE, nhs_number=NHS)) == "Name not compared, birth date not compared"


EVERY_LEVEL = {
    "given_name": [*levels.GivenNameLevel, levels.SWAPPED],
    "family_name": [*levels.FamilyNameLevel, levels.SWAPPED],
    "birth_date": [*levels.BirthDateLevel, *levels.RangeLevel],
    "sex": list(levels.SexLevel),
    "address": list(levels.AddressLevel),
    "postcode": list(levels.PostcodeLevel),
    "nhs_number": list(levels.NumberLevel),
    "upn": list(levels.NumberLevel),
}
some_levels = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(words) for name, words in EVERY_LEVEL.items()}
)
SHOWN = ("given_name", "family_name", "birth_date")


@given(some_levels)
def test_every_sentence_is_of_the_closed_list(told: dict[str, str]) -> None:
    assert because(told) in set(every_sentence())


@pytest.mark.parametrize(("name", "level"), [(name, level) for name in SHOWN for level in EVERY_LEVEL[name]])
def test_no_level_is_left_out(name: str, level: str) -> None:
    assert because({name: level}) != because({})


@given(some_levels)
def test_only_name_and_birth_date_are_told_of(told: dict[str, str]) -> None:
    assert because(told) == because({name: told[name] for name in SHOWN if name in told})


def test_no_sentence_has_a_figure_or_a_word_of_place_number_sex_or_change() -> None:
    of_record = "address|postcode|street|home|number|nhs|upn|sex|former|previous|maiden|middle"
    untold = re.compile(rf"[0-9]|{of_record}|\bchange", re.IGNORECASE)
    sentences = list(every_sentence())
    assert len(sentences) > 50
    assert [one for one in sentences if untold.search(one)] == []


def test_sentences_begin_with_a_capital_and_stand_once_in_the_list() -> None:
    sentences = list(every_sentence())
    assert len(set(sentences)) == len(sentences)
    assert all(one[0].isupper() and not one.endswith(".") for one in sentences)


def test_a_former_name_that_agrees_reads_like_the_present_one() -> None:
    married = replace(AMELIE, family_name="Shah", other_family_names=("Quarmby",))
    assert sentence(AMELIE, married) == sentence(AMELIE, AMELIE)
    assert sentence(replace(AMELIE, other_family_names=("Shah",)), married) == sentence(AMELIE, AMELIE)


def test_a_second_given_name_in_the_record_is_not_told() -> None:
    two = replace(AMELIE, given_name="Amélie Rose")
    assert sentence(AMELIE, two) == sentence(two, two) == sentence(AMELIE, AMELIE)


@given(st.dates(date(1950, 1, 1), date(2020, 12, 28)))
def test_no_wrong_birth_date_gives_the_records_own_away(typed: date) -> None:
    """For each thing that is told of a typed date, there are at least two dates that the record may have."""
    fits: dict[str, set[date]] = {}
    for stored in near(typed):
        told = because(match([replace(AMELIE, birth_date=typed)], [born(stored)], 10)[0][0].levels)
        fits.setdefault(told, set()).add(stored)
    assert all(len(dates) > 1 for told, dates in fits.items() if told != "Same name, same birth date")
    assert fits["Same name, same birth date"] == {typed}


def near(day: date) -> set[date]:
    """The date, those a digit from it, and the one with day and month exchanged, where there is one."""
    digits = [replace_digit(day, place, digit) for place in range(8) for digit in "0123456789"]
    exchanged = as_date(f"{day.year:04}{day.day:02}{day.month:02}")
    return {one for one in (day, exchanged, *digits) if one is not None}


def replace_digit(day: date, place: int, digit: str) -> date | None:
    written = f"{day:%Y%m%d}"
    return as_date(written[:place] + digit + written[place + 1 :])


def as_date(written: str) -> date | None:
    try:
        return date(int(written[:4]), int(written[4:6]), int(written[6:]))
    except ValueError:
        return None


def born(day: date) -> Candidate:
    return Candidate("1", replace(AMELIE, birth_date=day))
