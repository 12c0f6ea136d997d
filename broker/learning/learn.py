"""Learning weights from labels by a rule that cannot run away.

What practitioners confirm and reject is no fair sample: they are asked about matches that were shown. Estimating
from it as it stands makes matching worse: ``make bench-matching`` measures how much (ten times as many people were
missed when this was written). So only ``m`` is learnt, from pairs that were confirmed; the parent's table counts
for a thousand of them; no weight moves by more than one bit from its parent's nor from the default; and a version
that does not do better on labels it has not seen is not made.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from broker.learning.evaluate import Evaluation, Tables, evaluate, table_of
from broker.learning.labels import Label
from broker.matching.evidence import Chances
from broker.matching.levels import GivenNameLevel
from broker.matching.weights import DEFAULT_WEIGHTS, Weights

PRIOR_PAIRS = 1000
"""For how many confirmed pairs the parent's table counts."""
LARGEST_MOVE = 2.0
"""One bit, as a factor."""
FEWEST_CONFIRMED = 200
LEARNT_FROM = 70
"""Of a hundred labels, so many are learnt from, and the others held out. Which is which never changes."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One ``m`` that moved."""

    table: str
    level: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Lesson:
    """What labels teach. ``refused`` says in a sentence why no version may be made of it; None: one may."""

    weights: Weights
    moved: tuple[Moved, ...]
    confirmed: int
    before: Evaluation | None
    after: Evaluation | None
    refused: str | None


def learn(labels: Sequence[Label], parent: Weights, version: str, tables: Tables) -> Lesson:
    """The lesson of these labels, as a new version of ``parent``."""
    taught = [one for one in labels if not _is_held_out(one)]
    held_out = [one for one in labels if _is_held_out(one)]
    confirmed = [one for one in taught if one.same]
    weights = replace(_moved_by(confirmed, parent), version=version)
    moved = tuple(_differences(parent, weights))
    if len(confirmed) < FEWEST_CONFIRMED:
        why = f"There are {len(confirmed)} confirmed pairs to learn from; it takes {FEWEST_CONFIRMED}."
        return Lesson(weights, moved, len(confirmed), None, None, why)
    if not {True, False} <= {one.same for one in held_out}:
        why = "The labels held out need confirmed and rejected pairs: without both, nothing can be judged."
        return Lesson(weights, moved, len(confirmed), None, None, why)
    before, after = evaluate(held_out, parent, tables), evaluate(held_out, weights, tables)
    return Lesson(weights, moved, len(confirmed), before, after, _refused(before, after))


def _refused(before: Evaluation, after: Evaluation) -> str | None:
    if after.wrong_shown > before.wrong_shown:
        return (
            f"On labels that were held out, {after.wrong_shown} wrong people would be shown instead of"
            f" {before.wrong_shown}."
        )
    if after.log_loss >= before.log_loss:
        return "On labels that were held out, the new weights are no better than those in use."
    return None


def _is_held_out(label: Label) -> bool:
    """By what the label says, so that the same labels are held out every time, in whatever order they stand."""
    drawn = hashlib.sha256(label.model_dump_json().encode()).digest()
    return int.from_bytes(drawn[:4], "big") % 100 >= LEARNT_FROM


def _moved_by(confirmed: Sequence[Label], parent: Weights) -> Weights:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for label in confirmed:
        for name, level in label.levels.items():
            counts[table_of(name)][level] += 1
    return with_m(parent, {table: _m_of(table, found, parent) for table, found in counts.items()})


def _m_of(table: str, found: Counter[str], parent: Weights) -> dict[str, float]:
    """Dirichlet: the parent's table as so many pairs, and those that were found.

    That all given names agree is that the first one does, and something more: both move alike.
    """
    prior = {str(level): one.chances.m for level, one in parent.evidence[table].items()}
    default = {str(level): one.chances.m for level, one in DEFAULT_WEIGHTS.evidence[table].items()}
    counted = {level: found[level] for level in prior if level != _MORE}
    if _MORE in prior:
        counted[_LESS] += found[_MORE]
    total, seen = sum(prior[level] for level in counted), sum(counted.values())
    if not seen:
        return prior
    learnt = {}
    for level, count in counted.items():
        posterior = (PRIOR_PAIRS * prior[level] + total * count) / (PRIOR_PAIRS + seen)
        learnt[level] = min(_within(_within(posterior, prior[level]), default[level]), 1.0)
    if _MORE in prior:
        learnt[_MORE] = min(prior[_MORE] * learnt[_LESS] / prior[_LESS], 1.0)
    return learnt


_MORE, _LESS = GivenNameLevel.ALL_NAMES.value, GivenNameLevel.EXACT.value


def _within(value: float, centre: float) -> float:
    return min(max(value, centre / LARGEST_MOVE), centre * LARGEST_MOVE)


def with_m(weights: Weights, tables: Mapping[str, Mapping[str, float]]) -> Weights:
    """The weights with these ``m``, per table and level."""
    changed: dict[str, Any] = {
        name: {
            level: Chances(tables[name].get(str(level), old.m), *old[1:])
            for level, old in getattr(weights, name).items()
        }
        for name in tables
    }
    return replace(weights, **changed)


def _differences(before: Weights, after: Weights) -> list[Moved]:
    return [
        Moved(table, str(level), old.chances.m, after.evidence[table][level].chances.m)
        for table, levels in before.evidence.items()
        for level, old in levels.items()
        if after.evidence[table][level].chances.m != old.chances.m
    ]
