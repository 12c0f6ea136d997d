"""Every page in every state that it has: all that is promised of every page at once.

The script does something on the social worker's pages alone, so those are seen without it too. Journeys have tests
of their own. This asks only that no state was forgotten: by axe at a phone's width and a desk's, by what it
weighs, and by where it loads from.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser

from broker.web.asset_files import read_assets
from tests.browser.every_state import WEIGHT, State, fits_and_has_no_violations, well_made
from tests.browser.served import Served
from tests.browser.states_of_checks import CHECKS
from tests.browser.states_of_consoles import AUDITORS, OWNERS

ASSETS = sum(len(one.content) for one in read_assets().values())
EVERY = [
    pytest.param(state, script, id=f"{state.name}-{'with' if script else 'without'}_script")
    for state in (*CHECKS, *OWNERS, *AUDITORS)
    for script in ((True, False) if state in CHECKS and not state.scripted else (True,))
]


@pytest.mark.parametrize(("state", "script"), EVERY)
def test_it_is_well_made_fits_weighs_little_and_needs_no_other_host(
    state: State, script: bool, town: Served, browser: Browser
) -> None:
    context = browser.new_context(base_url=town.address, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(10_000)
    context.add_cookies([town.session(state.persona)])
    if not script:  # axe is a script itself, so the pages' own alone is kept away
        context.route("**/pages.js", lambda route: route.abort())
    hosts: set[str] = set()
    context.on("request", lambda sent: hosts.add(sent.url.split("/")[2]))
    try:
        with contextmanager(state.leads)(context.new_page(), town) as page:
            well_made(page, error=state.error)
            weight = len(page.content().encode()) + ASSETS
            assert 50_000 < weight < WEIGHT, weight
            fits_and_has_no_violations(page)
    finally:
        context.close()
    assert hosts == {town.address.removeprefix("http://")}
