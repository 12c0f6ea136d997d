"""The pictures of the README, taken of the demo's own pages: ``python -m tests.browser.pictures``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, CHROMIUM
from tests.browser.served import Served, served
from tests.browser.steps import ask, choose_purpose, say_why, type_family

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def taken(page: Page, name: str) -> None:
    """What is on the screen, as a PNG."""
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def story(page: Page, town: Served, *, narrow: bool) -> None:
    """A check about the mother and the child, on a desk's screen or a phone's."""
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_family(page, town, ("mother", "child"))
    if not narrow:
        page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
        taken(page, "who-and-why")
    ask(page)
    page.locator("#says-1-housing").get_by_role("button", name="See dates and whom to ring").click()
    page.wait_for_selector("#says-1-housing .fc-involvement")
    page.evaluate("document.activeElement.blur()")
    row = page.locator("#says-1-housing" if narrow else "#says-1-childrens_cases")
    row.evaluate("one => window.scrollTo(0, one.getBoundingClientRect().top + window.scrollY - 80)")
    taken(page, "answer-on-a-phone" if narrow else "answer")


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory(prefix="family-context-pages-") as name:
        Path(name).chmod(0o755)
        with served(Path(name), seed=5) as town, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            for width, height in ((1000, 820), (390, 760)):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, base_url=town.address
                )
                context.add_cookies([town.session()])
                story(context.new_page(), town, narrow=width < 500)
            browser.close()


if __name__ == "__main__":
    main()
