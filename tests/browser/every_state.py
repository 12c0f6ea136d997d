"""A state of a page: who sees it, and what leads to it; and what holds of each page, in whatever state it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.served import Served
from tests.browser.steps import fits, no_violations

WEIGHT = 250_000
"""Bytes that a page may weigh with its style and its script, none of them compressed."""
NARROWEST = 320
"""Pixels at which text has to reflow (WCAG 1.4.10)."""

Leads = Callable[[Page, Served], Iterator[Page]]
"""Brings a page into a state, yields the page that is then to be looked at, and puts right what it changed."""


@dataclass(frozen=True, slots=True)
class State:
    """``error``: whether it tells of something to mend. ``scripted``: whether there is no such state without."""

    name: str
    leads: Leads
    persona: str = "social_worker"
    error: bool = False
    scripted: bool = False


def opened(path: str) -> Leads:
    """The state that an address alone leads to."""

    def leads(page: Page, _: Served) -> Iterator[Page]:
        page.goto(path)
        yield page

    return leads


def well_made(page: Page, *, error: bool) -> None:
    """One first heading, a language, and a title that ends with the broker's name and says so where there is an
    error; the error has the focus.
    """
    assert page.locator("h1").count() == 1
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.title().endswith(" - Family Context")
    assert page.title().startswith("Error: ") is error, page.title()
    expect(page.locator("#errors")).to_have_count(int(error))
    if error:
        expect(page.locator("#errors")).to_be_focused()
    wrong = page.evaluate(
        "[...document.querySelectorAll('#errors a')].map(one => one.hash.slice(1)).filter("
        "id => !['INPUT', 'SELECT', 'TEXTAREA'].includes(document.getElementById(id)?.tagName))"
    )
    assert wrong == [], "an error leads to no field"
    twice = page.evaluate(
        "[...document.querySelectorAll('[id]')].map(one => one.id).filter((id, at, all) => all.indexOf(id) < at)"
    )
    assert twice == [], "an id stands twice"


def fits_and_has_no_violations(page: Page) -> None:
    """At a desk's width and a phone's; at 320 pixels and with text twice as large nothing is scrolled sideways."""
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 800})
        no_violations(page)
        fits(page)
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    fits(page)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    fits(page)
    page.evaluate("document.documentElement.style.fontSize = ''")
