"""A service's desk takes a request up, by the link of its mail or webhook; the requester sees since when."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.audit.log import AuditLog, LogUnavailable
from tests.fakes.littleworth import SOCIAL_WORKER, Clock, Littleworth, littleworth, row
from tests.fakes.notice_receivers import Mailbox, Received, until
from tests.fakes.paged_littleworth import PAGED, signed_in
from tests.fakes.ringing_littleworth import BY_REQUEST, RINGING, desks, kinds, offered, ring, settings

OWN = "http://127.0.0.1:8765"
NOTE = "Is the attendance meeting still on Friday?"
PERSONAL = ("Ashdown", "Emma", "1991", "0191 498 0107", "Sam Okafor", NOTE, "Friday", "after 3 pm", "LW-42")
LAPSED = "This link opens nothing"


@pytest.fixture
async def at(tmp_path: Path) -> AsyncIterator[tuple[Path, Mailbox, Received]]:
    async with desks(tmp_path) as (box, received):
        yield tmp_path, box, received


@pytest.fixture
async def town(at: tuple[Path, Mailbox, Received]) -> AsyncIterator[Littleworth]:
    directory, box, received = at
    broker = settings(box.port, received.url, PAGED)
    rows = {"school": [row()], "housing": [row()]}
    async with littleworth(directory, rows, sources=RINGING, policies=BY_REQUEST, broker=broker) as made:
        yield made


async def mailed(town: Littleworth, box: Mailbox) -> str:
    """The path of the link in the mail of a request that is made now."""
    await ring(town, await offered(town), note=NOTE, times="after 3 pm")
    await until(lambda: "call_back.delivered" in kinds(town))
    (said,) = box.texts()
    (path,) = re.findall(rf"^{OWN}(/call-backs/\S+)", said, re.MULTILINE)
    return str(path)


async def opens(town: Littleworth, path: str, method: str = "GET") -> tuple[int, str]:
    """What somebody reads who has a link and nothing else."""
    async with town.client.request(method, path, allow_redirects=False) as reply:
        return reply.status, await reply.text()


async def test_a_desk_takes_a_request_up_by_the_link_of_its_mail_and_the_requester_sees_since_when(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    status, page = await opens(town, path)
    assert (status, "We have taken this up" in page) == (200, True)
    town.clock.at += timedelta(minutes=5)
    status, page = await opens(town, path, "POST")
    assert (status, "Thank you. It is recorded" in page) == (200, True)
    assert kinds(town) == ["call_back.requested", "call_back.delivered", "call_back.acknowledged"]
    _, recent = await (await signed_in(town)).get("/checks")
    (since,) = re.findall(r"The service has taken it up: (\d+ \w+ \d{4}, \d\d:\d\d)", recent)
    async with town.client.get("/v1/audit/mine", headers=town.headers()) as reply:
        found = (await reply.json())["found"]
    (mine,) = [one for one in found if one["type"] == "call_back.requested"]
    assert mine["call_back"] == "acknowledged"
    assert mine["acknowledged_at"].startswith(f"{town.clock.at:%Y-%m-%dT%H:%M}")
    _, again = await opens(town, path)
    assert since in again


async def test_a_page_that_is_opened_changes_nothing_however_often(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    with town.reader() as reader:
        before = reader.store.size()
    pages = {await opens(town, path, method) for method in ("GET", "HEAD", "GET", "HEAD")}
    assert {status for status, _ in pages} == {200}
    with town.reader() as reader:
        assert reader.store.size() == before


async def test_the_page_names_the_service_when_and_which_organisation_and_no_person(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    with town.reader() as reader:
        (request_id,) = [
            one.facts["query_id"] for one in reader.entries() if one.kind == "call_back.requested"
        ]
    for method in ("GET", "POST", "POST", "GET"):
        _, page = await opens(town, path, method)
        assert SOCIAL_WORKER.organisation in page
        assert "Asked on" in page
        assert [one for one in (*PERSONAL, request_id) if one in page] == []


async def test_the_second_time_says_that_it_was_taken_up_already_and_is_no_second_entry(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    pages = [text for _, text in await asyncio.gather(*(opens(town, path, "POST") for _ in range(4)))]
    assert sum("Thank you. It is recorded" in page for page in pages) == 1
    assert sum("This was taken up already" in page for page in pages) == 3
    assert kinds(town).count("call_back.acknowledged") == 1


async def test_a_webhook_has_the_address_as_a_field_and_a_program_takes_it_up(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    await ring(town, await offered(town, "housing"))
    await until(lambda: "call_back.delivered" in kinds(town))
    ((_, body),) = at[2].requests
    told = json.loads(body)["acknowledge"]
    assert told["url"].startswith(f"{OWN}/call-backs/")
    assert told["until"].startswith(f"{town.clock.at + timedelta(days=7):%Y-%m-%d}")
    assert (await opens(town, told["url"].removeprefix(OWN), "POST"))[0] == 200
    with town.reader() as reader:
        (said,) = [one.facts for one in reader.entries() if one.kind == "call_back.acknowledged"]
    assert said["source"] == "housing"


async def test_whatever_is_wrong_with_a_link_is_one_and_the_same_page(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    with town.reader() as reader:
        (asked,) = [one for one in reader.entries() if one.kind == "call_back.requested"]
    guesses = ("x", "1", asked.facts["query_id"], await offered(town, "housing"))
    wrong = [f"{path}x", path[:-4], *(f"/call-backs/{guess}" for guess in guesses)]
    first = len("/call-backs/")
    wrong += [
        f"{path[:at]}{'A' if path[at] != 'A' else 'B'}{path[at + 1 :]}" for at in range(first, len(path), 40)
    ]
    told = {await opens(town, one, method) for one in wrong for method in ("GET", "POST")}
    town.clock.at += timedelta(days=7, minutes=1)
    told |= {await opens(town, path, method) for method in ("GET", "POST")}
    ((status, page),) = told
    assert (status, LAPSED in page) == (410, True)
    assert "call_back.acknowledged" not in kinds(town)


async def test_a_link_of_a_request_that_this_log_does_not_have_opens_nothing(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    await mailed(town, at[1])
    links = town.front.calls.taking_up.links
    with town.reader() as reader:
        (facts,) = [one.facts for one in reader.entries() if one.kind == "call_back.requested"]
    sealed = links.sealer.seal_facts(
        {"request": facts["query_id"] + "x", "source": "school"}, "", town.clock()
    )
    assert (await opens(town, f"/call-backs/{sealed}", "POST"))[0] == 410
    assert "call_back.acknowledged" not in kinds(town)


async def test_nobody_is_told_that_it_is_taken_up_when_that_cannot_be_written(
    town: Littleworth, at: tuple[Path, Mailbox, Received], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await mailed(town, at[1])

    async def full(*_: object) -> None:
        raise LogUnavailable("full")

    with monkeypatch.context() as patched:
        patched.setattr(AuditLog, "record", full)
        status, page = await opens(town, path, "POST")
    assert (status, "Thank you. It is recorded" in page) == (503, False)
    _, page = await opens(town, path)
    assert "We have taken this up" in page


async def test_guesses_of_nobody_known_fill_no_log(town: Littleworth) -> None:
    for number in range(70):
        assert (await opens(town, f"/call-backs/{number}"))[0] == 410
    with town.reader() as reader:
        refusals = [one for one in reader.entries() if one.kind == "refusal"]
    assert 0 < len(refusals) <= 60


async def test_no_log_line_has_a_link(
    town: Littleworth, at: tuple[Path, Mailbox, Received], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        path = await mailed(town, at[1])
        for method in ("GET", "POST"):
            await opens(town, path, method)
            await opens(town, path[:-4], method)
    told = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith("mail."))
    assert path.rpartition("/")[2][:40] not in told


async def test_an_auditor_sees_it_in_the_trace_with_the_day_on_which_it_was(
    town: Littleworth, at: tuple[Path, Mailbox, Received]
) -> None:
    path = await mailed(town, at[1])
    with town.reader() as reader:
        (facts,) = [one.facts for one in reader.entries() if one.kind == "call_back.requested"]
    town.clock.at += timedelta(days=2)
    await opens(town, path, "POST")
    auditor = await signed_in(town, replace(SOCIAL_WORKER, subject="lw-27", roles=("auditor",)))
    status, trace = await auditor.get(f"/audit/queries/{facts['query_id']}")
    assert status == 200
    assert "The service&#39;s desk has taken it up, " in trace
    assert f"{town.clock.at.day} {town.clock.at:%B %Y}, " in trace


async def test_without_pages_the_mail_has_no_link(at: tuple[Path, Mailbox, Received]) -> None:
    directory, box, received = at
    broker = settings(box.port, received.url)
    async with littleworth(
        directory, {"school": [row()]}, sources=RINGING, policies=BY_REQUEST, broker=broker
    ) as town:
        await ring(town, await offered(town))
        await until(lambda: "call_back.delivered" in kinds(town))
    (said,) = box.texts()
    assert "/call-backs/" not in said


async def test_what_was_taken_up_is_not_sent_again_by_the_next_broker(
    at: tuple[Path, Mailbox, Received],
) -> None:
    directory, box, received = at
    clock, box.refuses = Clock(), 1
    said: dict[str, Any] = {
        "sources": RINGING,
        "policies": BY_REQUEST,
        "broker": settings(box.port, received.url, PAGED),
    }
    async with littleworth(directory, {"school": [row()]}, clock=clock, **said) as town:
        await ring(town, await offered(town))
        await until(lambda: box.refuses == 0)
        (waits,) = town.front.calls.queue.waiting.values()
        link = town.front.calls.queue.desks.links.link(waits.asked)
        assert link is not None
        await opens(town, link.url.removeprefix(OWN), "POST")
    async with littleworth(directory, {"school": [row()]}, clock=clock, **said) as town:
        assert town.front.calls.queue.waiting == {}
    assert box.messages == []
