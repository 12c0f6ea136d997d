"""Small counts are not told, and can't be worked out from what is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from broker.profile.figures import FEW, SMALL, State, banded, in_words, lone, parts, percent, rounded
from broker.profile.plain import as_plain
from tests.unit.profile.profile_samples import Cells, cells, many, profiled, source

counts_of_answers = st.lists(st.integers(0, 2_000), min_size=2, max_size=8)


@given(counts_of_answers)
def test_no_count_below_ten_is_told(counts: list[int]) -> None:
    figures = parts(counts, rounded(sum(counts)))
    for count, figure in zip(counts, figures, strict=True):
        assert figure.count is None or count >= SMALL
        assert figure.count is None or figure.count % 5 == 0


@given(counts_of_answers)
def test_what_is_told_adds_up_to_the_total_so_nothing_is_left_to_work_out(counts: list[int]) -> None:
    total = rounded(sum(counts))
    figures = parts(counts, total)
    if any(figure.state is State.COUNT for figure in figures):
        assert sum(figure.count or 0 for figure in figures) == total


@given(counts_of_answers, st.integers(0, 9))
def test_a_small_count_could_have_been_any_other_small_count(counts: list[int], other: int) -> None:
    """Nothing published changes when records move between a small answer and the largest."""
    largest = max(range(len(counts)), key=lambda place: counts[place])
    small = [place for place, count in enumerate(counts) if count < SMALL]
    assume(small and counts[largest] >= SMALL)
    moved = list(counts)
    moved[largest] += moved[small[0]] - other
    moved[small[0]] = other
    others = [count for place, count in enumerate(counts) if place != largest]
    assume(moved[largest] > max([*others, SMALL]) + SMALL and counts[largest] > max(others) + SMALL)
    total = rounded(sum(counts))
    assert parts(counts, total) == parts(moved, total)


@given(st.integers(0, 9), st.integers(20, 10_000))
def test_a_small_share_is_told_as_small_whatever_it_is_a_share_of(count: int, total: int) -> None:
    assert banded(count, total) == lone(count) == FEW


def test_what_cannot_hide_the_small_is_held_back_whole() -> None:
    assert {figure.text() for figure in parts((9, 9, 9), 25)} == {"not shown"}
    assert {figure.text() for figure in parts((12, *[13] * 16, 0), 220)} == {"not shown"}


def test_shares_come_from_rounded_counts() -> None:
    assert [percent(5, 1_000), percent(12, 1_000), percent(995, 1_000)] == ["under 1%", "1%", "100%"]
    words = [in_words(count, 1_000) for count in (0, 20, 125, 330, 500, 600, 920, 1_000)]
    assert words == [
        "hardly any",
        "1 in 50",
        "1 in 8",
        "1 in 3",
        "about half",
        "6 in 10",
        "more than 9 in 10",
        "all, or nearly all",
    ]


COHORT = {"column": "category", "never": ["planned"]}
ODDITIES: dict[str, tuple[dict[str, object], dict[str, Any]]] = {
    "no birth date": ({"dob": None}, {}),
    "an unreadable birth date": ({"dob": "12/13/1985"}, {}),
    "a birth date in the future": ({"dob": "2068-02-20"}, {}),
    "a birth date before 1900": ({"dob": "1880-02-20"}, {}),
    "a birth date that a system filled in": ({"dob": "1900-01-01"}, {}),
    "1 January": ({"dob": "1985-01-01"}, {}),
    "no family name": ({"surname": None}, {}),
    "a stopgap": ({"forename": "BABY"}, {}),
    "digits in a name": ({"surname": "Smith2"}, {}),
    "brackets in a name": ({"surname": "Smith (DO NOT USE)"}, {}),
    "spoilt letters": ({"surname": "ZoÃ«"}, {}),
    "blanks at the end": ({"surname": "Smith  "}, {}),
    "capitals": ({"surname": "SMITH"}, {}),
    "a single letter": ({"forename": "A"}, {}),
    "no address": ({"address": None}, {}),
    "no fixed abode": ({"address": "NFA"}, {}),
    "no postcode": ({"postcode": None}, {}),
    "a part of a postcode": ({"postcode": "SK3"}, {}),
    "a wrong check digit": ({"nhs": "943 476 5918"}, {}),
    "no number at all": ({"nhs": "unknown"}, {}),
    "a UPN": ({"upn": "Z123456789012"}, {}),
    "another property number": ({"uprn": "A1"}, {}),
    "a sex that is not mapped": ({"sex": "9"}, {}),
    "no start": ({"started": None}, {}),
    "a start in the future": ({"started": "2027-01-02"}, {}),
    "a start before the source covers": ({"started": "2011-01-02"}, {}),
    "an end before the start": ({"ended": "2019-01-01"}, {}),
    "an end in the future": ({"ended": "2027-01-01"}, {}),
    "neither start nor end": ({"started": None, "ended": None}, {}),
    "no last contact": ({"seen": None}, {}),
    "an old contact": ({"seen": "2017-05-20"}, {}),
    "a status that is not mapped": ({"status": "X"}, {}),
    "no status": ({"status": None}, {}),
    "a team for a name": ({"officer": "Duty desk"}, {}),
    "nobody to ring": ({"officer": None, "team": None, "phone": None, "email": None}, {}),
    "a mobile": ({"phone": "07700 900123"}, {}),
    "an extension": ({"phone": "4711"}, {}),
    "a team's mailbox": ({"email": "duty@housing.example"}, {}),
    "an email that is none": ({"email": "see file"}, {}),
    "another category": ({"category": "parking"}, {}),
    "no category": ({"category": None}, {}),
    "a shielded person": ({"shielded": "Y"}, {}),
    "the same person again": ({"forename": "Ada", "surname": "Ashdown", "dob": "1985-03-17"}, {}),
    "a local key again": ({"ref": "T1"}, {}),
    "another officer": ({"officer": "Gwen Ellis", "team": "West patch"}, {}),
    "a record out of scope": ({"category": "planned"}, {"cohort": COHORT}),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_whether_there_are_none_or_nine_of_it_the_whole_profile_is_the_same(oddity: str) -> None:
    """The strictest test of suppression: every figure, fact and finding of two databases."""
    changed, parts_of_source = ODDITIES[oddity]
    of = source(**parts_of_source)
    every = {"ended": "2024-05-01"} if "ended" in changed else {}
    profiles = [as_plain(profiled(_with(odd, changed, every), of)) for odd in (0, 1, 4, 9)]
    assert profiles[0]["sections"]
    for other in profiles[1:]:
        assert other == profiles[0]


def _with(odd: int, changed: Cells, every: Cells) -> list[Cells]:
    """300 rows, the first of which are odd."""
    return [cells(number, **{**every, **(changed if number < odd else {})}) for number in range(300)]


def test_of_fewer_than_twenty_records_nothing_is_told() -> None:
    told = [as_plain(profiled(many(count))) for count in (0, 1, 19)]
    assert told[0] == told[1] == told[2]
    assert told[0]["sections"] == told[0]["findings"] == []
    assert as_plain(profiled(many(20)))["sections"]
