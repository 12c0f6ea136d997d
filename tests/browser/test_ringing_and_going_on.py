"""The form that asks a service to ring, and the button to the old front end: by axe, and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.small_town import SmallTown, kinds, small_town
from tests.browser.steps import choose_purpose, fits, no_violations, say_why

Picture = Callable[[Page, str], None]
WIDTHS = pytest.mark.parametrize("width", [360, 1280])
MOST_TABS = 80


@pytest.fixture
def small(tmp_path: Path) -> Iterator[SmallTown]:
    with small_town(tmp_path) as made:
        yield made


@pytest.fixture
def page_of(small: SmallTown, browser: Browser) -> Iterator[Callable[[int], Page]]:
    """A page of the social worker's, as wide as wanted."""
    opened = []

    def of(width: int) -> Page:
        size: ViewportSize = {"width": width, "height": 740 if width < 500 else 900}
        context = browser.new_context(viewport=size, base_url=small.address)
        context.add_cookies([small.session()])
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield of
    for context in opened:
        context.close()


def tab_to(page: Page, selector: str) -> None:
    """Go on by the tabulator key until this has the focus; what has it can be seen all the while."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            outline = page.evaluate(
                "() => { const s = getComputedStyle(document.activeElement);"
                " return s.outlineStyle + s.outlineWidth + s.boxShadow; }"
            )
            assert outline != "none0pxnone", f"nothing shows that {selector} has the focus"
            return
    pytest.fail(f"no key leads to {selector}")


def emma(page: Page) -> None:
    """Fill in the form about Emma Ashdown, of whom the school only rings back."""
    choose_purpose(page, "section_47_enquiry")
    say_why(page, "LW-42")
    page.locator("#people-1-relation").select_option("parent")
    for name, text in (
        ("family_name", "Ashdown"),
        ("given_name", "Emma"),
        ("day", "7"),
        ("month", "3"),
        ("year", "1991"),
    ):
        page.locator(f"#people-1-{name}").fill(text)


@WIDTHS
def test_a_service_is_asked_to_ring_by_keyboard_alone(
    width: int, small: SmallTown, page_of: Callable[[int], Page], picture: Picture
) -> None:
    page = page_of(width)
    emma(page)
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#case-notes")
    tab_to(page, "#says-1-school-call summary")
    page.keyboard.press("Enter")
    expect(page.locator("#says-1-school-phone")).to_be_visible()
    no_violations(page)
    fits(page)
    picture(page, "call-back")
    for field, text in (
        ("phone", "0191 498 0107"),
        ("times", "After two"),
        ("note", "The mother asked for you"),
    ):
        tab_to(page, f"#says-1-school-{field}")
        page.keyboard.type(text)
    tab_to(page, "#says-1-school-call button")
    page.keyboard.press("Enter")
    told = page.locator(".fc-told", has_text="The service's desk is told now")
    expect(told).to_be_visible()
    expect(told).to_be_focused()
    no_violations(page)
    assert kinds(small.littleworth) == ["call_back.requested"]


@WIDTHS
def test_a_number_that_is_none_is_told_and_nothing_is_sent(
    width: int, small: SmallTown, page_of: Callable[[int], Page], picture: Picture
) -> None:
    page = page_of(width)
    emma(page)
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#case-notes")
    page.locator("#says-1-school-call summary").click()
    page.locator("#says-1-school-phone").fill("on my mobile")
    page.locator("#says-1-school-call").get_by_role("button").click()
    expect(page.locator("#errors")).to_contain_text("Write the phone number in digits")
    expect(page.locator("#errors")).to_be_focused()
    assert page.title() == "Error: What the services say (LW-42) - Family Context"
    no_violations(page)
    fits(page)
    assert kinds(small.littleworth) == []
    expect(page.locator("#says-1-school-phone")).to_have_value("on my mobile")  # to be mended
    expect(page.locator("#says-1-school-phone")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#says-1-school-phone")).to_have_accessible_description(
        "Write the phone number in digits, for example 0161 496 0000."
    )
    picture(page, "call-back-error")
    page.keyboard.press("Tab")  # from the errors, on to the link, and by it to the field
    page.keyboard.press("Enter")
    expect(page.locator("#says-1-school-phone")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("0191 498 0107")
    page.keyboard.press("Enter")
    expect(page.locator(".fc-told", has_text="The service's desk is told now")).to_be_focused()
    expect(page.locator("#errors")).to_have_count(0)
    assert page.title() == "What the services say (LW-42) - Family Context"


@WIDTHS
def test_the_button_leads_on_into_family_context_by_keyboard_alone(
    width: int, page_of: Callable[[int], Page], picture: Picture
) -> None:
    page = page_of(width)
    emma(page)
    no_violations(page)
    fits(page)
    picture(page, "go-on")
    page.locator("#people-1-family_name").focus()
    tab_to(page, "button[formaction='/check/family-context']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/family-context/")  # where the old front end would stand
    assert "FCSESSIONID" in {one["name"] for one in page.context.cookies()}


@WIDTHS
def test_grounds_that_are_missing_are_told_with_the_focus_on_the_first(
    width: int, page_of: Callable[[int], Page]
) -> None:
    page = page_of(width)
    choose_purpose(page, "section_47_enquiry")
    tab_to(page, "button[formaction='/check/family-context']")
    page.keyboard.press("Enter")
    summary = page.locator("#errors")
    expect(summary).to_be_focused()
    assert page.title().startswith("Error: ")
    no_violations(page)
    fits(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.tagName") in ("INPUT", "TEXTAREA", "SELECT")
    assert "FCSESSIONID" not in {one["name"] for one in page.context.cookies()}


@WIDTHS
def test_a_desk_takes_a_request_up_by_keyboard_alone_and_nobody_is_signed_in(
    width: int, small: SmallTown, browser: Browser, page_of: Callable[[int], Page], picture: Picture
) -> None:
    link = small.link_of_a_request()
    for with_script in (False, True):
        context = browser.new_context(
            viewport={"width": width, "height": 740}, java_script_enabled=with_script
        )
        desk = context.new_page()
        desk.goto(link)
        expect(desk.locator("h1")).to_have_text(
            "This was taken up already" if with_script else "A request to ring back"
        )
        if not with_script:
            expect(desk.locator("body")).not_to_contain_text("Ashdown")
            tab_to(desk, "main button")
            desk.keyboard.press("Enter")
            expect(desk.locator("h1")).to_have_text("Thank you. It is recorded")
        context.close()
    page = page_of(width)
    page.goto("/checks")
    expect(page.locator("main")).to_contain_text("The service has taken it up")


@WIDTHS
def test_each_state_of_a_desks_page_has_no_violations(
    width: int, small: SmallTown, browser: Browser, picture: Picture
) -> None:
    link = small.link_of_a_request()
    context = browser.new_context(viewport={"width": width, "height": 740})
    desk = context.new_page()
    for address, heading in ((link, "A request to ring back"), (f"{link}x", "This link opens nothing")):
        desk.goto(address)
        expect(desk.locator("h1")).to_have_text(heading)
        no_violations(desk)
        fits(desk)
        picture(desk, heading.lower().replace(" ", "-"))
    desk.goto(link)
    desk.get_by_role("button", name="We have taken this up").click()
    for heading in ("Thank you. It is recorded", "This was taken up already"):
        expect(desk.locator("h1")).to_have_text(heading)
        no_violations(desk)
        fits(desk)
        desk.goto(link)
    assert kinds(small.littleworth) == ["call_back.requested", "call_back.acknowledged"]
    context.close()
