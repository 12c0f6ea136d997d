"""What learning from feedback does to who is shown: by this project's rule, and by counting as it comes.

The people asked about are those of two lots of queries: from the first, everything that was possible or better is
confirmed or rejected; the second is asked with what was learnt.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from bench.matching.fairness import as_typed
from bench.register import carelessly_written, in_sqlite
from broker.learning.evaluate import table_of
from broker.learning.labels import Label
from broker.learning.learn import learn
from broker.matching.evidence import Chances
from broker.matching.grades import Grade
from broker.matching.match import match
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.contract import Candidate, Identifiers, Search
from deploy.demo.people import Person
from deploy.demo.town import Town

PEOPLE, QUERIES, ABSENT = 40_000, 2_100, 500
_SHOWN = frozenset({Grade.CERTAIN, Grade.PROBABLE})
Asked = tuple[Identifiers, str, Sequence[Candidate]]
"""What was typed, whose row is meant (or nobody's), and the rows that came."""


async def figures(seed: int, today: date, directory: Path) -> dict[str, tuple[float, str]]:
    """Wrong people shown, and right ones missed, of the second lot."""
    first, second = await _two_lots(seed, today, directory)
    labels = [label for one in first for label in _labels(one)]
    tables = {DEFAULT_WEIGHTS.version: DEFAULT_WEIGHTS}.__getitem__
    taught = learn(labels, DEFAULT_WEIGHTS, "bench/1", tables).weights
    told: dict[str, tuple[float, str]] = {"matching.learning.labels": (len(labels), "labels")}
    for name, weights in (("default", DEFAULT_WEIGHTS), ("safe", taught), ("as_it_comes", _counted(labels))):
        wrong, missed = _of(second, weights)
        told[f"matching.learning.{name}.wrong_shown"] = (wrong, f"in {len(second)}")
        told[f"matching.learning.{name}.missed"] = (missed, f"in {len(second)}")
    return told


async def _two_lots(seed: int, today: date, directory: Path) -> tuple[list[Asked], list[Asked]]:
    people = Town(seed, today).people(PEOPLE)
    source = in_sqlite(directory / "learning.db", carelessly_written(people, seed), population=PEOPLE)
    chance = random.Random(f"learning {seed}")
    elsewhere = Town(seed + 1_000_003, today).people(ABSENT * 2)
    lots: tuple[list[Asked], list[Asked]] = ([], [])
    for number, lot in enumerate(lots):
        there = chance.sample(range(len(people)), QUERIES - ABSENT)
        absent = elsewhere[number * ABSENT : (number + 1) * ABSENT]
        about: list[tuple[Person, str]] = [(people[place], str(place)) for place in there]
        for person, ref in about + [(one, "nobody") for one in absent]:
            one = as_typed(person, chance)
            forms = tuple(other_forms_of(fold(one.given_name or "")))
            rows = (await source.candidates(Search("bench", (one,), frozenset(), 30.0, (forms,)))).rows
            lot.append((one, ref, rows))
    await source.close()
    return lots


def _labels(asked: Asked) -> list[Label]:
    one, ref, rows = asked
    (hits,) = match([one], rows, PEOPLE)
    return [
        Label(
            month="2026-11",
            weights=DEFAULT_WEIGHTS.version,
            grade=hit.grade,
            bits=round(hit.bits, 1),
            levels=hit.levels,
            same=any(row.local_key == ref for row in hit.rows),
        )
        for hit in hits
    ]


def _of(asked: Sequence[Asked], weights: Weights) -> tuple[int, int]:
    wrong = missed = 0
    for one, ref, rows in asked:
        (hits,) = match([one], rows, PEOPLE, weights=weights)
        shown = [any(row.local_key == ref for row in hit.rows) for hit in hits if hit.grade in _SHOWN]
        wrong += not all(shown)
        missed += ref != "nobody" and not any(shown)
    return wrong, missed


def _counted(labels: Sequence[Label]) -> Weights:
    """How often each level stands among confirmed and among rejected pairs, taken for ``m`` and ``u``."""
    counts: Mapping[bool, dict[str, Counter[str]]] = {
        True: defaultdict(Counter),
        False: defaultdict(Counter),
    }
    for label in labels:
        for name, level in label.levels.items():
            counts[label.same][table_of(name)][level] += 1
    changed: dict[str, Any] = {
        table: {
            level: Chances(
                _share(counts[True][table], level), _share(counts[False][table], level), *one.chances[2:]
            )
            for level, one in levels.items()
        }
        for table, levels in DEFAULT_WEIGHTS.evidence.items()
    }
    return replace(DEFAULT_WEIGHTS, version="counted/1", **changed)


def _share(counts: Counter[str], level: str) -> float:
    return (counts[level] + 0.5) / (counts.total() + 1)
