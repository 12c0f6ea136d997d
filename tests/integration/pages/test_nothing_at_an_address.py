"""An address that names nothing: a page for whoever reads, a problem for programs, and the same for everybody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from tests.fakes.littleworth import Littleworth, littleworth, row
from tests.fakes.paged_littleworth import PAGED, signed_in

AS_A_BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
NOWHERE = ["/nothing", "/audit/nothing", "/v1/nothing", "/checks/", "/favicon.ico"]
ONLY_SENT_FORMS = ["/check/details", "/check/call-back", "/sign-out"]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}, broker=PAGED) as made:
        yield made


async def fetched(
    town: Littleworth, path: str, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], str]:
    async with town.client.get(path, headers=headers, allow_redirects=False) as reply:
        told = {name: text for name, text in reply.headers.items() if name != "Date"}
        return reply.status, told, await reply.text()


@pytest.mark.parametrize(
    ("status", "path"), [(404, one) for one in NOWHERE] + [(405, one) for one in ONLY_SENT_FORMS]
)
async def test_it_is_a_plain_page_to_a_browser_with_the_headers_of_a_page(
    town: Littleworth, status: int, path: str
) -> None:
    got, headers, page = await fetched(town, path, AS_A_BROWSER)
    assert (got, headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert "There is no page at this address" in page
    assert 'href="/"' in page
    assert "style-src 'self'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert (headers["Cache-Control"], headers["Server"]) == ("no-store", "broker")
    assert headers.get("Allow") == ("POST" if status == 405 else None)


async def test_it_is_the_same_byte_for_byte_for_everybody_and_tells_of_no_service(town: Littleworth) -> None:
    browser = await signed_in(town)
    told = [
        await fetched(town, path, AS_A_BROWSER | who)
        for path in ("/nothing", "/nothing?name=Emma", "/audit/Emma")
        for who in ({}, {"Cookie": browser.cookie}, town.headers())
    ]
    assert all(one == told[0] for one in told)
    assert "Emma" not in told[0][2]
    for service in town.front.desks():
        assert service["phone"] not in told[0][2]


@pytest.mark.parametrize("accepts", ["*/*", "application/json", "text/css,*/*;q=0.1"])
async def test_programs_are_told_it_as_a_problem(town: Littleworth, accepts: str) -> None:
    status, headers, problem = await fetched(town, "/nothing", {"Accept": accepts})
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")
    assert "urn:family-context:problem:not_found" in problem


async def test_a_broker_without_pages_has_none_for_this_either(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        status, headers, _ = await fetched(town, "/nothing", AS_A_BROWSER)
    assert (status, headers["Content-Type"]) == (404, "application/problem+json")


async def test_that_a_file_of_the_pages_is_not_there_is_kept_by_nobody(town: Littleworth) -> None:
    _, _, page = await fetched(town, "/signed-out", AS_A_BROWSER)
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    there = await fetched(town, style, {})
    older = await fetched(town, style.replace("/assets/", "/assets/0"), {})
    assert (there[0], there[1]["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
    assert (older[0], older[1]["Cache-Control"]) == (404, "no-store")
