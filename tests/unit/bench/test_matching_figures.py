"""What the matching benchmark counts, on pairs that can be counted by hand."""

from __future__ import annotations

from datetime import date

import pytest

from bench.matching.linkage import (
    Pair,
    Record,
    best_f1,
    f1_at_half,
    linked,
    one_to_one,
    precision,
    recall,
    top_1,
)
from bench.matching.northshire import Tally
from broker.matching.grades import Grade
from connectors.contract import Identifiers

PAIRS = [
    Pair(9.0, 0.99, 0, 0, true=True),
    Pair(8.0, 0.95, 1, 0, true=False),
    Pair(7.0, 0.90, 1, 1, true=True),
    Pair(1.0, 0.30, 2, 2, true=True),
    Pair(0.5, 0.20, 2, 1, true=False),
]


def test_the_best_threshold_is_the_one_with_the_best_f1() -> None:
    assert best_f1(PAIRS, true=3) == pytest.approx(2 * 3 / (4 + 3))


def test_at_an_even_chance_only_likely_pairs_count() -> None:
    assert f1_at_half(PAIRS, true=3) == pytest.approx(2 * 2 / (3 + 3))


def test_linked_one_to_one_no_record_has_two_partners() -> None:
    kept = one_to_one(PAIRS)
    assert [(pair.asked, pair.stored) for pair in kept] == [(0, 0), (1, 1), (2, 2)]
    assert best_f1(kept, true=3) == 1.0


def test_the_top_pair_of_each_who_is_asked_about_is_right_or_wrong() -> None:
    assert top_1(PAIRS, askable=3) == pytest.approx(2 / 3)


def test_files_are_linked_by_the_broker_s_own_matching() -> None:
    ann = Identifiers("Annabel", "Thistlewood", (), None)
    born = [Identifiers("Annabel", "Thistlewood", (), day) for day in (date(1990, 5, 2), date(1961, 11, 23))]
    stored = [Record("a", born[0]), Record("b", born[1])]
    told = linked([Record("a", born[0])], stored, lambda one: [one.family_name], relatives=True)
    assert (told.true, told.fetched) == (1, 2)
    assert precision(told, Grade.CERTAIN) == recall(told, Grade.CERTAIN) == 1.0
    assert max(told.pairs, key=lambda pair: pair.score).true
    nobody = linked([Record("c", ann)], stored, lambda one: [one.given_name], relatives=True)
    assert nobody.true == 0


def test_a_tally_tells_who_was_found_shown_and_taken_for_somebody_else() -> None:
    tally = Tally()
    tally.count([(Grade.POSSIBLE, True)], rows=3)
    tally.count([(Grade.CERTAIN, False), (Grade.PROBABLE, True)], rows=2)
    assert (tally.asked, tally.found, tally.shown, tally.strangers, tally.certain_strangers) == (
        2,
        2,
        1,
        1,
        1,
    )
