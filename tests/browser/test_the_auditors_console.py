"""The auditor's and the team manager's journeys, in a real browser on real databases and a real audit log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.demo import referral
from tests.browser.conftest import OpenPage
from tests.browser.served import Served
from tests.browser.steps import by_api, looked_at, tab_to
from tests.unit.audit.standalone import verify_alone

Picture = Callable[[Page, str], None]
EVERY_BROWSER = pytest.mark.parametrize(
    ("width", "script"), [(360, True), (1280, True), (360, False), (1280, False)]
)
NARROW_AND_WIDE = pytest.mark.parametrize(("width", "script"), [(360, True), (1280, False)])


@pytest.fixture
def referred(town: Served) -> Mapping[str, Any]:
    """The referral, asked by the social worker: the auditor's matter. The answer."""
    told: Mapping[str, Any] = by_api(town, "/v1/queries", referral.section_47(town.northshire.truth))
    return told


@EVERY_BROWSER
def test_a_check_is_searched_for_traced_and_proved(
    width: int,
    script: bool,
    town: Served,
    referred: Mapping[str, Any],
    open_page: OpenPage,
    picture: Picture,
    tmp_path: Path,
) -> None:
    page = open_page("auditor", width=width, script=script)
    page.goto("/")
    expect(page.get_by_role("heading", name="What you can do here")).to_be_visible()
    looked_at(page, script)
    picture(page, "auditor-start")
    page.locator("main").get_by_role("link", name="Audit the log").click()
    looked_at(page, script)
    page.locator("#requester").fill("Okafor")
    page.locator("#case_reference").fill("ns 1042")
    page.locator("#source").select_option("housing")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#found")).to_be_visible()
    assert page.url == f"{town.address}/audit"  # who is searched for goes into no address
    looked_at(page, script)
    picture(page, "audit-found")
    with page.context.expect_page() as tab:
        page.locator(f"a[href='/audit/queries/{referred['query_id']}']").click()
    trace = tab.value
    expect(trace.locator("h1")).to_contain_text("What this check did")
    looked_at(trace, script)
    picture(trace, "audit-trace")
    consulted = len(referred["services"]) + 1  # and the case system, which said whose case it is
    expect(trace.locator(".fc-timeline .fc-ink")).to_have_count(consulted)
    expect(trace.locator("table tbody tr")).to_have_count(consulted)
    assert _proved_alone(trace, town, tmp_path)


def _proved_alone(trace: Page, town: Served, directory: Path) -> bool:
    """Download a proof and its entry, and have the stand-alone verifier check them."""
    proof = trace.get_by_role("link", name=re.compile("^Proof of entry")).last
    kept = {"proof": proof, "entry": trace.get_by_role("link", name=re.compile("as a file$")).last}
    for ending, link in kept.items():
        with trace.expect_download() as coming:
            link.click()
        assert coming.value.suggested_filename.endswith(ending)
        coming.value.save_as(directory / f"1.{ending}")
    trace.get_by_role("link", name="Last checkpoint").click()
    key = trace.locator("dd").inner_text()
    told = verify_alone("proof", directory / "1.proof", "--key", key)
    assert told.returncode == 0, told
    return "VERIFIED" in told.stdout


@NARROW_AND_WIDE
def test_the_log_is_verified_against_a_checkpoint_that_was_kept(
    width: int, script: bool, referred: Mapping[str, Any], open_page: OpenPage, picture: Picture
) -> None:
    assert referred
    page = open_page("auditor", width=width, script=script)
    page.goto("/audit/log")
    page.locator("#against").fill(page.locator("pre").inner_text())
    page.get_by_role("button", name="Check the whole log").click()
    expect(page.locator("#verdict")).to_contain_text("entries verify.")
    if script:
        expect(page.locator("#verdict")).to_be_focused()
    looked_at(page, script)
    picture(page, "audit-log")


