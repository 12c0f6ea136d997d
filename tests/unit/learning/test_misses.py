"""Close matches that were not shown: counted by week and reason, and never so that a query could be followed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from broker.learning.misses import Misses, read, told, why

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


def test_a_week_is_told_when_it_is_over_and_in_round_numbers(tmp_path: Path) -> None:
    misses = Misses(tmp_path / "school.json")
    for _ in range(13):
        misses.count({"birth_date": "one_edit"}, MONDAY)
    for _ in range(4):
        misses.count({}, MONDAY)
    misses.write(MONDAY)
    kept = read(tmp_path / "school.json")
    assert told(kept, MONDAY + timedelta(days=7)) == {}  # Monday after: the week ended yesterday
    assert told(kept, MONDAY + timedelta(days=8)) == {
        "2026-W47": {
            "a birth date is missing": "fewer than 10",
            "the birth date is nearly the same": "about 15",
        }
    }


def test_the_file_changes_once_a_day_at_most(tmp_path: Path) -> None:
    path = tmp_path / "school.json"
    misses = Misses(path)
    for _ in range(3):
        misses.count({}, MONDAY)
    assert not path.exists()
    misses.count({}, MONDAY + timedelta(days=1))
    assert read(path)["2026-W47"].total() == 4
    before = path.read_bytes()
    misses.count({}, MONDAY + timedelta(days=1))
    assert path.read_bytes() == before
    misses.write(MONDAY + timedelta(days=1))
    assert read(path)["2026-W47"].total() == 5
