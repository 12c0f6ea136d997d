"""Family Context API 0.0.1, line by line, as the open React front end of Family Context calls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import SourceTimedOut, SourceUnavailable
from tests.fakes.family_context import COMPATIBLE, FrontEnd, going_on
from tests.fakes.littleworth import EARLY_HELP, Littleworth, littleworth, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, signed_in

EVERYWHERE = {"school": [row()], "housing": [row()]}
OF_SERVICE = {
    "id",
    "title",
    "dataSource",
    "lastSynchronised",
    "coverageStartDate",
    "coverageEndDate",
    "recordsAvailable",
    "coverageExplanation",
}
OF_PERSON = {"id", "cmsId", "firstName", "lastName", "dateOfBirth", "gender", "address"}
WITH_A_CASE = {CASES: [linked(), linked("p-tom", "CHILD", identifiers={"given_name": "Tom"})], **EVERYWHERE}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, EVERYWHERE, broker=COMPATIBLE) as made:
        yield made


@pytest.fixture
async def front(town: Littleworth) -> FrontEnd:
    return await going_on(town)


@pytest.fixture
async def with_case(tmp_path: Path) -> AsyncIterator[FrontEnd]:
    async with littleworth(tmp_path, WITH_A_CASE, broker=COMPATIBLE, **with_cases()) as made:
        yield await going_on(made, HOLDER)


def entries(town: Littleworth) -> list[tuple[str, Mapping[str, Any]]]:
    with town.reader() as reader:
        return [(one.kind, one.facts) for one in reader.entries()]


def kinds(town: Littleworth, behind: int) -> list[str]:
    return [kind for kind, _ in entries(town)][behind:]


def drawn(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A schema and everything inside it."""
    yield schema
    for one in schema.get("properties", {}).values():
        yield from drawn(one)


async def test_status_is_200_or_401(town: Littleworth, front: FrontEnd) -> None:
    assert (await front.call("GET", "auth/status")).body == {
        "status": "authenticated",
        "name": "Sam Okafor",
    }
    nobody = await FrontEnd(town).call("GET", "auth/status")
    assert (nobody.status, nobody.body["signIn"]) == (401, "http://127.0.0.1:8765/")


async def test_status_of_nobody_is_no_refusal_in_the_log(town: Littleworth) -> None:
    before = len(entries(town))
    await FrontEnd(town).call("GET", "auth/status")
    assert len(entries(town)) == before


async def test_logout_has_an_empty_body_and_ends_the_page_session_too(
    town: Littleworth, front: FrontEnd
) -> None:
    gone = await front.call("POST", "auth/logout", "")
    assert gone.status == 200
    assert gone.cookie["max-age"] == "0"
    assert (await front.call("GET", "auth/status")).status == 401
    assert len(town.front.the_pages().sessions) == 0
    assert "token.ended" in kinds(town, 0)


async def test_search_says_by_head_that_it_is_there(town: Littleworth, front: FrontEnd) -> None:
    assert (await front.call("HEAD", "search/person")).status == 200
    assert (await FrontEnd(town).call("HEAD", "search/person")).status == 401


async def test_search_gives_the_person_who_was_typed(front: FrontEnd) -> None:
    pages = {"resultsPerPage": 5, "pageNumber": 1}
    found = await front.search(paginationDetails=pages)  # type: ignore[arg-type]  # as the front end does
    (person,) = found.body["results"]
    assert person.keys() == OF_PERSON
    assert all(isinstance(text, str) for text in person.values())
    person["id"].encode("latin-1")
    assert "/" not in person["id"]
    assert (person["firstName"], person["lastName"], person["dateOfBirth"]) == (
        "Emma",
        "Ashdown",
        "1991-03-07",
    )
    assert found.body["paginationInfo"] == {"totalResults": 1, **pages}


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("", ""),
        ("1991-03-07", "1991-03-07"),
        ("1991-07-06T23:00:00.000Z", "1991-07-07"),  # midnight in London, in summer
        ("1991-12-07T00:00:00.000Z", "1991-12-07"),
    ],
)
async def test_a_birth_date_is_the_day_that_was_meant(front: FrontEnd, sent: str, meant: str) -> None:
    assert (await front.search(dateOfBirth=sent)).body["results"][0]["dateOfBirth"] == meant


async def test_a_birth_date_that_is_none_is_told_and_throws_nobody_out(front: FrontEnd) -> None:
    assert (await front.search(dateOfBirth="the other day")).status == 422


async def test_a_person_is_found_again_by_id_with_fc_or_without(front: FrontEnd) -> None:
    emma = await front.emma()
    for path in (f"person/detail/{emma}", f"person/detail/fc:{emma}"):
        again = await front.call("GET", path)
        assert (again.status, again.body["firstName"]) == (200, "Emma")
        assert again.body.keys() == OF_PERSON


