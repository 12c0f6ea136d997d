"""How good matching is by labels: precision and recall at each grade, calibration, the loss of the odds told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from broker.learning.labels import Label
from broker.matching.grades import Grade
from broker.matching.weights import Weights

SHOWN_FROM = 0.80
_BINS = 10
_LEAST = 1e-6
_AT_LEAST: Mapping[Grade, frozenset[Grade]] = {
    Grade.CERTAIN: frozenset({Grade.CERTAIN}),
    Grade.PROBABLE: frozenset({Grade.CERTAIN, Grade.PROBABLE}),
    Grade.POSSIBLE: frozenset({Grade.CERTAIN, Grade.PROBABLE, Grade.POSSIBLE}),
}

Tables = Callable[[str], Weights]
"""The weights of a version. Raises KeyError for one that is not kept."""


@dataclass(frozen=True, slots=True)
class AtGrade:
    """Of the labelled pairs of this grade or better: how many, and how good. None where there are none."""

    grade: Grade
    pairs: int
    precision: float | None
    recall: float | None


@dataclass(frozen=True, slots=True)
class Tenth:
    """The pairs that were held for likely within one tenth: how likely on average, and the share that was so."""

    pairs: int
    told: float
    true: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``log_loss`` in nats a pair and ``brier`` (mean squared error): the less the better."""

    pairs: int
    same: int
    grades: tuple[AtGrade, ...]
    tenths: tuple[Tenth, ...]
    log_loss: float
    brier: float
    wrong_shown: int


def evaluate(labels: Sequence[Label], weights: Weights, tables: Tables) -> Evaluation:
    """What these weights would have told of the labels' pairs. ``labels`` is not empty.

    Grades are those that were given; chances are the odds that were told, moved by what the weights' ``m`` moved,
    without rivals: a label knows nothing of other candidates.
    """
    chances = [chance(one, weights, tables) for one in labels]
    pairs = [(told, one.same) for told, one in zip(chances, labels, strict=True)]
    return Evaluation(
        pairs=len(labels),
        same=sum(one.same for one in labels),
        grades=tuple(_at_grade(grade, labels) for grade in _AT_LEAST),
        tenths=tuple(_tenths(pairs)),
        log_loss=-sum(math.log(max(told if same else 1 - told, _LEAST)) for told, same in pairs) / len(pairs),
        brier=sum((told - same) ** 2 for told, same in pairs) / len(pairs),
        wrong_shown=sum(told >= SHOWN_FROM and not same for told, same in pairs),
    )


def chance(label: Label, weights: Weights, tables: Tables) -> float:
    """How likely these weights hold it that the two are one person."""
    bits = label.bits + math.fsum(
        _moved(name, level, tables(label.weights), weights) for name, level in label.levels.items()
    )
    odds = math.exp2(max(min(bits, 60.0), -60.0))
    return odds / (1 + odds)


def _moved(name: str, level: str, before: Weights, after: Weights) -> float:
    """By how many bits. A level that no table has (an age, names exchanged) never moves."""
    table = table_of(name)
    old, new = (weights.evidence[table].get(level) for weights in (before, after))
    return math.log2(new.chances.m / old.chances.m) if old and new else 0.0


def table_of(identifier: str) -> str:
    return "number" if identifier in ("nhs_number", "upn") else identifier


def _at_grade(grade: Grade, labels: Sequence[Label]) -> AtGrade:
    within = [one for one in labels if one.grade in _AT_LEAST[grade]]
    right, true = sum(one.same for one in within), sum(one.same for one in labels)
    return AtGrade(
        grade, len(within), right / len(within) if within else None, right / true if true else None
    )


def _tenths(pairs: Sequence[tuple[float, bool]]) -> list[Tenth]:
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for told, same in pairs:
        bins[min(int(told * _BINS), _BINS - 1)].append((told, same))
    return [
        Tenth(len(some), sum(told for told, _ in some) / len(some), sum(same for _, same in some) / len(some))
        for some in bins
        if some
    ]
