"""Explanations are of what ``match`` does, to the last bit."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.matching.explain import Account, explain
from broker.matching.grades import Grade
from broker.matching.limits import Limit
from broker.matching.match import match
from connectors.contract import Candidate, Identifiers

NHS, OTHER_NHS, UPN = "9434765919", "9434765870", "H801200001001"
AMIRA = Identifiers(
    "Amira", "Quarmby", (), date(2012, 3, 17), sex="female", address="12 Mill Lane, Stockport"
)
MARCH = (date(2012, 3, 1), date(2012, 3, 31))

people = st.builds(
    Identifiers,
    given_name=st.sampled_from(
        ["Amira", "Amirah", "Amira Jane", "David", "Dave", "D", "Smith", "Baby", None]
    ),
    family_name=st.sampled_from(["Quarmby", "Smith", "Smith-Jones", "Smyth", "David", None]),
    other_family_names=st.sampled_from([(), ("Quarmby",), ("Wood",)]),
    birth_date=st.sampled_from(
        [date(2012, 3, 7), date(2012, 7, 3), date(2012, 3, 17), date(2011, 3, 28), date(1980, 1, 1), None]
    ),
    born_between=st.sampled_from([MARCH, (date(2010, 1, 1), date(2013, 12, 31)), None]),
    sex=st.sampled_from(["female", "male", "other", None]),
    address=st.sampled_from(
        ["12 Mill Lane, Stockport", "14 Mill Lane", "9 Rowan Road, SK3 8AB", "NFA", None]
    ),
    postcode=st.sampled_from(["SK3 8AB", "SK3 8AD", "M1 1AA", "SK3", None]),
    nhs_number=st.sampled_from([NHS, OTHER_NHS, "1234567890", None]),
    upn=st.sampled_from([UPN, "A801200001001", None]),
)
several = st.lists(st.tuples(st.sampled_from("abc"), people), max_size=6)
populations = st.sampled_from([1, 500, 270_000])


@given(people, several, populations, st.booleans(), st.lists(people, max_size=2))
def test_the_grade_explained_is_the_grade_given(
    typed: Identifiers,
    rows: list[tuple[str, Identifiers]],
    population: int,
    relatives: bool,
    others: list[Identifiers],
) -> None:
    records, keys = [one for _, one in rows], [key for key, _ in rows]
    candidates = [Candidate(key, one) for key, one in rows]
    told = explain(typed, records, population, relatives=relatives, keys=keys, asked_with=others)
    places = {id(candidate): place for place, candidate in enumerate(candidates)}
    given_ = {
        tuple(sorted(places[id(row)] for row in hit.rows)): hit.grade
        for hit in match([typed, *others], candidates, population, relatives=relatives)[0]
    }
    explained = {one.records: one.grade for one in told.accounts if one.grade is not Grade.CERTAINLY_NOT}
    assert explained == given_


@given(people, several, populations, st.booleans())
def test_the_bits_come_to_the_odds_and_the_chances_to_one(
    typed: Identifiers, rows: list[tuple[str, Identifiers]], population: int, relatives: bool
) -> None:
    told = explain(typed, [one for _, one in rows], population, relatives=relatives)
    assert math.isclose(math.fsum(one.chance for one in told.accounts) + told.nobody, 1.0)
    for account in told.accounts:
        assert math.isclose(account.bits, math.log2(account.chance / told.nobody), abs_tol=1e-6)
        assert max(account.namesakes, account.relatives, account.twins) <= 0
        assert all(one.bits == 0 for one in account.weights if not one.counts or not one.level)


@given(people, several)
def test_every_record_is_in_one_account(typed: Identifiers, rows: list[tuple[str, Identifiers]]) -> None:
    told = explain(typed, [one for _, one in rows], 1000)
    assert sorted(place for one in told.accounts for place in one.records) == list(range(len(rows)))
    chances = [one.chance for one in told.accounts]
    assert chances == sorted(chances, reverse=True)


@given(people, people, populations)
def test_the_grade_is_what_the_chance_gives_unless_the_limit_is_lower(
    typed: Identifiers, record: Identifiers, population: int
) -> None:
    (account,) = explain(typed, [record], population).accounts
    order = [Grade.CERTAINLY_NOT, Grade.POSSIBLE, Grade.PROBABLE, Grade.CERTAIN]
    assert account.grade in (
        Grade.CERTAINLY_NOT,
        min(account.by_chance, account.limit.grade, key=order.index),
    )


def only(typed: Identifiers, record: Identifiers) -> Account:
    (account,) = explain(typed, [record], 270_000).accounts
    return account


@pytest.mark.parametrize(
    ("typed", "record", "limit"),
    [
        (AMIRA, AMIRA, Limit.NONE),
        (replace(AMIRA, nhs_number=NHS), replace(AMIRA, nhs_number=OTHER_NHS), Limit.TWO_NHS_NUMBERS),
        (replace(AMIRA, birth_date=None), AMIRA, Limit.NOTHING_SURE),
        (AMIRA, replace(AMIRA, family_name="Shah", address=None), Limit.NAME_DIFFERS),
        (AMIRA, replace(AMIRA, birth_date=date(2012, 3, 11), address=None), Limit.SLIP_IN_BIRTH_DATE),
        (
            replace(AMIRA, birth_date=date(2012, 3, 7)),
            replace(AMIRA, birth_date=date(2012, 7, 3), address=None),
            Limit.DAY_AND_MONTH_EXCHANGED,
        ),
        (
            AMIRA,
            replace(AMIRA, birth_date=date(2012, 3, 11), family_name="Shah"),
            Limit.SLIP_AND_NAME_DIFFERS,
        ),
        (AMIRA, replace(AMIRA, birth_date=date(2012, 3, 28), given_name="A"), Limit.NAMES_NOT_CLOSE),
        (AMIRA, replace(AMIRA, birth_date=date(2012, 3, 28), address=None), Limit.NAMESAKES_OF_ONE_AGE),
        (replace(AMIRA, birth_date=None, born_between=MARCH, address=None), AMIRA, Limit.BY_AGE_ALONE),
    ],
)
def test_the_limit_says_why_a_grade_is_no_higher(
    typed: Identifiers, record: Identifiers, limit: Limit
) -> None:
    assert only(typed, record).limit is limit


def test_a_location_beside_nothing_else_is_shown_and_does_not_count() -> None:
    weights = {one.identifier: one for one in only(replace(AMIRA, birth_date=None), AMIRA).weights}
    assert (weights["address"].level, weights["address"].counts) == ("same_dwelling", False)
    assert weights["address"].bits == 0


def test_the_twin_of_a_child_costs_more_than_a_stranger() -> None:
    twin = replace(AMIRA, given_name="Hana")
    account = only(AMIRA, twin)
    assert account.twins < -1
    assert account.grade is not Grade.CERTAIN


def test_a_record_that_is_the_other_childs_is_not_this_ones() -> None:
    twin, own = replace(AMIRA, given_name="Hana"), replace(AMIRA, sex=None)
    (account,) = explain(twin, [own], 10, asked_with=[AMIRA]).accounts
    assert (account.asked_alone, account.grade) == (Grade.POSSIBLE, Grade.CERTAINLY_NOT)


def test_a_record_that_could_be_either_childs_is_possible_at_most() -> None:
    (account,) = explain(AMIRA, [AMIRA], 1000, asked_with=[AMIRA]).accounts
    assert (account.asked_alone, account.grade) == (Grade.CERTAIN, Grade.POSSIBLE)


def test_two_records_of_one_person_are_one_account() -> None:
    told = explain(AMIRA, [AMIRA, replace(AMIRA, family_name="Shah", birth_date=None), AMIRA], 1000)
    assert [one.records for one in told.accounts] == [(0, 2), (1,)]


def test_no_records_are_nobody() -> None:
    told = explain(AMIRA, [], 1000)
    assert (told.accounts, told.nobody) == ((), 1.0)
