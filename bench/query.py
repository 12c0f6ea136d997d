"""``make bench-query``: the whole flow on Northshire's real databases, held against the ground truth.

Queries are for people drawn from the truth, typed with a requester's own slips, and for people who are in no
source. A person's involvement at a service is *releasable* when the hand-stated policies let something out of
it. Recall counts what of that was shown; precision counts what of the shown was true.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from bench.figures import held, report
from deploy.demo.clerks import slip
from deploy.demo.people import Person
from deploy.demo.records import SERVICES
from deploy.demo.town import Town as People
from deploy.demo.truth import Truth, expected
from tests.fakes.northshire import Town, northshire

QUERIES, ABSENT, AT_ONCE = 1000, 150, 16
ADULT = 18
Born = Literal["date", "age", "neither"]


@dataclass(frozen=True, slots=True)
class Case:
    """One query: about whom, what was typed, and whether the person is in Northshire at all."""

    person: Person
    typed: Mapping[str, Any]
    born: Born
    present: bool


@dataclass(slots=True)
class Tally:
    """What was releasable, shown and true, by how the birth date was typed."""

    releasable: Counter[Born]
    found: Counter[Born]
    shown: Counter[Born]
    true: Counter[Born]
    wrong_certain: int = 0
    absent_certain: int = 0


def cases(truth: Truth, seed: int, today: date) -> list[Case]:
    """Queries as requesters type them: one in six with an age, one in twelve with neither age nor birth date."""
    chance = random.Random(f"queries {seed}")
    strangers = People(seed + 1_000_003, today).people(ABSENT * 3)
    people = [(one, True) for one in chance.sample(truth.people, QUERIES - ABSENT)]
    people += [(one, False) for one in chance.sample(strangers, ABSENT)]
    return [_case(person, present, chance, today) for person, present in people]


def _case(person: Person, present: bool, chance: random.Random, today: date) -> Case:
    born: Born = chance.choices(("date", "age", "neither"), (9, 2, 1))[0]
    typed: dict[str, Any] = {
        "relation": "parent" if person.age_on(today) >= ADULT else "child",
        "given_name": slip(person.given_name, chance) if chance.random() < 0.02 else person.given_name,
        "family_name": slip(person.family_name, chance) if chance.random() < 0.02 else person.family_name,
        "sex": person.sex,
    }
    typed |= {"postcode": person.postcode, "address": person.address} if chance.random() < 0.8 else {}
    if born == "date":
        typed["birth_date"] = person.birth_date.isoformat()
    elif born == "age":
        typed["age"] = person.age_on(today)
    return Case(person, typed, born, present)


async def answered(town: Town, case: Case) -> tuple[Mapping[str, Any], float]:
    """The answer to a case, and how long it took, in milliseconds."""
    query = {
        "purpose": "section_47_enquiry",
        "reason": "Benchmark",
        "case_reference": "NS-1",
        "view": "details",
        "people": [case.typed],
    }
    began = time.perf_counter()
    status, answer = await town.post("/v1/queries", query)
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
    return answer, (time.perf_counter() - began) * 1000


def count(tally: Tally, case: Case, answer: Mapping[str, Any], town: Town) -> None:
    """Hold one answer against the truth, service by service."""
    for service in SERVICES:
        part = next(one for one in answer["services"] if one["source"] == service)["people"][0]
        true = _true(town, case, service)
        shown = [(_comparable(one["involvement"]), one["grade"]) for one in part["involvements"]]
        right = [(involvement, grade) for involvement, grade in shown if involvement in true]
        tally.releasable[case.born] += bool(true)
        tally.found[case.born] += bool(right)
        tally.shown[case.born] += len(shown)
        tally.true[case.born] += len(right)
        certain = sum(grade == "certain" for involvement, grade in shown if involvement not in true)
        tally.wrong_certain += certain
        tally.absent_certain += certain if not case.present else 0


def _true(town: Town, case: Case, service: str) -> set[str]:
    if not case.present:
        return set()
    relation, truth = case.typed["relation"], town.northshire.truth
    told = expected(truth, case.person.person_id, service, "section_47_enquiry", relation, town.today)
    return {_comparable(one) for one in told}


def _comparable(involvement: Mapping[str, Any]) -> str:
    kept = ("status", "started", "ended", "last_contact", "lead_practitioner")
    return json.dumps({name: involvement[name] for name in kept}, sort_keys=True)


async def side_by_side(town: Town, some: Sequence[Case]) -> float:
    """Queries a second, with sixteen clients at once."""
    waiting = iter(some)

    async def client() -> None:
        for case in waiting:
            await answered(town, case)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as clients:
        for _ in range(AT_ONCE):
            clients.create_task(client())
    return len(some) / (time.perf_counter() - began)


async def measured(seed: int, people: int) -> Mapping[str, tuple[float, str]]:
    """Every figure, on a Northshire of its own."""
    with tempfile.TemporaryDirectory(prefix="northshire-") as directory:
        async with northshire(Path(directory), seed, people) as town:
            queries = cases(town.northshire.truth, seed, town.today)
            tally = Tally(Counter(), Counter(), Counter(), Counter())
            times = []
            for case in queries:
                answer, milliseconds = await answered(town, case)
                count(tally, case, answer, town)
                times.append(milliseconds)
            per_second = await side_by_side(town, queries)
    return _figures(tally, times, per_second)


def _figures(tally: Tally, times: Sequence[float], per_second: float) -> Mapping[str, tuple[float, str]]:
    born: tuple[Born, ...] = ("date", "age")
    shown = sum(tally.shown[one] for one in born)
    return {
        "query.recall": (
            sum(tally.found[one] for one in born) / sum(tally.releasable[one] for one in born),
            "share",
        ),
        "query.precision": (sum(tally.true[one] for one in born) / shown, "share"),
        "query.wrong_certain": (tally.wrong_certain, "involvements"),
        "query.absent_certain": (tally.absent_certain, "involvements"),
        "query.recall_by_birth_date": (tally.found["date"] / tally.releasable["date"], "share"),
        "query.recall_by_age": (tally.found["age"] / tally.releasable["age"], "share"),
        "query.recall_by_neither": (tally.found["neither"] / tally.releasable["neither"], "share"),
        "query.p50_ms": (statistics.median(times), "ms"),
        "query.p99_ms": (statistics.quantiles(times, n=100)[98], "ms"),
        "query.per_second_1": (1000 / statistics.mean(times), "1/s"),
        "query.per_second_16": (per_second, "1/s"),
    }


def main() -> None:
    """Run it: SEED and SCALE (people) come from the environment; a seed is drawn when none is given."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    people = int(os.environ.get("SCALE") or 6000)
    figures = held(asyncio.run(measured(seed, people)))
    sys.exit(0 if report("query", figures, {"seed": seed, "people": people, "queries": QUERIES}) else 1)


if __name__ == "__main__":
    main()
