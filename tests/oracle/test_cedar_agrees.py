"""Cedar, an engine that is not ours, decides as ours does; and it would notice if ours were wrong."""

from __future__ import annotations

import itertools
import os
import pickle
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy.dates import cut, earliest_shown
from tests.oracle.as_cedar import EVERYTHING, months_before
from tests.oracle.comparing import MAY_BE_UNKNOWN, compared, rounds
from tests.reports import reported

ROOT = Path(__file__).parents[2]
EACH = 5_000
PERMITTED = 0.30
A_MILLION = 1_000_000


@pytest.mark.parametrize("seed", [11, 23, 37, 59])
def test_cedar_decides_alike(seed: int) -> None:
    """20,000 questions about records in all, a decision for each of nine fields: 180,000."""
    found = compared(seed, EACH)
    assert found.disagreements == []
    assert found.requests == EACH
    assert found.shown / found.requests >= PERMITTED
    reached = {(field, at) for field, names in EVERYTHING.items() for at in range(len(names) + 1)}
    assert set(found.levels) == reached
    assert set(found.unknown) == set(MAY_BE_UNKNOWN)


@dataclass(frozen=True, slots=True)
class Bug:
    bug: str
    file: str
    change: str
    to: str


def bugs() -> list[Bug]:
    listed = yaml.safe_load((ROOT / "tests" / "oracle" / "engine_bugs.yaml").read_text(encoding="utf-8"))
    return [Bug(**one) for one in listed]


AT_LEAST = 25


def test_nearly_every_mistake_in_the_engine_is_betrayed(tmp_path: Path) -> None:
    asked = tmp_path / "asked.pickle"
    asked.write_bytes(pickle.dumps(list(itertools.islice(rounds(7), 75))))
    assert len(bugs()) == AT_LEAST + 1
    assert _differing(ROOT, asked) == 0
    betrayed = [one.bug for one in bugs() if _differing(_copy(one, tmp_path), asked)]
    assert len(betrayed) >= AT_LEAST, {one.bug for one in bugs()} - set(betrayed)


def _copy(bug: Bug, directory: Path) -> Path:
    copy = directory / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("policy", "handwritten"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    changed = copy / bug.file
    before = changed.read_text(encoding="utf-8")
    assert before.count(bug.change) == 1, f"{bug.bug}: {bug.file} has changed"
    changed.write_text(before.replace(bug.change, bug.to), encoding="utf-8")
    return copy


def _differing(copy: Path, asked: Path) -> int:
    script = ROOT / "tests" / "oracle" / "answers_again.py"
    ran = subprocess.run(  # noqa: S603 -- our own script
        [sys.executable, "-B", script, asked],
        env={**os.environ, "PYTHONPATH": str(copy)},
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(ran.stdout)


def test_a_million_were_put_lately_and_none_was_answered_otherwise() -> None:
    report = reported("fuzz", "cedar_agrees", "make fuzz")
    assert report["questions"] >= A_MILLION
    assert report["disagreements"] == 0
    assert report["shown_share"] >= PERMITTED


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)), st.integers(1, 600))
def test_months_are_counted_back_alike(today: date, months: int) -> None:
    assert earliest_shown(today, months) == months_before(today, months)
    assert earliest_shown(today, months + 1) < earliest_shown(today, months)


@given(st.dates(date(1000, 1, 1)), st.integers(0, 3))
def test_a_date_is_cut_to_its_level(day: date, shown: int) -> None:
    said = cut(day, shown)
    parts = (f"{day.year:04}", f"{day.month:02}", f"{day.day:02}")[:shown]
    assert said == ("-".join(parts) or None)


def test_the_last_day_of_a_month_is_counted_back_to_the_last_of_a_shorter_one() -> None:
    assert earliest_shown(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert earliest_shown(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert earliest_shown(date(2026, 3, 31), 1) - timedelta(days=1) == date(2026, 2, 27)
