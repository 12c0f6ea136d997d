"""What people do on the pages, and what is looked at on every page that they see."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from deploy.demo.people import Person
from tests.browser.served import Served

AXE = Path(".state/node/node_modules/axe-core/axe.min.js")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RELATIONS = {"child": "child", "mother": "parent", "partner": "household_adult", "sibling": "sibling"}


def choose_purpose(page: Page, purpose: str) -> None:
    """From the first page to the form."""
    page.goto("/")
    page.locator(f"input[value={purpose}]").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_selector("#conflict")


def say_why(page: Page, case: str = "NS-1042", reason: str = "Referral from the school") -> None:
    """The upper half of the form."""
    page.locator("#case_reference").fill(case)
    page.locator("#reason").fill(reason)
    page.locator("#conflict").check()


def type_person(page: Page, number: int, relation: str, person: Person, born: str = "whole") -> None:
    """One person: with the ``whole`` birth date, the ``age`` alone, or ``nothing``."""
    at = f"#people-{number}-"
    page.locator(f"{at}relation").select_option(relation)
    page.locator(f"{at}family_name").fill(person.family_name)
    page.locator(f"{at}given_name").fill(person.given_name)
    if born == "whole":
        for part in ("day", "month", "year"):
            page.locator(at + part).fill(str(getattr(person.birth_date, part)))
    elif born == "age":
        today = datetime.now(UTC).date()
        page.locator(f"{at}age").fill(str((today - person.birth_date).days * 4 // 1461))


def type_family(page: Page, town: Served, parts: Sequence[str]) -> None:
    """The story's people, one after the other."""
    for number, part in enumerate(parts, start=1):
        if number > 1:
            page.get_by_role("button", name="Add another person").click()
            page.wait_for_selector(f"#people-{number}-relation")
        type_person(page, number, RELATIONS[part], town.northshire.truth.story(part))


def ask(page: Page) -> None:
    """Ask, and wait for the whole answer."""
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#case-notes")


def by_api(town: Served, path: str, body: Mapping[str, Any], persona: str = "social_worker") -> Any:
    """The same, asked by the API."""
    headers = {"Authorization": f"Bearer {town.token(persona)}", "Content-Type": "application/json"}
    asked = urllib.request.Request(  # noqa: S310 -- our own broker, on loopback
        town.address + path, json.dumps(body).encode(), headers, method="POST"
    )
    with urllib.request.urlopen(asked, timeout=20) as reply:  # noqa: S310 -- as above
        return json.load(reply)


def no_violations(page: Page) -> None:
    """axe finds nothing against WCAG 2.2 AA on the page as it is now."""
    if not AXE.exists():
        pytest.fail("There is no axe-core. Install it with: deploy/setup/node.sh (needs npm)")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("rules => axe.run({runOnly: {type: 'tag', values: rules}})", RULES)
    told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found["violations"]]
    assert told == [], page.title()
    assert len(found["passes"]) > 10  # it has looked


def fits(page: Page) -> None:
    """Nothing has to be scrolled sideways."""
    wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide[0] <= wide[1], page.title()


def looked_at(page: Page, script: bool) -> None:
    """Every page fits, and axe finds nothing (it is a script itself)."""
    if script:
        no_violations(page)
        fits(page)


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus: a keyboard gets there, and it can be seen where one is."""
    for _ in range(80):
        if page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {selector}")
