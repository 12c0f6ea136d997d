"""Faults of what all sources share: the log's disk, the clock, the identity provider, too much at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from broker.fanout import Bulkhead
from broker.identity import key_set
from broker.identity.key_set import FRESH_FOR, READ_AGAIN_AFTER
from deploy.demo.postgres import PostgresCluster
from tests.fakes.full_disk import no_file_grows_beyond
from tests.fakes.identity_provider import IdentityProvider, identity_provider, new_key
from tests.fakes.littleworth import BROKER, part, question
from tests.faults.rig import ALL, BREAKER, SECONDS, SLACK, Rig, rig
from tests.faults.rows import AROUND

AT_ONCE = 0.6
"""Seconds: much less than a query has."""


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[IdentityProvider]:
    with identity_provider(tmp_path / "provider") as started:
        yield started


async def test_a_source_that_keeps_failing_is_left_alone_for_one_period(broken: Rig) -> None:
    row, proxy = AROUND["keeps failing"], broken.proxies["school"]
    with proxy.away():
        for _ in range(5):
            assert part(await broken.town.ask(), "school")["outcome"] == "unavailable"
        during, took = await broken.timed()
        async with broken.town.client.get("/v1/sources", headers=broken.town.headers()) as reply:
            states = {one["source"]: one["state"] for one in (await reply.json())["sources"]}
    assert states == {"school": "open", "police": "closed", "housing": "closed"}
    outcome = part(during, "school")["outcome"]
    assert took < AT_ONCE
    assert f"`{outcome}`" in row.requester
    assert broken.logged(during)[1]["school"] == outcome
    assert await broken.recovered("school") <= BREAKER + SLACK


async def test_more_than_a_source_takes_at_once_is_turned_away_at_once(broken: Rig) -> None:
    row = AROUND["overrun"]
    broken.town.front.broker.around.lanes["school"].guard.bulkhead = Bulkhead(at_once=1, waiting=0)
    with broken.proxies["school"].in_trouble("black hole"):
        first = asyncio.ensure_future(broken.timed())
        await asyncio.sleep(0.2)
        second, took = await broken.timed()
        assert part((await first)[0], "school")["outcome"] == "timed_out"
    outcome = part(second, "school")["outcome"]
    assert took < AT_ONCE
    assert f"`{outcome}`" in row.requester
    assert broken.logged(second)[1]["school"] == outcome
    assert await broken.recovered("school") < SLACK


async def test_a_full_disk_discloses_nothing_until_a_restart(
    tmp_path: Path, faulty_server: PostgresCluster
) -> None:
    row = AROUND["disk full"]
    async with rig(tmp_path, faulty_server) as made:
        wal = tmp_path / "state" / "audit.db-wal"
        with no_file_grows_beyond(wal.stat().st_size):
            status, problem = await made.town.post("/v1/queries", question())
        assert f"{status} `{problem['type'].rpartition(':')[2]}`" in row.requester
        assert {desk["service"] for desk in problem["desks"]} == {"Housing", "Police", "School"}
        assert (await made.town.post("/v1/queries", question()))[0] == status
        with made.town.reader() as reader:
            assert reader.verify().good
    async with rig(tmp_path, faulty_server) as made:
        with made.town.reader() as reader:
            assert reader.verify().good


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(hours=-1)], ids=["forward", "back"])
async def test_a_clock_that_jumps_changes_no_deadline(broken: Rig, jump: timedelta) -> None:
    row = AROUND["clock"]
    with broken.proxies["school"].in_trouble("black hole"):
        asked = asyncio.ensure_future(broken.timed())
        await asyncio.sleep(0.3)
        headers = broken.town.headers()
        broken.town.clock.at += jump
        during, took = await asked
    assert SECONDS - SLACK < took < SECONDS + SLACK
    assert part(during, "school")["outcome"] == "timed_out"
    assert part(during, "housing")["outcome"] == "involved"
    kinds, outcomes = broken.logged(during)
    assert (kinds[0], kinds[-1]) == ("query.intent", "query.closed")
    assert outcomes == {"school": "timed_out", "police": "involved", "housing": "involved"}
    async with broken.town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        assert f"{reply.status} `{(await reply.json())['type'].rpartition(':')[2]}`" in row.requester
    await broken.recovered("school")
    with broken.town.reader() as reader:
        assert reader.verify().good


async def test_a_silent_identity_provider_delays_nobody_whose_key_is_known(
    tmp_path: Path, faulty_server: PostgresCluster, provider: IdentityProvider
) -> None:
    at = BROKER.replace("file:state/jwks.json", provider.address)
    row = AROUND["identity provider, known key"]
    async with rig(tmp_path / "town", faulty_server, broker=at, sign_in=provider) as made:
        provider.halt()
        reads = made.town.front.tokens.keys
        made.town.clock.at += FRESH_FOR
        await asyncio.sleep(1.1)  # by now it is being read again, and does not answer
        assert reads._tried_at == made.town.clock.at
        during, took = await made.timed()
        provider.go_on()
    assert took < AT_ONCE
    assert {part(during, name)["outcome"] for name in ALL} == {"involved"}
    assert "`involved`" in row.requester


async def test_a_new_key_that_the_provider_does_not_give_out_lets_nobody_in(
    tmp_path: Path,
    faulty_server: PostgresCluster,
    provider: IdentityProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_set, "SECONDS", 0.3)
    row = AROUND["identity provider, new key"]
    at = BROKER.replace("file:state/jwks.json", provider.address)
    async with rig(tmp_path / "town", faulty_server, broker=at, sign_in=provider) as made:
        provider.sign_with(new_key("k2"))
        made.town.clock.at += READ_AGAIN_AFTER
        provider.stop()
        began = time.monotonic()
        status, problem = await made.town.post("/v1/queries", question())
        assert time.monotonic() - began < 0.3 + AT_ONCE
        assert f"{status} `{problem['type'].rpartition(':')[2]}`" in row.requester
        with made.town.reader() as reader:
            assert reader.verify().good
        provider.start()
        made.town.clock.at += READ_AGAIN_AFTER
        assert part(await made.town.ask(), "housing")["outcome"] == "involved"
