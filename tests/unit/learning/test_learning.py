"""What is learnt from labels, and that it cannot run away."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.learning.evaluate import evaluate
from broker.learning.labels import Label
from broker.learning.learn import Lesson, learn, with_m
from broker.learning.page import page
from broker.learning.weights_file import (
    in_use,
    kept_tables,
    next_version,
    put_in_use,
    roll_back,
    versions,
    weights_of,
)
from broker.matching.grades import Grade
from broker.matching.weights import DEFAULT_WEIGHTS
from handwritten import Faults

TABLES = {DEFAULT_WEIGHTS.version: DEFAULT_WEIGHTS}.__getitem__


def label(same: bool, bits: float, **levels: str) -> Label:
    grade = Grade.CERTAIN if bits > 7 else Grade.PROBABLE
    return Label(month="2026-11", weights="default/1", grade=grade, bits=bits, levels=levels, same=same)


def drawn(seed: int, *, typos: float, count: int = 2_000) -> list[Label]:
    """Pairs of a source whose clerks often mistype given names; one in twenty is of two people."""
    chance = Random(seed)  # noqa: S311 -- the same labels again for one seed
    made = []
    for number in range(count):
        same = chance.random() > 0.05
        typo = chance.random() < (typos if same else 0.02)
        bits = (3.0 if typo else 8.0) if same else -4.0
        noise = round(chance.gauss(0, 1), 3) + number * 1e-6
        levels = {"given_name": "close" if typo else "exact", "family_name": "exact", "birth_date": "exact"}
        made.append(label(same, bits + noise, **levels))
    return made


def lesson(labels: Sequence[Label], version: str = "school/1") -> Lesson:
    return learn(labels, DEFAULT_WEIGHTS, version, TABLES)


def test_a_source_of_many_typos_teaches_that_a_typo_says_little_against() -> None:
    learnt = lesson(drawn(1, typos=0.15))
    assert learnt.refused is None
    moved = {(one.table, one.level): one for one in learnt.moved}
    assert moved["given_name", "close"].after > moved["given_name", "close"].before
    assert learnt.before is not None
    assert learnt.after is not None
    assert learnt.after.log_loss < learnt.before.log_loss
    assert learnt.after.wrong_shown <= learnt.before.wrong_shown


def test_few_labels_teach_nothing() -> None:
    learnt = lesson(drawn(2, typos=0.15, count=150))
    assert "it takes 200" in str(learnt.refused)


def test_labels_without_a_rejected_pair_teach_nothing() -> None:
    learnt = lesson([one for one in drawn(3, typos=0.15) if one.same])
    assert "rejected" in str(learnt.refused)


def test_a_version_that_would_show_more_wrong_people_is_not_made() -> None:
    """Somebody confirmed typos alone, and strangers who look so stand just below what is shown."""
    confirmed = [label(True, 3.0 + number / 1000, given_name="close") for number in range(900)]
    strangers = [label(False, 1.5 + number / 1000, given_name="close") for number in range(100)]
    learnt = lesson([*confirmed, *strangers])
    assert "wrong people would be shown" in str(learnt.refused)


any_levels = st.fixed_dictionaries(
    {},
    optional={
        "given_name": st.sampled_from(["exact", "close", "nickname", "differs", "swapped", "initial"]),
        "family_name": st.sampled_from(["exact", "close", "similar", "differs"]),
        "birth_date": st.sampled_from(["exact", "one_edit", "inside", "differs"]),
        "sex": st.sampled_from(["same", "differs"]),
        "nhs_number": st.sampled_from(["exact", "one_edit", "differs"]),
        "address": st.sampled_from(["same_dwelling", "differs"]),
    },
)


@given(st.lists(st.tuples(any_levels, st.integers(1, 4_000)), max_size=4), st.booleans())
def test_whatever_is_fed_no_weight_moves_by_more_than_a_bit(
    fed: list[tuple[dict[str, str], int]], same: bool
) -> None:
    labels = [label(same, 1.0, **levels) for levels, times in fed for _ in range(min(times, 300))]
    learnt = lesson(labels)
    for one in learnt.moved:
        assert abs(math.log2(one.after / one.before)) <= 1 + 1e-9
    for name, table in learnt.weights.evidence.items():
        for level, evidence in table.items():
            assert evidence.chances[1:] == DEFAULT_WEIGHTS.evidence[name][level].chances[1:]


@given(st.lists(any_levels, max_size=20))
def test_a_rejected_pair_never_moves_a_weight(rejected: list[dict[str, str]]) -> None:
    confirmed = drawn(5, typos=0.1, count=300)
    before = lesson([one for one in confirmed if one.same])
    after = lesson([one for one in confirmed if one.same] + [label(False, 2.0, **one) for one in rejected])
    assert after.moved == before.moved


def test_moving_m_moves_the_odds_of_a_label_by_as_much() -> None:
    halved = with_m(
        DEFAULT_WEIGHTS,
        {"given_name": {"exact": DEFAULT_WEIGHTS.evidence["given_name"]["exact"].chances.m / 2}},
    )
    even = [label(True, 0.0, given_name="exact"), label(False, 0.0, given_name="exact")]
    assert evaluate(even, DEFAULT_WEIGHTS, TABLES).tenths[0].told == pytest.approx(0.5)
    assert evaluate(even, halved, TABLES).tenths[0].told == pytest.approx(1 / 3)


def test_an_evaluation_counts_what_was_told_at_each_grade() -> None:
    labels = [label(True, 9.0), label(True, 3.0), label(False, 3.0), label(True, 3.0)]
    found = evaluate(labels, DEFAULT_WEIGHTS, TABLES)
    assert [(one.pairs, one.precision, one.recall) for one in found.grades[:2]] == [
        (1, 1.0, 1 / 3),
        (4, 0.75, 1.0),
    ]
    assert found.wrong_shown == 1


def test_the_report_draws_what_its_table_says() -> None:
    report = page("school", "school/2", evaluate(drawn(6, typos=0.1), DEFAULT_WEIGHTS, TABLES))
    assert "<svg" in report
    assert "<script" not in report
    drawn_points, rows = report.count("<circle"), report.split("Calibration, by tenths")[1].count("<tr><td")
    assert drawn_points == rows > 1


def test_versions_are_kept_and_taken_back(tmp_path: Path) -> None:
    first = lesson(drawn(1, typos=0.15))
    put_in_use(tmp_path, "school", first, DEFAULT_WEIGHTS)
    parent = weights_of(tmp_path, "school")
    assert parent.version == "school/1"
    second = learn(
        drawn(7, typos=0.2), parent, next_version(tmp_path, "school"), kept_tables(tmp_path, "school")
    )
    assert second.refused is None
    put_in_use(tmp_path, "school", second, parent)
    assert [one.version for one in versions(tmp_path, "school")] == ["school/1", "school/2"]
    assert roll_back(tmp_path, "school") == "school/1"
    assert weights_of(tmp_path, "school").evidence["given_name"]["close"].chances.m == pytest.approx(
        first.weights.evidence["given_name"]["close"].chances.m, abs=1e-6
    )
    assert roll_back(tmp_path, "school") == "default/1"
    assert weights_of(tmp_path, "school") is DEFAULT_WEIGHTS
    assert roll_back(tmp_path, "school") is None


def test_a_weights_file_that_moves_too_far_is_refused(tmp_path: Path) -> None:
    put_in_use(tmp_path, "school", lesson(drawn(1, typos=0.15)), DEFAULT_WEIGHTS)
    path = tmp_path / "weights" / "school.yaml"
    written = path.read_text(encoding="utf-8")
    m = in_use(tmp_path, "school").m["given_name"]["close"]  # type: ignore[union-attr]  # it was just written
    path.write_text(written.replace(f"close: {m}", "close: 0.9", 1), encoding="utf-8")
    with pytest.raises(Faults, match="more than one bit"):
        weights_of(tmp_path, "school")
    assert replace(DEFAULT_WEIGHTS, version="x/1").version == "x/1"
