"""PostgreSQL stopped at once under two writers, again and again: nothing that was acknowledged is lost.

``make test`` does a few stops, ``make faults`` fifty (``POSTGRES_STOPS``).
"""

from __future__ import annotations

import asyncio
import base64
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from broker.audit.log import AuditLog, LogUnavailable
from deploy.demo.postgres import PostgresCluster
from tests.spec.audit.kept import Kept, in_postgresql
from tests.unit.audit.audit_samples import closed, disclosure, intent

STOPS = int(os.environ.get("POSTGRES_STOPS", "3"))
WRITERS, CALLERS, AT_LEAST = 2, 8, 100


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[PostgresCluster]:
    """A server of its own, that syncs to disk and is stopped by the test."""
    tmp_path.chmod(0o755)
    server = PostgresCluster(tmp_path / "postgres")
    server.start()
    yield server
    server.destroy()


async def test_no_acknowledged_entry_is_lost_when_postgresql_is_stopped_at_once(
    cluster: PostgresCluster, tmp_path: Path
) -> None:
    cluster.create_database("audit")
    promised: dict[int, bytes] = {}
    for _ in range(STOPS):
        kept = in_postgresql(cluster, "audit", tmp_path)
        before = len(promised)
        promised |= await stopped_under_load(kept, cluster)
        assert len(promised) - before >= AT_LEAST
        await asyncio.to_thread(cluster.start)
        with kept.reading() as reader:
            assert reader.verify().fault is None
            leaves = {index: leaf for index, leaf, _ in reader.store.rows()}
            ids = [one.facts["id"] for one in reader.entries()]
        assert {index: leaves.get(index) for index in promised} == promised
        assert sorted(leaves) == list(range(len(leaves)))
        assert len(set(ids)) == len(ids)


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
