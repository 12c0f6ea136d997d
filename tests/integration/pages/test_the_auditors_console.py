"""The auditor's console reads the log as the API does: the same entries, refusals and words, for people."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from broker.api.audit import queries
from broker.audit.log import LogUnavailable
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import EMMA, SOCIAL_WORKER, Littleworth, littleworth, question, row
from tests.fakes.paged_littleworth import PAGED, Browser, signed_in
from tests.unit.audit.standalone import verify_alone

SAM = replace(SOCIAL_WORKER, team="North team")
AUDITOR = Persona("lw-5", "Ivo Marsh", "Littleworth Council", ("auditor",), "")
OFFICER = Persona("lw-6", "Morwenna Tresco", "Littleworth Council", ("data_protection_officer",), "")
MANAGER = Persona("lw-7", "Gareth Pugh", "Littleworth Council", ("team_manager",), "", team="North team")
FIRST = "q-000000000000000000000001"
SECRETS = ("Emma", "Ashdown", "1991", "LW1 4AB")
RELATIVE = {**EMMA, "given_name": "Ottoline", "family_name": "Okafor", "birth_date": "1999-03-01"}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    """Littleworth, after Sam asked about Emma twice."""
    async with littleworth(tmp_path, {"school": [row()]}, broker=PAGED) as town:
        for _ in range(2):
            await town.ask(persona=SAM)
            town.clock.at += timedelta(minutes=1)
        yield town


@pytest.fixture
async def browser(town: Littleworth) -> Browser:
    return await signed_in(town, AUDITOR)


def entries(town: Littleworth, kind: str) -> list[dict[str, Any]]:
    with town.reader() as reader:
        return [dict(one.facts) for one in reader.entries() if one.kind == kind]


def plain(page: str) -> str:
    """The words of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


READINGS = {
    f"/audit/queries/{FIRST}": "audit trace",
    "/audit/entries/3/proof": "audit prove",
    "/audit/entries/3/bytes": "audit prove",
    "/audit/log": "audit checkpoint",
    "/audit/log/checkpoint": "audit checkpoint",
    "/audit/person": "audit person reports",
    "/audit/reviews": "audit review queue",
    "/audit/charts": "audit charts",
}


@pytest.mark.parametrize("path", ["/audit", *READINGS, "/audit/reviews/look-1", "/audit/person/r-1"])
async def test_a_page_is_for_auditors_alone_and_each_reading_and_refusal_is_an_entry(
    town: Littleworth, path: str
) -> None:
    for persona in (AUDITOR, OFFICER, MANAGER, SAM):
        browser, before = await signed_in(town, persona), len(entries(town, "audit.read"))
        status, page = await browser.get(path)
        read = entries(town, "audit.read")[before:]
        if persona in (MANAGER, SAM):
            assert (status, read) == (403, [])
            assert entries(town, "refusal")[-1]["request"]["code"] == "role_may_not_read_log"
            assert "Littleworth" in page
            continue
        assert status == (404 if path.endswith("-1") else 200), page
        if path in READINGS:
            assert [one["request"]["command"] for one in read] == [READINGS[path]]
            assert read[0]["request"]["reader"]["subject"] == persona.subject


