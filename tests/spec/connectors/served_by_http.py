"""A housing association's table behind a web API: a server on this machine that chooses rows as SQL would.

It speaks the partner's own words, not ours: what a person's identifiers are called in a request, the source file
says.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from connectors.contract import Connector, Identifiers, Search
from connectors.live_columns import mapped_columns
from connectors.memory import MemoryConnector
from connectors.registry import connect
from connectors.source_file import SourceFile

Row = Mapping[str, object]

_PERSON = {
    "first": "{given_name}", "last": "{family_name}", "also": "{other_family_names}",
    "called": "{other_given_names}", "born": "{birth_date}", "from": "{born_from}", "to": "{born_to}",
    "gender": "{sex}", "home": "{address}", "post_code": "{postcode}", "property": "{uprn}",
    "nhs": "{nhs_number}", "pupil": "{upn}", "case": "{case_id}",
}  # fmt: skip

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "http": {"for": "whole_query", "body": {"query": {"people": [_PERSON]}}},
    "http person by person": {"for": "each_person", "body": {"query": {"people": [_PERSON]}}},
}
"""By the engine's name: one request for all people of a query, or one for each."""


class WebApi:
    """A server in a thread of its own, which holds as many tables as tests put there."""

    def __init__(self) -> None:
        self._tables: dict[str, tuple[MemoryConnector, Sequence[Row]]] = {}
        self._numbers = count(1)
        self._started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="web api of the tests")
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._started.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def hold(self, source: SourceFile, rows: Sequence[Row]) -> str:
        """The address of a new table with these rows."""
        columns = dict.fromkeys(
            [*(name for _, name in mapped_columns(source)), *(key for row in rows for key in row)]
        )
        whole = [{name: row.get(name) for name in columns} for row in rows] or [dict.fromkeys(columns)]
        numbered = [{**row, "number": number} for number, row in enumerate(whole)]
        chosen_by = source.model_copy(
            update={"local_key": "number", "cohort": None, "row_cap": 100_000, "table": "rows", "query": None}
        )
        name = str(next(self._numbers))
        self._tables[name] = (MemoryConnector(chosen_by, numbered if rows else []), whole)
        return f"http://127.0.0.1:{self.port}/{name}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        app = web.Application()
        app.router.add_post("/{table}/search", self._search)
        runner = web.AppRunner(app, access_log=None)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.TCPSite(runner, "127.0.0.1", 0).start())
        self.port = runner.addresses[0][1]
        self._started.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    async def _search(self, request: web.Request) -> web.Response:
        table, rows = self._tables[request.match_info["table"]]
        asked = await request.json()
        if asked.get("trial"):
            return web.json_response({"results": [dict.fromkeys(rows[0])]})
        people = asked["query"]["people"]
        search = Search(
            request.headers["X-Query-Id"],
            tuple(map(_identifiers, people)),
            frozenset(),
            5.0,
            tuple(tuple(one.get("called", ())) for one in people),
        )
        chosen = sorted(int(one.local_key) for one in (await table.candidates(search)).rows)
        return web.json_response({"results": [rows[number] for number in chosen]}, dumps=_dumps)


def in_http(engine: str, source: SourceFile, rows: Sequence[Row], server: WebApi) -> Connector:
    """A source of kind http that holds these rows."""
    return connect(as_web_api(engine, source, server.hold(source, rows)), _no_secret, Path())


def as_web_api(engine: str, source: SourceFile, url: str) -> SourceFile:
    """The same source file for a web API: every column a pointer into a row."""
    file = source.model_dump(by_alias=True, exclude_none=True)
    for one in ("table", "query"):
        file.pop(one, None)
    for part in ("identifiers", "involvement", "contact"):
        file[part] = {place: _pointed(column) for place, column in file[part].items()}
    for part in source.guards():
        if part in file:
            file[part] |= {"column": _pointer(file[part]["column"])}
    request = {
        **REQUESTS[engine], "path": "/search", "rows": "/results", "probe": {"body": {"trial": True}},
    }  # fmt: skip
    return SourceFile.model_validate(
        {
            **file,
            "kind": "http",
            "connection": {"url": url, "ssl": "disable"},
            "local_key": _pointer(source.local_key),
            "gates": {gate: _pointer(name) for gate, name in source.gates.items()},
            "request": request,
        }
    )


def _pointed(column: Any) -> Any:
    if isinstance(column, (list, tuple)):
        return [_pointed(one) for one in column]
    if not isinstance(column, dict):
        return column
    return {**column, "column": _pointer(column["column"])}


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _identifiers(person: Mapping[str, Any]) -> Identifiers:
    """What was sent of a person, in our words again."""
    born, first, last = (
        date.fromisoformat(person[key]) if key in person else None for key in ("born", "from", "to")
    )
    return Identifiers(
        person.get("first"),
        person.get("last"),
        tuple(person.get("also", ())),
        born,
        (first, last) if first and last and not born else None,
        person.get("gender"),
        person.get("home"),
        person.get("post_code"),
        person.get("property"),
        person.get("nhs"),
        person.get("pupil"),
        person.get("case"),
    )


def _no_secret(reference: str) -> str:
    raise LookupError(reference)


def _dumps(document: object) -> str:
    return json.dumps(document, default=_text)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
