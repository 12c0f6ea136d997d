"""One broker and one browser for all tests of the pages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.browser.served import Served, served

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SCREENSHOTS = Path(".state/screenshots")

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def town() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="family-context-pages-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # PostgreSQL may run as another user than the tests
        with served(directory) as made:
            yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(
            "There is no /usr/bin/chromium. Install it: apt-get install chromium (deploy/setup/browser.sh)"
        )
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser, town: Served) -> Iterator[OpenPage]:
    """Opens a page of somebody who is signed in, as wide as wanted, with script or without."""
    contexts: list[BrowserContext] = []

    def opened(persona: str = "social_worker", *, width: int = 1280, script: bool = True) -> Page:
        size: ViewportSize = {"width": width, "height": 740 if width < 500 else 900}
        context = browser.new_context(viewport=size, java_script_enabled=script, base_url=town.address)
        context.add_cookies([town.session(persona)])
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Keeps a picture of a page as output of the test."""

    def kept(page: Page, name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)

    return kept
