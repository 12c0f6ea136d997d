"""The data owner's journeys, in a real browser on real databases: wide and narrow, with a script or none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from policy.load import load_policy
from tests.browser.conftest import OpenPage
from tests.browser.served import Served
from tests.browser.steps import looked_at, tab_to

Picture = Callable[[Page, str], None]
EVERY_BROWSER = pytest.mark.parametrize(
    ("width", "script"), [(360, True), (1280, True), (360, False), (1280, False)]
)
NARROW_AND_WIDE = pytest.mark.parametrize(("width", "script"), [(360, True), (1280, False)])
OWNER = "data_owner_housing"
EXPLORER = "/owners/housing/who-could-see"


@EVERY_BROWSER
def test_an_owner_reads_their_policy_with_its_tests_and_the_figures_of_their_source(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(OWNER, width=width, script=script)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("What you can do here")
    looked_at(page, script=script)
    page.locator("main").get_by_role("link", name="What we share").click()
    expect(page.get_by_role("heading", level=2)).to_have_count(2)
    looked_at(page, script=script)
    picture(page, "owner-services")
    called = page.locator("main a[href='/owners/housing']").inner_text()
    page.locator("main a[href='/owners/housing']").click()
    assert page.title() == f"What Northshire Homes shares, {called} - TRAINING - Family Context"
    policy = load_policy(town.northshire.directory / "policies" / "housing.yaml").policy
    results = page.locator("tr", has=page.locator(".govuk-tag", has_text="Passed"))
    expect(results).to_have_count(len(policy.tests))
    section_47 = page.locator("section", has=page.get_by_role("heading", name="Section 47 enquiry")).first
    expect(section_47.get_by_role("row", name="Whom to ring")).to_contain_text("The practitioner by name")
    looked_at(page, script=script)
    picture(page, "owner-policy")
    page.get_by_role("link", name="Health and figures").click()
    expect(page.locator(".govuk-tag").first).to_have_text("Answering")
    expect(page.get_by_role("heading", name="People asked about in")).to_be_visible()
    looked_at(page, script=script)
    picture(page, "owner-figures")
    page.get_by_role("link", name="Proposed changes").click()
    expect(page.get_by_text("No other version waits.")).to_be_visible()
    looked_at(page, script=script)


@EVERY_BROWSER
def test_an_owner_sees_what_would_be_shown_and_why_and_what_would_not(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(OWNER, width=width, script=script)
    page.goto(EXPLORER)
    looked_at(page, script=script)
    choose(page, role="social_worker", relation="parent", age="31", case="verified")
    expect(page.locator("#outcome")).to_have_text("This would be shown")
    expect(page.locator("#outcome")).to_be_focused()
    row = page.locator(".govuk-summary-list__row", has_text="Whom to ring")
    expect(row).to_contain_text("The practitioner by name")
    expect(row).to_contain_text("The whole aim is to put two practitioners in touch.")
    assert page.url.endswith(EXPLORER)  # nothing that was chosen is in the address
    looked_at(page, script=script)
    picture(page, "owner-explorer")
    choose(page, age="12")
    expect(page.locator("#outcome")).to_contain_text("the service is not even asked")
    expect(page.locator("main")).to_contain_text("It is about people of 16 and over")
    expect(page.locator("#relation")).to_have_value("parent")  # what was chosen stays
    looked_at(page, script=script)


@NARROW_AND_WIDE
def test_an_unfinished_question_is_told_with_the_focus_on_what_is_missing(
    width: int, script: bool, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(OWNER, width=width, script=script)
    page.goto(EXPLORER)
    page.locator("#age").fill("thirty")
    page.get_by_role("button", name="See what would be shown").click()
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error: Who could see this?, Housing (")
    for link in page.locator("#errors").get_by_role("link").all():
        expect(page.locator(f"#{(link.get_attribute('href') or '')[1:]}")).to_be_visible()
    looked_at(page, script=script)
    picture(page, "owner-explorer-errors")


@NARROW_AND_WIDE
def test_a_proposed_version_shows_what_it_opens_and_closes_with_invented_people(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    drafts = town.northshire.directory / "drafts"
    with_draft(drafts, (town.northshire.directory / "policies" / "housing.yaml").read_text(encoding="utf-8"))
    try:
        page = open_page(OWNER, width=width, script=script)
        page.goto("/owners/housing/changes")
        looked_at(page, script=script)
        page.get_by_role("link", name="Proposed version 4").click()
        expect(page.locator(".fc-changes--wider")).to_contain_text(
            "36 to 48 months ago are no longer withheld"
        )
        expect(page.locator(".fc-changes--wider")).to_contain_text("For example, invented:")
        expect(page.locator(".fc-changes--narrower")).to_contain_text("desk becomes nothing")
        expect(page.locator("main")).to_contain_text("Policies are not signed in this partnership")
        looked_at(page, script=script)
        picture(page, "owner-change")
    finally:
        (drafts / "housing.yaml").unlink()


def test_whoever_owns_nothing_finds_no_way_to_it(open_page: OpenPage) -> None:
    page = open_page("social_worker")
    page.goto("/")
    expect(page.get_by_role("link", name="What we share")).to_have_count(0)
    page.goto("/owners/housing")
    expect(page.locator("#errors")).to_contain_text("None of your roles opens this page.")
    looked_at(page, script=True)


@pytest.mark.parametrize("width", [360, 1280])
def test_the_keyboard_alone_leads_from_the_first_page_to_an_answer(width: int, open_page: OpenPage) -> None:
    page = open_page(OWNER, width=width)
    page.goto("/")
    for address in ("/owners", "/owners/housing", EXPLORER):
        tab_to(page, f"main a[href='{address}'], .fc-areas a[href='{address}']")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{address}")
    for field, typed in (
        ("#purpose", "Section 47"),
        ("#role", "Social"),
        ("#relation", "Parent"),
        ("#age", "31"),
    ):
        tab_to(page, field)
        page.keyboard.type(typed)
    tab_to(page, "form[action$='who-could-see'] button")
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_be_focused()
    expect(page.locator("#outcome")).to_have_text("This would be shown")


def choose(page: Page, *, age: str, **chosen: str) -> None:
    """Fill in the question, and send it."""
    if chosen:
        page.locator("#purpose").select_option("section_47_enquiry")
    for name, value in chosen.items():
        page.locator(f"#{name}").select_option(value)
    page.locator("#age").fill(age)
    page.get_by_role("button", name="See what would be shown").click()


def with_draft(drafts: Path, text: str) -> None:
    """A version that looks back further, and tells early help of no desk any more."""
    for old, new in (
        ("version: 3", "version: 4"),
        ("look_back: 36 months", "look_back: 48 months"),
        ("      - {purpose: early_help_assessment, when: {family_agreement: given}, show: desk}\n", ""),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    drafts.mkdir(exist_ok=True)
    (drafts / "housing.yaml").write_text(text, encoding="utf-8")
