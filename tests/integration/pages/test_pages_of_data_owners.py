"""The data owner's pages over HTTP: what they show of a policy, of how a source does, and to whom."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from broker.owners.may_ask import who_may_ask
from broker.web.texts import texts_of
from deploy.demo.sign_in import Persona
from policy.table import table
from policy.testing import run_tests
from tests.fakes.littleworth import (
    EMMA,
    POLICIES,
    SOCIAL_WORKER,
    Littleworth,
    littleworth,
    part,
    row,
)
from tests.fakes.paged_littleworth import PAGED, Browser, signed_in

OWNER = replace(
    SOCIAL_WORKER,
    subject="lw-31",
    name="Ola Owner",
    roles=("data_owner",),
    organisation="LITTLEWORTH  housing",
)
GOVERNANCE = replace(OWNER, subject="lw-32", roles=("information_governance",))
AUDITOR = replace(SOCIAL_WORKER, subject="lw-33", roles=("auditor",))
OF_POLICE = replace(OWNER, subject="lw-34", organisation="Littleworth police")
TEXT = texts_of("en").texts
OWN = ("/owners/housing", "/owners/housing/figures", "/owners/housing/who-could-see")
ASKED = {
    "purpose": "section_47_enquiry",
    "role": "social_worker",
    "relation": "parent",
    "age": "35",
    "months": "0",
    "gate-category": "support",
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"housing": [row()]}, broker=PAGED) as made:
        yield made


def seen(page: str) -> str:
    """What a person reads of a page, without its markup."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def entries(town: Littleworth, kind: str) -> list[dict[str, Any]]:
    with town.reader() as reader:
        return [one.facts["request"] for one in reader.entries() if one.kind == kind]


async def test_an_owner_sees_their_own_services_and_no_others(town: Littleworth) -> None:
    browser = await signed_in(town, OWNER)
    status, page = await browser.get("/owners")
    assert status == 200
    assert "Housing" in seen(page)
    assert "Police" not in seen(page)
    assert re.findall(r'href="(/owners/[^"]+)"', page) == ["/owners/housing"]


@pytest.mark.parametrize("persona", [SOCIAL_WORKER, AUDITOR], ids=["social_worker", "auditor"])
async def test_whoever_owns_nothing_sees_no_way_to_it_and_is_refused_and_it_is_recorded(
    town: Littleworth, persona: Persona
) -> None:
    browser = await signed_in(town, persona)
    assert "/owners" not in (await browser.get("/"))[1]
    for address in ("/owners", *OWN):
        status, page = await browser.get(address)
        assert (status, "housing, version" in page) == (403, False), address
    assert {one["code"] for one in entries(town, "refusal")} == {"role_may_not_read_log"}
    assert len(entries(town, "refusal")) == 1 + len(OWN)


async def test_another_organisations_source_is_closed_and_so_is_one_that_there_is_not(
    town: Littleworth,
) -> None:
    browser = await signed_in(town, OF_POLICE)
    for address in (*OWN, "/owners/nowhere"):
        assert (await browser.get(address))[0] == 403, address
    assert (await browser.post("/owners/housing/who-could-see", ASKED))[0] == 403
    assert (await browser.get("/owners/police"))[0] == 200


async def test_an_owner_without_a_purpose_is_led_to_their_pages_from_the_first_page(
    town: Littleworth,
) -> None:
    page = (await (await signed_in(town, OWNER)).get("/"))[1]
    assert 'href="/owners"' in page
    assert TEXT["start.no_purpose"] not in page


@pytest.mark.parametrize("persona", [OWNER, GOVERNANCE], ids=["data_owner", "information_governance"])
async def test_every_field_of_the_policy_is_told_as_the_table_has_it_and_every_test_with_its_result(
    town: Littleworth, persona: Persona
) -> None:
    page = seen((await (await signed_in(town, persona)).get("/owners/housing"))[1])
    around = town.front.broker.around
    service = around.catalogue.services["housing"]
    rows = table(service.policy, who_may_ask(around.catalogue.purposes))
    assert len(rows) == 2
    for one in rows:
        assert around.catalogue.purposes.rules.purposes[one.purpose].title in page
        for name, shows in one.fields.items():
            for how in shows:
                said = TEXT[f"seen.{how.level}"]
                if how.when:
                    said += ", if " + "; or if ".join(how.when).replace("_", " ")
                assert f"{TEXT[f'of_field.{name}']} " in page
                assert said in page, (one.purpose, name)
    for _, rules in service.loaded.policy.rules():
        assert rules.justification in page
    for test in run_tests(service.loaded):
        assert f"{test.name} Passed" in page
    assert "1 of 1 pass." in page


