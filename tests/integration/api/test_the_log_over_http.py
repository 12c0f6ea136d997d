"""The log over HTTP: whoever may read it reads what they may, nobody else does, and each reading is an entry
first.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from broker.api.audit import owners, queries
from broker.audit.checkpoint import Verifier
from broker.audit.log import LogUnavailable
from broker.audit.proof import proves
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import EARLY_HELP, EMMA, Littleworth, littleworth, row

SAM = Persona("lw-1", "Sam Okafor", "Littleworth Council", ("social_worker",), "", team="North team")
KIM = Persona("lw-9", "Kim Ash", "Littleworth Council", ("social_worker",), "", team="South team")
AUDITOR = Persona("lw-5", "Ivo Marsh", "Littleworth Council", ("auditor",), "")
OFFICER = Persona("lw-6", "Morwenna Tresco", "Littleworth Council", ("data_protection_officer",), "")
MANAGER = Persona("lw-7", "Gareth Pugh", "Littleworth Council", ("team_manager",), "", team="north  Team")
NO_TEAM = Persona("lw-8", "No Team", "Littleworth Council", ("team_manager",), "")
OWNER = Persona("lw-3", "Ann Duckworth", "Littleworth school", ("data_owner",), "")
GOVERNANCE = Persona("lw-4", "Ruth Openshaw", "Littleworth school", ("information_governance",), "")
SECRETS = ("Emma", "Ashdown", "1991-03-07", "LW1 4AB")
EVERYONE = (SAM, AUDITOR, OFFICER, MANAGER, OWNER, GOVERNANCE)


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    """Littleworth, after Sam asked about Emma twice and Kim once, and somebody in vain."""
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        for persona in (SAM, KIM, SAM):
            await town.ask(persona=persona)
            town.clock.at += timedelta(minutes=1)
        refused, _ = await town.post("/v1/queries", {"purpose": "none", "people": [EMMA]}, EARLY_HELP)
        assert refused == 403
        yield town


async def get(town: Littleworth, path: str, persona: Persona = AUDITOR) -> tuple[int, Any]:
    async with town.client.get(path, headers=town.headers(persona)) as reply:
        return reply.status, await reply.json(content_type=None)


async def told(town: Littleworth, path: str, persona: Persona = AUDITOR) -> Any:
    status, said = await get(town, path, persona)
    assert status == 200, said
    return said


def entries(town: Littleworth, kind: str) -> list[dict[str, Any]]:
    with town.reader() as reader:
        return [dict(one.facts) for one in reader.entries() if one.kind == kind]


READS = [
    ("GET", "/v1/audit/queries", None, {AUDITOR, OFFICER}),
    ("POST", "/v1/audit/queries", {}, {AUDITOR, OFFICER}),
    ("GET", "/v1/audit/queries/q-000000000000000000000001", None, {AUDITOR, OFFICER}),
    ("GET", "/v1/audit/verify", None, {AUDITOR, OFFICER}),
    ("GET", "/v1/audit/checkpoint", None, set(EVERYONE)),
    ("GET", "/v1/audit/entries/3/proof", None, set(EVERYONE)),
    ("GET", "/v1/audit/mine", None, set(EVERYONE)),
    ("GET", "/v1/audit/team", None, {MANAGER}),
    ("GET", "/v1/audit/owners/school", None, {AUDITOR, OFFICER, OWNER, GOVERNANCE}),
    ("GET", "/v1/audit/owners/police", None, {AUDITOR, OFFICER}),
    ("POST", "/v1/audit/owners/school/entries", {"reason": "IG-77"}, {GOVERNANCE}),
    ("POST", "/v1/audit/owners/police/entries", {"reason": "IG-77"}, set()),
    ("POST", "/v1/audit/person", {"person": {"nhs_number": "9990000018"}, "reason": "x"}, {AUDITOR, OFFICER}),
]


@pytest.mark.parametrize(
    ("method", "path", "body", "may"), READS, ids=[f"{one[0]} {one[1]}" for one in READS]
)
async def test_each_reading_is_for_its_roles_and_is_an_entry_and_so_is_each_refusal(
    town: Littleworth, method: str, path: str, body: Any, may: set[Persona]
) -> None:
    for persona in EVERYONE:
        kinds = ("audit.read", "subject.report_started", "refusal")
        before = {kind: len(entries(town, kind)) for kind in kinds}
        async with town.client.request(method, path, json=body, headers=town.headers(persona)) as reply:
            said = await reply.json(content_type=None)
        after = {kind: len(entries(town, kind)) - before[kind] for kind in kinds}
        allowed = persona in may
        assert reply.status in ({200, 201} if allowed else {403}), (persona.name, said)
        assert after["audit.read"] + after["subject.report_started"] == allowed
        assert after["refusal"] == (not allowed)


async def test_without_a_token_nobody_reads_anything(town: Littleworth) -> None:
    for method, path, body, _ in READS:
        async with town.client.request(method, path, json=body) as reply:
            assert reply.status == 401


async def test_nothing_is_read_where_it_cannot_be_recorded(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise LogUnavailable("the disk is full")

    opened, whole = itertools.count(), town.front.readings.open_log
    monkeypatch.setattr(town.front.readings, "open_log", lambda: whole() if next(opened) >= 0 else None)
    monkeypatch.setattr(town.front.broker.log, "record", broken)
    for method, path, body, may in READS:
        if not may or path == "/v1/audit/person":
            continue
        (persona, *_) = sorted(may, key=lambda one: one.subject)
        async with town.client.request(method, path, json=body, headers=town.headers(persona)) as reply:
            problem = await reply.json(content_type=None)
        assert (reply.status, problem["type"].rsplit(":")[-1]) == (503, "not_recorded")
    assert next(opened) == 0  # the log was not even opened
    body = {
        "person": {"family_name": "Ashdown", "given_name": "Emma", "birth_date": "1991-03-07"},
        "reason": "x",
    }
    status, problem = await town.post("/v1/audit/person", body, OFFICER)
    assert (status, "found" in problem) == (503, False)


async def test_a_search_goes_on_page_by_page_and_names_nobody_who_was_asked_about(town: Littleworth) -> None:
    whole = await told(town, "/v1/audit/queries?purpose=section_47_enquiry")
    assert [one["requester"]["name"] for one in whole["found"]] == ["Sam Okafor", "Kim Ash", "Sam Okafor"]
    assert not [word for word in SECRETS if word in json.dumps(whole)]
    found, before = [], ""
    while True:
        page = await told(town, f"/v1/audit/queries?purpose=section_47_enquiry&limit=1{before}")
        found += page["found"]
        if page["before"] is None:
            break
        before = f"&before={page['before']}"
    assert found == whole["found"]
    assert (await told(town, "/v1/audit/queries?outcome=involved&source=school"))["found"] == whole["found"]
    assert (await told(town, "/v1/audit/queries?since=2026-06-02"))["found"] == []


async def test_a_page_that_read_enough_is_empty_and_says_where_to_go_on(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "READ_FOR_A_PAGE", 3)
    page = await told(town, "/v1/audit/queries?type=broker.started")
    pages = 1
    while page["before"] is not None and not page["found"]:
        page = await told(town, f"/v1/audit/queries?type=broker.started&before={page['before']}")
        pages += 1
    assert [one["type"] for one in page["found"]] == ["broker.started"]
    assert pages > 3


async def test_who_asked_is_searched_for_in_a_body_and_never_in_an_address(town: Littleworth) -> None:
    body = {"requester": "okafor", "case_reference": "lw 42", "reason": "Complaint 7"}
    status, page = await town.post("/v1/audit/queries", body, AUDITOR)
    assert (status, len(page["found"])) == (200, 2)
    read = entries(town, "audit.read")[-1]["request"]
    assert (read["command"], read["reason"], read["reader"]["subject"]) == (
        "audit search",
        "Complaint 7",
        "lw-5",
    )
    assert read["asked"] == {"requester": "okafor", "case_reference": "lw 42"}
    for refused in (
        "requester=okafor",
        "case_reference=LW-42",
        "limit=0",
        "limit=x",
        "since=June",
        "a=1&a=2",
    ):
        status, problem = await get(town, f"/v1/audit/queries?{refused}")
        assert status == 422
        assert "okafor" not in json.dumps(problem)


async def test_a_query_is_traced_through_its_sources(town: Littleworth) -> None:
    traced = await told(town, "/v1/audit/queries/q-000000000000000000000001", OFFICER)
    assert [one["type"] for one in traced["entries"]][::4] == ["query.intent", "query.closed"]
    assert {one["source"] for one in traced["sources"]} == {"housing", "police", "school"}
    assert all(one["view"] == "details" and one["policy_version"] == 3 for one in traced["sources"])
    assert entries(town, "audit.read")[-1]["query_id"] == traced["query_id"]
    status, problem = await get(town, "/v1/audit/queries/q-none")
    assert (status, problem["type"].rsplit(":")[-1]) == (404, "not_found")


async def test_a_requester_sees_their_own_checks_and_nobody_elses(town: Littleworth) -> None:
    mine = await told(town, "/v1/audit/mine", SAM)
    assert [one["requester"]["subject"] for one in mine["found"]] == ["lw-1"] * 2
    assert {one["type"] for one in mine["found"]} == {"query.intent"}
    again = await told(town, "/v1/audit/mine", SAM)
    assert again == mine  # one's looking at one's own history is not in it
    refused = await told(town, "/v1/audit/mine", EARLY_HELP)
    assert [one["type"] for one in refused["found"]] == ["refusal"]
    impostor = Persona("lw-77", "lw-1", "Littleworth Council", ("social_worker",), "")
    assert (await told(town, "/v1/audit/mine", impostor))["found"] == []


ENDS = ("0001-01-01", "9999-12-31")
MONTHS = ("0001-01", "9999-12")


@pytest.mark.parametrize(
    ("path", "persona", "days"),
    [
        ("/v1/audit/queries?type=query.intent", AUDITOR, ENDS),
        ("/v1/audit/mine?limit=20", SAM, ENDS),
        ("/v1/audit/team?limit=20", MANAGER, ENDS),
        ("/v1/audit/owners/school?", OWNER, MONTHS),
    ],
)
async def test_from_the_first_day_of_the_calendar_to_its_last_is_as_without_days(
    town: Littleworth, path: str, persona: Persona, days: tuple[str, str]
) -> None:
    everything = await told(town, path, persona)
    for named in (f"since={days[0]}", f"until={days[1]}", f"since={days[0]}&until={days[1]}"):
        assert await told(town, f"{path}&{named}", persona) == everything


async def test_single_entries_are_those_of_all_months_from_the_first_of_the_calendar_to_its_last(
    town: Littleworth,
) -> None:
    asked = {"reason": "Review of June", "since": MONTHS[0], "until": MONTHS[1]}
    status, found = await town.post("/v1/audit/owners/school/entries", asked, GOVERNANCE)
    assert (status, len(found["found"])) == (200, 3)


async def test_a_number_of_an_entry_that_python_would_not_read_is_none(town: Littleworth) -> None:
    for index in ("9" * 19, "9" * 5000):
        status, problem = await get(town, f"/v1/audit/entries/{index}/proof")
        assert (status, problem["type"].rsplit(":")[-1]) == (422, "no_entry")


async def test_a_team_manager_sees_the_teams_checks_and_nobody_elses(town: Littleworth) -> None:
    """However the team is written: in capitals, or with two blanks."""
    team = await told(town, "/v1/audit/team", MANAGER)
    assert [one["requester"]["name"] for one in team["found"]] == ["Sam Okafor"] * 2
    assert not [word for word in SECRETS if word in json.dumps(team)]
    status, problem = await get(town, "/v1/audit/team", NO_TEAM)
    assert (status, problem["type"].rsplit(":")[-1]) == (403, "no_team")


async def test_a_team_of_the_same_name_in_another_organisation_is_another_team(town: Littleworth) -> None:
    elsewhere = replace(MANAGER, subject="lw-17", organisation="Littleworth housing")
    assert (await told(town, "/v1/audit/team", elsewhere))["found"] == []
    alike = replace(MANAGER, subject="lw-18", organisation="LITTLEWORTH  council")
    assert len((await told(town, "/v1/audit/team", alike))["found"]) == 2


async def test_an_owner_is_told_counts_of_their_own_source(
    town: Littleworth, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await told(town, "/v1/audit/owners/school", OWNER))["people_asked_about"] is None
    for _ in range(20):
        await town.ask(persona=SAM)
    counted = await told(town, "/v1/audit/owners/school?since=2026-06&until=2026-06", OWNER)
    assert counted["people_asked_about"] == 25
    assert counted["by"]["outcome"] == [{"outcome": "involved", "count": 25, "told_as": "count"}]
    assert (await told(town, "/v1/audit/owners/school?since=2026-07", OWNER))["people_asked_about"] is None
    status, _ = await get(town, "/v1/audit/owners/school?since=2026-06-03", OWNER)
    assert status == 422
    monkeypatch.setattr(owners, "MOST_READ", 5)
    status, problem = await get(town, "/v1/audit/owners/school", OWNER)
    assert (status, problem["type"].rsplit(":")[-1]) == (422, "too_much_to_read")


async def test_single_entries_are_for_whoever_governs_the_owners_information_with_a_reason(
    town: Littleworth,
) -> None:
    path = "/v1/audit/owners/school/entries"
    for body in ({}, {"reason": ""}):
        status, problem = await town.post(path, body, GOVERNANCE)
        assert (status, problem["errors"][0]["pointer"]) == (422, "/reason")
    found: list[Any] = []
    before = None
    for _ in range(3):
        status, page = await town.post(path, {"reason": "IG-77", "limit": 1, "before": before}, GOVERNANCE)
        assert status == 200, page
        found, before = [*found, *page["found"]], page["before"]
    assert (len(found), before) == (3, None)
    assert not [word for word in (*SECRETS, "Okafor", "lw-1", "LW-42") if word in json.dumps(found)]
    read = entries(town, "audit.read")[-1]["request"]
    assert (read["reason"], read["reader"]["role"]) == ("IG-77", "information_governance")


async def test_who_looked_somebody_up_is_found_reviewed_and_released(town: Littleworth) -> None:
    body = {
        "person": {"family_name": "Ashdown", "given_name": "Emma", "birth_date": "1991-03-07"},
        "reason": "Hers",
    }
    status, begun = await town.post("/v1/audit/person", body, OFFICER)
    assert (status, begun["found"]) == (201, 3)
    report = f"/v1/audit/person/{begun['report']}"
    early, problem = await town.post(f"{report}/release", {}, OFFICER)
    assert (early, problem["errors"][0]["code"]) == (422, "unreviewed")
    first = await told(town, f"{report}?limit=2", OFFICER)
    rest = await told(town, f"{report}?limit=2&after={first['after']}", OFFICER)
    found = [*first["found"], *rest["found"]]
    assert ([one["sure"] for one in found], rest["after"]) == (["certain"] * 3, None)
    tests = {"serious_harm": False, "third_party": False}
    wrong, problem = await town.post(
        f"{report}/reviews", {"entry": found[0]["entry"], "verdict": "withheld", **tests}, OFFICER
    )
    assert (wrong, "Give a reason" in problem["detail"]) == (422, True)
    for one in found:
        said = {"entry": one["entry"], "verdict": "released", **tests}
        assert (await town.post(f"{report}/reviews", said, OFFICER))[0] == 201
    async with town.client.post(f"{report}/release", headers=town.headers(OFFICER)) as reply:
        raw = await reply.read()
    assert [one["who"] for one in json.loads(raw)["looked_up"]] == ["Sam Okafor", "Kim Ash", "Sam Okafor"]
    released = entries(town, "subject.released")[-1]["release"]
    assert (released["sha256"], released["who"]) == (
        hashlib.sha256(raw).hexdigest(),
        "Morwenna Tresco (lw-6)",
    )
    assert (await town.post("/v1/audit/person/r-none/reviews", said, OFFICER))[0] == 404
    assert (await town.post("/v1/audit/person", {"person": {}, "reason": "x"}, OFFICER))[0] == 422


async def test_whoever_looked_somebody_up_reviews_not_their_own_look_up(town: Littleworth) -> None:
    """Else they would withhold from the person themselves that it was they who looked."""
    person = {"family_name": "Ashdown", "given_name": "Emma", "birth_date": "1991-03-07"}
    _, begun = await town.post("/v1/audit/person", {"person": person, "reason": "Request 12"}, OFFICER)
    reviews = f"/v1/audit/person/{begun['report']}/reviews"
    found = (await told(town, reviews.removesuffix("/reviews"), OFFICER))["found"]
    said = {"entry": found[0]["entry"], "serious_harm": False, "third_party": False, "verdict": "released"}
    now_an_auditor = replace(SAM, roles=("auditor",), team=None)
    status, problem = await town.post(reviews, said, now_an_auditor)
    assert (status, problem["type"].rsplit(":")[-1]) == (403, "own_review")
    assert entries(town, "refusal")[-1]["request"]["code"] == "own_review"
    others = next(one["entry"] for one in found if one["requester"]["subject"] == KIM.subject)
    assert (await town.post(reviews, {**said, "entry": others}, now_an_auditor))[0] == 201


async def test_a_receipt_is_proved_to_whoever_holds_it(town: Littleworth) -> None:
    receipt = (await town.ask(persona=SAM))["receipt"]
    proof = await told(town, f"/v1/audit/entries/{receipt['index']}/proof", SAM)
    assert proof["leaf_hash"] == receipt["leaf_hash"]
    assert "bytes" not in proof
    name, _, key = proof["verifier"].split("+", 2)
    verifier = Verifier(name, base64.b64decode(key)[1:])
    assert proves(proof["proof"], base64.b64decode(receipt["leaf_hash"]), verifier)
    assert (await get(town, "/v1/audit/entries/4711/proof", SAM))[0] == 404
    for index in ("x", "-1", "1e3", "٣", "9" * 30):
        assert (await get(town, f"/v1/audit/entries/{index}/proof", SAM))[0] == 422


async def test_the_log_is_verified_against_a_checkpoint_that_was_kept(town: Littleworth) -> None:
    kept = (await told(town, "/v1/audit/checkpoint", SAM))["checkpoint"]
    await town.ask(persona=SAM)
    verified = await town.post("/v1/audit/verify", {"against": kept}, AUDITOR)
    assert (verified[0], verified[1]["good"]) == (200, True)
    foreign = kept.replace("littleworth.example", "elsewhere.example")
    status, found = await town.post("/v1/audit/verify", {"against": foreign}, AUDITOR)
    assert (status, found["good"]) == (200, False)
    assert (await told(town, "/v1/audit/verify"))["good"]


async def test_readings_are_few_at_once_and_keep_no_query_waiting(town: Littleworth) -> None:
    slow, go_on = town.front.readings.open_log, asyncio.Event()
    loop = asyncio.get_running_loop()

    def held() -> Any:
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
        return slow()

    town.front.readings.open_log = held
    readings = [asyncio.create_task(get(town, "/v1/audit/queries")) for _ in range(2)]
    for _ in range(500):
        if town.front.readings.inside == 2:
            break
        await asyncio.sleep(0.01)
    assert (await get(town, "/v1/audit/queries"))[0] == 503
    assert await town.ask(persona=KIM)  # answered while both readings hang
    go_on.set()
    assert [status for status, _ in await asyncio.gather(*readings)] == [200, 200]
    assert town.front.readings.inside == 0


async def test_an_auditor_asks_no_service_and_a_practitioner_reads_no_log(town: Littleworth) -> None:
    status, problem = await town.post(
        "/v1/queries", {"purpose": "section_47_enquiry", "people": [EMMA]}, AUDITOR
    )
    assert (status, problem["type"].rsplit(":")[-1]) == (403, "role_may_not_ask")
    status, problem = await get(town, "/v1/audit/queries", SAM)
    assert (status, problem["type"].rsplit(":")[-1]) == (403, "role_may_not_read_log")
    assert entries(town, "refusal")[-1]["request"]["code"] == "role_may_not_read_log"
