"""What PostgreSQL does to a log that is kept in it: refused where it is unsafe, left where it fails."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from broker.audit.log import AuditLog, LogUnavailable
from broker.audit.stores import postgresql, postgresql_schema
from broker.audit.stores.contract import StoreFault, UnsafeStore
from broker.audit.stores.postgresql_session import WRITES, Session
from deploy.demo.postgres import PostgresCluster
from tests.integration.audit.postgres_place import place_in, way_to
from tests.spec.audit.kept import Kept, in_postgresql
from tests.unit.audit.audit_samples import closed, intent


@pytest.fixture
def kept(durable_postgres: PostgresCluster, durable_database: str, tmp_path: Path) -> Kept:
    """A log in PostgreSQL; it is not there yet."""
    return in_postgresql(durable_postgres, durable_database, tmp_path)


def ended(kept: Kept) -> None:
    """The writer's connection ended by the server, as an administrator or a failover does."""
    writers = f"locktype = 'advisory' AND classid = {postgresql_schema.LOCKS} AND objid > 0"
    kept.change(f"SELECT pg_terminate_backend(pid) FROM pg_locks WHERE {writers}")  # noqa: S608 -- a constant


async def refused(log: AuditLog) -> str:
    with pytest.raises(LogUnavailable) as fault:
        await log.record(closed())
    return str(fault.value)


async def test_a_lost_connection_stops_the_log_until_it_is_opened_again(kept: Kept) -> None:
    log = await kept.open()
    await log.record(intent())
    ended(kept)
    async with asyncio.timeout(5):
        while log.healthy:  # noqa: ASYNC110 -- until the loss has arrived
            await asyncio.sleep(0.01)
    assert "audit database, then start the broker again" in await refused(log)
    await log.close()
    async with kept.writing() as again:
        assert (await again.record(closed("q-2"))).index == 2  # 1 closed q-1 as aborted
    with kept.reading() as reader:
        assert reader.verify().good


async def test_an_entry_whose_acknowledgement_was_lost_is_there_once(
    kept: Kept, durable_postgres: PostgresCluster, durable_database: str
) -> None:
    async with way_to(durable_postgres) as way:
        by_the_way = place_in(durable_postgres, durable_database, port=way.port)
        log = await replace(kept, place=by_the_way).open()
        await log.record(closed("q-1"))
        way.mute = True
        waiting = asyncio.ensure_future(log.record(closed("q-2")))
        await way.swallowed.wait()
        way.cut()
        with pytest.raises(LogUnavailable):
            await waiting
        way.mute = False
        assert not log.healthy
        await log.close()
    async with kept.writing() as again:
        assert (await again.record(closed("q-3"))).index == 2
    with kept.reading() as reader:
        assert [one.facts["query_id"] for one in reader.entries()] == ["q-1", "q-2", "q-3"]
        assert reader.verify().good


async def test_a_server_that_hangs_is_left_at_the_deadline(
    kept: Kept, durable_postgres: PostgresCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "WRITES", replace(WRITES, seconds=1.0))
    log = await kept.open()
    await log.record(closed())
    with durable_postgres.frozen():
        began = time.monotonic()
        await refused(log)
        assert 0.9 < time.monotonic() - began < 3
        assert not log.healthy
    await log.close()


async def test_a_reader_that_lost_its_connection_makes_another(kept: Kept) -> None:
    async with kept.writing() as log:
        await log.record(intent())
        kept.change(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"
        )
        await asyncio.sleep(0.1)
        assert await log.repeats("u-7", [intent().people[0].identifiers], intent().at) == 1