async def test_a_made_up_foreign_or_old_id_is_404(town: Littleworth, front: FrontEnd) -> None:
    emma = await front.emma()
    other = await going_on(town, replace(HOLDER, subject="lw-8"))
    assert (await other.call("GET", f"person/detail/{emma}")).status == 404
    assert (await front.call("GET", "person/detail/fc:nobody")).status == 404
    town.clock.at = town.clock.at.replace(hour=9, minute=16)
    assert (await (await going_on(town)).services(emma)).status == 404


async def test_an_id_opens_nothing_of_the_api_itself(town: Littleworth, front: FrontEnd) -> None:
    status, _ = await town.post("/v1/details", {"reference": await front.emma()})
    assert status == 410


async def test_services_are_listed_with_their_flags(front: FrontEnd) -> None:
    listed = (await front.services(await front.emma())).body
    assert all(one.keys() == OF_SERVICE for one in listed)
    flags = {one["id"]: one["recordsAvailable"] for one in listed}
    assert flags == {"school": True, "housing": True, "police": False}
    police = next(one for one in listed if one["id"] == "police")
    assert police["title"] == "Police: Nothing this service shares for this purpose; it may hold more"
    assert "Nothing that police shares for this purpose. It may hold more." in police["coverageExplanation"]
    assert police["coverageStartDate"] == "2015-01-01"
    assert police["lastSynchronised"] == "2026-06-01T09:00:00+00:00"


async def test_opening_a_service_shows_dates_and_contact(front: FrontEnd) -> None:
    opened = (await front.service(await front.emma(), "school")).body
    assert opened.keys() == {"summary", "schema", "data"}
    shown = opened["data"]["involvement1"]
    assert shown["started"] == "2025-02"
    assert shown["lastContact"] == "2026-05-20"
    assert shown["contact"]["name"] == "Pat Quayle"
    assert opened["data"]["desk"] == {"name": "School desk", "phone": "0191 498 0000"}
    fields = opened["schema"]["properties"]["involvement1"]["properties"]
    assert fields["lastContact"]["format"] == "date"
    assert "format" not in fields["started"]  # of a month the front end would make its first day


async def test_a_schema_has_only_what_the_front_end_can_draw(front: FrontEnd) -> None:
    schema = (await front.service(await front.emma(), "school")).body["schema"]
    for one in drawn(schema):
        assert one["type"] in ("string", "object", "array")
        places = [inside["x-item-seq"] for inside in one.get("properties", {}).values()]
        assert places == list(range(1, len(places) + 1))


async def test_a_withheld_field_is_in_neither_schema_nor_data(town: Littleworth) -> None:
    front = await going_on(town, relation="other_adult")  # for whom the team is the most
    opened = (await front.service(await front.emma(), "school")).body
    shown = opened["data"]["involvement1"]
    assert shown["contact"].keys() == {"team"}
    drawn_as = opened["schema"]["properties"]["involvement1"]["properties"]
    assert drawn_as.keys() == shown.keys()
    assert drawn_as["contact"]["properties"].keys() == {"team"}
    assert "ended" not in shown


@pytest.mark.parametrize("fault", [SourceTimedOut, SourceUnavailable])
async def test_a_source_that_did_not_answer_is_503_in_json_and_never_no(
    town: Littleworth, front: FrontEnd, fault: type[Exception]
) -> None:
    town.sources["school"].fails(fault("school", "down"))
    emma = await front.emma()
    away = await front.service(emma, "school")
    assert (away.status, away.body["desk"]["phone"]) == (503, "0191 498 0000")
    listed = (await front.services(emma)).body
    (school,) = (one for one in listed if one["id"] == "school")
    assert school["title"].startswith("School: ")
    assert "That says nothing of what it holds" in school["coverageExplanation"]


async def test_a_refusal_is_no_record_available_with_its_explanation(tmp_path: Path) -> None:
    async with littleworth(tmp_path, EVERYWHERE, broker=COMPATIBLE) as town:
        front = await going_on(town)
        nameless = await front.search(firstName="", dateOfBirth="")
        assert nameless.status == 200
        named = nameless.body["results"][0]["id"]
        for reply in (await front.services(named), await front.service(named, "school")):
            assert reply.status == 200
            said = reply.body[0] if isinstance(reply.body, list) else reply.body["summary"]
            assert said["recordsAvailable"] is False
            assert "too little to tell one person from another" in said["coverageExplanation"]
        codes = [facts["request"]["code"] for kind, facts in entries(town) if kind == "refusal"]
        assert codes == ["too_little_to_identify"] * 3


async def test_every_search_and_every_opening_is_recorded(town: Littleworth, front: FrontEnd) -> None:
    before = len(entries(town))
    emma = await front.emma()
    assert kinds(town, before) == ["query.intent", "query.closed"]
    await front.services(emma)
    assert sorted(kinds(town, before + 2)) == sorted(
        ["details.opened", "disclosure", "disclosure", "disclosure", "query.closed"]
    )
    behind = len(entries(town))
    await front.service(emma, "school")
    assert kinds(town, behind) == ["details.opened", "disclosure", "query.closed"] * 2


