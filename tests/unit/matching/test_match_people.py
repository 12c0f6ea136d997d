"""People of a query against the rows of a source: grades, groups, and whose a row is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from broker.matching.grades import Grade, Hit, Reason
from broker.matching.match import match, stands_for_itself, visible_reasons
from connectors.contract import Candidate, Identifiers

POPULATION = 270_000
AMIRA = Identifiers(
    given_name="Amira",
    family_name="Quarmby",
    birth_date=date(2012, 3, 17),
    sex="female",
    address="12 Mill Lane, Stockport",
    postcode="SK3 8AB",
)
BARE = replace(AMIRA, sex=None, address=None, postcode=None)


def row(person: Identifiers, key: str = "1", **changed: Any) -> Candidate:
    return Candidate(key, replace(person, **changed))


def hits(person: Identifiers, *rows: Candidate, population: int = POPULATION) -> tuple[Hit, ...]:
    return match([person], rows, population)[0]


def grade(person: Identifiers, *rows: Candidate, population: int = POPULATION) -> Grade:
    found = hits(person, *rows, population=population)
    return found[0].grade if found else Grade.CERTAINLY_NOT


def test_the_same_name_and_birth_date_are_certain_for_an_uncommon_name() -> None:
    assert grade(BARE, row(BARE)) is Grade.CERTAIN


def test_another_person_altogether_is_no_hit() -> None:
    other = Identifiers(given_name="Tom", family_name="Woodley", birth_date=date(1980, 8, 29))
    assert hits(AMIRA, row(other)) == ()


def test_nobody_asked_and_nobody_found_give_nothing() -> None:
    assert match([], [row(AMIRA)], POPULATION) == ()
    assert match([AMIRA], [], POPULATION) == ((),)
    assert hits(Identifiers(), row(AMIRA), population=1) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"given_name": "Amirah"},
        {"family_name": "Quarmbey"},
        {"birth_date": date(2012, 3, 11)},
        {"given_name": "Quarmby", "family_name": "Amira"},
        {"family_name": "Quarmby-Wood"},
        {"postcode": "M1 1AA", "address": "9 Rowan Road"},
    ],
    ids=[
        "given name typo",
        "family name typo",
        "birth date typo",
        "names swapped",
        "double surname",
        "moved",
    ],
)
def test_a_slip_in_one_identifier_still_finds_the_person(changed: dict[str, Any]) -> None:
    assert grade(AMIRA, row(AMIRA, **changed)) in {Grade.CERTAIN, Grade.PROBABLE}


def test_a_day_month_swap_still_finds_the_person() -> None:
    typed = replace(AMIRA, birth_date=date(2012, 3, 7))
    assert grade(typed, row(typed, birth_date=date(2012, 7, 3))) is Grade.CERTAIN


def test_a_nickname_still_finds_the_person() -> None:
    typed = replace(AMIRA, given_name="Liz")
    assert grade(typed, row(typed, given_name="Elizabeth")) is Grade.CERTAIN


def test_a_changed_surname_with_the_rest_the_same_still_finds_the_person() -> None:
    assert grade(AMIRA, row(AMIRA, family_name="Woodley")) in {Grade.CERTAIN, Grade.PROBABLE}


def test_a_previous_surname_counts_like_the_present_one() -> None:
    typed = replace(BARE, other_family_names=("Woodley",))
    assert grade(typed, row(BARE, family_name="Woodley")) is Grade.CERTAIN
    assert grade(replace(BARE, family_name="Woodley"), row(typed)) is Grade.CERTAIN


def test_a_row_without_a_birth_date_is_never_more_than_possible() -> None:
    assert grade(AMIRA, row(AMIRA, birth_date=None)) is Grade.POSSIBLE
    assert grade(AMIRA, row(AMIRA, birth_date=date(1900, 1, 1))) is Grade.POSSIBLE


def test_an_age_typed_instead_of_a_birth_date_wins_an_uncommon_name_back() -> None:
    about = replace(BARE, birth_date=None, born_between=(date(2010, 1, 1), date(2013, 12, 31)))
    assert grade(about, row(BARE)) in {Grade.CERTAIN, Grade.PROBABLE}
    assert grade(about, row(BARE, birth_date=date(1985, 1, 5))) not in {Grade.CERTAIN, Grade.PROBABLE}
    assert hits(about, row(BARE))[0].reasons["birth_date"] is Reason.PARTIAL


def test_an_age_does_not_make_a_common_name_one_person() -> None:
    about = Identifiers(
        given_name="David", family_name="Smith", born_between=(date(1980, 1, 1), date(1984, 12, 31))
    )
    assert grade(about, row(about, born_between=None, birth_date=date(1982, 5, 4))) not in {
        Grade.CERTAIN,
        Grade.PROBABLE,
    }


def test_two_different_valid_nhs_numbers_are_never_more_than_possible() -> None:
    typed = replace(AMIRA, nhs_number="943 476 5919")
    assert grade(typed, row(AMIRA, nhs_number="943 476 5870")) is Grade.POSSIBLE
    assert grade(typed, row(AMIRA, nhs_number="943 476 5910")) is Grade.CERTAIN  # a slip, not another number
    assert grade(typed, row(AMIRA, nhs_number="1111111111")) is Grade.CERTAIN


def test_a_number_alone_finds_its_person_and_survives_a_new_name() -> None:
    number = Identifiers(nhs_number="9434765919")
    assert grade(number, row(AMIRA, nhs_number="943 476 5919")) is Grade.CERTAIN
    renamed = row(AMIRA, family_name="Woodley", given_name="Emma", nhs_number="9434765919")
    assert grade(replace(BARE, nhs_number="9434765919"), renamed) is Grade.PROBABLE


def test_one_of_two_namesakes_with_the_same_birth_date_is_not_guessed() -> None:
    first = row(BARE, "1", postcode="SK3 8AB", nhs_number="9434765919")
    second = row(BARE, "2", postcode="M1 1AA", nhs_number="9434765870")
    assert [hit.grade for hit in hits(BARE, first, second)] == [Grade.POSSIBLE, Grade.POSSIBLE]


def test_rows_of_one_person_are_one_hit_with_all_its_rows() -> None:
    moved = row(AMIRA, "2", address="9 Rowan Road", postcode="M1 1AA")
    (hit,) = hits(AMIRA, row(AMIRA, "1"), moved, row(BARE, "3"))
    assert hit.grade is Grade.CERTAIN
    assert {one.local_key for one in hit.rows} == {"1", "2", "3"}


def test_a_father_is_not_his_son_of_the_same_name() -> None:
    son = replace(AMIRA, given_name="Omar", sex="male")
    father = row(son, "father", birth_date=date(1980, 9, 2))
    assert grade(son, father) not in {Grade.CERTAIN, Grade.PROBABLE}
    (hit,) = hits(son, father, row(son, "son"))
    assert (hit.rows[0].local_key, hit.grade) == ("son", Grade.CERTAIN)


TWIN = replace(AMIRA, given_name="Zahra")


def test_each_twin_gets_her_own_row() -> None:
    found = match([AMIRA, TWIN], [row(TWIN, "zahra"), row(AMIRA, "amira")], POPULATION)
    assert [[hit.rows[0].local_key for hit in own] for own in found] == [["amira"], ["zahra"]]
    assert {own[0].grade for own in found} == {Grade.CERTAIN}


def test_a_twin_who_is_not_in_the_source_does_not_get_her_sisters_row() -> None:
    assert match([AMIRA, TWIN], [row(AMIRA)], POPULATION)[1] == ()
    assert grade(TWIN, row(AMIRA)) not in {Grade.CERTAIN, Grade.PROBABLE}


def test_without_the_relatives_term_a_twin_is_easily_taken_for_her_sister() -> None:
    alone = match([replace(TWIN, given_name="Amelia")], [row(AMIRA)], POPULATION, relatives=False)[0]
    reckoned = match([replace(TWIN, given_name="Amelia")], [row(AMIRA)], POPULATION)[0]
    assert alone[0].grade is Grade.CERTAIN
    assert Grade.CERTAIN not in {hit.grade for hit in reckoned}


def test_a_row_that_could_be_either_of_two_people_is_given_to_neither() -> None:
    typed_twice = match([BARE, replace(BARE, other_family_names=("Wood",))], [row(BARE)], POPULATION)
    assert [[hit.grade for hit in own] for own in typed_twice] == [[Grade.POSSIBLE], [Grade.POSSIBLE]]


def test_one_more_person_in_the_query_never_raises_a_grade() -> None:
    initial = replace(BARE, given_name="A")
    rows = [row(BARE, "1"), row(BARE, "2", given_name="Alice")]
    alone = match([initial], rows, POPULATION)[0]
    beside = match([initial, BARE], rows, POPULATION)[0]
    assert [hit.grade for hit in alone] == [Grade.POSSIBLE, Grade.POSSIBLE]
    assert [hit.grade for hit in beside] == [Grade.POSSIBLE]


def test_a_row_that_does_not_exist_for_a_person_has_no_influence_on_that_person() -> None:
    rows = [row(BARE, "1"), row(BARE, "2", nhs_number="9434765919")]
    with_gate = match([BARE, TWIN], rows, POPULATION, available=lambda _, one: one.local_key == "1")
    assert with_gate == match([BARE, TWIN], rows[:1], POPULATION)
    only_second = match([BARE, BARE], rows[:1], POPULATION, available=lambda person, _: person == 1)
    assert [[hit.grade for hit in own] for own in only_second] == [[], [Grade.CERTAIN]]


def test_a_common_name_says_less_than_a_rare_one() -> None:
    typed = Identifiers(given_name="David", family_name="Smith", birth_date=date(1960, 5, 4))
    rare = replace(typed, given_name="Ferelith", family_name="Quarmby")
    assert grade(rare, row(rare), population=9_000_000) is Grade.CERTAIN
    assert grade(typed, row(typed), population=9_000_000) is Grade.PROBABLE


def test_a_slip_in_the_birth_date_is_certain_only_with_the_same_home() -> None:
    slipped = date(2012, 3, 11)
    assert grade(AMIRA, row(AMIRA, birth_date=slipped)) is Grade.CERTAIN
    assert grade(AMIRA, row(AMIRA, birth_date=slipped, family_name="Woodley")) is Grade.PROBABLE
    assert grade(AMIRA, row(AMIRA, birth_date=slipped, address="9 Weir Road, Leeds")) is Grade.POSSIBLE
    assert grade(BARE, row(BARE, birth_date=slipped)) is Grade.POSSIBLE


def test_another_family_name_on_the_same_day_is_somebody_else_unless_the_home_is_the_same() -> None:
    elsewhere = {"family_name": "Woodley", "address": "9 Weir Road, Leeds", "postcode": "LS1 2AB"}
    assert grade(AMIRA, row(AMIRA, family_name="Woodley")) is Grade.CERTAIN
    assert grade(AMIRA, row(AMIRA, **elsewhere)) is Grade.POSSIBLE
    assert grade(AMIRA, row(AMIRA, **elsewhere), population=500) is Grade.POSSIBLE


def test_two_of_three_parts_of_a_birth_date_are_never_enough_without_the_same_home() -> None:
    in_part = date(2012, 11, 17)
    assert grade(AMIRA, row(AMIRA, birth_date=in_part)) is Grade.PROBABLE
    assert grade(BARE, row(BARE, birth_date=in_part), population=500) is Grade.POSSIBLE


def test_agreeing_on_new_years_day_says_less_than_on_another_day() -> None:
    typed = Identifiers(given_name="David", family_name="Smith", birth_date=date(1960, 5, 4))
    on_new_years_day = replace(typed, birth_date=date(1960, 1, 1))
    assert grade(typed, row(typed)) is Grade.CERTAIN
    assert grade(on_new_years_day, row(on_new_years_day)) is Grade.PROBABLE


def test_reasons_say_what_agreed_and_only_names_and_birth_date_are_visible() -> None:
    (hit,) = hits(AMIRA, row(AMIRA, given_name="Amirah", birth_date=date(2012, 3, 11), sex=None))
    assert visible_reasons(hit) == {
        "given_name": Reason.CLOSE,
        "family_name": Reason.EXACT,
        "birth_date": Reason.CLOSE,
    }
    assert hit.reasons["address"] is Reason.EXACT
    assert hit.reasons["sex"] is Reason.MISSING
    assert "Amira" not in repr(hit)
    assert "exact" not in repr(hit)


def test_only_certain_stands_for_itself_at_a_sensitive_source() -> None:
    assert [g for g in Grade if stands_for_itself(g, sensitive=False)] == [Grade.CERTAIN, Grade.PROBABLE]
    assert [g for g in Grade if stands_for_itself(g, sensitive=True)] == [Grade.CERTAIN]


def test_a_name_that_many_rows_bear_says_less_than_the_table_of_names_thinks() -> None:
    typed = replace(BARE, birth_date=None, born_between=(date(1985, 1, 1), date(1985, 12, 31)))
    born_then = row(BARE, "then", birth_date=date(1985, 8, 20))
    namesakes = [row(BARE, str(year), birth_date=date(year, 11, 3)) for year in range(1950, 1984)]
    assert grade(typed, born_then, population=20_000) is Grade.PROBABLE
    assert grade(typed, born_then, *namesakes, population=20_000) is Grade.POSSIBLE
    exactly = replace(BARE, birth_date=date(1985, 8, 20))
    assert grade(exactly, born_then, *namesakes) is Grade.CERTAIN
