"""The one table of who may call what: every route, tried by everybody; and that it is the table in docs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from broker.api import server
from broker.api.authorisation import TABLE
from broker.api.authorised_page import addresses, page
from tests.fakes.family_context import COMPATIBLE, going_on
from tests.fakes.littleworth import BROKER, SOCIAL_WORKER, Littleworth, littleworth

ROOT = Path(__file__).parents[3]
METRICS = 'telemetry: {metrics_key: "env:SEAL_KEY"}\n'
PEOPLE = {
    "social worker": SOCIAL_WORKER,
    "cleaner": replace(SOCIAL_WORKER, subject="lw-20", roles=("cleaner",)),
    "team manager": replace(SOCIAL_WORKER, subject="lw-21", roles=("team_manager",), team="North team"),
    "manager of no team": replace(SOCIAL_WORKER, subject="lw-22", roles=("team_manager",)),
    "owner of school": replace(
        SOCIAL_WORKER, subject="lw-23", roles=("data_owner",), organisation="LITTLEWORTH  school"
    ),
    "owner of housing": replace(
        SOCIAL_WORKER, subject="lw-24", roles=("data_owner",), organisation="Littleworth housing"
    ),
    "governance of school": replace(
        SOCIAL_WORKER, subject="lw-25", roles=("information_governance",), organisation="Littleworth school"
    ),
    "governance of housing": replace(
        SOCIAL_WORKER, subject="lw-26", roles=("information_governance",), organisation="Littleworth housing"
    ),
    "auditor": replace(SOCIAL_WORKER, subject="lw-27", roles=("auditor",)),
    "privacy officer": replace(SOCIAL_WORKER, subject="lw-28", roles=("data_protection_officer",)),
}
IN_A_ROLE = frozenset(PEOPLE)
SIGNED_IN = IN_A_ROLE | {"without a role"}
ANYBODY = SIGNED_IN | {"nobody", "signed out", "monitoring"}
WATCH = frozenset({"auditor", "privacy officer"})
# Written out again, by hand: a slip in the table is a slip here too, or it is found.
MAY: dict[str, frozenset[str]] = {
    "POST /v1/queries": IN_A_ROLE,
    "POST /v1/details": IN_A_ROLE,
    "GET /v1/queries/{query_id}/events": IN_A_ROLE,
    "POST /v1/match-feedback": IN_A_ROLE,
    "POST /v1/contact-requests": IN_A_ROLE,
    "POST /v1/family-agreements": IN_A_ROLE,
    "GET /v1/sources": IN_A_ROLE,
    "GET /v1/purposes": IN_A_ROLE,
    "POST /v1/sign-out": SIGNED_IN | {"signed out"},
    "GET /v1/audit/mine": IN_A_ROLE,
    "GET /v1/audit/checkpoint": IN_A_ROLE,
    "GET /v1/audit/entries/{index}/proof": IN_A_ROLE,
    "GET /v1/audit/team": frozenset({"team manager"}),
    "GET /v1/audit/queries": WATCH,
    "POST /v1/audit/queries": WATCH,
    "GET /v1/audit/queries/{query_id}": WATCH,
    "POST /v1/audit/person": WATCH,
    "GET /v1/audit/person/{report}": WATCH,
    "POST /v1/audit/person/{report}/reviews": WATCH,
    "POST /v1/audit/person/{report}/release": WATCH,
    "GET /v1/audit/verify": WATCH,
    "POST /v1/audit/verify": WATCH,
    "GET /v1/audit/owners/{source}": WATCH | {"owner of school", "governance of school"},
    "POST /v1/audit/owners/{source}/entries": frozenset({"governance of school"}),
    "GET /healthz": ANYBODY,
    "GET /readyz": ANYBODY,
    "GET /openapi.json": ANYBODY,
    "GET /metrics": frozenset({"monitoring"}),
}
AUDIT_PAGES = (
    "GET /audit",
    "POST /audit",
    "GET /audit/queries/{query_id}",
    "GET /audit/entries/{index}/proof",
    "GET /audit/entries/{index}/bytes",
    "GET /audit/log",
    "GET /audit/log/checkpoint",
    "POST /audit/log",
    "GET /audit/person",
    "POST /audit/person",
    "GET /audit/person/{report}",
    "GET /audit/person/{report}/entries/{index}",
    "POST /audit/person/{report}/entries/{index}",
    "POST /audit/person/{report}/release",
    "GET /audit/reviews",
    "GET /audit/reviews/{review}",
    "POST /audit/reviews/{review}",
    "GET /audit/charts",
)
PAGES = {
    "GET /sign-in": "nothing",
    "GET /signed-in": "nothing",
    "POST /sign-out": "session_alone",
    "GET /signed-out": "nothing",
    "POST /back-channel-logout": "nothing",
    "GET /assets/{digest}/{name}": "nothing",
    "GET /call-backs/{reference}": "nothing",
    "POST /call-backs/{reference}": "nothing",
    "GET /": "session",
    "GET /check": "session",
    "POST /check": "session",
    "GET /check/answer": "session",
    "POST /check/answer": "session",
    "POST /check/details": "session",
    "POST /check/feedback": "session",
    "POST /check/call-back": "session",
    "GET /checks": "session",
    "POST /check/family-context": "session",
    **dict.fromkeys(AUDIT_PAGES, "session"),
    "GET /team": "session",
    "GET /owners": "session",
    "GET /owners/{source}": "session",
    "GET /owners/{source}/who-could-see": "session",
    "POST /owners/{source}/who-could-see": "session",
    "GET /owners/{source}/figures": "session",
    "GET /owners/{source}/changes": "session",
    "GET /owners/{source}/changes/{digest}": "session",
    "POST /owners/{source}/changes/{digest}": "session",
}
"""What a browser brings to each page; none of them is there for a broker without pages."""
OLD_FRONT_END = {
    "GET /api/auth/status": "nothing",
    "POST /api/auth/login": "nothing",
    "POST /api/auth/logout": "family_context",
    "HEAD /api/search/person": "family_context",
    "POST /api/search/person": "family_context",
    "GET /api/person/detail/{person}": "family_context",
    "HEAD /api/person/related/{person}": "family_context",
    "HEAD /api/person/related/{person}/": "family_context",
    "GET /api/person/related/{person}": "family_context",
    "GET /api/person/related/{person}/": "family_context",
    "GET /api/person/detail/{person}/service": "family_context",
    "GET /api/person/detail/{person}/service/{source}": "family_context",
}
"""What the open Family Context front end brings; nothing of it is there without ``family_context_api``."""
CODES = ("not_signed_in", "no_key", "no_role", "role_may_not_read_log", "no_team")
HERE = {
    "query_id": "q-1",
    "index": "0",
    "report": "r-1",
    "review": "look-1",
    "source": "school",
    "digest": "0",
    "name": "pages.css",
    "person": "p-1",
    "reference": "r-1",
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, broker=BROKER + METRICS) as started:
        yield started


def callers(town: Littleworth) -> Iterator[tuple[str, dict[str, str]]]:
    """Everybody who may try, with what they send."""
    yield "nobody", {}
    yield "monitoring", {"Authorization": f"Bearer {'5e' * 32}"}
    yield "without a role", town.headers(replace(SOCIAL_WORKER, subject="lw-19", roles=()))
    for name, persona in PEOPLE.items():
        yield name, town.headers(persona)


async def status(town: Littleworth, address: str, headers: dict[str, str]) -> int:
    method, path = address.split(" ")
    body: Any = {"json": {}} if method == "POST" else {}
    async with town.client.request(method, path.format(**HERE), headers=headers, **body) as reply:
        return reply.status


def test_every_route_of_the_server_is_in_the_table_and_none_that_there_is_not() -> None:
    assert sorted(name for name, _ in addresses(server.ROUTES)) == sorted(TABLE)
    assert {address for _, address in addresses(server.ROUTES)} == {*MAY, *PAGES, *OLD_FRONT_END}
    assert {
        address: TABLE[name].brings for name, address in addresses(server.ROUTES) if TABLE[name].page
    } == PAGES
    assert {
        address: TABLE[name].brings
        for name, address in addresses(server.ROUTES)
        if TABLE[name].family_context and not TABLE[name].page
    } == OLD_FRONT_END


async def test_the_server_that_runs_has_no_route_beside_the_table(town: Littleworth) -> None:
    app = town.client.app
    assert app is not None
    assert {route.name for route in app.router.routes()} == set(TABLE)


@pytest.mark.parametrize("address", MAY)
async def test_an_address_is_open_to_whom_the_table_says_and_each_refusal_is_recorded(
    town: Littleworth, address: str
) -> None:
    closed_to = 0
    for caller, headers in callers(town):
        told = await status(town, address, headers)
        if caller in MAY[address]:
            assert told not in (401, 403, 503), caller
        else:
            known = caller in SIGNED_IN and address != "GET /metrics"
            assert told == (403 if known else 401), caller
            closed_to += 1
    assert len([one for one in recorded(town) if one["code"] in CODES]) == closed_to


@pytest.mark.parametrize("address", PAGES)
async def test_a_broker_without_pages_has_none_for_anybody(town: Littleworth, address: str) -> None:
    assert {await status(town, address, headers) for _, headers in callers(town)} == {404}


@pytest.mark.parametrize("address", OLD_FRONT_END)
async def test_a_broker_without_the_old_front_end_has_nothing_of_it(town: Littleworth, address: str) -> None:
    assert {await status(town, address, headers) for _, headers in callers(town)} == {404}


@pytest.mark.parametrize("address", OLD_FRONT_END)
async def test_the_old_front_end_is_let_in_by_its_cookie_and_by_no_token(
    tmp_path: Path, address: str
) -> None:
    async with littleworth(tmp_path, broker=COMPATIBLE) as town:
        cookie = {"Cookie": f"FCSESSIONID={(await going_on(town)).cookie}"}
        for caller, headers in callers(town):
            town.client.session.cookie_jar.clear()
            told = await status(town, address, headers)
            assert told in (401, 422) if OLD_FRONT_END[address] == "nothing" else told == 401, caller
        town.client.session.cookie_jar.clear()
        assert await status(town, address, cookie) not in (401, 403, 503) or address == "POST /api/auth/login"


@pytest.mark.parametrize("address", MAY)
async def test_whoever_signed_out_is_let_in_nowhere_but_to_sign_out_again(
    town: Littleworth, address: str
) -> None:
    headers = town.headers(replace(PEOPLE["auditor"], roles=("auditor", "team_manager"), team="North team"))
    assert await status(town, "POST /v1/sign-out", headers) == 204
    assert (await status(town, address, headers) == 401) is ("signed out" not in MAY[address])


async def test_a_route_that_the_table_forgot_is_closed_to_everybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgotten(_: web.Request) -> web.Response:
        return web.Response(text="a secret")

    more = web.get("/v1/forgotten", forgotten, name="forgotten")
    monkeypatch.setattr(server, "ROUTES", (*server.ROUTES, more))
    async with littleworth(tmp_path) as town:
        for caller, headers in callers(town):
            assert await status(town, "GET /v1/forgotten", headers) == 403, caller
        assert {one["code"] for one in recorded(town)} == {"closed"}


def test_the_page_in_docs_is_the_table() -> None:
    assert (ROOT / "docs/reference/who-may-call-what.md").read_text(encoding="utf-8") == page()


def recorded(town: Littleworth) -> list[dict[str, Any]]:
    with town.reader() as reader:
        return [one.facts["request"] for one in reader.entries() if one.kind == "refusal"]
