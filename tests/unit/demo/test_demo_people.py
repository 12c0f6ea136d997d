"""Invented people: the same for the same seed, varied, and nobody real."""

from __future__ import annotations

import random
import re
from collections import Counter
from datetime import date, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.demo.homes import DWELLINGS, Homes, dwelling
from deploy.demo.names import NAMINGS
from deploy.demo.numbers import nhs_number, upn
from deploy.demo.people import age
from deploy.demo.truth import make_truth
from tests.unit.demo.demo_samples import TODAY, households, town

UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def test_the_same_seed_makes_the_same_town() -> None:
    assert make_truth(7, 200, TODAY) == make_truth(7, 200, TODAY)


def test_another_seed_makes_other_people() -> None:
    one, other = (make_truth(seed, 200, TODAY).people for seed in (7, 8))
    assert (
        len({(p.given_name, p.birth_date) for p in one} & {(p.given_name, p.birth_date) for p in other}) < 5
    )


@pytest.mark.parametrize("people", [4, 200, 3_000])
def test_there_are_as_many_people_as_asked_for_and_hardly_more(people: int) -> None:
    made = len(town(1, people).people)
    assert people <= made < people + 15


@given(st.integers(0, 499_999))
def test_an_nhs_number_is_from_the_unused_range_and_passes_modulus_11(serial: int) -> None:
    number = nhs_number(serial)
    assert re.fullmatch(r"999\d{7}", number)
    assert sum(int(digit) * (10 - place) for place, digit in enumerate(number)) % 11 in (0, 11 - 10 * 0)
    assert (
        sum(int(digit) * (10 - place) for place, digit in enumerate(number[:9])) + int(number[9])
    ) % 11 == 0


@given(st.integers(0, 999_999_999))
def test_a_upn_has_its_check_letter(serial: int) -> None:
    number = upn(serial)
    assert re.fullmatch(r"[A-HJ-NP-RT-Z]999\d{9}", number)
    total = sum(int(digit) * weight for weight, digit in enumerate(number[1:], start=2))
    assert number[0] == UPN_LETTERS[total % 23]


def test_no_two_people_share_a_number() -> None:
    people = town().people
    assert len({one.nhs_number for one in people}) == len(people)
    pupils = [one.upn for one in people if one.upn]
    assert len(set(pupils)) == len(pupils) > 500


@given(st.integers(0, DWELLINGS - 1))
def test_a_postcode_is_well_formed_and_of_an_area_that_does_not_exist(serial: int) -> None:
    assert re.fullmatch(r"NX\d\d? [1-9][ABD-HJLNP-UW-Z]{2}", dwelling(serial).postcode)


def test_every_dwelling_has_an_address_of_its_own_and_about_twenty_share_a_postcode() -> None:
    giving = Homes(random.Random(4))  # noqa: S311 -- invented homes
    homes = [giving.another() for _ in range(DWELLINGS)]
    assert len({home.address for home in homes}) == DWELLINGS
    assert giving.another().address.startswith("Flat 1, ")
    sharing = Counter(home.postcode for home in homes)
    assert max(sharing.values()) == min(sharing.values()) == 20


def test_households_live_at_addresses_of_their_own() -> None:
    assert len({(h[0].address, h[0].postcode) for h in households(town())}) == len(households(town()))
    assert all(len({one.address for one in household}) == 1 for household in households(town()))


def test_nobody_is_born_in_the_future_or_before_their_mother_was_sixteen() -> None:
    for household in households(town()):
        assert all(date(1915, 1, 1) < one.birth_date < TODAY for one in household)
        young = [one for one in household if one.age_on(TODAY) < 16]
        women = [one for one in household if one.sex == "female" and one.age_on(TODAY) >= 16]
        if young and women:
            oldest = min(one.birth_date for one in young)
            assert min(one.birth_date for one in women) < oldest - timedelta(days=16 * 365)


def test_siblings_are_twins_or_born_ten_months_apart() -> None:
    for household in households(town()):
        children = [one for one in household if one.age_on(TODAY) < 16 and not one.part]
        for one, other in combinations(children, 2):
            apart = abs((one.birth_date - other.birth_date).days)
            assert apart == 0 or apart >= 300


def test_only_a_father_and_his_son_share_a_given_name_in_a_household() -> None:
    namesakes = 0
    for household in [h for seed in range(5) for h in households(town(seed, 1_500))]:
        for one, other in combinations(household, 2):
            if one.given_name == other.given_name:
                namesakes += 1
                assert one.sex == other.sex == "male"
                assert abs((one.birth_date - other.birth_date).days) > 16 * 365
    assert namesakes > 3


def test_there_are_twins_blended_families_hyphens_accents_and_former_names() -> None:
    people, homes = town().people, households(town())
    assert any(one.birth_date == other.birth_date for home in homes for one, other in combinations(home, 2))
    assert sum(len({one.family_name for one in home}) > 1 for home in homes) > 100
    assert sum("-" in one.family_name for one in people) > 20
    assert sum(not (one.given_name + one.family_name).isascii() for one in people) > 50
    assert sum("'" in one.family_name for one in people) > 5
    assert sum(one.former_family_name is not None for one in people) > 100
    assert all(one.former_family_name != one.family_name for one in people)


def test_women_of_polish_families_have_the_ending_of_their_own() -> None:
    people = [one for one in town().people if re.search("sk[ia]$", one.family_name)]
    assert {one.family_name[-1] for one in people if one.sex == "female"} == {"a"}
    assert {one.family_name[-1] for one in people if one.sex == "male"} == {"i"}


def test_namesakes_are_about_as_rare_as_in_the_country() -> None:
    """Two people of one sex share a family name in 1 to 3 of 1,000 pairs, a given name in 4 to 20."""
    adults = [one for one in town().people if one.age_on(TODAY) >= 18]
    pairs = len(adults) * (len(adults) - 1)
    families = Counter(one.family_name for one in adults)
    assert 0.0008 < sum(count * (count - 1) for count in families.values()) / pairs < 0.003
    for sex in ("female", "male"):
        given = Counter(one.given_name for one in adults if one.sex == sex)
        total = sum(given.values())
        assert 0.004 < sum(count * (count - 1) for count in given.values()) / (total * (total - 1)) < 0.02


def test_the_largest_household_finds_enough_names() -> None:
    """Four births, the last of twins, a mother and a grandmother: seven of one sex."""
    for naming in NAMINGS:
        names = (naming.girls, naming.boys, *(naming.before or ()))
        assert all(len(set(found)) == len(found) >= 8 for found in names)
        assert len(naming.families) >= 4


def test_age_is_in_whole_years() -> None:
    assert age(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age(date(2008, 2, 29), date(2026, 3, 1)) == 18