async def test_nothing_is_shown_where_the_reading_cannot_be_recorded(
    town: Littleworth, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise LogUnavailable("the disk is full")

    monkeypatch.setattr(town.front.broker.log, "record", broken)
    for path in READINGS:
        status, page = await browser.get(path)
        assert status == 503, path
        assert "0191 498 0000" in page  # the desks
        assert not [word for word in SECRETS if word in page]


async def test_links_to_rooms_are_there_for_those_alone_to_whom_they_are_open(town: Littleworth) -> None:
    for persona, there in ((AUDITOR, ["/audit"]), (MANAGER, ["/team"]), (SAM, [])):
        _, page = await (await signed_in(town, persona)).get("/")
        assert [one for one in ("/audit", "/team") if f'href="{one}"' in page] == there
    _, page = await (await signed_in(town, replace(MANAGER, team=None))).get("/")
    assert 'href="/team"' not in page


async def test_a_search_names_who_asked_and_nobody_who_was_asked_about(
    town: Littleworth, browser: Browser
) -> None:
    typed = {
        "requester": "okafor",
        "case_reference": "lw 42",
        "type": "query.intent",
        "reason": "Complaint 7",
    }
    status, page = await browser.post("/audit", typed)
    assert status == 200
    assert page.count(f"{SAM.name} ({SAM.subject})</p>") == 2
    assert "Known to this service" in page
    assert not [word for word in SECRETS if word in plain(page)]
    read = entries(town, "audit.read")[-1]["request"]
    assert (read["command"], read["reason"]) == ("audit search", "Complaint 7")
    assert read["asked"] == {"requester": "okafor", "case_reference": "lw 42", "kind": "query.intent"}
    _, none = await browser.post("/audit", {"outcome": "withheld"})
    assert "The log has nothing of this kind" in none


async def test_what_is_wrong_with_a_search_stands_beside_its_field_and_what_was_typed_stays(
    browser: Browser,
) -> None:
    status, page = await browser.post("/audit", {"since-day": "31", "since-month": "2", "requester": "Sam"})
    assert status == 422
    assert "<title>Error:" in page
    assert '<a href="#since-day">Write a whole day in numbers' in page
    assert 'name="requester" value="Sam"' in page


async def test_a_search_goes_on_where_it_ended_by_a_form_and_no_address(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "READ_FOR_A_PAGE", 3)
    typed = {"type": "broker.started"}
    _, page = await browser.post("/audit", typed)
    assert "There are older ones" in page
    for _ in range(20):
        before = re.search(r'name="before" value="(\d+)"', page)
        if before is None:
            break
        _, page = await browser.post("/audit", {**typed, "before": before[1]})
    assert "broker.started" in plain(page)


async def test_a_trace_has_a_bar_and_a_row_for_each_service_and_the_same_figures_as_the_api(
    town: Littleworth, browser: Browser
) -> None:
    headers = town.headers(AUDITOR)
    async with town.client.get(f"/v1/audit/queries/{FIRST}", headers=headers) as reply:
        told = await reply.json()
    status, page = await browser.get(f"/audit/queries/{FIRST}")
    assert status == 200
    assert page.count('class="fc-ink"') == page.count('<tr class="govuk-table__row">\n<th scope="row"') == 3
    words = plain(page)
    for one in told["sources"]:
        assert one["policy_digest"] in page
        assert f"version {one['policy_version']}" in page
    assert re.search(
        r"Person 1: Known to this service\. Shown: [^.]*involvement[^.]*contact \(named\)", words
    )
    assert "Nothing this service shares for this purpose; it may hold more." in words
    assert f"{SAM.name} ({SAM.subject}), social_worker, Littleworth Council, North team" in words
    assert "surname Ashdown, birth date 1991-03-07" in words  # as it was typed
    assert "style=" not in page
    assert "<script>" not in page


async def test_a_downloaded_proof_is_checked_by_the_stand_alone_verifier(
    browser: Browser, tmp_path: Path
) -> None:
    _, page = await browser.get(f"/audit/queries/{FIRST}")
    index = re.search(r'href="/audit/entries/(\d+)/proof"', page)
    assert index is not None
    _, proof = await browser.get(f"/audit/entries/{index[1]}/proof")
    _, entry = await browser.get(f"/audit/entries/{index[1]}/bytes")
    _, log = await browser.get("/audit/log")
    key = re.search(r"littleworth\.example/family-context\+[0-9a-f]{8}\+[^\s<]+", log)
    assert key is not None
    (tmp_path / "1.proof").write_text(proof)
    (tmp_path / "1.entry").write_text(entry)
    told = verify_alone("proof", tmp_path / "1.proof", "--key", unescape(key[0]))
    assert (told.returncode, "VERIFIED" in told.stdout) == (0, True), told
    (tmp_path / "1.entry").write_text(entry.replace("query.intent", "query.intend"))
    assert verify_alone("proof", tmp_path / "1.proof", "--key", unescape(key[0])).returncode == 1
    assert (await browser.get("/audit/entries/4711/proof"))[0] == 404
    assert (await browser.get("/audit/entries/x/proof"))[0] == 422


async def test_the_log_is_verified_also_against_a_checkpoint_that_was_kept(
    town: Littleworth, browser: Browser
) -> None:
    _, kept = await browser.get("/audit/log/checkpoint")
    await town.ask(persona=SAM)
    status, page = await browser.post("/audit/log", {"against": kept.replace("\n", "\r\n")})
    assert status == 200
    assert "entries verify." in page
    foreign = kept.replace("littleworth.example", "elsewhere.example")
    status, page = await browser.post("/audit/log", {"against": foreign})
    assert (status, "The log does not verify." in page) == (200, True)
    assert "entries verify." in (await browser.post("/audit/log", {"against": ""}))[1]


async def test_who_looked_somebody_up_is_found_reviewed_and_released(
    town: Littleworth, browser: Browser
) -> None:
    typed = {"family_name": "Ashdown", "given_name": "Emma", "reason": "Her request of 3 June"}
    born = {"birth_date-day": "7", "birth_date-month": "3", "birth_date-year": "1991"}
    status, page = await browser.post("/audit/person", {"family_name": "Ashdown"})
    assert status == 422
    assert '<a href="#reason">Write why' in page
    assert 'value="Ashdown"' in page
    report = await _begun(browser, typed | born)
    _, page = await browser.get(report)
    assert "2 of 2 entries are still to be reviewed" in page
    assert "Certainly this person, by " in page
    assert not [word for word in SECRETS if word in plain(page)]
    first, second = sorted(map(int, set(re.findall(rf'href="{report}/entries/(\d+)"', page))))
    status, page = await browser.post(f"{report}/release", {})
    assert (status, "still to be reviewed" in page) == (422, True)

    status, page = await browser.post(f"{report}/entries/{first}", {"third_party": "no"})
    assert status == 422
    assert re.findall(r'<li><a href="#([^"]+)">', page) == ["serious_harm", "verdict"]
    status, page = await browser.post(f"{report}/entries/{first}", TOLD | {"serious_harm": "yes"})
    assert (status, "is withheld, not released" in page) == (422, True)
    assert await _sent_on(browser, f"{report}/entries/{first}", TOLD) == f"{report}/entries/{second}"
    hidden = TOLD | {"verdict": "withheld", "reason": "A child at risk"}
    assert await _sent_on(browser, f"{report}/entries/{second}", hidden) == report
    assert [one["review"]["who"] for one in entries(town, "subject.reviewed")] == ["Ivo Marsh (lw-5)"] * 2

    status, letter = await browser.post(f"{report}/release", {"as": "letter"})
    assert (status, "Sam Okafor, social_worker, Littleworth Council" in letter) == (200, True)
    status, released = await browser.post(f"{report}/release", {"as": "json"})
    assert [one["who"] for one in json.loads(released)["looked_up"]] == ["Sam Okafor"]
    assert [one["release"]["withheld"] for one in entries(town, "subject.released")] == [1, 1]
    _, begun = await browser.get("/audit/person")
    assert f'href="{report}"' in begun
    assert "It was released." in begun


TOLD = {"verdict": "released", "serious_harm": "no", "third_party": "no", "withhold_name": "no", "reason": ""}


async def _sent_on(browser: Browser, path: str, form: dict[str, str]) -> str:
    sent = {"Cookie": browser.cookie}
    fields = {**form, "csrf": browser.csrf}
    client = browser.town.client
    async with client.post(path, data=fields, headers=sent, allow_redirects=False) as reply:
        assert reply.status == 303, await reply.text()
        return reply.headers["Location"]


async def _begun(browser: Browser, typed: dict[str, str]) -> str:
    to = await _sent_on(browser, "/audit/person", typed)
    assert re.fullmatch(r"/audit/person/r-[0-9a-f]{12}", to)  # no name goes into an address
    return to


async def test_what_a_rule_found_is_explained_and_decided_on_once(
    town: Littleworth, browser: Browser
) -> None:
    await town.ask(RELATIVE, persona=SAM)
    await town.front.looks.look()
    _, page = await browser.get("/audit/reviews")
    assert "Sam Okafor (lw-1) looked up somebody of their own surname" in page
    (finding,) = re.findall(r'href="(/audit/reviews/look-[0-9a-f]+)"', page)
    _, page = await browser.get(finding)
    assert "Even a rare surname is shared by families who have never met." in page
    traced = re.findall(r'href="/audit/queries/(q-[0-9a-f]+)"', page)
    assert entries(town, "query.intent")[-1]["query_id"] in traced
    status, page = await browser.post(finding, {"reason": ""})
    assert status == 422
    assert re.findall(r'<li><a href="#([^"]+)">', page) == ["verdict", "reason"]
    assert await _sent_on(browser, finding, {"verdict": "fine", "reason": "Not related"}) == "/audit/reviews"
    said = entries(town, "review.decided")[-1]["decision"]
    assert said == {"who": "Ivo Marsh (lw-5)", "verdict": "fine", "reason": "Not related"}
    assert "Nothing waits for a decision" in (await browser.get("/audit/reviews"))[1]
    assert "Not related" in (await browser.get(finding))[1]


async def test_nobody_decides_on_what_they_did_themselves(town: Littleworth) -> None:
    both = replace(AUDITOR, subject=SAM.subject, name=SAM.name)
    await town.ask(RELATIVE, persona=SAM)
    await town.front.looks.look()
    browser = await signed_in(town, both)
    _, page = await browser.get("/audit/reviews")
    (finding,) = re.findall(r'href="(/audit/reviews/look-[0-9a-f]+)"', page)
    status, page = await browser.post(finding, {"verdict": "fine", "reason": "I know why"})
    assert (status, "Somebody else has to decide on it" in page) == (403, True)
    assert entries(town, "review.decided") == []
    assert entries(town, "refusal")[-1]["request"]["code"] == "own_review"


async def test_charts_have_a_bar_for_what_was_asked_and_a_table_that_says_the_same(
    town: Littleworth, browser: Browser
) -> None:
    status, page = await browser.get("/audit/charts")
    assert status == 200
    assert 'aria-label="Section 47 enquiry: 2 in all, at most 2 in a day"' in page
    assert page.count('class="fc-ink"') == 3  # one purpose, and two outcomes, on one day
    assert "1 June 2026" in page
    assert len(re.findall(r'<th scope="row"', page)) == 2 * 28
    assert "style=" not in page
    for wrong in (
        "since-day=1",
        "since-day=2&since-month=6&since-year=2026&until-day=1&until-month=6&until-year=2026",
    ):
        status, page = await browser.get(f"/audit/charts?{wrong}")
        assert (status, "<title>Error:" in page) == (422, True)


async def test_a_refusal_stands_in_words_among_what_a_team_asked(town: Littleworth) -> None:
    status, _ = await town.post("/v1/queries", question(conflict_of_interest="declared"), SAM)
    assert (status, entries(town, "refusal")[-1]["request"]["code"]) == (403, "conflict_of_interest")
    _, page = await (await signed_in(town, MANAGER)).get("/team")
    assert "Conflict of interest" in page
    assert "conflict_of_interest" not in page


async def test_a_manager_sees_what_their_team_asked_and_nobody_who_was_asked_about(town: Littleworth) -> None:
    await town.ask(persona=replace(SAM, subject="lw-99", name="Kim Ash", team="South team"))
    status, page = await (await signed_in(town, MANAGER)).get("/team")
    assert status == 200
    assert page.count("Sam Okafor (lw-1)") == 2
    assert "Kim Ash" not in page
    assert "/audit/queries/" not in page
    assert 'href="/checks"' in page
    assert not [word for word in SECRETS if word in plain(page)]
    assert entries(town, "audit.read")[-1]["request"]["command"] == "audit team"
    status, page = await (await signed_in(town, replace(MANAGER, team=None))).get("/team")
    assert status == 403
    assert entries(town, "refusal")[-1]["request"]["code"] == "no_team"


async def test_whatever_was_typed_stands_on_the_consoles_pages_as_text(
    town: Littleworth, browser: Browser
) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x>"
    told = await town.ask({**EMMA, "address": hostile}, persona=SAM, reason=hostile, case_reference=hostile)
    typed = {"type": "", "requester": hostile, "case_reference": hostile, "reason": hostile}
    manager = await signed_in(town, MANAGER)
    pages = [
        await browser.post("/audit", {"type": "query.intent"}),
        await browser.post("/audit", typed),
        await browser.get(f"/audit/queries/{told['query_id']}"),
        await browser.post("/audit/person", {"family_name": hostile, "address": hostile}),
        await manager.get("/team"),
    ]
    assert [status for status, _ in pages] == [200, 200, 200, 422, 200]
    for _, page in pages:
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page


@pytest.mark.parametrize("end", ["since", "until"])
async def test_the_ends_of_the_calendar_are_days_like_others_in_charts(browser: Browser, end: str) -> None:
    for year, month, day in (("0001", "01", "01"), ("9999", "12", "31")):
        status, _ = await browser.get(f"/audit/charts?{end}-year={year}&{end}-month={month}&{end}-day={day}")
        assert status in (200, 422)
