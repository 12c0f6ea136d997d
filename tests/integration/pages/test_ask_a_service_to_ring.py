"""Asking a service to ring, from its row: as by the API, and what became of it among the recent checks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from tests.fakes.littleworth import Littleworth, littleworth, row
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, Browser, signed_in
from tests.fakes.ringing_littleworth import BY_REQUEST, RINGING, kinds, settings, with_desk


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    broker = settings(9, "https://127.0.0.1:9/hook", PAGED)
    rows = {"school": [row()], "police": [row()]}
    async with littleworth(tmp_path, rows, sources=RINGING, policies=BY_REQUEST, broker=broker) as made:
        yield made


@pytest.fixture
async def browser(town: Littleworth) -> Browser:
    return await signed_in(town)


async def offered(browser: Browser) -> dict[str, str]:
    """What asks each service to ring, by the service."""
    _, page = await browser.post("/check/answer", EMMA_TYPED)
    forms = re.findall(r'id="says-1-(\w+)-call">.*?name="reference" value="([^"]+)"', page, re.DOTALL)
    return {source: unescape(sealed) for source, sealed in forms}


async def test_a_row_offers_it_where_the_service_takes_requests(browser: Browser) -> None:
    assert set(await offered(browser)) == {"school", "housing"}


async def test_a_request_is_told_to_the_desk_and_stands_among_the_recent_checks(
    town: Littleworth, browser: Browser
) -> None:
    told: list[str] = []
    with_desk(town, told.append)
    typed = {
        "reference": (await offered(browser))["school"],
        "phone": "0191 498 0107",
        "times": "",
        "note": "",
    }
    status, page = await browser.post("/check/call-back", {**typed, "part": "says-1-school-call"})
    assert (status, 'id="says-1-school-call"' in page) == (200, True)
    await town.front.calls.queue.once()
    _, recent = await browser.get("/checks")
    assert "You asked a service to ring you" in recent
    assert "With the service&#39;s desk" in recent
    assert len(told) == 1


async def test_a_number_that_is_none_is_explained_and_nothing_is_recorded(
    town: Littleworth, browser: Browser
) -> None:
    sealed = (await offered(browser))["school"]
    status, page = await browser.post("/check/call-back", {"reference": sealed, "phone": "ring <me>"})
    assert status == 422
    assert '<li data-field="phone">Write the phone number in digits' in page
    assert "Close this tab to go back to the answer" in page
    assert "&lt;me&gt;" not in page
    assert kinds(town) == []


async def test_a_form_of_another_page_asks_for_nothing(town: Littleworth, browser: Browser) -> None:
    sealed = (await offered(browser))["school"]
    status, _ = await browser.post(
        "/check/call-back", {"reference": sealed, "phone": "0191 498 0107"}, csrf="x"
    )
    assert status == 403
    assert kinds(town) == []
