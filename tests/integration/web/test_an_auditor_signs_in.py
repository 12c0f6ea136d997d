"""An auditor signs in at a real provider, and the console opens; whoever asks about people stays outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.littleworth import SOCIAL_WORKER
from tests.fakes.pages import AUDITOR, Town, town_with_pages


@pytest.fixture
async def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with town_with_pages(tmp_path, monkeypatch) as started:
        yield started


async def test_an_auditor_comes_back_to_the_console_and_a_practitioner_is_refused_there(town: Town) -> None:
    auditor, practitioner = town.browser(), town.browser()
    assert (await auditor.get("/audit/log")).to == "/sign-in?to=/audit/log"
    assert (await auditor.sign_in(AUDITOR, to="/audit/log")).to == "/audit/log"
    shown = await auditor.get("/audit/log")
    assert (shown.status, "littleworth.example/family-context" in shown.text) == (200, True)
    with town.littleworth.reader() as reader:
        read = [one.facts["request"]["reader"] for one in reader.entries() if one.kind == "audit.read"]
    assert [(one["subject"], one["role"]) for one in read] == [(AUDITOR.subject, "auditor")]

    await practitioner.sign_in(SOCIAL_WORKER)
    assert (await practitioner.get("/audit/log")).status == 403
    assert town.codes() == ["role_may_not_read_log"]


async def test_a_search_that_was_not_sent_from_a_page_of_the_session_is_not_made(town: Town) -> None:
    browser = town.browser()
    await browser.sign_in(AUDITOR)
    for form in ({}, {"csrf": "x" * 43}):
        assert (await browser.post("/audit", {**form, "requester": "Okafor"})).status == 403
    found = await browser.post("/audit", {"csrf": await browser.mark(), "type": "audit.read"})
    assert (found.status, "What the log has" in found.text) == (200, True)
    assert town.codes() == ["form_not_ours"] * 2
