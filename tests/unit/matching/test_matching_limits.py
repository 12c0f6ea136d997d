"""Law 9 in matching: what is missing never widens, and a location can't be found out by trying."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from broker.matching.enough import cleaned, too_little
from broker.matching.grades import Grade, Reason
from broker.matching.match import match
from broker.matching.pair import comparison_of
from broker.matching.weigh import odds
from broker.matching.weights import DEFAULT_WEIGHTS
from connectors.contract import Candidate, Identifiers

NHS, OTHER_NHS, UPN = "9434765919", "9434765870", "H801200001001"

given_names = st.sampled_from(["Amira", "Amirah", "David", "Dave", "D", "Zahra", "Baby", "Smith", None])
family_names = st.sampled_from(["Quarmby", "Smith", "Smith-Jones", "Smyth", "David", None])
birth_dates = st.sampled_from(
    [date(2012, 3, 7), date(2012, 7, 3), date(2012, 3, 17), date(1980, 1, 1), date(1900, 1, 1), None]
)
addresses = st.sampled_from(["12 Mill Lane, Stockport", "14 Mill Lane", "9 Rowan Road, SK3 8AB", "NFA", None])
postcodes = st.sampled_from(["SK3 8AB", "SK3 8AD", "M1 1AA", "SK3", None])
locations = st.fixed_dictionaries(
    {"address": addresses, "postcode": postcodes, "uprn": st.sampled_from(["100012345678", "7", None])}
)
ranges = st.sampled_from([(date(2011, 1, 1), date(2013, 12, 31)), (date(1950, 1, 1), date(2020, 1, 1)), None])
people = st.builds(
    Identifiers,
    given_name=given_names,
    family_name=family_names,
    other_family_names=st.sampled_from([(), ("Quarmby",), ("Wood",)]),
    birth_date=birth_dates,
    born_between=ranges,
    sex=st.sampled_from(["female", "male", "other", None]),
    address=addresses,
    postcode=postcodes,
    nhs_number=st.sampled_from([NHS, OTHER_NHS, "1234567890", None]),
    upn=st.sampled_from([UPN, "A801200001001", None]),
)
several_people = st.lists(people, min_size=1, max_size=3)
several_rows = st.lists(people, max_size=5)
populations = st.sampled_from([1, 500, 270_000])


def candidates(rows: list[Identifiers]) -> list[Candidate]:
    return [Candidate(str(key), one) for key, one in enumerate(rows)]


Grades = list[dict[str, Grade]]


def grades(asked: list[Identifiers], rows: list[Candidate], population: int = 270_000) -> Grades:
    """Per person, the grade of each row by its key."""
    return [
        {row.local_key: hit.grade for hit in own for row in hit.rows}
        for own in match(asked, rows, population)
    ]


@given(people, several_rows, populations, locations)
def test_a_location_never_changes_a_grade_without_a_birth_date_or_number(
    person: Identifiers, rows: list[Identifiers], population: int, location: dict[str, Any]
) -> None:
    named = replace(person, birth_date=None, born_between=None, nhs_number=None, upn=None)
    tried = replace(named, **location)
    assert grades([named], candidates(rows), population) == grades([tried], candidates(rows), population)


@given(people, several_rows, populations)
def test_a_name_is_never_above_possible_without_an_agreeing_birth_date_or_number(
    person: Identifiers, rows: list[Identifiers], population: int
) -> None:
    for hit in match([person], candidates(rows), population)[0]:
        anchored = {hit.reasons[name] for name in ("birth_date", "nhs_number", "upn")}
        agrees = anchored & {Reason.EXACT, Reason.CLOSE, Reason.PARTIAL}
        assert agrees or hit.grade is Grade.POSSIBLE


@given(people, several_rows, populations, locations)
def test_a_location_never_counts_for_rows_that_have_no_birth_date_or_number(
    person: Identifiers, rows: list[Identifiers], population: int, location: dict[str, Any]
) -> None:
    nameless = [replace(row, birth_date=None, born_between=None, nhs_number=None, upn=None) for row in rows]
    tried = replace(person, **location)
    found = grades([tried], candidates(nameless), population)
    assert found == grades([person], candidates(nameless), population)
    assert set(found[0].values()) <= {Grade.POSSIBLE}


@given(people, several_rows, populations)
def test_two_different_valid_nhs_numbers_are_never_above_possible(
    person: Identifiers, rows: list[Identifiers], population: int
) -> None:
    others = [replace(row, nhs_number=OTHER_NHS) for row in rows]
    found = grades([replace(person, nhs_number=NHS)], candidates(others), population)
    assert set(found[0].values()) <= {Grade.POSSIBLE}


@given(several_people, several_rows, populations, st.randoms(use_true_random=False))
def test_the_order_of_people_and_rows_never_matters(
    asked: list[Identifiers], rows: list[Identifiers], population: int, random: Random
) -> None:
    stored = candidates(rows)
    as_typed = grades(asked, stored, population)
    order = random.sample(range(len(asked)), len(asked))
    shuffled = grades([asked[place] for place in order], random.sample(stored, len(stored)), population)
    assert shuffled == [as_typed[place] for place in order]


@given(several_people, several_rows, populations)
def test_no_row_is_probable_for_two_people(
    asked: list[Identifiers], rows: list[Identifiers], population: int
) -> None:
    shown = [
        key
        for own in grades(asked, candidates(rows), population)
        for key, grade in own.items()
        if grade is not Grade.POSSIBLE
    ]
    assert len(shown) == len(set(shown))


RANK = [Grade.CERTAINLY_NOT, Grade.POSSIBLE, Grade.PROBABLE, Grade.CERTAIN]


@given(several_people, people, several_rows, populations)
def test_asking_about_someone_else_too_never_raises_a_grade(
    asked: list[Identifiers], another: Identifiers, rows: list[Identifiers], population: int
) -> None:
    alone = grades(asked, candidates(rows), population)
    beside = grades([*asked, another], candidates(rows), population)
    for before, after in zip(alone, beside, strict=False):
        assert all(
            RANK.index(after[key]) <= RANK.index(before.get(key, Grade.CERTAINLY_NOT)) for key in after
        )


@given(people, people, populations, st.booleans())
def test_two_records_weigh_the_same_from_either_side(
    one: Identifiers, other: Identifiers, population: int, relatives: bool
) -> None:
    assert _odds(one, other, population, relatives) == pytest.approx(_odds(other, one, population, relatives))


def _odds(one: Identifiers, other: Identifiers, population: int, relatives: bool) -> float:
    comparison = comparison_of(one, other, DEFAULT_WEIGHTS)
    return odds(comparison, population, DEFAULT_WEIGHTS, relatives=relatives)


IDENTIFIERS = ("given_name", "family_name", "birth_date", "sex", "address", "postcode", "nhs_number", "upn")


@given(people, people, st.sampled_from(IDENTIFIERS))
def test_an_agreeing_identifier_never_lowers_the_weight_against_a_stranger(
    one: Identifiers, other: Identifiers, name: str
) -> None:
    assume(getattr(one, name))
    without: dict[str, Any] = {name: None}
    if name == "birth_date":
        without["born_between"] = None
    if name == "family_name":
        without["other_family_names"] = ()
    if name == "address":
        without["postcode"] = None  # they tell the same, and together count once
    agreeing = replace(other, **{key: getattr(one, key) for key in without})
    lacking = replace(other, **without)
    assert _odds(one, agreeing, 1000, False) >= _odds(one, lacking, 1000, False) * (1 - 1e-9)


hostile_text = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            " ",
            "*",
            "%_",
            "a",
            "😀" * 30,
            "x" * 500,
            "’",
            "مُحَمَّد",
            "\u202eabc",
            "0",
            "flat",
            "e\u0301" * 250,
        ]
    ),
)
hostile_people = st.builds(
    Identifiers,
    given_name=hostile_text,
    family_name=hostile_text,
    other_family_names=st.lists(hostile_text.map(lambda text: text or ""), max_size=2).map(tuple),
    birth_date=st.none() | st.dates(),
    born_between=st.none() | st.tuples(st.dates(), st.dates()),
    address=hostile_text,
    postcode=hostile_text,
    uprn=hostile_text,
    nhs_number=hostile_text,
    upn=hostile_text,
)


@settings(max_examples=200)
@given(st.lists(hostile_people, max_size=2), st.lists(hostile_people, max_size=3))
def test_nothing_that_is_typed_or_stored_raises(asked: list[Identifiers], rows: list[Identifiers]) -> None:
    assert len(match(asked, candidates([*rows, *asked]), 0)) == len(asked)
    for person in asked:
        assert too_little(cleaned(person)) in {None, "given_name", "family_name", "birth_date"}


BORN = date(2012, 3, 7)


@pytest.mark.parametrize(
    ("typed", "lacking"),
    [
        (Identifiers(), "family_name"),
        (Identifiers(address="12 Mill Lane", postcode="SK3 8AB", uprn="7"), "family_name"),
        (Identifiers(birth_date=BORN, postcode="SK3 8AB"), "family_name"),
        (Identifiers(family_name="Smith"), "given_name"),
        (Identifiers(given_name="Sarah", address="12 Mill Lane"), "family_name"),
        (Identifiers(family_name="Smith", given_name="Baby"), "given_name"),
        (Identifiers(family_name="*", given_name="Sarah"), "family_name"),
        (Identifiers(family_name="Smith", birth_date=date(1900, 1, 1)), "given_name"),
        (Identifiers(family_name="Smith", born_between=(BORN, BORN)), "given_name"),
        (Identifiers(nhs_number="1234567890"), "family_name"),
        (Identifiers(family_name="S", given_name="J"), None),
        (Identifiers(family_name="李", given_name="安"), None),
        (Identifiers(family_name="Smith", birth_date=BORN), None),
        (Identifiers(given_name="Sarah", birth_date=BORN), None),
        (Identifiers(nhs_number="943 476 5919"), None),
        (Identifiers(upn=UPN), None),
    ],
)
def test_too_little_names_what_to_add(typed: Identifiers, lacking: str | None) -> None:
    assert too_little(typed) == lacking


def test_wildcards_and_blanks_are_dropped_from_what_was_typed() -> None:
    typed = Identifiers(
        given_name="Sar*h",
        family_name=" % ",
        other_family_names=("_", "Wood*"),
        birth_date=BORN,
        address="12 Mill Lane*",
        postcode="",
    )
    assert cleaned(typed) == Identifiers(
        given_name="Sarh", other_family_names=("Wood",), birth_date=BORN, address="12 Mill Lane"
    )


@given(hostile_people)
def test_cleaning_twice_changes_nothing(person: Identifiers) -> None:
    assert cleaned(cleaned(person)) == cleaned(person)


@given(several_people, several_rows, st.lists(people, max_size=4), populations)
def test_a_withheld_row_leaves_what_a_database_without_it_would_give(
    asked: list[Identifiers], rows: list[Identifiers], withheld: list[Identifiers], population: int
) -> None:
    stored = candidates(rows)
    gone = [Candidate(f"withheld-{key}", one) for key, one in enumerate(withheld)]
    left = match(
        asked, [*gone, *stored], population, available=lambda _, row: not row.local_key.startswith("withheld")
    )
    assert left == match(asked, stored, population)


@given(several_people, several_rows, st.integers(0, 2**15), populations)
def test_a_row_withheld_for_one_person_never_reaches_them_through_another(
    asked: list[Identifiers], rows: list[Identifiers], shown: int, population: int
) -> None:
    stored = candidates(rows)

    def available(person: int, row: Candidate) -> bool:
        return bool(shown >> (person * 5 + int(row.local_key)) & 1)

    hits = match(asked, stored, population, available=available)
    for person in range(len(asked)):
        own = [row for row in stored if available(person, row)]
        assert match(asked, own, population, available=available)[person] == hits[person]