async def test_a_broker_that_is_halted_in_its_transaction_does_not_halt_the_others(
    kept: Kept, durable_postgres: PostgresCluster, durable_database: str
) -> None:
    async with kept.writing() as log:
        await log.record(closed())
        halted = await asyncpg.connect(
            durable_postgres.dsn(durable_database),
            server_settings={"idle_in_transaction_session_timeout": "500ms", "search_path": "audit_log"},
        )
        await halted.execute("BEGIN; SELECT FROM head FOR UPDATE")
        assert (await log.record(closed())).index == 1
        halted.terminate()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"fsync": "off"}, r"fsync is off: a power cut .* Set fsync = on in postgresql\.conf"),
        ({"full_page_writes": "off"}, r"full_page_writes is off: .* Set full_page_writes = on"),
        ({"data_sync_retry": "on"}, r"data_sync_retry is on: .* Set data_sync_retry = off"),
    ],
)
async def test_a_server_that_does_not_keep_what_it_acknowledges_is_refused(
    settings: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    cluster = PostgresCluster(tmp_path / "postgres", settings=settings)
    cluster.start()
    try:
        kept = in_postgresql(cluster, "postgres", tmp_path)
        with pytest.raises(UnsafeStore, match=sentence):
            kept.place.check()
        with pytest.raises(LogUnavailable, match=sentence):
            await kept.open()
        assert kept.change("SELECT to_regclass('audit_log.head')") == []
    finally:
        cluster.destroy()


async def test_a_commit_that_something_makes_asynchronous_is_refused(kept: Kept) -> None:
    kept.change(
        "CREATE FUNCTION public.hurry() RETURNS event_trigger LANGUAGE plpgsql AS"
        " $$BEGIN SET synchronous_commit = off; END$$;"
        "CREATE EVENT TRIGGER hurry ON login EXECUTE FUNCTION public.hurry()"
    )
    with pytest.raises(LogUnavailable, match=r"synchronous_commit is off: .* take away that pooler"):
        await kept.open()


async def test_a_database_that_cannot_hold_a_checkpoint_is_refused(
    durable_postgres: PostgresCluster, tmp_path: Path
) -> None:
    durable_postgres.run("CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    with pytest.raises(LogUnavailable, match=r"server_encoding is LATIN1: .* ENCODING 'UTF8'"):
        await in_postgresql(durable_postgres, "latin", tmp_path).open()
    durable_postgres.drop_database("latin")


async def test_a_standby_is_refused(tmp_path: Path) -> None:
    standby = PostgresCluster(tmp_path / "standby", settings={"wal_level": "replica"})
    standby.start()
    standby.stop()
    (standby.directory / "standby.signal").touch()
    standby.start()
    try:
        with pytest.raises(UnsafeStore, match=r"It is a standby, .* name the primary"):
            in_postgresql(standby, "postgres", tmp_path).place.open_to_write()
    finally:
        standby.destroy()


async def test_a_log_of_another_version_is_left_alone(kept: Kept) -> None:
    async with kept.writing():
        pass
    kept.change("UPDATE head SET version = 1")
    with pytest.raises(LogUnavailable, match="another version of the broker"):
        await kept.open()
    with pytest.raises(UnsafeStore, match="another version of the broker"):
        kept.reading()


async def test_an_old_server_is_refused(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgresql_schema, "OLDEST_SERVER", 99)
    with pytest.raises(LogUnavailable, match="have it brought to 99 or later"):
        await kept.open()


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"password": "wrong-word"}, "refuses the user or the password"),
        ({"database": "nowhere"}, "no database of this name"),
        ({"port": 1}, "look at whether it runs"),
    ],
)
async def test_a_database_that_cannot_be_reached_is_a_sentence_without_the_password(
    changed: dict[str, object], sentence: str, kept: Kept, durable_postgres: PostgresCluster
) -> None:
    address = replace(place_in(durable_postgres, "postgres").address, **changed)  # type: ignore[arg-type]
    with pytest.raises(LogUnavailable, match=sentence) as fault:
        await replace(kept, place=postgresql.PostgresqlDatabase(address)).open()
    told = f"{fault.value!r} {address!r} {fault.value.__context__!r}"
    assert address.password not in told


@pytest.fixture
def clerk(durable_postgres: PostgresCluster) -> str:
    """A role with no rights of its own."""
    durable_postgres.create_role("clerk", "a word")
    return "clerk"


async def test_a_user_who_may_only_add_can_write_the_log_and_change_nothing_in_it(
    kept: Kept, clerk: str, durable_postgres: PostgresCluster, durable_database: str
) -> None:
    async with kept.writing() as log:
        await log.record(intent())
    how_to = Path(__file__).parents[3] / "docs" / "how-to" / "run-several-brokers-on-one-log.md"
    grants = [line for line in how_to.read_text().splitlines() if line.startswith("GRANT ")]
    kept.change("".join(grants).replace("broker;", f"{clerk};"))
    place = place_in(durable_postgres, durable_database, user=clerk, password="a word")
    async with replace(kept, place=place).writing() as log:
        await log.record(intent("q-2"))
    session = Session(place.address, WRITES)
    for statement in (
        "UPDATE entry SET raw = ''",
        "DELETE FROM entry",
        "DELETE FROM subtree",
        "TRUNCATE query",
    ):
        with pytest.raises(StoreFault, match="lacks a right"):
            session.rows(statement)
    session.close()
    with kept.reading() as reader:
        assert reader.verify().good
