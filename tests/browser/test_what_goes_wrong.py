"""Errors, refusals and services that fail, as the pages show them; how soon they show, and what they weigh."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Response, expect

from broker.audit.log import LogUnavailable
from broker.consultation import Consultation, SourceFinding
from broker.fanout import Guard, Lane
from broker.fanout.hearing import Ask
from connectors.contract import SourceUnavailable
from tests.browser.conftest import OpenPage
from tests.browser.served import Served
from tests.browser.steps import ask, choose_purpose, fits, no_violations, say_why, type_person
from tests.browser.test_a_check import asked_about

Picture = Callable[[Page, str], None]


@pytest.mark.parametrize(("width", "script"), [(360, True), (1280, True), (1280, False)])
def test_errors_come_first_with_the_focus_and_lead_to_their_fields(
    width: int, script: bool, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(width=width, script=script)
    choose_purpose(page, "section_47_enquiry")
    page.get_by_role("button", name="Ask the services").click()
    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: Who you ask about, and why")
    for link in summary.get_by_role("link").all():
        target = (link.get_attribute("href") or "")[1:]
        field = page.locator(f"#{target}")
        expect(field).to_be_visible()
        said = page.locator(f"#{target}-error-1")
        assert said.inner_text().removeprefix("Error:").strip() in link.inner_text()
    summary.get_by_role("link", name="Add the case reference").click()
    expect(page.locator("#case_reference")).to_be_focused()
    if script:
        no_violations(page)
        fits(page)
    picture(page, "errors")


def test_the_first_page_wants_a_purpose(open_page: OpenPage) -> None:
    page = open_page()
    page.goto("/")
    page.get_by_role("button", name="Continue").click()
    assert page.title().startswith("Error: Start a check")
    page.get_by_role("link", name="Choose why you are asking").click()
    expect(page.locator("#purpose")).to_be_focused()
    no_violations(page)


def test_whoever_knows_the_family_is_refused_with_the_desks_to_ring(
    town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(width=360)
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    page.locator("#conflict-2").check()
    type_person(page, 1, "child", town.northshire.truth.story("child"))
    page.get_by_role("button", name="Ask the services").click()
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error: This is not open to you")
    expect(page.locator("main")).to_contain_text("01632 960031")
    no_violations(page)
    picture(page, "refused")


def test_whoever_may_ask_about_nobody_is_shown_what_they_may_do_and_told_so(open_page: OpenPage) -> None:
    page = open_page("team_manager")
    page.goto("/")
    expect(page.locator("main")).to_contain_text("My team")
    expect(page.get_by_role("radio")).to_have_count(0)
    no_violations(page)
    page.goto("/check?purpose=section_47_enquiry")
    assert page.title().startswith("Error: This is not open to you")


def test_when_the_log_cannot_be_written_nothing_is_shown_but_the_desks(
    town: Served, open_page: OpenPage, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page()
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_person(page, 1, "child", town.northshire.truth.story("child"))

    async def fails(*_: object) -> None:
        raise LogUnavailable("for the test")

    with monkeypatch.context() as patched:
        patched.setattr(type(town.front.broker.log), "record", fails)
        page.get_by_role("button", name="Ask the services").click()
        expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error: Nothing can be shown just now")
    expect(page.locator("main")).to_contain_text("Police safeguarding hub desk, 01632 960031")
    expect(page.locator(".fc-service")).to_have_count(0)
    no_violations(page)
    picture(page, "not-recorded")


@pytest.mark.parametrize("script", [True, False])
def test_services_that_fail_are_shown_as_such_and_can_be_asked_again(
    script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(width=360, script=script)
    with standing(town, "school", down_for_maintenance), standing(town, "housing", asks_nobody):
        asked_about(page, town, "mother")
        expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Could not be reached")
        expect(page.locator("#says-1-housing")).to_contain_text("That says nothing of what the service holds")
        expect(page.locator("#progress")).to_contain_text("2 did not answer")
        if script:
            no_violations(page)
        picture(page, "answer-partial")
    page.locator("#says-1-housing").get_by_role("button", name="Ask again").click()
    expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Known to this service")


def test_rows_fill_in_as_services_answer_and_one_that_is_late_is_told_apart(
    town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page()
    with standing(town, "housing", never_answers):
        choose_purpose(page, "section_47_enquiry")
        say_why(page)
        type_person(page, 1, "parent", town.northshire.truth.story("mother"))
        page.get_by_role("button", name="Ask the services").click()
        expect(page.locator("#says-1-adult_social_care .govuk-tag")).to_have_text("Known to this service")
        expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Being asked")
        expect(page.locator("#progress")).to_contain_text("1 still asked")
        no_violations(page)
        picture(page, "answer-filling-in")
        expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Did not answer in time")
        expect(page.locator("#progress")).to_contain_text("1 did not answer")
        no_violations(page)
        picture(page, "answer-timed-out")


def test_a_connection_that_breaks_leaves_no_row_that_looks_answered(
    town: Served, open_page: OpenPage
) -> None:
    page = open_page()
    with standing(town, "housing", never_answers):
        choose_purpose(page, "section_47_enquiry")
        say_why(page)
        type_person(page, 1, "parent", town.northshire.truth.story("mother"))
        page.get_by_role("button", name="Ask the services").click()
        expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Being asked")
        page.context.set_offline(True)
        page.evaluate("window.stop()")
        expect(page.locator("#progress")).to_contain_text("The connection broke")
        expect(page.locator("#says-1-housing .govuk-tag")).to_contain_text("The connection broke")
        assert page.title().startswith("Error: What the services say")
        no_violations(page)


def test_the_first_flag_is_on_screen_within_100_ms_of_the_first_answer(
    town: Served, open_page: OpenPage
) -> None:
    page, took = open_page(), []
    for _ in range(5):
        choose_purpose(page, "section_47_enquiry")
        say_why(page)
        type_person(page, 1, "parent", town.northshire.truth.story("mother"))
        page.evaluate(WATCH)
        with first_answer(town) as answered:
            ask(page)
        took.append(page.evaluate("window.firstFlag") - answered[0] * 1000)
    print(f"first flag after the first source's answer, ms: {[round(one) for one in took]}")  # noqa: T201 -- a figure
    assert sorted(took)[len(took) // 2] < 100


def test_a_page_weighs_little_and_needs_no_other_host(town: Served, open_page: OpenPage) -> None:
    page = open_page()
    replies: list[Response] = []
    page.on("response", lambda reply: replies.append(reply))  # noqa: PLW0108 -- Playwright marks what it calls
    page.goto("/check?purpose=section_47_enquiry", wait_until="networkidle")
    assert len(replies) >= 3  # the page, its style and its script
    assert 50_000 < sum(len(one.body()) for one in replies) < 250_000
    asked_about(page, town, "child")
    assert {one.url.split("/")[2] for one in replies} == {town.address.removeprefix("http://")}
    assert len(page.content().encode()) < 250_000 - 120_000


WATCH = """() => {
  window.firstFlag = 0;
  new MutationObserver(() => {
    if (!window.firstFlag && document.querySelector(".fc-service--involved")) {
      window.firstFlag = 1;
      requestAnimationFrame(() => requestAnimationFrame(() => { window.firstFlag = Date.now(); }));
    }
  }).observe(document.body, { childList: true, subtree: true });
}"""
"""Notes when the first flag was painted: the frame after the one in which it was put there."""


@contextmanager
def first_answer(town: Served) -> Iterator[list[float]]:
    """When sources answer from now on (time.time), in order: before what they said is recorded."""
    answered: list[float] = []
    with standing(town, None, lambda lane: replace(lane, ask=noted(lane.ask, answered))):
        yield answered


def noted(ask: Ask, answered: list[float]) -> Ask:
    async def asked(consultation: Consultation) -> SourceFinding:
        found = await ask(consultation)
        if any(one.outcome == "involved" for one in found.people):
            answered.append(time.time())
        return found

    return asked


@contextmanager
def standing(town: Served, source: str | None, changed: Callable[[Lane], Lane]) -> Iterator[None]:
    """Within this, one source (or every one) stands otherwise."""
    broker = town.front.broker
    before = broker.around
    lanes = {name: changed(one) if source in (None, name) else one for name, one in before.lanes.items()}
    broker.around = replace(before, lanes=lanes)
    try:
        yield
    finally:
        broker.around = before


def down_for_maintenance(lane: Lane) -> Lane:
    return replace(lane, maintenance=lambda: True)


def asks_nobody(lane: Lane) -> Lane:
    async def fails(_: Consultation) -> SourceFinding:
        raise SourceUnavailable(lane.source)

    return replace(lane, ask=fails, guard=Guard())


def never_answers(lane: Lane) -> Lane:
    async def waits(_: Consultation) -> SourceFinding:
        await asyncio.Event().wait()
        raise AssertionError

    return replace(lane, ask=waits, guard=Guard())
