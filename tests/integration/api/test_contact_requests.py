"""``POST /v1/contact-requests``: recorded, then with the service's desk by email or webhook; one reply."""

from __future__ import annotations

import base64
import hmac
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.calling import queue
from connectors.contract import SourceUnavailable
from handwritten import Faults
from tests.fakes.littleworth import EMMA, SOCIAL_WORKER, Clock, Littleworth, littleworth, part, row
from tests.fakes.notice_receivers import Mailbox, Received, until
from tests.fakes.ringing_littleworth import (
    BY_REQUEST,
    HOOK_KEY,
    RINGING,
    desks,
    kinds,
    offered,
    ring,
    settings,
    sources,
)

NOTE = "Is the attendance meeting still on Friday?"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[tuple[Path, Mailbox, Received]]:
    async with desks(tmp_path) as (box, received):
        yield tmp_path, box, received


@pytest.fixture
async def town(at: tuple[Path, Mailbox, Received]) -> AsyncIterator[Littleworth]:
    directory, box, received = at
    rows = {"school": [row()], "housing": [row()]}
    broker = settings(box.port, received.url)
    async with littleworth(directory, rows, sources=RINGING, policies=BY_REQUEST, broker=broker) as made:
        yield made


async def test_the_desk_of_a_service_that_only_rings_back_gets_what_was_typed_by_mail(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    answer = await town.ask(view="flags")
    assert part(answer, "school")["outcome"] == "by_request"
    sealed = part(answer, "school")["call_back"]
    assert await ring(town, sealed, times="after 3 pm", note=NOTE) == (202, {"received": True})
    await until(lambda: "call_back.delivered" in kinds(town))
    (said,) = at[1].texts()
    assert at[1].signed_in == [True]
    for typed in ("Sam Okafor", "0191 498 0107", "after 3 pm", NOTE, "Emma", "Ashdown", "1991-03-07"):
        assert typed in said
    assert "Ashdown" not in said.splitlines()[0]
    assert "Referral of 29 May" not in said
    assert "4 Mill Lane" not in said


async def test_a_webhook_is_signed_and_has_the_same_as_facts(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    await ring(town, await offered(town, "housing"), note=NOTE)
    await until(lambda: "call_back.delivered" in kinds(town))
    ((headers, body),) = at[2].requests
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(HOOK_KEY, content, "sha256")).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert told["format"] == "family-context-call-back/1"
    assert (told["phone"], told["note"], told["source"]) == ("0191 498 0107", NOTE, "housing")
    assert told["person"] == EMMA


async def test_a_request_and_what_became_of_it_are_entries_that_are_read_together(town: Littleworth) -> None:
    await ring(town, await offered(town), note=NOTE)
    await until(lambda: "call_back.delivered" in kinds(town))
    async with town.client.get("/v1/audit/mine", headers=town.headers()) as reply:
        found = (await reply.json())["found"]
    (mine,) = [one for one in found if one["type"] == "call_back.requested"]
    assert (mine["sources"], mine["call_back"]) == (["school"], "delivered")
    with town.reader() as reader:
        entries = reader.trace(mine["query_id"]).entries
    assert [one.kind for one in entries] == ["call_back.requested", "call_back.delivered"]
    assert entries[0].facts["call"] == {"phone": "0191 498 0107", "times": None, "note": NOTE}
    assert entries[0].facts["person 1"]["identifiers"]["family_name"] == "Ashdown"


@pytest.mark.parametrize("view", ["flags", "details"])
async def test_the_reply_has_the_same_bytes_and_headers_whatever_the_service_holds(
    town: Littleworth, view: str
) -> None:
    replies = []
    for number, rows in enumerate(((row(),), (), (row(restricted=True),), (row("a"), row("b")))):
        town.sources["housing"].rows = rows
        sealed = await offered(town, "housing", view)
        said = {"reference": sealed, "phone": f"0191 498 010{number}"}
        async with town.client.post("/v1/contact-requests", json=said, headers=town.headers()) as reply:
            headers = {name: value for name, value in reply.headers.items() if name != "Date"}
            replies.append((reply.status, headers, await reply.read()))
    assert replies == [replies[0]] * 4
    assert replies[0][0] == 202


async def test_asking_reads_no_record_and_a_service_that_is_down_is_asked_all_the_same(
    town: Littleworth,
) -> None:
    town.sources["housing"].fails(SourceUnavailable("gone"))
    sealed = await offered(town, "housing")
    searches = len(town.sources["housing"].searches)
    assert (await ring(town, sealed))[0] == 202
    await until(lambda: "call_back.delivered" in kinds(town))
    assert len(town.sources["housing"].searches) == searches


async def test_only_services_with_a_desk_for_requests_offer_it(town: Littleworth) -> None:
    answer = await town.ask(view="flags")
    assert part(answer, "police")["call_back"] is None
    assert part(answer, "school")["call_back"]


async def test_what_asks_for_a_call_opens_no_details_and_the_other_way_round(town: Littleworth) -> None:
    answer = await town.ask(view="flags")
    call_back, reference = (part(answer, "housing")[name] for name in ("call_back", "reference"))
    assert (await town.post("/v1/details", {"reference": call_back}))[0] == 410
    assert (await town.post("/v1/match-feedback", {"reference": call_back, "verdict": "right_person"}))[
        0
    ] == 410
    assert (await ring(town, reference))[0] == 410
    assert kinds(town) == []


async def test_a_reference_is_its_requesters_own(town: Littleworth) -> None:
    sealed = await offered(town)
    body = {"reference": sealed, "phone": "0191 498 0107"}
    status, _ = await town.post("/v1/contact-requests", body, replace(SOCIAL_WORKER, subject="lw-9"))
    assert status == 410


@pytest.mark.parametrize("phone", ["ring me", "", "0191 498 0107 ask for Sam", "1234"])
async def test_a_phone_number_is_digits_alone_and_is_not_quoted_back(town: Littleworth, phone: str) -> None:
    status, problem = await ring(town, await offered(town), phone=phone)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/phone")
    assert not phone or phone not in json.dumps(problem)


async def test_what_is_said_twice_is_one_request_and_ten_an_hour_are_the_most(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    sealed = await offered(town)
    for _ in range(3):
        assert (await ring(town, sealed))[0] == 202
    for number in range(9):
        assert (await ring(town, sealed, phone=f"0191 498 020{number}"))[0] == 202
    status, problem = await ring(town, sealed, phone="0191 498 0300")
    assert (status, problem["errors"][0]["code"]) == (403, "too_many_call_backs")
    town.clock.at += timedelta(minutes=61)
    assert (await ring(town, await offered(town), phone="0191 498 0300"))[0] == 202
    await until(lambda: kinds(town).count("call_back.delivered") == 11)
    assert len(at[1].messages) == 11


async def test_beyond_what_may_wait_nothing_is_taken_or_recorded(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed = await offered(town)
    monkeypatch.setattr(queue, "WAITING", 0)
    assert (await ring(town, sealed))[0] == 503
    assert kinds(town) == []


async def test_a_desk_that_takes_nothing_is_tried_again_and_no_value_is_in_the_log_of_the_service(
    town: Littleworth,
    at: tuple[Path, Mailbox, Received],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(queue, "FIRST_WAIT", 0.02)
    at[1].refuses = 2
    with caplog.at_level(logging.DEBUG, "broker"):
        await ring(town, await offered(town), note=NOTE)
        await until(lambda: "call_back.delivered" in kinds(town))
    with town.reader() as reader:
        (delivered,) = [one.facts for one in reader.entries() if one.kind == "call_back.delivered"]
    assert delivered["delivery"] == {"channel": "email", "attempts": 3}
    assert "the mail server did not take it" in caplog.text
    assert not any(value in caplog.text for value in ("Ashdown", "0191 498 0107", NOTE))


async def test_what_nobody_took_is_told_to_the_requester_after_four_hours(
    town: Littleworth, at: tuple[Path, Mailbox, Received], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "FIRST_WAIT", 0.02)
    at[1].refuses = 1000
    await ring(town, await offered(town))
    await until(lambda: at[1].refuses < 1000)
    town.clock.at += timedelta(hours=4, minutes=1)
    await until(lambda: "call_back.undelivered" in kinds(town))
    assert at[1].messages == []


def start(at: tuple[Path, Mailbox, Received], clock: Clock, **changed: Any) -> Any:
    directory, box, received = at
    said = {"sources": RINGING, "policies": BY_REQUEST, "broker": settings(box.port, received.url), **changed}
    return littleworth(directory, {"school": [row()]}, clock=clock, **said)


async def test_what_was_not_delivered_when_a_broker_ended_is_delivered_by_the_next(
    at: tuple[Path, Mailbox, Received],
) -> None:
    clock = Clock()
    at[1].refuses = 1
    async with start(at, clock) as town:
        await ring(town, await offered(town), note=NOTE)
        await until(lambda: at[1].refuses == 0)
    assert at[1].messages == []
    async with start(at, clock) as town:
        await until(lambda: "call_back.delivered" in kinds(town))
    async with start(at, clock) as town:
        assert kinds(town) == ["call_back.requested", "call_back.delivered"]
    (said,) = at[1].texts()
    assert all(typed in said for typed in (NOTE, "Ashdown", "1991-03-07", "Sam Okafor"))


@pytest.mark.parametrize(("later", "desk", "why"), [(5, "school_desk", "too_late"), (1, None, "no_desk")])
async def test_what_the_next_broker_cannot_deliver_in_time_has_an_end_too(
    at: tuple[Path, Mailbox, Received], later: int, desk: str | None, why: str
) -> None:
    clock = Clock()
    at[1].refuses = 1
    async with start(at, clock) as town:
        await ring(town, await offered(town))
        await until(lambda: at[1].refuses == 0)
    clock.at += timedelta(hours=later)
    then = sources(school=desk) if desk else sources()
    async with start(at, clock, sources=then) as town:
        await until(lambda: "call_back.undelivered" in kinds(town))
        with town.reader() as reader:
            (end,) = [one.facts for one in reader.entries() if one.kind == "call_back.undelivered"]
    assert end["why"] == why
    assert at[1].messages == []


async def test_a_desk_that_broker_yaml_does_not_know_is_named_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(Faults, match=r"school\.yaml:\d+:\d+: school_desk is not among notices: to"):
        async with littleworth(tmp_path, sources=sources(school="school_desk")):
            pass