@NARROW_AND_WIDE
def test_somebody_is_told_who_looked_them_up_after_each_entry_was_reviewed(
    width: int,
    script: bool,
    town: Served,
    referred: Mapping[str, Any],
    open_page: OpenPage,
    picture: Picture,
    tmp_path: Path,
) -> None:
    assert referred
    page, mother = open_page("auditor", width=width, script=script), town.northshire.truth.story("mother")
    page.goto("/audit/person")
    page.get_by_role("button", name="Find who looked them up").click()
    assert page.title().startswith("Error:")
    looked_at(page, script)
    picture(page, "audit-person-errors")
    page.locator("#family_name").fill(mother.family_name)
    page.locator("#given_name").fill(mother.given_name)
    for part in ("day", "month", "year"):
        page.locator(f"#birth_date-{part}").fill(str(getattr(mother.birth_date, part)))
    page.locator("#reason").fill("Her request of 3 June")
    page.get_by_role("button", name="Find who looked them up").click()
    page.wait_for_url(re.compile(r"/audit/person/r-[0-9a-f]{12}$"))
    looked_at(page, script)
    picture(page, "audit-report")
    page.get_by_role("button", name="Review the next entry").or_(
        page.get_by_role("link", name="Review the next entry")
    ).click()
    page.get_by_role("button", name="Save the review").click()
    assert page.title().startswith("Error:")
    looked_at(page, script)
    picture(page, "audit-review-errors")
    while "/entries/" in page.url:
        for field in ("serious_harm", "third_party", "verdict"):
            page.locator(f"#{field}").check()
        page.get_by_role("button", name="Save the review").click()
    expect(page.get_by_text("Every entry was reviewed")).to_be_visible()
    looked_at(page, script)
    with page.expect_download() as coming:
        page.get_by_role("button", name="Release as a letter").click()
    coming.value.save_as(tmp_path / "letter.txt")
    letter = (tmp_path / "letter.txt").read_text()
    assert "Sam Okafor, social_worker, Northshire Council" in letter
    assert mother.family_name not in letter