async def test_a_test_that_fails_is_said_to_fail(tmp_path: Path) -> None:
    wrong = POLICIES["housing"].replace("category: parking, last", "category: support, last")
    async with littleworth(tmp_path, broker=PAGED, policies={**POLICIES, "housing": wrong}) as town:
        page = seen((await (await signed_in(town, OWNER)).get("/owners/housing"))[1])
    assert "0 of 1 pass." in page
    assert "Parking is as if it never happened Expected nothing; got involved: yes" in page


async def test_the_counts_of_this_month_are_those_of_the_api_and_their_reading_is_an_entry(
    town: Littleworth,
) -> None:
    for _ in range(21):
        await town.ask()
    browser = await signed_in(town, OWNER)
    page = seen((await browser.get("/owners/housing/figures"))[1])
    assert "People asked about in June 2026 About 20" in page
    assert "Section 47 enquiry 20" in page
    assert "Known to this service 20" in page
    (read,) = entries(town, "audit.read")
    assert (read["command"], read["asked"]) == (
        "audit owner",
        {"source": "housing", "since": "2026-06-01", "until": "2026-06-01"},
    )
    assert read["reader"]["subject"] == OWNER.subject


async def test_few_are_not_counted(town: Littleworth) -> None:
    await town.ask()
    page = seen((await (await signed_in(town, OWNER)).get("/owners/housing/figures"))[1])
    assert TEXT["figures.too_few"] in page
    assert "Section 47" not in page


async def test_close_matches_are_told_by_whole_weeks_in_round_numbers(town: Littleworth) -> None:
    kept = town.directory / "state" / "misses" / "housing.json"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(
        '{"2026-W20": {"a birth date is missing": 23, "several people fit": 3}}', encoding="utf-8"
    )
    browser = await signed_in(town, OWNER)
    page = seen((await browser.get("/owners/housing/figures"))[1])
    assert "Week 2026-W20" in page
    assert "a birth date is missing about 25" in page
    assert "each other reason fewer than 10" in page
    assert "several people fit" not in page
    kept.write_text("[]", encoding="utf-8")
    assert TEXT["figures.close_unread"] in seen((await browser.get("/owners/housing/figures"))[1])


async def test_the_explorer_says_what_a_question_then_gets(town: Littleworth) -> None:
    """What it says of such a record is what the API shows of one."""
    browser = await signed_in(town, OWNER)
    status, page = await browser.post("/owners/housing/who-could-see", ASKED)
    assert (status, TEXT["explored.shown"] in page) == (200, True)
    shown = part(await town.ask(EMMA), "housing")["involvements"][0]["involvement"]
    assert "Last contact The full date" in seen(page)
    assert shown["last_contact"] == "2026-05-20"
    assert "To Nothing" in seen(page)
    assert shown["ended"] is None
    status, page = await browser.post("/owners/housing/who-could-see", ASKED | {"relation": "other_adult"})
    shown = part(await town.ask({**EMMA, "relation": "other_adult"}), "housing")["involvements"][0][
        "involvement"
    ]
    assert "Last contact The year" in seen(page)
    assert shown["last_contact"] == "2026"


async def test_the_explorer_says_why_nothing_would_be_shown(town: Littleworth) -> None:
    browser = await signed_in(town, OWNER)
    page = (await browser.post("/owners/housing/who-could-see", ASKED | {"gate-category": "parking"}))[1]
    assert TEXT["explored.withheld"] in seen(page)
    assert "Irrelevant to a child's welfare." in seen(page)
    page = (await browser.post("/owners/housing/who-could-see", ASKED | {"role": "auditor"}))[1]
    assert TEXT["explored.refused"] in seen(page)
    assert "Who may ask for it: social worker." in seen(page)


async def test_an_unfinished_form_is_told_what_is_missing_and_keeps_what_was_chosen(
    town: Littleworth,
) -> None:
    browser = await signed_in(town, OWNER)
    status, page = await browser.post(
        "/owners/housing/who-could-see", ASKED | {"role": "", "age": "old", "months": "1e3"}
    )
    assert status == 422
    assert page[page.index("<title>") :].startswith("<title>Error: ")
    assert re.findall(r'<li><a href="#(\w+)">', page) == ["role", "age", "months"]
    assert '<option value="parent" selected>' in page
    assert 'value="old"' in page


async def test_what_is_chosen_is_sent_by_a_form_of_ours_alone(town: Littleworth) -> None:
    browser = await signed_in(town, OWNER)
    assert (await browser.post("/owners/housing/who-could-see", ASKED, csrf="x"))[0] == 403
    assert [one["code"] for one in entries(town, "refusal")] == ["form_not_ours"]


async def test_exploring_reads_no_record_and_asks_no_source(town: Littleworth) -> None:
    browser: Browser = await signed_in(town, OWNER)
    with town.reader() as reader:
        before = len(list(reader.entries()))
    await browser.post("/owners/housing/who-could-see", ASKED)
    with town.reader() as reader:
        assert len(list(reader.entries())) == before
