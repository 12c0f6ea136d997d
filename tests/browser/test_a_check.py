"""The social worker's journeys, in a real browser on real databases: wide and narrow, with a script or none."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from broker.answers import ON_PAGES, Outcome
from deploy.demo import referral
from tests.browser.conftest import OpenPage
from tests.browser.served import Served
from tests.browser.steps import (
    ask,
    by_api,
    choose_purpose,
    looked_at,
    no_violations,
    say_why,
    tab_to,
    type_family,
    type_person,
)

Picture = Callable[[Page, str], None]
EVERY_BROWSER = pytest.mark.parametrize(
    ("width", "script"), [(360, True), (1280, True), (360, False), (1280, False)]
)
BOTH = pytest.mark.parametrize("script", [True, False])


@EVERY_BROWSER
def test_a_family_is_asked_about_and_each_row_says_what_the_api_says(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(width=width, script=script)
    page.goto("/")
    assert page.title() == "Start a check - TRAINING - Family Context"
    looked_at(page, script)
    picture(page, "start")
    choose_purpose(page, "section_47_enquiry")
    looked_at(page, script)
    say_why(page)
    type_family(page, town, referral.PARTS)
    looked_at(page, script)
    picture(page, "check")
    ask(page)
    looked_at(page, script)
    picture(page, "answer")
    assert page.title() == "What the services say (NS-1042) - TRAINING - Family Context"

    told = by_api(town, "/v1/queries", referral.section_47(town.northshire.truth, "flags"))
    for service in told["services"]:
        for part in service["people"]:
            row = page.locator(f"#says-{part['person']}-{service['source']}")
            expect(row.locator(".govuk-tag")).to_have_text(ON_PAGES[Outcome(part["outcome"])])
            expect(row).to_contain_text(service["desk"]["phone"])
            expect(row).to_contain_text("Last updated on")
            expect(row).to_contain_text("Covers the period")
            if part["outcome"] == "nothing_to_share":
                expect(row).to_contain_text(service["nothing_means"])
    notes = page.locator("#case-notes").input_value()
    assert page.locator("dd", has_text="q-").inner_text() in notes
    assert "Nothing shared is not the same as nothing known" in notes
    assert notes.startswith("TRAINING.")


@EVERY_BROWSER
def test_details_are_opened_one_by_one_and_a_wrong_contact_is_told_in_one_step(
    width: int, script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = asked_about(open_page(width=width, script=script), town, "mother")
    told = by_api(town, "/v1/queries", referral.section_47(town.northshire.truth))
    housing = next(one for one in told["services"] if one["source"] == "housing")
    lead = housing["people"][referral.PARTS.index("mother")]["involvements"][0]["involvement"][
        "lead_practitioner"
    ]
    row = page.locator("#says-1-housing")
    expect(row).not_to_contain_text(lead["phone"])
    button = row.get_by_role("button", name="See dates and whom to ring")
    if script:
        button.click()
        shown = page
    else:
        with page.context.expect_page() as tab:
            button.click()
        shown = tab.value
    opened = shown.locator("#says-1-housing")
    expect(opened.locator(".fc-involvement")).to_contain_text(lead["phone"])
    expect(opened.locator(".fc-involvement")).to_contain_text(lead["name"])
    expect(opened.get_by_role("button", name="See dates")).to_have_count(0)
    if script:
        expect(opened).to_be_focused()
    looked_at(shown, script)
    picture(shown, "details" if script else "details-in-a-tab")
    wrong = opened.get_by_role("button", name="Wrong contact")
    if script:
        wrong.click()
        expect(page.locator(".fc-told")).to_contain_text("Recorded as the wrong contact")
    else:
        with shown.context.expect_page() as tab:
            wrong.click()
        expect(tab.value.locator(".fc-told")).to_contain_text("Recorded as the wrong contact")
    expect(page.locator("#says-1-school")).to_be_visible()  # the answer is still there


@BOTH
def test_by_the_number_of_a_case_everyone_linked_to_it_is_asked_about(
    script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page(width=360, script=script)
    choose_purpose(page, "section_47_enquiry")
    page.get_by_role("link", name="Ask about everyone who is linked to the case").click()
    page.wait_for_selector("text=It has to be open and allocated to you")
    looked_at(page, script)
    say_why(page)
    ask(page)
    headings = page.locator(".fc-person-answer h2").all_inner_texts()
    for part in referral.PARTS:
        assert any(town.northshire.truth.story(part).given_name in one for one in headings), headings
    looked_at(page, script)
    picture(page, "answer-by-case")


@BOTH
def test_a_person_is_added_and_removed_and_what_was_typed_stays(
    script: bool, town: Served, open_page: OpenPage
) -> None:
    page = open_page(script=script)
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_family(page, town, ("child", "mother", "partner"))
    page.locator("#people-2").get_by_role("button", name="Remove").click()
    expect(page.locator("fieldset.fc-person")).to_have_count(2)
    partner = town.northshire.truth.story("partner")
    expect(page.locator("#people-2-given_name")).to_have_value(partner.given_name)
    expect(page.locator("#reason")).to_have_value("Referral from the school")
    assert "Referral" not in page.url
    for number in range(3, 13):
        page.get_by_role("button", name="Add another person").click()
        expect(page.locator(f"#people-{number}-relation")).to_be_focused()
    expect(page.get_by_role("button", name="Add another person")).to_have_count(0)


@BOTH
def test_a_birth_date_is_added_where_a_service_is_not_sure(
    script: bool, town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = asked_about(open_page(script=script), town, "mother", born="nothing")
    unsure = page.locator(".fc-service--ambiguous")
    assert unsure.count() > 0
    looked_at(page, script)
    picture(page, "answer-unsure")
    unsure.first.get_by_role("button", name="Add a birth date").click()
    day = page.locator("#people-1-day")
    expect(day).to_be_focused()
    mother = town.northshire.truth.story("mother")
    expect(page.locator("#people-1-family_name")).to_have_value(mother.family_name)
    day.fill(str(mother.birth_date.day))
    page.locator("#people-1-month").fill(str(mother.birth_date.month))
    page.locator("#people-1-year").fill(str(mother.birth_date.year))
    ask(page)
    expect(page.locator(".fc-service--ambiguous")).to_have_count(0)
    expect(page.locator("#known-1")).to_contain_text("Known to: Adult social care")


def test_an_early_help_worker_says_for_each_person_whether_the_family_agreed(
    town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = open_page("early_help_lead")
    choose_purpose(page, "early_help_assessment")
    expect(page.locator("#case_reference-hint")).to_have_text("Optional")
    say_why(page, case="")
    type_person(page, 1, "parent", town.northshire.truth.story("mother"))
    ask(page)
    expect(page.locator(".fc-service--involved")).to_have_count(0)  # nobody said that they agreed
    page.get_by_role("button", name="Change this check").click()
    page.locator("#people-1-agreement").select_option("given")
    page.locator("#people-1-evidence").fill("Case note of 3 June")
    no_violations(page)
    picture(page, "check-early-help")
    ask(page)
    expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Known to this service")


def test_back_shows_the_form_as_it_was_typed_and_reload_keeps_nothing(
    town: Served, open_page: OpenPage
) -> None:
    page = asked_about(open_page(), town, "child")
    child = town.northshire.truth.story("child")
    page.go_back()
    expect(page.locator("#people-1-given_name")).to_have_value(child.given_name)
    expect(page.locator("#main")).to_be_focused()
    page.go_forward()
    expect(page.locator("#says-1-school")).to_be_visible()
    expect(page.locator("h1")).to_be_focused()
    page.reload()
    expect(page.get_by_role("heading", name="Start a check")).to_be_visible()
    assert child.family_name not in page.content()
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]


def test_a_link_within_an_answer_leads_within_it_and_back_leads_on_to_the_form(
    town: Served, open_page: OpenPage
) -> None:
    page = open_page()
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_family(page, town, ("mother",))
    ask(page)
    page.locator(".govuk-skip-link").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    expect(page.locator("h1")).to_have_text("What the services say")
    page.go_back()
    expect(page.locator("h1")).to_have_text("What the services say")
    page.go_back()
    expect(page.locator("#case_reference")).to_have_value("NS-1042")
    page.go_forward()
    expect(page.locator("h1")).to_have_text("What the services say")


def test_the_text_for_case_notes_is_copied_and_the_page_is_fit_for_paper(
    town: Served, open_page: OpenPage, picture: Picture
) -> None:
    page = asked_about(open_page(), town, "child")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#case-notes").input_value()
    page.emulate_media(media="print")
    for gone in (".govuk-service-navigation", "#again", "#case-notes"):
        expect(page.locator(gone)).to_be_hidden()
    for stays in ("#says-1-school", ".fc-training", "dd >> text=q-"):
        expect(page.locator(stays).first).to_be_visible()
    picture(page, "answer-on-paper")


def test_my_recent_checks_show_what_i_asked(town: Served, open_page: OpenPage, picture: Picture) -> None:
    page = asked_about(open_page(), town, "child")
    asked = page.locator("dd", has_text="q-").inner_text()
    page.get_by_role("link", name="My recent checks").click()
    expect(page.get_by_text(asked)).to_be_visible()
    looked_at(page, script=True)
    picture(page, "recent")


@pytest.mark.parametrize("width", [360, 1280])
def test_the_keyboard_alone_makes_a_check_and_opens_details(
    width: int, town: Served, open_page: OpenPage
) -> None:
    page = open_page(width=width)
    keys = page.keyboard
    page.goto("/")
    tab_to(page, "input[name=purpose]")
    keys.press("Space")
    tab_to(page, "form[action='/check'] button")
    keys.press("Enter")
    page.wait_for_selector("#conflict")
    child = town.northshire.truth.story("child")
    for field, text in (("#case_reference", "NS-1042"), ("#reason", "Referral")):
        tab_to(page, field)
        keys.type(text)
    tab_to(page, "#conflict")
    keys.press("Space")
    tab_to(page, "#people-1-relation")
    keys.type("Child")
    born = child.birth_date
    for name, text in (
        *(("family_name", child.family_name), ("given_name", child.given_name)),
        *(("day", str(born.day)), ("month", str(born.month)), ("year", str(born.year))),
    ):
        tab_to(page, f"#people-1-{name}")
        keys.type(text)
    tab_to(page, "button.govuk-button[value=ask]")
    keys.press("Enter")
    page.wait_for_selector("#case-notes")
    assert page.evaluate("document.activeElement.tagName") == "H1"
    tab_to(page, "#says-1-school form[action='/check/details'] button")
    keys.press("Enter")
    expect(page.locator("#says-1-school .fc-involvement")).to_be_visible()
    expect(page.locator("#says-1-school")).to_be_focused()


def test_the_keyboard_alone_adds_a_birth_date_and_tells_of_a_wrong_contact(
    town: Served, open_page: OpenPage
) -> None:
    page = asked_about(open_page(), town, "mother", born="nothing")
    keys, born = page.keyboard, town.northshire.truth.story("mother").birth_date
    tab_to(page, "button[value='birth-1']")
    keys.press("Enter")
    expect(page.locator("#people-1-day")).to_be_focused()
    for part in ("day", "month", "year"):
        tab_to(page, f"#people-1-{part}")
        keys.type(str(getattr(born, part)))
    keys.press("Enter")
    page.wait_for_selector("#case-notes")
    tab_to(page, "#says-1-housing button[value=wrong_contact]")
    keys.press("Enter")
    expect(page.locator(".fc-told")).to_be_focused()


def asked_about(page: Page, town: Served, part: str, born: str = "whole") -> Page:
    """A check about one person of the story."""
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_person(page, 1, "child" if part == "child" else "parent", town.northshire.truth.story(part), born)
    ask(page)
    return page
