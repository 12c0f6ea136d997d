"""Every state of the data owner's pages, the auditor's console and the team manager's page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from broker.web.auditing import reviewing
from deploy.demo import referral
from tests.browser.every_state import Leads, State, opened
from tests.browser.served import Served
from tests.browser.states_of_checks import Within, log_fails
from tests.browser.steps import by_api
from tests.browser.test_the_auditors_console import _own_surname_looked_up
from tests.browser.test_what_we_share import choose, with_draft

OWNER = "data_owner_housing"
EXPLORER = "/owners/housing/who-could-see"


def explored(page: Page, _: Served, age: str = "31", waits_for: str = "#outcome") -> Iterator[Page]:
    page.goto(EXPLORER)
    choose(page, role="social_worker", relation="parent", age=age, case="verified")
    page.wait_for_selector(waits_for)
    yield page


def within(path: str, place: Within) -> Leads:
    def leads(page: Page, town: Served) -> Iterator[Page]:
        with place(town):
            page.goto(path)
            yield page

    return leads


def proposed(page: Page, town: Served, *, one: bool) -> Iterator[Page]:
    """A version that waits, beside a file that cannot be read."""
    drafts = town.northshire.directory / "drafts"
    with_draft(drafts, (town.northshire.directory / "policies" / "housing.yaml").read_text(encoding="utf-8"))
    (drafts / "broken.yaml").write_text("policy: housing\nversion: four\n", encoding="utf-8")
    try:
        page.goto("/owners/housing/changes")
        if one:
            page.get_by_role("link", name="Proposed version 4").click()
        yield page
    finally:
        (drafts / "housing.yaml").unlink()
        (drafts / "broken.yaml").unlink()


def searched(page: Page, town: Served, typed: Mapping[str, str], waits_for: str = "#found") -> Iterator[Page]:
    by_api(town, "/v1/queries", referral.section_47(town.northshire.truth))
    page.goto("/audit")
    for name, text in typed.items():
        page.locator(f"#{name}").fill(text)
    page.get_by_role("button", name="Search").click()
    page.wait_for_selector(waits_for)
    yield page


def traced(page: Page, town: Served) -> Iterator[Page]:
    told = by_api(town, "/v1/queries", referral.section_47(town.northshire.truth))
    page.goto(f"/audit/queries/{told['query_id']}")
    yield page


def person_without_a_name(page: Page, _: Served) -> Iterator[Page]:
    page.goto("/audit/person")
    page.get_by_role("button", name="Find who looked them up").click()
    yield page


def reported(page: Page, town: Served, name: str = "Quillfeather") -> Iterator[Page]:
    """A report on somebody of whom few asked; or, by another name, on somebody of whom nobody did."""
    person = {"relation": "parent", "given_name": "Perpetua", "birth_date": "1988-02-01"}
    people = [{**person, "family_name": "Quillfeather"}]
    by_api(town, "/v1/queries", {**referral.section_47(town.northshire.truth, "flags"), "people": people})
    page.goto("/audit/person")
    typed = {"family_name": name, "given_name": "Perpetua", "reason": "A request of 3 June"}
    born = {"birth_date-day": "1", "birth_date-month": "2", "birth_date-year": "1988"}
    for field, text in {**typed, **born}.items():
        page.locator(f"#{field}").fill(text)
    page.get_by_role("button", name="Find who looked them up").click()
    page.wait_for_url("**/audit/person/r-*")
    yield page


def entry(page: Page, town: Served, *, saved: bool = False) -> Iterator[Page]:
    """One entry of a report; or the same, saved with nothing decided."""
    for _ in reported(page, town):
        page.locator("a.govuk-button").click()
        if saved:
            page.get_by_role("button", name="Save the review").click()
        yield page


def all_reviewed(page: Page, town: Served) -> Iterator[Page]:
    for _ in reported(page, town):
        page.locator("a.govuk-button").click()
        while "/entries/" in page.url:
            for field in ("serious_harm", "third_party", "verdict"):
                page.locator(f"#{field}").check()
            page.get_by_role("button", name="Save the review").click()
        yield page


def queue(page: Page, town: Served) -> Iterator[Page]:
    _own_surname_looked_up(town, "Ottilie")
    danger = {**referral.section_47(town.northshire.truth, "flags"), "purpose": "immediate_danger"}
    by_api(town, "/v1/queries", danger, "duty_worker")
    page.goto("/audit/reviews")
    expect(page.locator("ol li").first).to_be_visible()
    yield page


def queue_empty(page: Page, _: Served) -> Iterator[Page]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reviewing, "undecided", lambda _: [])
        page.goto("/audit/reviews")
        yield page


def decision(page: Page, town: Served, *, saved: bool = False) -> Iterator[Page]:
    for _ in queue(page, town):
        page.locator("ol li").get_by_role("link").first.click()
        if saved:
            page.get_by_role("button", name="Record the decision").click()
        yield page


def verified(page: Page, _: Served, against: str) -> Iterator[Page]:
    page.goto("/audit/log")
    page.locator("#against").fill(against)
    page.get_by_role("button", name="Check the whole log").click()
    page.wait_for_selector("#verdict")
    yield page


IN_2020 = "since-day=1&since-month=1&since-year=2020&until-day=3&until-month=1&until-year=2020"

OWNERS = (
    State("services", opened("/owners"), OWNER),
    State("policy", opened("/owners/housing"), OWNER),
    State("policy_of_another", opened("/owners/school"), OWNER, error=True),
    State("policy_that_is_not_there", opened("/owners/nowhere"), OWNER, error=True),
    State("explorer", opened(EXPLORER), OWNER),
    State("explorer_shown", explored, OWNER),
    State("explorer_not_asked", partial(explored, age="12"), OWNER),
    State("explorer_with_errors", partial(explored, age="thirty", waits_for="#errors"), OWNER, error=True),
    State("changes_empty", opened("/owners/housing/changes"), OWNER),
    State("changes", partial(proposed, one=False), OWNER),
    State("change", partial(proposed, one=True), OWNER),
    State("figures", opened("/owners/housing/figures"), OWNER),
    State("figures_not_recorded", within("/owners/housing/figures", log_fails), OWNER, error=True),
)

AUDITORS = (
    State("console_closed_to_others", opened("/audit"), error=True),
    State("search", opened("/audit"), "auditor"),
    State("search_found", partial(searched, typed={"requester": "Okafor"}), "auditor"),
    State("search_none", partial(searched, typed={"requester": "Nobody Such"}), "auditor"),
    State(
        "search_with_errors",
        partial(searched, typed={"since-day": "40"}, waits_for="#errors"),
        "auditor",
        True,
    ),
    State("trace", traced, "auditor"),
    State("trace_of_nothing", opened("/audit/queries/q-00000000000000000000000000"), "auditor"),
    State("person", opened("/audit/person"), "auditor"),
    State("person_with_errors", person_without_a_name, "auditor", error=True),
    State("report", reported, "auditor"),
    State("report_of_nobody", partial(reported, name="Nightingale"), "auditor"),
    State("report_that_is_not_there", opened("/audit/person/r-000000000000"), "auditor"),
    State("report_entry", entry, "auditor"),
    State("report_entry_with_errors", partial(entry, saved=True), "auditor", error=True),
    State("report_all_reviewed", all_reviewed, "auditor"),
    State("reviews", queue, "auditor"),
    State("reviews_empty", queue_empty, "auditor"),
    State("review", decision, "auditor"),
    State("review_with_errors", partial(decision, saved=True), "auditor", error=True),
    State("charts", opened("/audit/charts"), "auditor"),
    State("charts_empty", opened(f"/audit/charts?{IN_2020}"), "auditor"),
    State("charts_with_errors", opened("/audit/charts?since-day=40"), "auditor", error=True),
    State("log", opened("/audit/log"), "auditor"),
    State("log_verified", partial(verified, against=""), "auditor"),
    State("log_that_does_not_verify", partial(verified, against="nonsense"), "auditor"),
    State("team", opened("/team"), "team_manager"),
    State("team_empty", opened("/team?before=1"), "team_manager"),
    State("team_closed_to_others", opened("/team"), error=True),
)
