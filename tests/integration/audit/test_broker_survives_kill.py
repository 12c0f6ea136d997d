"""The whole broker is killed in the middle of its work, again and again: nothing that it acknowledged is lost.

``make test`` does a share of the rounds; ``make faults`` does them all, and writes ``tests/reports/faults.json``.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from broker.audit.events import ASKED, OPENED, Disclosure
from broker.audit.tree import leaf_hash
from tests.fakes.littleworth import EMMA, part, question
from tests.fakes.served_littleworth import ServedLittleworth, settled
from tests.integration.audit.faults_report import report, reported

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "5"))
ALL_ROUNDS, ACKNOWLEDGED_A_ROUND = 50, 200
ROUNDS_A_LOG, CLERKS = 10, 12
OVERLOADED = 503
LEON = {**EMMA, "given_name": "Leon", "birth_date": "1988-11-30"}


@dataclass(frozen=True, slots=True)
class Promise:
    """What a receipt promised: that the log has, at this index, this entry of this query."""

    leaf: bytes
    kind: str
    query_id: str
    source: str | None


@dataclass(slots=True)
class Load:
    """What requesters were told in the answers that reached them, and how many wait for one now."""

    promised: dict[int, Promise] = field(default_factory=dict)
    answers: int = 0
    in_flight: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self, promised: Mapping[int, Promise]) -> None:
        self.promised |= promised
        self.answers += 1
        if self.answers >= ACKNOWLEDGED_A_ROUND:
            self.enough.set()


@dataclass(slots=True)
class Tally:
    """What all rounds came to."""

    acknowledged: list[int] = field(default_factory=list)
    receipts: int = 0
    entries_verified: int = 0
    in_flight: int = 0
    broken_off: int = 0
    lost: int = 0


async def test_no_acknowledged_entry_is_lost_when_the_broker_is_killed_under_load(tmp_path: Path) -> None:
    tally = Tally()
    for first in range(0, ROUNDS, ROUNDS_A_LOG):
        town = settled(tmp_path / f"log-{first}")
        promised: dict[int, Promise] = {}
        for _ in range(min(ROUNDS_A_LOG, ROUNDS - first)):
            promised |= await _killed_once(town, tally)
            tally.lost += len(_lost(town, promised))
            verified = town.verified()
            assert (verified["fault"], verified["exit_code"]) == (None, 0)
        tally.entries_verified += int(str(verified["entries"]))
        tally.broken_off += _broken_off(town)
    assert tally.lost == 0
    assert len(tally.acknowledged) == ROUNDS
    assert min(tally.acknowledged) >= ACKNOWLEDGED_A_ROUND
    assert tally.broken_off > 0, "no kill came in the middle of a query"
    if ROUNDS >= ALL_ROUNDS:
        _report(tally)


def test_the_whole_of_it_was_done_lately_and_lost_nothing() -> None:
    found = reported("kill_9_of_the_broker")
    assert found["rounds"] >= ALL_ROUNDS
    assert found["fewest_acknowledged_in_a_round"] >= ACKNOWLEDGED_A_ROUND
    assert found["acknowledged_queries"] >= ALL_ROUNDS * ACKNOWLEDGED_A_ROUND
    assert found["entries_verified"] >= found["receipts"] > found["acknowledged_queries"]
    assert found["lost"] == 0


async def _killed_once(town: ServedLittleworth, tally: Tally) -> Mapping[int, Promise]:
    """One life of a broker: started, asked by many at once, killed while it answers. What it promised."""
    served, load = await town.start(), Load()
    chance = random.Random()  # noqa: S311 -- a moment, not a secret
    # The group ends when what was on its way to the clerks has arrived, and each has found the broker gone.
    async with (
        aiohttp.ClientSession(served.address, headers=town.headers()) as session,
        asyncio.TaskGroup() as group,
    ):
        for _ in range(CLERKS):
            group.create_task(_ask_on(session, load))
        try:
            async with asyncio.timeout(60):
                await load.enough.wait()
            await asyncio.sleep(chance.uniform(0, 0.2))
            tally.in_flight += load.in_flight
        finally:
            served.kill()
    tally.acknowledged.append(load.answers)
    tally.receipts += len(load.promised)
    return load.promised


async def _ask_on(session: aiohttp.ClientSession, load: Load) -> None:
    """Ask, and open what was found, until the broker is gone."""
    try:
        while True:
            flags = await _answered(session, load, "/v1/queries", question(view="flags"), ASKED)
            if reference := part(flags, "school")["reference"]:  # none, where a busy machine lets it time out
                await _answered(session, load, "/v1/details", {"reference": reference}, OPENED)
            await _answered(session, load, "/v1/queries", question(EMMA, LEON), ASKED)
    except (aiohttp.ClientError, OSError):
        return


async def _answered(
    session: aiohttp.ClientSession, load: Load, path: str, body: Mapping[str, Any], kind: str
) -> Any:
    """Asked again where a busy machine has the broker say that it is overloaded."""
    status = OVERLOADED
    while status == OVERLOADED:
        load.in_flight += 1
        try:
            async with session.post(path, json=body) as reply:
                status, answer = reply.status, await reply.json(content_type=None)
        finally:
            load.in_flight -= 1
    assert status == 200, answer
    load.take(dict(_promises(answer, kind)))
    return answer


def _promises(answer: Any, kind: str) -> Iterator[tuple[int, Promise]]:
    """Every receipt of an answer: the intent's, and that of each service that was asked."""
    receipts = [(answer["receipt"], kind, None)]
    receipts += [(one["receipt"], Disclosure.kind, one["source"]) for one in answer["services"]]
    assert len(receipts) > 1
    for receipt, of_kind, source in receipts:
        leaf = base64.b64decode(receipt["leaf_hash"])
        yield receipt["index"], Promise(leaf, of_kind, answer["query_id"], source)


def _lost(town: ServedLittleworth, promised: Mapping[int, Promise]) -> list[int]:
    """The promises that the log does not keep, by their entries' own bytes."""
    with town.reader() as reader:
        kept = {index: _kept(raw) for index, _, raw in reader.store.rows() if index in promised}
    return [index for index, promise in promised.items() if kept.get(index) != promise]


def _kept(raw: bytes) -> Promise:
    facts = json.loads(raw.splitlines()[0])
    return Promise(leaf_hash(raw), facts["type"], facts["query_id"], facts.get("source"))


def _broken_off(town: ServedLittleworth) -> int:
    """How many queries the kills broke off: those that a later start closed, and those of the last kill."""
    with town.reader() as reader:
        states = [one.facts.get("state") for one in reader.entries()]
        return states.count("aborted") + len(reader.store.unclosed())


def _report(tally: Tally) -> None:
    counts = {
        "rounds": len(tally.acknowledged),
        "acknowledged_queries": sum(tally.acknowledged),
        "fewest_acknowledged_in_a_round": min(tally.acknowledged),
        "in_flight_when_killed": tally.in_flight,
        "broken_off_queries": tally.broken_off,
        "receipts": tally.receipts,
        "entries_verified": tally.entries_verified,
        "lost": tally.lost,
    }
    report("kill_9_of_the_broker", counts)
