"""Linking two files, one query at a time, and what is counted of it. Peers' pairs are counted the same way."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broker.matching.columns import columns_of
from broker.matching.grades import Grade
from broker.matching.known import known_of
from broker.matching.match import match, weigh
from broker.matching.weights import DEFAULT_WEIGHTS
from connectors.contract import Candidate, Identifiers

Keys = Callable[[Identifiers], Iterable[Hashable]]
"""By which of its values a record is fetched: the rules of a search."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file. ``entity`` is who it is truly of: never shown to what links."""

    entity: str
    identifiers: Identifiers = field(repr=False)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, by their places, how well they fit (the more the better) and whether they are truly of one."""

    score: float
    chance: float
    asked: int
    stored: int
    true: bool


@dataclass(slots=True)
class Linked:
    """What linking gave. ``pairs``: all that were weighed; ``graded``: per grade, pairs right and wrong."""

    pairs: list[Pair]
    graded: Mapping[Grade, list[int]]
    true: int
    fetched: int
    milliseconds: list[float]


def linked(
    asked: Sequence[Record],
    stored: Sequence[Record],
    keys: Keys,
    *,
    relatives: bool,
    oneself: bool = False,
) -> Linked:
    """Ask about every record of one file in the other. ``oneself``: both are one file; nobody finds their own row.

    ``pairs`` are weighed by the method alone, so that it can be compared; grades are what an answer would have.
    """
    index: dict[Hashable, list[int]] = defaultdict(list)
    by_entity: dict[str, set[int]] = defaultdict(set)
    for place, record in enumerate(stored):
        by_entity[record.entity].add(place)
        for key in keys(record.identifiers):
            index[key].append(place)
    rows = [Candidate(f"{place:09}", record.identifiers) for place, record in enumerate(stored)]
    told = Linked([], {grade: [0, 0] for grade in Grade}, 0, 0, [])
    for number, record in enumerate(asked):
        fetched = sorted(
            {place for key in keys(record.identifiers) for place in index[key]}
            - ({number} if oneself else set())
        )
        truly = by_entity[record.entity] - ({number} if oneself else set())
        told.true += len(truly)
        told.fetched += len(fetched)
        _ask(record.identifiers, number, fetched, truly, rows, told, relatives)
    return told


def _ask(
    typed: Identifiers,
    number: int,
    fetched: Sequence[int],
    truly: set[int],
    rows: Sequence[Candidate],
    told: Linked,
    relatives: bool,
) -> None:
    candidates = [rows[place] for place in fetched]
    columns = columns_of(candidates)
    alone = tuple((index,) for index in range(len(fetched)))
    weighed = weigh(
        known_of(typed), columns, alone, len(rows), relatives=relatives, weights=DEFAULT_WEIGHTS, by_law=False
    )
    for one in weighed:
        place = fetched[one.rows[0]]
        told.pairs.append(Pair(math.log2(one.odds), one.chance, number, place, place in truly))
    began = time.perf_counter()
    (hits,) = match([typed], candidates, len(rows), relatives=relatives)
    told.milliseconds.append((time.perf_counter() - began) * 1000)
    for hit in hits:
        for row in hit.rows:
            told.graded[hit.grade][int(row.local_key) not in truly] += 1


def best_f1(pairs: Iterable[Pair], true: int) -> float:
    """The F1 at the threshold that is best for these pairs."""
    right = wrong = 0
    best = 0.0
    for pair in sorted(pairs, key=lambda one: -one.score):
        right, wrong = right + pair.true, wrong + (not pair.true)
        best = max(best, 2 * right / (right + wrong + true))
    return best


def f1_at_half(pairs: Iterable[Pair], true: int) -> float:
    """The F1 of the pairs that are held to be likelier one person than not."""
    likely = [pair.true for pair in pairs if pair.chance >= 0.5]
    return 2 * sum(likely) / (len(likely) + true)


def one_to_one(pairs: Iterable[Pair]) -> list[Pair]:
    """The best pairs of which no two share a record, taken from the best down."""
    taken_asked: set[int] = set()
    taken_stored: set[int] = set()
    kept = []
    for pair in sorted(pairs, key=lambda one: -one.score):
        if pair.asked not in taken_asked and pair.stored not in taken_stored:
            taken_asked.add(pair.asked)
            taken_stored.add(pair.stored)
            kept.append(pair)
    return kept


def top_1(pairs: Iterable[Pair], askable: int) -> float:
    """Of the records that have a partner, the share whose best pair is a true one."""
    best: dict[int, Pair] = {}
    for pair in pairs:
        if pair.asked not in best or pair.score > best[pair.asked].score:
            best[pair.asked] = pair
    return sum(pair.true for pair in best.values()) / askable


def precision(told: Linked, *grades: Grade) -> float:
    right, wrong = (sum(told.graded[grade][side] for grade in grades) for side in (0, 1))
    return right / (right + wrong) if right + wrong else 1.0


def recall(told: Linked, *grades: Grade) -> float:
    return sum(told.graded[grade][0] for grade in grades) / told.true


def log_loss(pairs: Sequence[Pair]) -> float:
    """In nats a pair that was weighed."""
    least = 1e-9
    return -sum(math.log(max(pair.chance if pair.true else 1 - pair.chance, least)) for pair in pairs) / len(
        pairs
    )
