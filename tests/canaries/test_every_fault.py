"""No word of anybody is left behind while sources, the log's database and the identity provider break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.audit.stores import postgresql
from broker.audit.stores.postgresql_session import READS, SCHEMA, WRITES
from broker.fanout import Bulkhead
from broker.fanout.breaker import Breaker
from broker.identity import key_set
from broker.identity.key_set import FRESH_FOR, READ_AGAIN_AFTER
from deploy.demo.postgres import SUPERUSER, PostgresCluster
from tests.canaries.calls import RIGHT, Told
from tests.canaries.people import CALLERS, question, rows
from tests.canaries.sending import Reply, Sender, sender
from tests.canaries.town import broker_yaml, ringing
from tests.canaries.trail import Trail
from tests.fakes.identity_provider import IdentityProvider, identity_provider, new_key
from tests.fakes.littleworth import part
from tests.faults.rig import Rig, rig, server
from tests.faults.rows import SOURCE_FAULTS
from tests.odbc_drivers import require_odbc_drivers

LOG = "family_context_log"
SHORT = 0.7
"""Seconds that a question has while a fault acts."""


@pytest.fixture
def sources(tmp_path: Path) -> Iterator[PostgresCluster]:
    """A server of this test's own, whose log begins with it."""
    require_odbc_drivers()
    with server(tmp_path / "sources", rows()) as started:
        yield started


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[PostgresCluster]:
    """The server of the audit log: it syncs, and logs as it does when nobody sets it otherwise."""
    cluster = PostgresCluster(tmp_path / "log")
    cluster.start()
    cluster.create_database(LOG)
    try:
        yield cluster
    finally:
        cluster.thaw()
        cluster.destroy()


def kept_there(kept: PostgresCluster, keys: str = "file:state/jwks.json") -> str:
    """``broker.yaml`` with the log in that server. ``keys``: where the identity provider's are."""
    database = (
        f"{{host: 127.0.0.1, port: {kept.port}, database: {LOG}, user: {SUPERUSER},"
        ' password: "file:log-password.txt", ssl: disable}'
    )
    text = broker_yaml().replace("log: state/audit.db", f"postgresql: {database}")
    return text.replace("file:state/jwks.json", keys)


@asynccontextmanager
async def breakable(
    directory: Path,
    sources: PostgresCluster,
    kept: PostgresCluster,
    trail: Trail,
    provider: IdentityProvider | None = None,
) -> AsyncIterator[tuple[Rig, Sender]]:
    """The fault rig with the canaries on record and the log in a server, and those who ask it."""
    _write(directory, "log-password.txt", kept.password)
    text = kept_there(kept, provider.address) if provider else kept_there(kept)
    async with (
        rig(
            directory,
            sources,
            broker=text,
            sign_in=provider,
            source_file=ringing,
            spans_also_to=[trail.exporter],
        ) as made,
        sender(made.town) as everybody,
    ):
        made.town.front.limits = made.town.front.limits.model_copy(update={"seconds": SHORT})
        yield made, everybody


def _write(directory: Path, name: str, text: str) -> None:
    directory.mkdir(exist_ok=True)
    (directory / name).write_text(text)


async def every(everybody: Sender, told: Told) -> list[Reply]:
    """Every call, all at once."""
    return list(await asyncio.gather(*(everybody.call(name, made(told)) for name, made in RIGHT.items())))


def left_alone(made: Rig, name: str) -> None:
    """As if nothing had failed yet: the breaker would keep the next fault from acting."""
    guard = made.town.front.broker.around.lanes[name].guard
    guard.breaker = Breaker(guard.breaker.settings)


async def whole_again(made: Rig) -> None:
    for name in ("school", "police"):
        left_alone(made, name)
        await made.recovered(name)


