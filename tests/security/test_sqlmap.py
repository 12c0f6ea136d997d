"""sqlmap against the query endpoint, on real databases, finds nothing; and it finds a hole where there is one."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.demo.sign_in import PERSONAS
from tests.fakes.northshire import northshire

LEVEL = os.environ.get("SQLMAP_LEVEL", "1")
PLACES = os.environ.get("SQLMAP_PLACES", "given_name,postcode").split(",")
SEED = int(os.environ.get("SEED", "8"))
FOUND = "sqlmap identified the following injection point"
TRIED = "all tested parameters do not appear to be injectable"


async def sqlmap(address: str, body: str, directory: Path, *headers: str) -> str:
    """What sqlmap says of a POST of this body, in which the places to try are marked with ``*``."""
    program = shutil.which("sqlmap")
    if program is None:
        pytest.fail("sqlmap is not installed: run `make drivers` as root, or apt-get install sqlmap.")
    words = ["-u", address, "--data", body, "--batch", "--flush-session", "--disable-coloring"]
    words += ["--level", LEVEL, "--risk", "2", "--timeout", "30", "--ignore-code", "*"]
    words += ["--headers", "\n".join(("Content-Type: application/json", *headers))]
    started = await asyncio.create_subprocess_exec(
        program,
        *words,
        "--output-dir",
        str(directory / "sqlmap"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HOME": str(directory)},
    )
    told, _ = await started.communicate()
    return told.decode(errors="replace")


def marked(**said: Any) -> str:
    """A question whose places are marked, as JSON."""
    person = {
        "relation": "child",
        "given_name": "Emma",
        "family_name": "Ashdown",
        "birth_date": "2015-03-07",
        "postcode": "NS1 4AB",
        "address": "4 Mill Lane",
        "nhs_number": "9990000018",
    }
    query = {
        "purpose": "section_47_enquiry",
        "reason": "Referral",
        "case_reference": "NS-42",
        "view": "details",
        "people": [{name: f"{value}*" if name in PLACES else value for name, value in person.items()}],
    }
    return json.dumps({**query, **said})


async def test_sqlmap_finds_nothing_in_a_question(tmp_path: Path) -> None:
    async with northshire(tmp_path / "town", SEED, people=300) as town:
        token = town.northshire.sign_in.token(PERSONAS["social_worker"], datetime.now(UTC))
        address = str(town.client.make_url("/v1/queries"))
        told = await sqlmap(address, marked(), tmp_path, f"Authorization: Bearer {token}")
        logs = [cluster.log_file.read_text() for cluster in town.northshire.databases.clusters.values()]
    assert TRIED in told, told[-3000:]
    assert FOUND not in told
    assert [line for text in logs for line in text.splitlines() if "syntax error" in line] == []


async def test_sqlmap_finds_a_hole_where_there_is_one(tmp_path: Path) -> None:
    database = apsw.Connection(":memory:")
    database.execute("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Emma')")

    async def open_to_all(request: web.Request) -> web.Response:
        name: Mapping[str, Any] = (await request.json())["people"][0]
        try:
            rows = list(database.execute(f"SELECT name FROM people WHERE name = '{name['given_name']}'"))  # noqa: S608 -- the hole
        except apsw.Error as fault:
            return web.Response(text=f"SQLite error: {fault}", status=500)
        return web.json_response({"found": rows})

    app = web.Application()
    app.router.add_post("/v1/queries", open_to_all)
    async with TestServer(app) as server:
        told = await sqlmap(str(server.make_url("/v1/queries")), marked(), tmp_path)
    assert FOUND in told, told[-3000:]
