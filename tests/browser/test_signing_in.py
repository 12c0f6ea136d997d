"""A session begins at the identity provider, and has a clear end."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.served import Served
from tests.browser.steps import no_violations, tab_to


def test_somebody_signs_in_at_the_provider_and_out_again(town: Served, browser: Browser) -> None:
    context = browser.new_context(base_url=town.address)
    page = context.new_page()
    page.goto("/check?purpose=section_47_enquiry")
    page.get_by_label("Sam Okafor").check()
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_contain_text("Who you ask about")  # where one wanted to go
    tab_to(page, "form[action='/sign-out'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    no_violations(page)
    page.goto("/checks")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


def test_a_form_sent_after_the_session_ended_asks_nothing_and_says_so(town: Served, browser: Browser) -> None:
    context = browser.new_context(base_url=town.address)
    context.add_cookies([town.session()])
    page = context.new_page()
    page.goto("/check?purpose=section_47_enquiry")
    context.clear_cookies()
    page.get_by_role("button", name="Ask the services").click()
    expect(page.locator("#errors")).to_be_focused()
    assert page.title().startswith("Error: Sign in again")
    no_violations(page)
    context.close()