async def test_no_canary_is_left_while_each_fault_of_a_source_acts(
    tmp_path: Path, sources: PostgresCluster, kept: PostgresCluster, trail: Trail
) -> None:
    outcomes: dict[str, set[str]] = {}
    async with breakable(tmp_path / "town", sources, kept, trail) as (made, everybody):
        told = await everybody.told()
        for name, fault in SOURCE_FAULTS.items():
            with ExitStack() as acting:
                for source in fault.drivers:
                    acting.enter_context(fault.befall(made, source))
                answer = await made.town.ask(*question()["people"], persona=CALLERS["social_worker"])
                await every(everybody, told)
            outcomes[name] = {str(part(answer, source)["outcome"]) for source in fault.drivers}
            await whole_again(made)
        await trail.followed(everybody)
        trail.kept_by(kept, LOG)
    trail.kept_in(tmp_path / "town" / "state")
    trail.told_by("sources", sources)
    trail.told_by("audit", kept)
    assert b"STATEMENT:" in trail.places["the server's log of sources"]
    # On a busy machine one that is soon told may be told too late.
    late = {name for name, told in outcomes.items() if not told <= {SOURCE_FAULTS[name].outcome, "timed_out"}}
    assert late == set()
    assert trail.found() == []


async def test_no_canary_is_left_while_what_is_shared_breaks(
    tmp_path: Path,
    sources: PostgresCluster,
    kept: PostgresCluster,
    trail: Trail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_set, "SECONDS", 0.3)
    with identity_provider(tmp_path / "provider") as provider:
        async with breakable(tmp_path / "town", sources, kept, trail, provider) as (made, everybody):
            told, clock = await everybody.told(), made.town.clock
            for lane in made.town.front.broker.around.lanes.values():
                lane.guard.bulkhead = Bulkhead(at_once=1, waiting=0)
            await every(everybody, told)
            provider.halt()
            clock.at += FRESH_FOR
            await every(everybody, told)
            provider.go_on()
            provider.stop()
            provider.sign_with(new_key("k2"))
            clock.at += READ_AGAIN_AFTER
            refused = await every(everybody, told)
            clock.at -= timedelta(hours=1)
            await every(everybody, told)
            trail.kept_by(kept, LOG)
    trail.kept_in(tmp_path / "town" / "state")
    trail.told_by("sources", sources)
    trail.told_by("audit", kept)
    assert 401 in {one.status for one in refused}
    assert trail.found() == []


Breaks = Callable[[PostgresCluster], AbstractContextManager[None]]


@contextmanager
def _statement(cluster: PostgresCluster, before: str, after: str) -> Iterator[None]:
    cluster.run(before, LOG)
    try:
        yield
    finally:
        cluster.run(after, LOG)


@contextmanager
def _killed(cluster: PostgresCluster) -> Iterator[None]:
    cluster.stop_at_once()
    try:
        yield
    finally:
        cluster.start()


LOG_FAULTS: Mapping[str, Breaks] = {
    "a row that is refused": lambda cluster: _statement(
        cluster,
        f"ALTER TABLE {SCHEMA}.entry ADD CONSTRAINT none CHECK (idx < 0) NOT VALID",
        f"ALTER TABLE {SCHEMA}.entry DROP CONSTRAINT none",
    ),
    "a query that is refused": lambda cluster: _statement(
        cluster,
        f"ALTER TABLE {SCHEMA}.query ADD CONSTRAINT none CHECK (idx < 0) NOT VALID",
        f"ALTER TABLE {SCHEMA}.query DROP CONSTRAINT none",
    ),
    "a table that is gone": lambda cluster: _statement(
        cluster, f"ALTER TABLE {SCHEMA}.tag RENAME TO gone", f"ALTER TABLE {SCHEMA}.gone RENAME TO tag"
    ),
    "killed": _killed,
    "frozen": lambda cluster: cluster.frozen(),
}
"""What befalls the log's database: after each the broker has to be started again."""


async def test_no_canary_is_left_while_the_logs_database_breaks(
    tmp_path: Path,
    sources: PostgresCluster,
    kept: PostgresCluster,
    trail: Trail,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(postgresql, "WRITES", replace(WRITES, seconds=1.5))
    monkeypatch.setattr(postgresql, "READS", replace(READS, seconds=1.5))
    for breaks in LOG_FAULTS.values():
        async with breakable(tmp_path / "town", sources, kept, trail) as (made, everybody):
            told = await everybody.told()
            with breaks(kept):
                replies = await every(everybody, told)
            assert 503 in {one.status for one in replies}
            assert not made.town.front.broker.log.healthy
    trail.kept_by(kept, LOG)
    trail.kept_in(tmp_path / "town" / "state")
    trail.told_by("sources", sources)
    trail.told_by("audit", kept)
    said = trail.places["the server's log of audit"]
    assert b"Failing row contains" in said
    assert b"STATEMENT:" in said
    assert trail.found() == []
