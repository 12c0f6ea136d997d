"""Commands that read the log while a broker writes it: each reading is an entry, and durable before it shows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp

from broker.cli.printing import Exit
from tests.fakes.littleworth import question
from tests.fakes.served_littleworth import ENVIRONMENT, ROOT, Served, ServedLittleworth, settled
from tests.unit.audit.audit_samples import tamper


def read(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A ``broker audit`` command in a process of its own."""
    return subprocess.run(  # noqa: S603 -- our own interpreter on our own module
        [sys.executable, "-m", "broker", "audit", *words, "--partnership", str(directory)],
        cwd=ROOT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def asked(town: ServedLittleworth, served: Served) -> str:
    async with (
        aiohttp.ClientSession(headers=town.headers()) as session,
        session.post(f"{served.address}/v1/queries", json=question()) as reply,
    ):
        assert reply.status == 200
        return str((await reply.json())["query_id"])


def readings(town: ServedLittleworth) -> list[dict[str, Any]]:
    with town.reader() as reader:
        return [dict(one.facts) for one in reader.entries() if one.kind == "audit.read"]


async def test_a_reading_beside_a_running_broker_is_an_entry(tmp_path: Path) -> None:
    town = settled(tmp_path)
    served = await town.start()
    try:
        query_id = await asked(town, served)
        traced = read(tmp_path, "trace", query_id, "--json")
        assert (traced.returncode, traced.stderr) == (Exit.WELL, "")
        assert "audit.read" not in traced.stdout  # one's own reading is not among what one reads
        assert read(tmp_path, "verify").returncode == Exit.WELL
        again = json.loads(read(tmp_path, "trace", query_id, "--json").stdout)
    finally:
        served.kill()
    assert again["entries"][-1]["request"]["command"] == "audit trace"
    found = readings(town)
    assert [one["request"]["command"] for one in found] == ["audit trace", "audit verify", "audit trace"]
    assert [one["query_id"] for one in found] == [query_id, None, query_id]
    assert town.verified()["good"]


async def test_where_it_cannot_be_recorded_nothing_is_shown(tmp_path: Path) -> None:
    town = settled(tmp_path)
    served = await town.start()
    query_id = await asked(town, served)
    served.kill()
    spool = tmp_path / "state" / "audit.db.spool"
    spool.write_text("no directory")
    refused = read(tmp_path, "trace", query_id)
    assert (refused.returncode, refused.stdout) == (Exit.UNREACHABLE, "")
    assert "nothing is shown" in refused.stderr
    verified = read(tmp_path, "verify")
    assert verified.returncode == Exit.WELL
    assert "not recorded" in verified.stderr


async def test_a_log_that_does_not_verify_is_verified_all_the_same(tmp_path: Path) -> None:
    town = settled(tmp_path)
    served = await town.start()
    query_id = await asked(town, served)
    served.kill()
    tamper(tmp_path / "state", "UPDATE entry SET raw = x'00' WHERE idx = 2")
    verified = read(tmp_path, "verify")
    assert (verified.returncode, "Entry 2 was changed" in verified.stdout) == (Exit.WRONG, True)
    assert read(tmp_path, "trace", query_id).returncode == Exit.UNREACHABLE