async def test_a_search_bears_the_grounds_of_the_check(town: Littleworth, front: FrontEnd) -> None:
    await front.emma()
    (intent,) = (facts for kind, facts in entries(town) if kind == "query.intent")
    assert intent["request"]["reason"] == "Referral of 29 May"
    assert intent["request"]["case_reference"] == "LW-42"


async def test_related_people_are_501_where_nobody_says_who_they_are(front: FrontEnd) -> None:
    emma = await front.emma()
    for path in (f"person/related/{emma}", f"person/related/{emma}/"):
        assert (await front.call("HEAD", path)).status == 501
        assert (await front.call("GET", path)).status == 501


async def test_a_case_id_gives_its_child_and_who_is_related(with_case: FrontEnd) -> None:
    child = await with_case.by_case("LW-42")
    assert child.body.keys() == OF_PERSON
    assert (child.body["firstName"], child.body["lastName"], child.body["cmsId"]) == (
        "Tom",
        "Ashdown",
        "LW-42",
    )
    for path in (f"person/related/{child.body['id']}", f"person/related/{child.body['id']}/"):
        assert (await with_case.call("HEAD", path)).status == 200
        (emma,) = (await with_case.call("GET", path)).body
        assert emma.keys() == OF_PERSON | {"relationship", "relationshipToId"}
        assert (emma["firstName"], emma["relationship"], emma["dateOfBirth"]) == ("Emma", "parent", "")
    listed = (await with_case.services(emma["id"])).body
    assert {one["id"] for one in listed if one["recordsAvailable"]} == {"school", "housing"}
    assert "lastContact" in (await with_case.service(emma["id"], "school")).body["data"]["involvement1"]


async def test_a_case_of_somebody_else_is_404_as_one_that_there_is_not(with_case: FrontEnd) -> None:
    assert (await with_case.by_case("LW-43")).status == 404


async def test_a_case_system_that_is_down_is_503_and_not_nobody(with_case: FrontEnd) -> None:
    with_case.town.sources[CASES].fails(SourceUnavailable(CASES, "down"))
    assert (await with_case.by_case("LW-42")).status == 503


async def test_a_case_is_404_where_the_purpose_allows_no_case(front: FrontEnd) -> None:
    assert (await front.by_case("LW-42")).status == 404


async def test_a_service_that_there_is_not_is_404(front: FrontEnd) -> None:
    assert (await front.service(await front.emma(), "library")).status == 404


async def test_a_call_from_another_site_does_nothing(town: Littleworth, front: FrontEnd) -> None:
    before = len(entries(town))
    sent = await front.call("POST", "search/person", {}, Sec_Fetch_Site="cross-site")
    assert sent.status == 403
    assert kinds(town, before) == ["refusal"]


async def test_a_session_ends_with_the_page_that_it_was_begun_on(town: Littleworth, front: FrontEnd) -> None:
    await going_on(town, EARLY_HELP, purpose="early_help_assessment")
    assert (await front.call("GET", "auth/status")).status == 200
    await going_on(town)  # the same person, elsewhere
    assert (await front.call("GET", "auth/status")).status == 401


async def test_without_the_setting_there_is_no_such_api(tmp_path: Path) -> None:
    async with littleworth(tmp_path, EVERYWHERE) as town:
        front = FrontEnd(town)
        assert (await front.call("GET", "auth/status")).status == 404
        assert (await front.call("POST", "auth/login", {"userid": "a", "password": "b"})).status == 404
        assert (await front.search()).status == 404


@pytest.mark.parametrize(
    ("typed", "status", "said"),
    [
        ({"reason": ""}, 422, "reason"),
        ({"case_reference": ""}, 422, "case reference"),
        ({"conflict": ""}, 422, "Say whether you know anyone"),
        ({"conflict": "yes"}, 403, "a colleague has to make it"),
        ({"people-1-relation": ""}, 422, "Say what this person is to the case."),
        ({"purpose": "early_help_assessment"}, 403, "not open to you"),
    ],
)
async def test_a_check_goes_on_over_there_on_whole_grounds_alone(
    town: Littleworth, typed: dict[str, str], status: int, said: str
) -> None:
    browser = await signed_in(town)
    whole = {**EMMA_TYPED, "people-1-family_name": "", "people-1-given_name": ""}
    told, page = await browser.post("/check/family-context", {**whole, **typed})
    assert (told, said in page) == (status, True), page
    assert (await browser.post("/check/family-context", whole))[0] == 303


async def test_the_form_of_a_check_leads_over_there_only_where_it_is_on(
    tmp_path: Path, town: Littleworth
) -> None:
    _, form = await (await signed_in(town)).get("/check?purpose=section_47_enquiry")
    assert "Go on in Family Context" in form
    async with littleworth(tmp_path / "without", EVERYWHERE, broker=PAGED) as without:
        browser = await signed_in(without)
        _, form = await browser.get("/check?purpose=section_47_enquiry")
        assert "Go on in Family Context" not in form
        assert (await browser.post("/check/family-context", EMMA_TYPED))[0] == 404
