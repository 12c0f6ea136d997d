"""What the candidate queries find of 270,000 people, how many rows they bring, and what they cost by hand."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from bench.cases import Born, case_about
from bench.handwritten_sql import Ask, by_hand, values_of
from bench.register import Held, Register
from broker.api.query_body import QueryBody, query_of
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from connectors.contract import Connector, Identifiers, Search

T = TypeVar("T")

QUERIES, TIMED, WARMING = 4_000, 300, 30


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about one person of the register, whose row is ``ref``."""

    ref: str
    born: Born
    identifiers: Identifiers
    also_called: tuple[str, ...]

    def search(self) -> Search:
        return Search("bench", (self.identifiers,), frozenset(), 30.0, (self.also_called,))


def questions(register: Register, seed: int, today: date) -> list[Asked]:
    """About people drawn by lot, as requesters type them."""
    chance = random.Random(f"questions {seed}")
    places = chance.sample(range(len(register.people)), QUERIES)
    return [_asked(place, register, chance, today) for place in places]


def _asked(place: int, register: Register, chance: random.Random, today: date) -> Asked:
    case = case_about(register.people[place], True, chance, today)
    body = QueryBody.model_validate({"purpose": "a_benchmark", "people": [case.typed]})
    typed = query_of(body, 1.0, today, None).people[0].identifiers
    return Asked(str(place), case.born, typed, tuple(other_forms_of(fold(typed.given_name or ""))))


async def recall(source: Connector, asked: Sequence[Asked]) -> Mapping[str, tuple[float, str]]:
    """How many of the people asked about are among the rows, and how many rows there are a query."""
    found: Counter[Born] = Counter()
    rows: Counter[Born] = Counter()
    for one in asked:
        brought = (await source.candidates(one.search())).rows
        found[one.born] += any(row.local_key == one.ref for row in brought)
        rows[one.born] += len(brought)
    of = Counter(one.born for one in asked)
    by_birth = {
        f"connectors.recall_by_{born}": (found[born] / of[born], "share")
        for born in ("date", "age", "neither")
    }
    rows_by = {
        f"connectors.rows_by_{born}": (rows[born] / of[born], "rows") for born in ("date", "age", "neither")
    }
    told: tuple[Born, ...] = ("date", "age")
    return {
        "connectors.recall": (sum(found[one] for one in told) / sum(of[one] for one in told), "share"),
        "connectors.rows": (rows.total() / of.total(), "rows a query"),
        **by_birth,
        **rows_by,
    }


async def against_hand(held: Held, asked: Sequence[Asked]) -> Mapping[str, tuple[float, str]]:
    """Each connector's p50 and that of the same rows by hand, in turn, and how they compare."""
    dated = [one for one in asked if one.born == "date" and not one.identifiers.nhs_number][: TIMED + WARMING]
    figures: dict[str, tuple[float, str]] = {}
    async with by_hand(held) as hands:
        for name, source in held.connectors.items():
            ours, theirs = await _in_turn(source, hands[name], dated)
            label = name.replace(" ", "_")
            figures[f"connectors.{label}.p50_ms"] = (ours, "ms")
            figures[f"connectors.{label}.by_hand_p50_ms"] = (theirs, "ms")
            figures[f"connectors.{label}.ratio"] = (ours / theirs, "times by hand")
    return figures


async def _in_turn(source: Connector, ask: Ask, asked: Sequence[Asked]) -> tuple[float, float]:
    ours: list[float] = []
    theirs: list[float] = []
    for one in asked:
        brought, took = await _timed(source.candidates(one.search()))
        by_hand, took_by_hand = await _timed(_by_hand(ask, one))
        if {row.local_key for row in brought.rows} != set(by_hand):
            raise RuntimeError(f"other rows by hand: {len(brought.rows)} and {len(by_hand)}")
        ours.append(took)
        theirs.append(took_by_hand)
    return statistics.median(ours[WARMING:]), statistics.median(theirs[WARMING:])


async def _by_hand(ask: Ask, one: Asked) -> list[str]:
    return await ask(values_of(one.identifiers, one.also_called))


async def _timed(call: Coroutine[Any, Any, T]) -> tuple[T, float]:
    began = time.perf_counter()
    answer = await call
    return answer, (time.perf_counter() - began) * 1000
