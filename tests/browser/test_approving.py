"""A second person approves a proposed policy, in a real browser, by a strong sign-in at a real provider."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.steps import looked_at, tab_to
from tests.fakes.pages import Town, town_with_pages
from tests.integration.web.test_approving_policies import (
    ABI,
    KIM,
    OLA,
    SIGNED,
    STEP_UP,
    WIDER,
    draft,
    signed_files,
)

Picture = Callable[[Page, str], None]


@pytest.fixture
def signing_town(started: Town) -> Town:
    """With its clock at what time it is: it stands still, and what the provider says is of this moment."""
    started.later()
    return started


@pytest.fixture(scope="module")
def started() -> Iterator[Town]:
    """Littleworth, whose policies are signed, in a thread of its own: Playwright's tests are not asynchronous."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever, name="Littleworth")
    thread.start()
    with (
        tempfile.TemporaryDirectory(prefix="family-context-approving-") as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr("tests.fakes.littleworth.write_files", signed_files)
        starting = stack.enter_async_context(
            town_with_pages(Path(name), patch, identity=STEP_UP, more=SIGNED, people=(ABI, OLA, KIM))
        )
        try:
            yield asyncio.run_coroutine_threadsafe(starting, loop).result(60)
        finally:
            asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, True), (360, False), (1280, False)])
def test_a_second_person_signs_in_strongly_comes_back_and_approves(
    width: int, script: bool, signing_town: Town, browser: Browser, picture: Picture
) -> None:
    of = draft(signing_town, WIDER)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script, base_url=signing_town.address
    )
    page = context.new_page()
    page.goto(of.address)
    sign_in(page, strongly=False)
    expect(page.locator("#approval + p")).to_contain_text("You may approve it.")
    looked_at(page, script=script)
    picture(page, "owner-sign-in-to-approve")
    page.get_by_role("link", name="Sign in again to approve").click()
    sign_in(page, strongly=True)
    assert page.url == f"{signing_town.address}{of.address}#approval"
    looked_at(page, script=script)
    picture(page, "owner-approve")
    page.get_by_role("button", name="Approve version 4").click()
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error: Proposed version 4")
    looked_at(page, script=script)
    assert of.approvals() == []
    page.locator("#read").check()
    page.get_by_role("button", name="Approve version 4").click()
    expect(page.locator("main")).to_contain_text("Abi Approver, as approver")
    expect(page.locator("main")).to_contain_text("No approval is missing.")
    looked_at(page, script=script)
    picture(page, "owner-approved")
    assert (of.approvals(), of.refusals()) == (["Abi Approver"], [])
    context.close()


def test_the_keyboard_alone_approves(signing_town: Town, browser: Browser) -> None:
    of = draft(signing_town, WIDER)
    context = browser.new_context(base_url=signing_town.address)
    page = context.new_page()
    page.goto(f"/sign-in?strongly=yes&to={of.address}")
    sign_in(page, strongly=True)
    tab_to(page, "#read")
    page.keyboard.press("Space")
    tab_to(page, f"form[action='{of.address}'] button")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Abi Approver, as approver")
    assert of.approvals() == ["Abi Approver"]
    context.close()


def test_the_proposer_is_told_that_somebody_else_approves(signing_town: Town, browser: Browser) -> None:
    of = draft(signing_town, WIDER)
    context = browser.new_context(base_url=signing_town.address)
    page = context.new_page()
    page.goto(of.address)
    sign_in(page, strongly=True, name="Ola Owner")
    expect(page.locator("main")).to_contain_text("A second person has to approve it.")
    expect(page.get_by_role("button", name="Approve version")).to_have_count(0)
    looked_at(page, script=True)
    context.close()


def sign_in(page: Page, *, strongly: bool, name: str = "Abi Approver") -> None:
    """At the provider, which comes back to the page that was wanted."""
    page.get_by_label(name).check()
    page.get_by_label("With a security key").set_checked(strongly)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("#main")
