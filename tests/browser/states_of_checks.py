"""Every state of the social worker's pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import pytest
from playwright.sync_api import Page, expect

from broker.audit.log import LogUnavailable
from broker.errors import Complaint, Overloaded, TooManyAsked
from broker.web import answer
from broker.web import opened as opening
from deploy.demo.people import Person
from deploy.demo.truth import Truth
from tests.browser.every_state import State, opened
from tests.browser.served import Served
from tests.browser.steps import ask, choose_purpose, say_why, type_person
from tests.browser.test_a_check import asked_about
from tests.browser.test_what_goes_wrong import asks_nobody, down_for_maintenance, never_answers, standing

MOST_PEOPLE = 12
FORM = "/check?purpose=section_47_enquiry"
Within = Callable[[Served], AbstractContextManager[None]]
_TOO_MANY = TooManyAsked(Complaint("too_many_queries", "You have asked too much. Try again in an hour."), 60)


def as_it_is(_: Served) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def log_fails(town: Served) -> Iterator[None]:
    """Nothing can be recorded."""

    async def fails(*_: object) -> None:
        raise LogUnavailable("for the test")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(town.front.broker.log), "record", fails)
        yield


@contextmanager
def refused(fault: Exception, _: Served) -> Iterator[None]:
    """Whatever is asked is refused so."""

    async def fails(*_: object) -> None:
        raise fault

    with pytest.MonkeyPatch.context() as patched:
        for room, name in ((answer, "begun"), (answer, "whole"), (opening, "whole")):
            patched.setattr(room, name, fails)
        yield


@contextmanager
def some_fail(town: Served) -> Iterator[None]:
    with standing(town, "school", down_for_maintenance), standing(town, "housing", asks_nobody):
        yield


def late(town: Served) -> AbstractContextManager[None]:
    return standing(town, "housing", never_answers)


def filled_in(page: Page, town: Served, part: str = "mother") -> None:
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    type_person(page, 1, "parent", town.northshire.truth.story(part))


def asked(page: Page, town: Served, within: Within = as_it_is) -> Iterator[Page]:
    """A check that is answered."""
    with within(town):
        filled_in(page, town)
        ask(page)
        yield page


def asked_in_vain(page: Page, town: Served, within: Within = as_it_is) -> Iterator[Page]:
    """A check that is refused as a whole."""
    filled_in(page, town)
    with within(town):
        page.get_by_role("button", name="Ask the services").click()
        page.wait_for_selector("#errors")
        yield page


def without_a_purpose(page: Page, _: Served) -> Iterator[Page]:
    page.goto("/")
    page.get_by_role("button", name="Continue").click()
    yield page


def nothing_filled_in(page: Page, _: Served, path: str = FORM, people: int = 1) -> Iterator[Page]:
    page.goto(path)
    for number in range(2, people + 1):
        page.get_by_role("button", name="Add another person").click()
        page.wait_for_selector(f"#people-{number}-relation")
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#errors")
    yield page


def twelve_people(page: Page, town: Served) -> Iterator[Page]:
    """The largest answer that there is: of the twelve people whom most services know."""
    page.goto(FORM)
    for number, person in enumerate(most_known(town.northshire.truth), start=1):
        if number > 1:
            page.get_by_role("button", name="Add another person").click()
            page.wait_for_selector(f"#people-{number}-relation")
        type_person(page, number, "parent", person)
    say_why(page)
    ask(page)
    assert page.locator(".fc-service--involved").count() > MOST_PEOPLE
    yield page


def most_known(truth: Truth) -> list[Person]:
    known = Counter(person for person, _ in {(one.person_id, one.service) for one in truth.records})
    return [truth.person(person_id) for person_id, _ in known.most_common(MOST_PEOPLE)]


def nobody_found(page: Page, _: Served) -> Iterator[Page]:
    choose_purpose(page, "section_47_enquiry")
    say_why(page)
    page.locator("#people-1-relation").select_option("parent")
    for name, text in (("family_name", "Quillfeather"), ("given_name", "Ottoline"), ("year", "1988")):
        page.locator(f"#people-1-{name}").fill(text)
    ask(page)
    expect(page.locator(".fc-service--involved")).to_have_count(0)
    yield page


def unsure(page: Page, town: Served) -> Iterator[Page]:
    asked_about(page, town, "mother", born="nothing")
    assert page.locator(".fc-service--ambiguous").count() > 0
    yield page


def filling_in(page: Page, town: Served) -> Iterator[Page]:
    with late(town):
        filled_in(page, town)
        page.get_by_role("button", name="Ask the services").click()
        expect(page.locator("#says-1-adult_social_care .govuk-tag")).to_have_text("Known to this service")
        expect(page.locator("#says-1-housing .govuk-tag")).to_have_text("Being asked")
        yield page
        page.wait_for_selector("#case-notes")


def pressed(page: Page, button: str, waits_for: str) -> Page:
    """The page that shows what a button of a row leads to: the same one, or without the script a tab."""
    pressing = page.locator("#says-1-housing").get_by_role("button", name=button)
    if page.locator("[data-only-without-script]").count() == 0:
        pressing.click()
        page.wait_for_selector(waits_for)
        return page
    with page.context.expect_page() as tab:
        pressing.click()
    tab.value.wait_for_selector(waits_for)
    return tab.value


def details(
    page: Page, town: Served, within: Within = as_it_is, waits_for: str = ".fc-involvement"
) -> Iterator[Page]:
    """One service's details: opened, or refused."""
    filled_in(page, town)
    ask(page)
    with within(town):
        yield pressed(page, "See dates", waits_for)