@NARROW_AND_WIDE
def test_a_finding_is_explained_and_decided_on(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    _own_surname_looked_up(town, f"Ottoline{width}")
    danger = {**referral.section_47(town.northshire.truth, "flags"), "purpose": "immediate_danger"}
    by_api(town, "/v1/queries", danger, "duty_worker")
    page = open_page("auditor", width=width, script=script)
    page.goto("/audit/reviews")
    finding = page.locator("li", has_text="Sam Okafor (ns-1001) looked up somebody of their own surname").last
    expect(finding).to_contain_text("What the rule means")
    access = page.locator("li", has_text="Used by Marta Lis (ns-1003)").first
    expect(access).to_contain_text("Review due")
    looked_at(page, script)
    picture(page, "audit-reviews")
    finding.get_by_role("link").click()
    expect(page.get_by_text("Even a rare surname is shared by families")).to_be_visible()
    looked_at(page, script)
    picture(page, "audit-review")
    address = page.url
    page.locator("#verdict").check()
    page.locator("#reason").fill("Asked, and not related")
    page.get_by_role("button", name="Record the decision").click()
    page.wait_for_url("**/audit/reviews")
    page.goto(address)
    expect(page.locator("dl")).to_contain_text("Ivo Marsh (ns-3001)")
    expect(page.locator("dl")).to_contain_text("Asked, and not related")


def test_what_was_decided_on_emergency_access_can_still_be_read(town: Served, open_page: OpenPage) -> None:
    danger = {**referral.section_47(town.northshire.truth, "flags"), "purpose": "immediate_danger"}
    by_api(town, "/v1/queries", danger, "duty_worker")
    page = open_page("auditor")
    page.goto("/audit/reviews")
    page.locator("li", has_text="Used by Marta Lis (ns-1003)").first.get_by_role("link").first.click()
    page.wait_for_selector("#verdict")
    address = page.url
    page.check("#verdict")
    page.fill("#reason", "It was needed that night")
    page.click("main form .govuk-button")
    page.wait_for_url("**/audit/reviews")
    page.goto(address)
    expect(page.locator("dl")).to_contain_text("It was needed that night")


def _own_surname_looked_up(town: Served, given_name: str) -> None:
    person = {
        "relation": "parent",
        "given_name": given_name,
        "family_name": "Okafor",
        "birth_date": "1989-11-17",
    }
    asked = {**referral.section_47(town.northshire.truth, "flags"), "people": [person]}
    by_api(town, "/v1/queries", asked)
    town.run(town.front.looks.look())


@EVERY_BROWSER
def test_checks_over_time_are_drawn_and_stand_in_tables(
    width: int, script: bool, referred: Mapping[str, Any], open_page: OpenPage, picture: Picture
) -> None:
    assert referred
    page = open_page("auditor", width=width, script=script)
    page.goto("/audit/charts")
    chart = page.get_by_role("img", name=re.compile("^Section 47 enquiry"))
    expect(chart.locator(".fc-ink")).to_have_count(1)  # all of it was today
    for table in ("By purpose, in figures", "By outcome, in figures"):
        page.get_by_text(table).click()
    total = int(re.findall(r": (\d+) in all", chart.get_attribute("aria-label") or "")[0])
    cells = page.locator("table").first.locator("tbody tr").last.locator("td").all_inner_texts()
    assert str(total) in cells
    looked_at(page, script)
    picture(page, "audit-charts")


@NARROW_AND_WIDE
def test_a_team_manager_sees_what_the_team_asked(
    width: int, script: bool, referred: Mapping[str, Any], open_page: OpenPage, picture: Picture
) -> None:
    assert referred
    page = open_page("team_manager", width=width, script=script)
    page.goto("/")
    page.locator("main").get_by_role("link", name="My team").click()
    expect(page.get_by_role("heading", name="What my team asked: Assessment team")).to_be_visible()
    expect(page.locator("li", has_text="Sam Okafor").first).to_contain_text("unexplained bruising")
    looked_at(page, script)
    picture(page, "team")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_keyboard_alone_searches_and_reaches_a_trace(
    width: int, referred: Mapping[str, Any], open_page: OpenPage
) -> None:
    page = open_page("auditor", width=width)
    page.goto("/audit")
    tab_to(page, "#requester")
    page.keyboard.type("Okafor")
    page.keyboard.press("Enter")
    page.wait_for_selector("#found")
    assert page.evaluate("document.activeElement.id") == "found"
    tab_to(page, f"a[href='/audit/queries/{referred['query_id']}']")
    with page.context.expect_page() as tab:
        page.keyboard.press("Enter")
    expect(tab.value.locator("h1")).to_contain_text(referred["query_id"])
    tab_to(tab.value, "a[href$='/proof']")
    with tab.value.expect_download() as coming:
        tab.value.keyboard.press("Enter")
    assert coming.value.suggested_filename.endswith(".proof")


def test_the_keyboard_alone_answers_who_looked_somebody_up(
    town: Served, referred: Mapping[str, Any], open_page: OpenPage
) -> None:
    assert referred
    page, child = open_page("auditor"), town.northshire.truth.story("child")
    keys = page.keyboard
    page.goto("/audit/person")
    for field, text in (
        *(("family_name", child.family_name), ("given_name", child.given_name)),
        *((f"birth_date-{part}", str(getattr(child.birth_date, part))) for part in ("day", "month", "year")),
        ("reason", "A complaint"),
    ):
        tab_to(page, f"#{field}")
        keys.type(text)
    tab_to(page, "main form .govuk-button")
    keys.press("Enter")
    page.wait_for_url("**/audit/person/r-*")
    tab_to(page, "a.govuk-button")
    with page.expect_navigation():
        keys.press("Enter")
    while "/entries/" in page.url:
        for field in ("serious_harm", "third_party", "verdict"):
            tab_to(page, f"#{field}")
            keys.press("Space")
        tab_to(page, "main form .govuk-button")
        with page.expect_navigation():
            keys.press("Enter")
    tab_to(page, "button[value=letter]")
    with page.expect_download() as coming:
        keys.press("Enter")
    assert coming.value.suggested_filename.startswith("r-")


def test_the_keyboard_alone_decides_on_a_finding_and_verifies_the_log(
    town: Served, open_page: OpenPage
) -> None:
    _own_surname_looked_up(town, "Odile")
    page = open_page("auditor")
    keys = page.keyboard
    page.goto("/audit/reviews")
    tab_to(page, "ol a[href^='/audit/reviews/']")
    keys.press("Enter")
    page.wait_for_selector("#verdict")
    address = page.url
    tab_to(page, "#verdict")
    keys.press("Space")
    tab_to(page, "#reason")
    keys.type("Asked, and not related")
    tab_to(page, "main form .govuk-button")
    keys.press("Enter")
    page.wait_for_url("**/audit/reviews")
    page.goto(address)
    expect(page.locator("dl")).to_contain_text("Asked, and not related")
    tab_to(page, "a[href='/audit/log']")
    keys.press("Enter")
    page.wait_for_url("**/audit/log")
    tab_to(page, "main form .govuk-button")
    keys.press("Enter")
    expect(page.locator("#verdict")).to_be_focused()


def test_a_practitioner_is_told_that_the_console_is_not_theirs(open_page: OpenPage) -> None:
    page = open_page("social_worker")
    page.goto("/")
    expect(page.get_by_role("link", name="Audit the log")).to_have_count(0)
    page.goto("/audit")
    assert page.title().startswith("Error:")
    looked_at(page, script=True)


def test_a_trace_by_the_number_of_a_case_says_of_it_what_the_case_system_said(
    town: Served, open_page: OpenPage
) -> None:
    grounds = {"reason": "Referral", "conflict_of_interest": "none", "case_reference": "NS-1042"}
    asked = {"purpose": "section_47_enquiry", "view": "flags", "journey": "case", "people": [], **grounds}
    told = by_api(town, "/v1/queries", asked)
    page = open_page("auditor")
    page.goto(f"/audit/queries/{told['query_id']}")
    expect(page.locator("main")).to_contain_text("NS-1042 (open, and allocated to who asked)")
    expect(page.locator("main")).not_to_contain_text("not an open case")
