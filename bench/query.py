"""``make bench-query``: the whole flow on Northshire's real databases, held against the ground truth.

Queries are for people drawn from the truth, typed with a requester's own slips, and for people who are in no
source. A person's involvement at a service is *releasable* when the hand-stated policies let something out of
it. Recall counts what of that was shown; precision counts what of the shown was true. Queries with neither birth
date nor age are reported apart: of them nothing may be more than possible.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import scale
from bench.cases import Born, Case, answered, cases
from bench.figures import held, report
from connectors.contract import Candidates, Connector, Search
from deploy.demo.northshire import PEOPLE
from deploy.demo.records import SERVICES
from deploy.demo.truth import expected
from tests.fakes.northshire import Town, northshire

QUERIES, ABSENT, AT_ONCE = 1000, 150, 16


@dataclass(slots=True)
class Tally:
    """What was releasable, shown and true, by how the birth date was typed."""

    releasable: Counter[Born]
    found: Counter[Born]
    shown: Counter[Born]
    true: Counter[Born]
    wrong_certain: int = 0
    absent_certain: int = 0
    absent_shown: int = 0
    candidates: int = 0


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
        tally.absent_shown += len(shown) if not case.present else 0


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


def counting(tally: Tally, source: Connector) -> None:
    """Count the rows that a source brings back."""
    asked = source.candidates

    async def candidates(search: Search) -> Candidates:
        found = await asked(search)
        tally.candidates += len(found.rows)
        return found

    source.candidates = candidates  # type: ignore[method-assign]  # a benchmark looks over its shoulder


async def measured(seed: int, people: int) -> Mapping[str, tuple[float, str]]:
    """Every figure, on a Northshire of its own."""
    with tempfile.TemporaryDirectory(prefix="northshire-") as directory:
        tally = Tally(Counter(), Counter(), Counter(), Counter())
        async with northshire(
            Path(directory), seed, people, adapt=lambda source: counting(tally, source)
        ) as town:
            truth = town.northshire.truth
            queries = cases(truth, seed, town.today, queries=QUERIES, absent=ABSENT)
            times = []
            for case in queries:
                answer, milliseconds = await answered(town, case)
                count(tally, case, answer, town)
                times.append(milliseconds)
            rows = tally.candidates / len(queries)
            per_second = await side_by_side(town, queries)
    return _figures(tally, times, per_second) | {"query.candidates": (rows, "rows a query")}


def _figures(tally: Tally, times: Sequence[float], per_second: float) -> dict[str, tuple[float, str]]:
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
        "query.absent_shown": (tally.absent_shown, "involvements"),
        "query.recall_by_birth_date": (tally.found["date"] / tally.releasable["date"], "share"),
        "query.recall_by_age": (tally.found["age"] / tally.releasable["age"], "share"),
        "query.recall_by_neither": (tally.found["neither"] / tally.releasable["neither"], "share"),
        "query.p50_ms": (statistics.median(times), "ms"),
        "query.p99_ms": (statistics.quantiles(times, n=100)[98], "ms"),
        "query.per_second_1": (1000 / statistics.mean(times), "1/s"),
        "query.per_second_16": (per_second, "1/s"),
    }


def main() -> None:
    """Run it. SEED comes from the environment, or is drawn; with SCALE, how time grows with so many people."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    if people := int(os.environ.get("SCALE") or 0):
        figures = held(asyncio.run(scale.measured(seed, people)))
        facts, name = {"seed": seed, "people a source": people, "queries": scale.QUERIES}, "query-scale"
    else:
        figures = held(asyncio.run(measured(seed, PEOPLE)))
        facts, name = {"seed": seed, "people": PEOPLE, "queries": QUERIES}, "query"
    sys.exit(0 if report(name, figures, facts) else 1)


if __name__ == "__main__":
    main()