def told(page: Page, town: Served) -> Iterator[Page]:
    filled_in(page, town)
    ask(page)
    yield pressed(page, "Wrong contact", ".fc-told")


def recent(page: Page, town: Served) -> Iterator[Page]:
    filled_in(page, town)
    ask(page)
    page.goto("/checks")
    yield page


def session_ended(page: Page, _: Served) -> Iterator[Page]:
    page.goto(FORM)
    page.context.clear_cookies()
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#errors")
    yield page


def knows_the_family(page: Page, town: Served) -> Iterator[Page]:
    filled_in(page, town)
    page.locator("#conflict-2").check()
    page.get_by_role("button", name="Ask the services").click()
    page.wait_for_selector("#errors")
    yield page


too_many = partial(refused, _TOO_MANY)
overloaded = partial(refused, Overloaded())
EARLY_HELP = "/check?purpose=early_help_assessment"

CHECKS = (
    State("start", opened("/")),
    State("start_without_a_purpose", without_a_purpose, error=True),
    State("start_of_who_may_ask_nothing", opened("/"), "data_owner_housing"),
    State("start_with_no_role_that_may_ask", opened("/"), "team_manager"),
    State("form", opened(FORM)),
    State("form_with_errors", nothing_filled_in, error=True),
    State("form_of_twelve_with_errors", partial(nothing_filled_in, people=MOST_PEOPLE), error=True),
    State("form_of_a_case", opened(f"{FORM}&journey=case")),
    State("form_of_a_case_with_errors", partial(nothing_filled_in, path=f"{FORM}&journey=case"), error=True),
    State("form_of_early_help", opened(EARLY_HELP), "early_help_lead"),
    State(
        "form_of_early_help_with_errors", partial(nothing_filled_in, path=EARLY_HELP), "early_help_lead", True
    ),
    State("form_for_a_purpose_of_others", opened(FORM), "early_help_lead", error=True),
    State("answer", asked),
    State("answer_of_twelve", twelve_people),
    State("answer_with_nothing_found", nobody_found),
    State("answer_unsure", unsure),
    State("answer_filling_in", filling_in, scripted=True),
    State("answer_partial", partial(asked, within=some_fail)),
    State("answer_timed_out", partial(asked, within=late)),
    State("refused_who_knows_the_family", knows_the_family, error=True),
    State("refused_too_many", partial(asked_in_vain, within=too_many), error=True),
    State("refused_not_recorded", partial(asked_in_vain, within=log_fails), error=True),
    State("refused_overloaded", partial(asked_in_vain, within=overloaded), error=True),
    State("details", details),
    State("details_not_recorded", partial(details, within=log_fails, waits_for="#errors"), error=True),
    State("details_too_many", partial(details, within=too_many, waits_for="#errors"), error=True),
    State("told", told),
    State("recent", recent),
    State("recent_empty", opened("/checks"), "data_owner_police"),
    State("recent_of_no_such_time", opened("/checks?before=x"), error=True),
    State("session_ended", session_ended, error=True),
    State("signed_out", opened("/signed-out")),
    State("nothing_there", opened("/nothing")),
    State("nothing_there_to_be_loaded_again", opened("/check/details")),
)
