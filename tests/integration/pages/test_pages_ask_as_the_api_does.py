"""The pages call what the API calls: the same laws, entries and refusals, in a form that people read."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import pytest

from broker.audit.log import LogUnavailable
from connectors.contract import SourceUnavailable
from tests.fakes.littleworth import EARLY_HELP, Littleworth, littleworth, part, question, row
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, Browser, references, signed_in

EVERYWHERE = {"school": [row()], "housing": [row()], "police": [row()]}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, EVERYWHERE, broker=PAGED) as made:
        yield made


@pytest.fixture
async def browser(town: Littleworth) -> Browser:
    return await signed_in(town)


def kinds(town: Littleworth, behind: int = 0) -> list[str]:
    with town.reader() as reader:
        return [one.kind for one in reader.entries()][behind:]


async def test_a_page_shows_the_outcomes_of_the_api(town: Littleworth, browser: Browser) -> None:
    told = await town.ask(view="flags")
    status, page = await browser.post("/check/answer", EMMA_TYPED)
    assert status == 200
    for service in told["services"]:
        shown = re.search(rf'id="says-1-{service["source"]}".*?</li>', page, re.DOTALL)
        assert shown is not None
        text = unescape(shown[0])
        for said in (part(told, service["source"])["means"], service["service"], service["desk"]["phone"]):
            assert said in text


async def test_a_page_leaves_the_entries_that_the_api_leaves(town: Littleworth, browser: Browser) -> None:
    await town.ask(view="flags")
    by_api = kinds(town)
    await browser.post("/check/answer", EMMA_TYPED)
    by_page = kinds(town)[len(by_api) :]
    assert sorted(by_page) == sorted(by_api[-len(by_page) :])
    assert by_page[0] == "query.intent"


async def test_an_answer_part_by_part_has_the_rows_of_the_whole_page(browser: Browser) -> None:
    _, whole = await browser.post("/check/answer", EMMA_TYPED)
    _, stream = await browser.post("/check/answer", EMMA_TYPED, Accept="text/event-stream")
    parts = [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]
    pieces = {name: html for one in parts for name, html in one.get("rows", {}).items()}
    rows = {name: html for name, html in pieces.items() if name.startswith("says-")}
    assert rows.keys() == {"says-1-school", "says-1-housing", "says-1-police"}

    def steady(html: str) -> str:
        """Without the sealed reference, which is another each time, and the way blanks fall."""
        return re.sub(r"\s+", "", re.sub(r'name="reference" value="[^"]+"', "", html))

    for html in rows.values():
        assert steady(html) in steady(whole)


async def test_a_service_that_failed_is_shown_as_such_with_a_way_to_ask_again(tmp_path: Path) -> None:
    async with littleworth(tmp_path, EVERYWHERE, broker=PAGED) as town:
        town.sources["school"].fails(SourceUnavailable("school", "down"))
        _, page = await (await signed_in(town)).post("/check/answer", EMMA_TYPED)
    shown = re.search(r'id="says-1-school".*?</li>', page, re.DOTALL)
    assert shown is not None
    assert "Could not be reached" in shown[0]
    assert "That says nothing of what the service holds" in shown[0]
    assert 'value="ask" formaction="/check/answer"' in shown[0]
    assert "Nothing this service shares" not in shown[0]
    assert "not read for this check" in shown[0]
    assert "read live" not in shown[0]


async def test_everything_that_is_wrong_is_named_at_once_beside_its_field(browser: Browser) -> None:
    typed = {"purpose": "section_47_enquiry", "how_many": "2", "people-1-day": "7", "people-2-age": "old"}
    status, page = await browser.post("/check/answer", typed)
    assert status == 422
    assert "<title>Error:" in page
    links = re.findall(r'<li><a href="#([^"]+)">', page)
    assert links == [
        *("case_reference", "reason", "conflict"),
        *("people-1-relation", "people-1-day", "people-1-family_name"),
        *("people-2-relation", "people-2-age", "people-2-family_name"),
    ]
    for one in links:
        assert f'id="{one}"' in page
        assert f'id="{one}-error-1"' in page


async def test_what_was_typed_stands_in_the_form_again(browser: Browser) -> None:
    name = "O'Zębra <b>&amp;"
    status, page = await browser.post(
        "/check/answer", {**EMMA_TYPED, "people-1-family_name": name, "reason": ""}
    )
    assert status == 422
    shown = re.search(r'name="people-1-family_name" value="([^"]*)"', page)
    assert shown is not None
    assert unescape(shown[1]) == name
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"conflict": "yes"}, 403, "conflict_of_interest"),
        ({"purpose": "no_such_purpose"}, 403, "unknown_purpose"),
        ({"reason": ""}, 422, "reason_missing"),
    ],
)
async def test_a_refusal_is_a_page_and_an_entry(
    changed: dict[str, str], status: int, code: str, town: Littleworth, browser: Browser
) -> None:
    before = len(kinds(town))
    found, page = await browser.post("/check/answer", {**EMMA_TYPED, **changed})
    assert found == status
    assert "There is a problem" in page
    assert kinds(town, before) == ["refusal"]
    with town.reader() as reader:
        assert [*reader.entries()][-1].facts["request"]["code"] == code


async def test_when_nothing_can_be_recorded_the_page_has_the_desks(
    town: Littleworth, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object) -> None:
        raise LogUnavailable("for the test")

    monkeypatch.setattr(type(town.front.broker.log), "record", fails)
    status, page = await browser.post("/check/answer", EMMA_TYPED)
    assert status == 503
    assert "Nothing can be shown just now" in page
    for desk in town.front.desks():
        assert desk["phone"] in page
    assert "Known to this service" not in page


async def test_details_and_feedback_are_consultations_of_their_own(
    town: Littleworth, browser: Browser
) -> None:
    _, answer = await browser.post("/check/answer", EMMA_TYPED)
    reference = references(answer)[0]
    before = len(kinds(town))
    status, page = await browser.post("/check/details", {"reference": reference, "name": "Ashdown, Emma"})
    assert status == 200
    assert "Pat Quayle" in page
    assert "details.opened" in kinds(town, before)
    status, page = await browser.post("/check/feedback", {"reference": reference, "verdict": "wrong_contact"})
    assert status == 200
    assert kinds(town)[-1] == "match.feedback"
    status, page = await browser.post("/check/details", {"reference": "AAAA"})
    assert status == 410
    assert "This can no longer be opened" in page


async def test_a_form_of_another_session_or_site_does_nothing(town: Littleworth, browser: Browser) -> None:
    before = len(kinds(town))
    assert (await browser.post("/check/answer", EMMA_TYPED, csrf="other"))[0] == 403
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert (await browser.post("/check/answer", EMMA_TYPED, **headers))[0] == 403
    assert kinds(town, before) == ["refusal", "refusal"]


async def test_my_recent_checks_are_my_own_and_reading_them_is_an_entry(
    town: Littleworth, browser: Browser
) -> None:
    await town.post("/v1/queries", question(), EARLY_HELP)
    await browser.post("/check/answer", EMMA_TYPED)
    status, page = await browser.get("/checks")
    assert status == 200
    assert page.count('id="check-') == 1
    assert kinds(town)[-1] == "audit.read"


async def test_an_address_of_an_answer_leads_to_the_start_and_nothing_typed_is_in_one(
    browser: Browser,
) -> None:
    assert (await browser.get("/check/answer"))[0] == 303
    _, page = await browser.post("/check/answer", EMMA_TYPED)
    for address in re.findall(r'(?:href|action|formaction|src)="([^"]+)"', page):
        assert "Ashdown" not in address
        assert "LW-42" not in address


async def test_no_page_is_kept_and_none_runs_what_is_not_ours(town: Littleworth, browser: Browser) -> None:
    async with town.client.get("/", headers={"Cookie": browser.cookie}) as reply:
        assert reply.headers["Cache-Control"] == "no-store"
        policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_question_is_that_of_the_form() -> None:
    """So that the comparisons above compare."""
    asked = question()
    assert EMMA_TYPED["reason"] == asked["reason"]
    assert EMMA_TYPED["case_reference"] == asked["case_reference"]
