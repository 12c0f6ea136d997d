"""Close matches that were not shown: counted by week and reason, and never so that a query could be followed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from broker.learning.misses import FEW, REASONS, CountsUnfit, Misses, add, read, told, why

MONDAY = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("levels", "reason"),
    [
        ({"given_name": "exact", "family_name": "exact"}, "a birth date is missing"),
        (
            {"given_name": "exact", "family_name": "differs", "birth_date": "exact"},
            "the family name differs, or is missing",
        ),
        (
            {"given_name": "exact", "family_name": "exact", "birth_date": "one_edit"},
            "the birth date is nearly the same",
        ),
        ({"given_name": "exact", "family_name": "exact", "birth_date": "differs"}, "the birth date differs"),
        ({"given_name": "exact", "family_name": "exact", "birth_date": "exact"}, "several people fit"),
        ({"nhs_number": "differs", "birth_date": "exact"}, "the number differs"),
        ({}, "a birth date is missing"),
    ],
)
def test_a_close_match_has_one_reason(levels: dict[str, str], reason: str) -> None:
    assert why(levels) == reason
    assert reason in REASONS


def test_a_week_is_told_when_it_is_over_and_in_round_numbers(tmp_path: Path) -> None:
    misses = Misses(tmp_path / "school.json")
    for _ in range(13):
        misses.count({"birth_date": "one_edit"}, MONDAY)
    for _ in range(4):
        misses.count({}, MONDAY)
    add(misses.path, misses.taken(MONDAY))
    kept = read(tmp_path / "school.json")
    assert told(kept, MONDAY + timedelta(days=7)) == {}  # Monday after: the week ended yesterday
    assert told(kept, MONDAY + timedelta(days=8)) == {
        "2026-W47": dict.fromkeys(REASONS, FEW) | {"the birth date is nearly the same": "about 15"}
    }


def test_one_close_match_is_told_as_none_is(tmp_path: Path) -> None:
    in_three_weeks = MONDAY + timedelta(days=21)
    for name, days in (("one", [MONDAY]), ("none", [])):
        misses = Misses(tmp_path / name)
        for day in days:
            misses.count({"birth_date": "one_edit"}, day)
        add(misses.path, misses.taken(MONDAY))
    one, none = (told(read(tmp_path / name), in_three_weeks) for name in ("one", "none"))
    assert one == none
    assert list(one) == ["2026-W48", "2026-W47"]


def test_weeks_are_told_across_the_turn_of_the_year(tmp_path: Path) -> None:
    misses = Misses(tmp_path / "school.json")
    add(misses.path, misses.taken(date(2026, 12, 21)))
    assert list(told(read(misses.path), date(2027, 1, 12))) == ["2027-W01", "2026-W53", "2026-W52"]


def test_what_could_not_be_written_is_counted_on(tmp_path: Path) -> None:
    path = tmp_path / "school.json"
    misses = Misses(path)
    misses.count({}, MONDAY)
    path.write_text("not counts", encoding="utf-8")
    taken = misses.taken(MONDAY)
    with pytest.raises(CountsUnfit):
        add(path, taken)
    misses.put_back(taken)
    misses.count({}, MONDAY)
    path.unlink()
    add(path, misses.taken(MONDAY))
    assert read(path)["2026-W47"].total() == 2
