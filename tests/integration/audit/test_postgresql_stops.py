"""PostgreSQL stopped at once under two writers, again and again: nothing that was acknowledged is lost.

``make test`` does a few stops, ``make faults`` fifty (``POSTGRES_STOPS``).
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

import pytest

from broker.audit.log import AuditLog, LogUnavailable
from deploy.demo.postgres import PostgresCluster
from tests.integration.audit.faults_report import report, reported
from tests.spec.audit.kept import Kept, in_postgresql
from tests.unit.audit.audit_samples import closed, disclosure, intent

STOPS = int(os.environ.get("POSTGRES_STOPS", "3"))
ALL_STOPS = 50
WRITERS, CALLERS, AT_LEAST = 2, 8, 100


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[PostgresCluster]:
    """A server of its own, that syncs to disk and is stopped by the test."""
    tmp_path.chmod(0o755)
    server = PostgresCluster(tmp_path / "postgres")
    server.start()
    yield server
    server.destroy()


@dataclass(slots=True)
class Tally:
    """What all stops came to. ``unanswered``: entries that are there, though nobody was told so."""

    acknowledged: list[int] = field(default_factory=list)
    entries_verified: int = 0
    unanswered: int = 0
    lost: int = 0


async def test_no_acknowledged_entry_is_lost_when_postgresql_is_stopped_at_once(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    cluster.create_database("audit")
    tally, promised = Tally(), dict[int, bytes]()
    for _ in range(STOPS):
        kept = in_postgresql(cluster, "audit", tmp_path)
        made = await stopped_under_load(kept, cluster)
        assert not made.keys() & promised.keys()
        tally.acknowledged.append(len(made))
        promised |= made
        await asyncio.to_thread(cluster.start)
        leaves = verified_leaves(kept)
        tally.lost += sum(leaves.get(index) != leaf for index, leaf in promised.items())
        tally.entries_verified = len(leaves)
    tally.unanswered = tally.entries_verified - sum(tally.acknowledged)
    assert tally.lost == 0
    assert min(tally.acknowledged) >= AT_LEAST
    if STOPS >= ALL_STOPS:
        report("immediate_stops_of_postgresql", counts_of(tally))


def test_the_whole_of_it_was_done_lately_and_lost_nothing() -> None:
    found = reported("immediate_stops_of_postgresql")
    assert found["stops"] >= ALL_STOPS
    assert found["fewest_acknowledged_before_a_stop"] >= AT_LEAST
    assert found["entries_verified"] >= found["acknowledged"] >= ALL_STOPS * AT_LEAST
    assert (found["writers"], found["lost"]) == (WRITERS, 0)


def counts_of(tally: Tally) -> Mapping[str, int]:
    return {
        "stops": STOPS,
        "writers": WRITERS,
        "acknowledged": sum(tally.acknowledged),
        "fewest_acknowledged_before_a_stop": min(tally.acknowledged),
        "unanswered": tally.unanswered,
        "entries_verified": tally.entries_verified,
        "lost": tally.lost,
    }


def verified_leaves(kept: Kept) -> Mapping[int, bytes]:
    """The leaf hashes by index, of a log that verifies, has no gap, and holds nothing twice."""
    with kept.reading() as reader:
        assert reader.verify().fault is None
        rows = list(reader.store.rows())
    ids = {json.loads(raw.splitlines()[0])["id"] for _, _, raw in rows}
    assert [index for index, _, _ in rows] == list(range(len(rows)))
    assert len(ids) == len(rows)
    return {index: leaf for index, leaf, _ in rows}


async def stopped_under_load(kept: Kept, cluster: PostgresCluster) -> Mapping[int, bytes]:
    """What two writers acknowledged until the server was gone."""
    logs = [await kept.open() for _ in range(WRITERS)]
    promised: dict[int, bytes] = {}
    chance = random.Random()  # noqa: S311 -- a moment, not a secret
    asking = [
        asyncio.ensure_future(ask_on(log, f"{place}-{clerk}", promised))
        for place, log in enumerate(logs)
        for clerk in range(CALLERS)
    ]
    while len(promised) < AT_LEAST:  # noqa: ASYNC110 -- so many, whichever caller had them
        await asyncio.sleep(0.01)
    await asyncio.sleep(chance.uniform(0, 0.2))
    await asyncio.to_thread(cluster.stop_at_once)
    outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(one) for one in outcomes} == {LogUnavailable}
    assert not any(log.healthy for log in logs)
    for log in logs:
        await log.close()
    return promised


async def ask_on(log: AuditLog, name: str, promised: dict[int, bytes]) -> None:
    number = 0
    while True:
        query_id = f"q-{name}-{number}"
        for event in (intent(query_id), disclosure(query_id), closed(query_id)):
            receipt = await log.record(event)
            assert receipt.index not in promised
            promised[receipt.index] = base64.b64decode(receipt.leaf_hash)
        number += 1
