"""What matching costs: a candidate and a query, beside one call of a string comparison, and beside Splink."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import jellyfish
import rapidfuzz

from bench.matching.northshire import typed
from bench.matching.splink_peer import Trained
from bench.register import carelessly_written, in_sqlite
from broker.matching.match import match
from connectors.contract import Candidate, Identifiers, Search
from deploy.demo.town import Town

PEOPLE, QUERIES, FEW, MANY = 40_000, 12, 50, 2_000
_ROUNDS, _PEER_ROUNDS, _CALLS = 7, 3, 20_000


def figures(seed: int, today: date, directory: Path, peer: Trained) -> dict[str, tuple[float, str]]:
    """Medians of rounds that take turns, so that whatever else the machine does befalls all alike."""
    asked = _asked(seed, today, directory)
    gc.collect()
    gc.freeze()  # what other systems hold in this process is nothing that a broker's collector goes through
    ours: dict[int, list[float]] = {FEW: [], MANY: []}
    theirs: dict[int, list[float]] = {FEW: [], MANY: []}
    calls: dict[str, list[float]] = {"jellyfish": [], "rapidfuzz": []}
    for round_ in range(_ROUNDS):
        calls["jellyfish"].append(_call(jellyfish.jaro_winkler_similarity))
        calls["rapidfuzz"].append(_call(rapidfuzz.distance.JaroWinkler.similarity))
        for size in (FEW, MANY):
            ours[size].append(statistics.median(_milliseconds(one, rows[:size]) for one, rows in asked))
            if round_ < _PEER_ROUNDS:
                theirs[size].append(peer.milliseconds(size, 1))
    return _told(ours, theirs, calls)


def _told(
    ours: Mapping[int, Sequence[float]],
    theirs: Mapping[int, Sequence[float]],
    calls: Mapping[str, Sequence[float]],
) -> dict[str, tuple[float, str]]:
    call = statistics.median(calls["jellyfish"])
    told = {
        "matching.jellyfish_us": (call, "us a call"),
        "matching.rapidfuzz_us": (statistics.median(calls["rapidfuzz"]), "us a call"),
    }
    for size in (FEW, MANY):
        own, peer = statistics.median(ours[size]), statistics.median(theirs[size])
        told[f"matching.ms_of_{size}"] = (own, "ms a query")
        told[f"matching.us_a_candidate_of_{size}"] = (own / size * 1000, "us")
        told[f"matching.calls_a_candidate_of_{size}"] = (own / size * 1000 / call, "calls of jellyfish")
        told[f"matching.splink_ms_of_{size}"] = (peer, "ms a query")
        told[f"matching.times_splink_of_{size}"] = (peer / own, "times as fast")
    return told


def _asked(seed: int, today: date, directory: Path) -> list[tuple[Identifiers, list[Candidate]]]:
    """People, each with the rows that a search brings of them first, then those of others' searches."""
    people = Town(seed, today).people(PEOPLE)
    source = in_sqlite(directory / "speed.db", carelessly_written(people, seed), population=PEOPLE)
    chance = random.Random(f"speed {seed}")

    async def brought() -> list[tuple[Identifiers, Sequence[Candidate]]]:
        found: list[tuple[Identifiers, Sequence[Candidate]]] = []
        while sum(len(rows) for _, rows in found) < MANY * 2:
            one = typed(chance.choice(people))
            found.append((one, (await source.candidates(Search("bench", (one,), frozenset(), 30.0))).rows))
        await source.close()
        return found

    lots = asyncio.run(brought())
    asked = []
    for place in range(QUERIES):
        rows = {row.local_key: row for _, lot in (*lots[place:], *lots[:place]) for row in lot}
        asked.append((lots[place][0], list(rows.values())[:MANY]))
    return asked


def _milliseconds(one: Identifiers, rows: Sequence[Candidate]) -> float:
    began = time.perf_counter()
    match([one], rows, PEOPLE)
    return (time.perf_counter() - began) * 1000


def _call(similarity: Callable[[str, str], float]) -> float:
    """Microseconds a call."""
    began = time.perf_counter()
    for _ in range(_CALLS):
        similarity("christopher", "christina")
    return (time.perf_counter() - began) / _CALLS * 1e6


_BORN = date(2012, 3, 7)
_BAD: Mapping[str, Callable[[int], Identifiers]] = {
    "equal": lambda _: Identifiers(given_name="Sarah", family_name="Smith", birth_date=_BORN),
    "one_birth_date": lambda n: Identifiers(
        given_name="Sarah" + _letters(n), family_name=f"Smith{_letters(n % 97)}", birth_date=_BORN
    ),
    "500_characters": lambda n: Identifiers(
        given_name="a" * 500 + _letters(n), family_name="b" * 500, birth_date=_BORN, address="c " * 250
    ),
    "odd_letters": lambda n: Identifiers(
        given_name="😀" * 20 + _letters(n), family_name="\u202eمُحَمَّد", birth_date=_BORN
    ),
    "all_different": lambda n: Identifiers(
        given_name=_letters(n), family_name=_letters(n * 7), birth_date=_BORN + timedelta(days=n)
    ),
}


def _letters(number: int) -> str:
    return "".join(chr(97 + number // 26**place % 26) for place in range(3))


def of_bad_input() -> dict[str, tuple[float, str]]:
    """Microseconds a candidate, of 1,000 and of 10,000: the same, where time grows as their number does."""
    typed_ = Identifiers(given_name="Sarah", family_name="Smith", birth_date=_BORN)
    told = {}
    for kind, make in _BAD.items():
        for size in (1_000, 10_000):
            rows = [Candidate(str(number), make(number)) for number in range(size)]
            took = statistics.median(_milliseconds(typed_, rows) for _ in range(3))
            told[f"matching.bad_input.{kind}.us_a_candidate_of_{size}"] = (took / size * 1000, "us")
    return told
