"""Two brokers as they are in service, on one log in PostgreSQL: asked, read, checked, killed and started again."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from broker.cli.printing import Exit
from deploy.demo.postgres import SUPERUSER, PostgresCluster
from tests.fakes.littleworth import question
from tests.fakes.served_littleworth import ENVIRONMENT, ROOT, Served, ServedLittleworth, settled
from tests.integration.audit.test_reading_is_recorded import asked, read


def beside(town: ServedLittleworth, directory: Path) -> ServedLittleworth:
    """Another broker of the same partnership, on files of its own but for the keys of the log."""
    shutil.copytree(town.directory, directory, ignore=shutil.ignore_patterns("keys"))
    settings = directory / "broker.yaml"
    settings.write_text(
        settings.read_text().replace("keys: state/keys", f"keys: {town.directory}/state/keys")
    )
    return replace(town, directory=directory)


@pytest.fixture
def town(durable_postgres: PostgresCluster, durable_database: str, tmp_path: Path) -> ServedLittleworth:
    """Littleworth, whose audit log is in a database."""
    whole = settled(tmp_path / "one")
    where = (
        f"postgresql: {{host: 127.0.0.1, port: {durable_postgres.port}, database: {durable_database},"
        f" user: {SUPERUSER}, password: 'file:audit-password', ssl: disable}}"
    )
    settings = whole.directory / "broker.yaml"
    settings.write_text(settings.read_text().replace("log: state/audit.db", where))
    (whole.directory / "audit-password").write_text(durable_postgres.password)
    return whole


def checked(directory: Path) -> list[str]:
    """The faults that ``broker check`` names."""
    told = subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", "check", str(directory), "--json"],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    faults: list[str] = json.loads(told.stdout)["faults"]
    assert told.returncode == (Exit.WRONG if faults else Exit.WELL)
    return faults


async def status(town: ServedLittleworth, served: Served, path: str, body: Any, headers: Any = None) -> int:
    async with (
        aiohttp.ClientSession(headers=headers or town.headers()) as session,
        session.post(f"{served.address}{path}", json=body) as reply,
    ):
        return reply.status


async def test_two_brokers_answer_from_one_log_and_commands_read_it_beside_them(
    town: ServedLittleworth, tmp_path: Path
) -> None:
    one, other = await asyncio.gather(town.start(), beside(town, tmp_path / "other").start())
    try:
        first, second = await asked(town, one), await asked(town, other)
        traced = await asyncio.to_thread(read, town.directory, "trace", first, "--json")
        assert (traced.returncode, traced.stderr) == (Exit.WELL, "")
        assert json.loads(traced.stdout)["entries"][0]["type"] == "query.intent"
        one.kill()
        third = await asked(town, other)
        one = await town.start()
        assert await status(town, one, "/v1/queries", question()) == 200
    finally:
        one.kill()
        other.kill()
    verified = await asyncio.to_thread(read, town.directory, "verify", "--json")
    assert json.loads(verified.stdout)["fault"] is None
    listed = await asyncio.to_thread(read, town.directory, "entries", "--last", "200", "--json")
    found = json.loads(listed.stdout)
    assert [entry["index"] for entry in found] == list(range(len(found)))
    assert {first, second, third} <= {entry["query_id"] for entry in found if entry["type"] == "query.intent"}
    assert [entry["request"]["command"] for entry in found if entry["type"] == "audit.read"] == [
        "audit trace",
        "audit verify",
    ]
    assert not (town.directory / "state" / "audit.db").exists()


async def test_a_token_that_was_ended_at_one_broker_is_refused_by_the_other(
    town: ServedLittleworth, tmp_path: Path
) -> None:
    headers = town.headers()
    one, other = await asyncio.gather(town.start(), beside(town, tmp_path / "other").start())
    try:
        assert await status(town, other, "/v1/queries", question(), headers) == 200
        assert await status(town, one, "/v1/sign-out", {}, headers) in (200, 204)
        async with asyncio.timeout(10):
            while await status(town, other, "/v1/queries", question(), headers) == 200:  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.3)
        assert await status(town, other, "/v1/queries", question(), headers) == 401
    finally:
        one.kill()
        other.kill()


def test_check_names_an_audit_database_that_cannot_be_used(town: ServedLittleworth) -> None:
    settings = town.directory / "broker.yaml"
    assert [fault for fault in checked(town.directory) if "audit database" in fault] == []
    settings.write_text(settings.read_text().replace("database: test_", "database: none_"))
    (fault,) = [fault for fault in checked(town.directory) if "audit database" in fault]
    assert "There is no database of this name" in fault
    (town.directory / "audit-password").write_text("another word")
    (fault,) = [fault for fault in checked(town.directory) if "audit database" in fault]
    assert "refuses the user or the password" in fault
    assert "another word" not in fault


async def test_two_brokers_together_answer_one_requester_no_more_than_the_limit(
    town: ServedLittleworth, tmp_path: Path
) -> None:
    settings = town.directory / "broker.yaml"
    limits = "{queries: {most: 5, within: 1 hour}, people: none, same_person: none, same_person_by_all: none}"
    settings.write_text(settings.read_text().replace("limits: none", f"limits: {limits}"))
    one, other = await asyncio.gather(town.start(), beside(town, tmp_path / "other").start())
    try:
        asked = [status(town, served, "/v1/queries", question()) for served in (one, other) * 5]
        at_once = await asyncio.gather(*asked)
        assert sorted(at_once) == [200] * 5 + [429] * 5
        assert [await status(town, served, "/v1/queries", question()) for served in (one, other)] == [429] * 2
    finally:
        one.kill()
        other.kill()
