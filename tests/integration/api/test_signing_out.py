"""Signing out ends a token at once and for good, and leaves nothing of whose it was."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.audit.events import TokenEnded
from broker.audit.log import LogUnavailable
from tests.fakes.littleworth import EARLY_HELP, SOCIAL_WORKER, Littleworth, littleworth, part, question, row
from tests.integration.api.test_bad_tokens_are_recorded import recorded, signed

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


async def sent(town: Littleworth, token: str, path: str = "/v1/sign-out", **body: Any) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    async with town.client.post(path, headers=headers, json=body) as reply:
        return reply.status, await reply.read()


async def code(town: Littleworth, token: str) -> tuple[int, str]:
    """Status and code of what a query with this token is answered."""
    status, body = await sent(town, token, "/v1/queries", **question())
    return status, json.loads(body)["errors"][0]["code"] if status != 200 else ""


async def test_a_token_that_was_ended_opens_no_address(town: Littleworth) -> None:
    token = signed(town, jti="t-1")
    flags = await town.ask(view="flags")
    assert await sent(town, token) == (204, b"")
    headers = {"Authorization": f"Bearer {token}"}
    for method, path, body in (
        ("POST", "/v1/queries", question()),
        ("POST", "/v1/details", {"reference": part(flags, "school")["reference"]}),
        ("GET", "/v1/sources", None),
        ("GET", "/v1/purposes", None),
    ):
        async with town.client.request(method, path, headers=headers, json=body) as reply:
            assert (reply.status, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
            problem = await reply.json(content_type=None)
        assert (problem["title"], problem["errors"][0]["code"]) == ("Signed out", "token_ended")
    refusals = recorded(town)
    assert [(one["code"], one["requester"]["subject"]) for one in refusals] == [("token_ended", "lw-1")] * 4
    assert len(town.sources["school"].searches) == 1


async def test_signing_out_is_answered_alike_however_often_it_is_sent(town: Littleworth) -> None:
    token = signed(town, jti="t-1")
    assert [await sent(town, token) for _ in range(3)] == [(204, b"")] * 3
    assert (await sent(town, "x"))[0] == 401
    assert (await sent(town, signed(town, roles=[])))[0] == 204


async def test_a_query_whose_body_comes_after_the_sign_out_is_refused(town: Littleworth) -> None:
    token, signed_out = signed(town, jti="t-1"), asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b" "
        await signed_out.wait()
        yield json.dumps(question()).encode()

    async def asked() -> tuple[int, str]:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        async with town.client.post("/v1/queries", data=slowly(), headers=headers) as reply:
            return reply.status, (await reply.json(content_type=None))["errors"][0]["code"]

    asking = asyncio.ensure_future(asked())
    await asyncio.sleep(0.1)  # its head is read, and its token believed
    assert await sent(town, token) == (204, b"")
    signed_out.set()
    assert await asking == (401, "token_ended")
    assert town.sources["school"].searches == []


async def test_other_tokens_go_on(town: Littleworth) -> None:
    await sent(town, signed(town, jti="t-1"))
    assert await code(town, signed(town, jti="t-2")) == (200, "")
    async with town.client.get("/v1/purposes", headers=town.headers(EARLY_HELP)) as reply:
        assert reply.status == 200


async def test_no_other_spelling_of_an_ended_token_holds(town: Littleworth) -> None:
    """Of an ECDSA signature (r, s) there is a second one that holds, (r, n - s): whoever has one has both."""
    token = signed(town, jti="")
    signed_part, _, signature = token.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    other = (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big")
    turned = f"{signed_part}.{base64.urlsafe_b64encode(raw[:32] + other).decode().rstrip('=')}"
    assert await code(town, turned) == (200, "")
    await sent(town, token)
    for spelling in (token, turned, f"{token}=="):
        status, said = await code(town, spelling)
        assert (status, said in {"token_ended", "not_signed_in"}) == (401, True)
    assert (await code(town, turned))[1] == "token_ended"


async def test_an_ended_token_stays_ended_after_a_restart_for_as_long_as_it_could_live(
    tmp_path: Path,
) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        tokens = [signed(town, jti=f"t-{number}") for number in range(4)]
        for token in tokens[:3]:
            assert await sent(town, token) == (204, b"")
        first = town.sign_in
    async with littleworth(tmp_path, {"school": [row()]}) as again:
        first.write_key_set(tmp_path / "state" / "jwks.json")
        assert [await code(again, one) for one in tokens[:3]] == [(401, "token_ended")] * 3
        assert await code(again, tokens[3]) == (200, "")
        assert len(again.front.ended.ended) == 3


async def test_a_start_reads_back_only_tokens_that_could_still_live(town: Littleworth) -> None:
    began, log = town.clock.at, town.front.broker.log
    for number in range(20):
        town.clock.at = began + timedelta(minutes=number)
        await log.record(TokenEnded(town.clock.at, f"{number}", town.clock.at))
    found = await log.tokens_ended(since=began + timedelta(minutes=17))
    assert list(found) == ["17", "18", "19"]
    assert await log.tokens_ended(since=began + timedelta(hours=1)) == {}


async def test_what_has_lapsed_is_forgotten(town: Littleworth) -> None:
    await sent(town, signed(town, jti="t-1"))
    town.clock.at += town.front.tokens.live_for + timedelta(seconds=1)
    await sent(town, signed(town, jti="t-2"))
    assert list(town.front.ended.ended) == [hashlib.sha256(b"t-2").hexdigest()]


async def test_the_entry_tells_that_a_token_ended_and_not_whose(town: Littleworth) -> None:
    lapses = town.clock.at + timedelta(minutes=5)
    await sent(town, signed(town, jti="t-1", exp=int(lapses.timestamp())))
    with town.reader() as reader:
        assert reader.verify().good
        (entry,) = (one for one in reader.entries() if one.kind == "token.ended")
        ((_, _, raw),) = reader.store.rows(entry.index, entry.index + 1)
    own = {"token": hashlib.sha256(b"t-1").hexdigest(), "expires": lapses.isoformat()}
    assert {name: entry.facts[name] for name in own} == own
    assert set(entry.facts) == {"format", "type", "at", "id", "epoch", "query_id", *own}
    assert raw.splitlines()[2] == b"{}"
    assert SOCIAL_WORKER.subject.encode() not in raw


async def test_a_token_is_ended_even_when_the_log_cannot_say_so(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(town, jti="t-1")

    async def refuse(*_: Any) -> Any:
        raise LogUnavailable("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(type(town.front.broker.log), "record", refuse)
        for _ in range(2):
            status, problem = await sent(town, token)
            assert (status, json.loads(problem)["type"].rsplit(":")[-1]) == (503, "not_recorded")
    assert await code(town, token) == (401, "token_ended")
