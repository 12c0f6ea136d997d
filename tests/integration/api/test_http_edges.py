"""HTTP at its edges, byte by byte: nothing is quoted into a log, believed twice, or answered with a 5xx."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from openapi_schema_validator import OAS31Validator

from broker.api.front import traceparent
from broker.api.openapi import document
from broker.audit.log import LogUnavailable
from broker.audit.witness.standing import alone
from tests.fakes.littleworth import EARLY_HELP, EMMA, Littleworth, littleworth, part, question, row

SECRET = "Zyxwvut"


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


async def raw(town: Littleworth, *lines: str, body: bytes = b"") -> bytes:
    """How what comes back for these very bytes begins."""
    head = "\r\n".join([lines[0], "Host: littleworth", "Connection: close", *lines[1:], "", ""])
    reader, writer = await asyncio.open_connection("127.0.0.1", town.client.port)
    writer.write(head.encode() + body)
    await writer.drain()
    async with asyncio.timeout(5):
        got = await reader.read(4096)
    writer.close()
    await writer.wait_closed()
    return got


def bearer(town: Littleworth) -> str:
    return f"Authorization: {town.headers()['Authorization']}"


async def test_what_cannot_be_read_as_http_is_not_quoted_in_the_log(
    town: Littleworth, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for lines in (
        [f"{SECRET}\x01"],
        ["GET /healthz HTTP/1.1", f"Authoriz\x01ation: Bearer {SECRET}"],
        ["GET /v1/sources HTTP/1.1", f"Authorization: Bearer {SECRET * 2000}"],
        ["POST /v1/queries HTTP/1.1", bearer(town), "Transfer-Encoding: chunked", "", SECRET],
    ):
        assert b" 400 " in (await raw(town, *lines)).split(b"\r\n")[0]
    assert "Error handling request" in caplog.text
    assert SECRET not in caplog.text


async def test_two_tokens_are_none(town: Littleworth) -> None:
    for other in ("Authorization: Bearer x", bearer(town)):
        got = await raw(town, "GET /v1/sources HTTP/1.1", bearer(town), other)
        assert got.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://littleworth"])
async def test_no_page_of_another_origin_is_let_in(town: Littleworth, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x"}
    async with town.client.options("/v1/queries", headers=asks) as preflight:
        assert preflight.status in {401, 405}
    async with town.client.get("/v1/purposes", headers={**town.headers(), "Origin": origin}) as reply:
        told = [
            name for one in (preflight, reply) for name in one.headers if name.startswith("Access-Control")
        ]
    assert told == []
    assert reply.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "identity"])
async def test_a_compressed_body_is_refused_unread(town: Littleworth, coding: str) -> None:
    headers = {**town.headers(), "Content-Encoding": coding}
    async with town.client.post("/v1/queries", data=SECRET.encode(), headers=headers) as reply:
        assert reply.status in {400, 415}
        assert SECRET not in await reply.text()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_a_body_of_another_type_is_refused(town: Littleworth, kind: str) -> None:
    headers = {**town.headers(), "Content-Type": kind}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        assert (reply.status, reply.content_type) == (415, "application/problem+json")


async def test_json_in_whatever_case_and_with_a_charset_is_json(town: Littleworth) -> None:
    headers = {**town.headers(), "Content-Type": "Application/JSON; charset=utf-8"}
    async with town.client.post("/v1/queries", data=json.dumps(question()), headers=headers) as reply:
        assert reply.status == 200


async def test_a_method_that_is_not_taken_says_which_are(town: Littleworth) -> None:
    async with town.client.get("/v1/queries", headers=town.headers()) as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")
    async with town.client.head("/healthz") as reply:
        assert (reply.status, await reply.read()) == (200, b"")


async def test_every_reply_to_the_unauthenticated_is_the_same_and_safe(town: Littleworth) -> None:
    seen = set()
    for sent in (
        "",
        "Bearer",
        "Bearer x",
        f"Bearer {SECRET}",
        "Basic eDp5",
        "Bearer a, Bearer b",
        "Bearer é",
    ):
        for path in ("/v1/queries", "/v1/details"):
            async with town.client.post(path, json=question(), headers={"Authorization": sent}) as reply:
                assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
                assert reply.headers["Cache-Control"] == "no-store"
                seen.add(await reply.read())
    assert len(seen) == 1


BROKEN_TEXT = [b'"\\ud800"', b'"\\udfff x"', b'"a\\u0000b"', b'"\\u009b31m"', b'"\\u007f"']


@pytest.mark.parametrize("name", BROKEN_TEXT, ids=range(len(BROKEN_TEXT)))
async def test_text_that_is_none_is_refused_once(town: Littleworth, name: bytes) -> None:
    body = json.dumps(question({**EMMA, "given_name": "HERE"})).encode().replace(b'"HERE"', name)
    headers = {**town.headers(), "Content-Type": "application/json"}
    async with town.client.post("/v1/queries", data=body, headers=headers) as reply:
        problem = await reply.json(content_type=None)
    assert reply.status == 422
    assert [one["pointer"] for one in problem["errors"]] == ["/people/0/given_name"]


@pytest.mark.parametrize(("length", "status"), [(200, 200), (201, 422), (500, 422)])
async def test_a_name_may_have_200_letters(town: Littleworth, length: int, status: int) -> None:
    assert (await town.post("/v1/queries", question({**EMMA, "given_name": "x" * length})))[0] == status


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, 1.5),
        ("wait=1", 1.0),
        ("respond-async, wait=1", 1.0),
        ("Wait=1", 1.0),
        ("wait=9", 1.5),
        ("wait=0", 1.5),
        ("wait=100", 1.5),
        ("wait=-1", 1.5),
        ("wait=1.5", 1.5),
        ("await=1", 1.5),
        ("wait=٣", 1.5),
        ("wait=", 1.5),
    ],
)
async def test_a_requester_may_wait_less_but_not_longer(
    town: Littleworth, prefer: str | None, seconds: float
) -> None:
    headers = {"Prefer": prefer} if prefer is not None else {}
    assert (
        town.front.seconds(make_mocked_request("POST", "/v1/queries", headers), "section_47_enquiry")
        == seconds
    )


WELL_FORMED = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (WELL_FORMED, True),
        (WELL_FORMED.upper(), False),
        (WELL_FORMED.replace("0af7651916cd43dd8448eb211c80319c", "0" * 32), False),
        (WELL_FORMED.replace("b7ad6b7169203331", "0" * 16), False),
        (f"{WELL_FORMED}-{SECRET}", False),
        (SECRET, False),
    ],
)
def test_a_trace_context_is_kept_when_it_is_one(sent: str, kept: bool) -> None:
    request = make_mocked_request("POST", "/v1/queries", {"traceparent": sent})
    assert traceparent(request) == (sent if kept else None)


async def test_a_broker_whose_log_cannot_be_written_is_not_ready_and_names_the_desks(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Poisoned:
        healthy = False
        standing = alone()

        async def record(self, _: Any) -> Any:
            raise LogUnavailable("the disk is full")

        async def asked_about(self, *_: Any, **__: Any) -> Any:
            raise LogUnavailable("the disk is full")

    poisoned: Any = Poisoned()
    broker = type(town.front.broker)(poisoned, town.front.broker.around)
    monkeypatch.setattr(town.front, "broker", broker)
    async with town.client.get("/readyz") as reply:
        assert (reply.status, (await reply.json())["audit_log"]) == (503, "not_writable")
    for body in (question(), question(purpose="none")):
        status, problem = await town.post("/v1/queries", body)
        assert (status, len(problem["desks"])) == (503, 3)
        OAS31Validator(_schema("Problem")).validate(problem)
    assert town.sources["school"].searches == []


async def test_every_reply_is_as_the_description_says(town: Littleworth) -> None:
    answer = await town.ask(view="flags")
    reference = part(answer, "school")["reference"]
    told = [("Answer", answer), ("Answer", (await town.post("/v1/details", {"reference": reference}))[1])]
    told += [
        ("Problem", (await town.post(path, body, persona))[1])
        for path, body, persona in (
            ("/v1/queries", question(), EARLY_HELP),
            ("/v1/queries", {}, EARLY_HELP),
            ("/v1/details", {"reference": "x"}, EARLY_HELP),
            ("/nowhere", {}, EARLY_HELP),
        )
    ]
    for name, reply in told:
        OAS31Validator(_schema(name)).validate(reply)


async def test_every_status_is_in_the_description(town: Littleworth) -> None:
    described = document()["paths"]["/v1/queries"]["post"]["responses"]
    assert set(described) == {"200", "400", "401", "403", "408", "413", "415", "422", "429", "503"}


async def test_nothing_personal_reaches_a_log(town: Littleworth, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    person = {**EMMA, "family_name": SECRET, "address": f"1 {SECRET} Lane"}
    town.sources["housing"].fails(ValueError(SECRET))
    assert (await town.post("/v1/queries", question(person)))[0] == 200
    for wrong in ({"birth_date": "x"}, {SECRET: SECRET}, {"given_name": 1}):
        assert (await town.post("/v1/queries", question({**person, **wrong}, reason=SECRET)))[0] == 422
    async with town.client.get(f"/v1/people/{SECRET}", headers=town.headers()) as reply:
        assert reply.status == 404
    assert "ValueError" in caplog.text
    for personal in (SECRET, "Emma", "1991", "LW1 4AB", "Sam Okafor", "eyJ"):
        assert personal not in caplog.text


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
