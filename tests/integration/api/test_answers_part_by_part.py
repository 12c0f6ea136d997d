"""Answers that leave part by part: the same content and entries as the whole, as services answer."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker import recording
from broker.api import streams
from broker.errors import NotRecorded
from connectors.contract import SourceUnavailable
from tests.fakes.littleworth import EARLY_HELP, EMMA, Littleworth, littleworth, question, row

LINES, EVENTS = "application/x-ndjson", "text/event-stream"
NAMES = ("housing", "police", "school")
Event = tuple[str, int, Any]


async def lines(reply: ClientResponse) -> AsyncIterator[Event]:
    async for line in reply.content:
        one = json.loads(line)
        if one["event"] != "heartbeat":
            yield one["event"], one["id"], one["content"]


async def events(reply: ClientResponse) -> AsyncIterator[Event]:
    said: dict[str, str] = {}
    async for line in reply.content:
        text = line.decode().rstrip("\n")
        if not text and "event" in said:
            yield said["event"], int(said["id"]), json.loads(said["data"])
            said = {}
        elif not text.startswith(":"):
            name, _, value = text.partition(": ")
            said[name] = value


async def streamed(town: Littleworth, form: str = LINES, body: Any = None) -> list[Event]:
    headers = town.headers() | {"Accept": form}
    async with town.client.post("/v1/queries", json=body or question(), headers=headers) as reply:
        assert (reply.status, reply.headers["Content-Type"]) == (200, form)
        return [one async for one in (lines if form == LINES else events)(reply)]


def put_together(parts: list[Event]) -> Mapping[str, Any]:
    """The whole answer, of its parts."""
    opening = next(content for name, _, content in parts if name == "opening")
    services = opening["services"] + [content for name, _, content in parts if name == "service"]
    return {**opening, "services": sorted(services, key=lambda one: str(one["source"]))}


def comparable(answer: Mapping[str, Any]) -> Any:
    """Without what differs from one query to the next: ids, receipts, sealed references."""
    said = json.loads(json.dumps(answer))
    said["query_id"] = said["receipt"] = None
    said["services"].sort(key=lambda one: one["source"])
    for service in said["services"]:
        service["receipt"] = None
        for person in service["people"]:
            person["reference"] = person["reference"] and "sealed"
    return said


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {name: [row()] for name in NAMES}) as started:
        yield started


@pytest.mark.parametrize("form", [LINES, EVENTS])
async def test_parts_leave_as_services_answer_and_make_the_whole(town: Littleworth, form: str) -> None:
    town.sources["housing"].delays(0.3)
    parts = await streamed(town, form)
    names = [name for name, _, _ in parts]
    assert (names[0], names[-1]) == ("opening", "end")
    assert [number for _, number, _ in parts] == list(range(1, len(parts) + 1))
    assert parts[-2][2]["source"] == "housing"
    assert comparable(put_together(parts)) == comparable(await town.ask())


async def test_a_part_comes_long_before_a_service_that_hangs(town: Littleworth) -> None:
    town.sources["police"].hangs()
    began = time.monotonic()
    headers = town.headers() | {"Accept": LINES, "Prefer": "wait=2"}
    came: dict[str, float] = {}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        async for name, _, content in lines(reply):
            if name == "service":
                came[content["source"]] = time.monotonic() - began
                if content["source"] == "police":
                    assert content["people"][0]["outcome"] == "timed_out"
    assert max(came["school"], came["housing"]) < 1 < came["police"] < 2.1


@given(down=st.sets(st.sampled_from(NAMES)), view=st.sampled_from(["flags", "details"]), known=st.booleans())
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whole_and_streamed_have_the_same_content_and_entries(
    town: Littleworth, down: set[str], view: str, known: bool
) -> None:
    for name, source in town.sources.items():
        source.fails(SourceUnavailable("away")) if name in down else source.works()
    for guard in (lane.guard for lane in town.front.broker.around.lanes.values()):
        guard.breaker.succeeded()
    body = question({**EMMA, "given_name": "Emma" if known else "Zadie"}, view=view)
    _, whole = await town.post("/v1/queries", body)
    parts = await streamed(town, body=body)
    together = put_together(parts)
    assert comparable(together) == comparable(whole)
    with town.reader() as reader:
        kinds = [
            sorted(str((one.kind, one.facts.get("source"))) for one in reader.trace(str(query)).entries)
            for query in (whole["query_id"], together["query_id"])
        ]
    assert kinds[0] == kinds[1]


async def test_every_part_stands_in_the_log_before_it_leaves(town: Littleworth) -> None:
    headers = town.headers() | {"Accept": LINES}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        async for name, _, content in lines(reply):
            if name == "service" and content["receipt"]:
                with town.reader() as reader:
                    index = content["receipt"]["index"]
                    (entry,) = reader.entries(index, index + 1)
                assert (entry.kind, entry.facts["source"]) == ("disclosure", content["source"])


async def test_a_requester_whose_connection_breaks_goes_on_behind_what_was_seen(town: Littleworth) -> None:
    town.sources["police"].delays(0.4)
    headers = town.headers() | {"Accept": EVENTS}
    seen: list[Event] = []
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        async for one in events(reply):
            seen.append(one)
            if len(seen) == 2:
                break
    path = f"/v1/queries/{seen[0][2]['query_id']}/events"
    again = headers | {"Last-Event-ID": str(seen[-1][1])}
    async with town.client.get(path, headers=again) as reply:
        rest = [one async for one in events(reply)]
    whole = seen + rest
    assert [number for _, number, _ in whole] == list(range(1, len(whole) + 1))
    assert comparable(put_together(whole)) == comparable(await town.ask())


async def test_nobody_else_takes_an_answer_up(town: Littleworth) -> None:
    query_id = (await streamed(town))[0][2]["query_id"]
    others = town.headers(EARLY_HELP)
    async with town.client.get(f"/v1/queries/{query_id}/events", headers=others) as reply:
        assert reply.status == 404


async def test_a_query_that_is_refused_is_refused_before_anything_streams(town: Littleworth) -> None:
    headers = town.headers() | {"Accept": LINES}
    body = question() | {"purpose": "gossip"}
    async with town.client.post("/v1/queries", json=body, headers=headers) as reply:
        assert (reply.status, reply.content_type) == (403, "application/problem+json")


async def test_when_the_log_fails_meanwhile_a_problem_ends_the_stream(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: Any) -> None:
        raise NotRecorded

    monkeypatch.setattr(recording, "disclosure", fails)
    parts = await streamed(town)
    assert [name for name, _, _ in parts] == ["opening", "problem"]
    assert (parts[-1][2]["status"], bool(parts[-1][2]["desks"])) == (503, True)


async def test_a_sign_of_life_comes_while_services_are_awaited(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "HEARTBEAT_SECONDS", 0.05)
    town.sources["police"].delays(0.3)
    headers = town.headers() | {"Accept": LINES}
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        text = await reply.text()
    assert text.count('"heartbeat"') >= 2


async def test_a_broker_that_stops_finishes_what_it_has_begun(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        town.sources["school"].delays(0.3)
        headers = town.headers() | {"Accept": LINES}
        asking = asyncio.create_task(town.client.post("/v1/queries", json=question(), headers=headers))
        await asyncio.sleep(0.15)
        asking.cancel()
    with town.reader() as reader:
        kinds = [one.kind for one in reader.entries()]
    assert kinds[-1] == "query.closed"
    assert kinds.count("disclosure") >= 1
