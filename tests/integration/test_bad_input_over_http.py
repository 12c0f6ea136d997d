"""Bad input over HTTP: each a 4xx problem with a pointer and a sentence on what to do, and nothing echoed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from broker.api.authorisation import TABLE
from tests.fakes.littleworth import EMMA, SOCIAL_WORKER, Littleworth, littleworth, part, question, row

SECRET = "Zyxwvut"
PERSON: list[tuple[dict[str, Any], str, str]] = [
    ({"birth_date": "2019-02-30"}, "birth_date_impossible", "/people/0/birth_date"),
    ({"birth_date": "2019-13"}, "birth_date_impossible", "/people/0/birth_date"),
    ({"birth_date": "1066"}, "birth_date_impossible", "/people/0/birth_date"),
    ({"birth_date": "2031-01-01"}, "birth_date_in_future", "/people/0/birth_date"),
    ({"birth_date": "2026-06-02"}, "birth_date_in_future", "/people/0/birth_date"),
    ({"birth_date": "2026-07"}, "birth_date_in_future", "/people/0/birth_date"),
    ({"birth_date": "2027"}, "birth_date_in_future", "/people/0/birth_date"),
    ({"birth_date": "07/03/2019"}, "birth_date_form", "/people/0/birth_date"),
    ({"birth_date": "2019-3-7"}, "birth_date_form", "/people/0/birth_date"),
    ({"birth_date": 20190307}, "string_type", "/people/0/birth_date"),
    ({"age": 35}, "birth_date_and_age", "/people/0/age"),
    ({"birth_date": None, "age": 121}, "less_than_equal", "/people/0/age"),
    ({"birth_date": None, "age": -1}, "greater_than_equal", "/people/0/age"),
    ({"birth_date": None, "age": True}, "int_type", "/people/0/age"),
    ({"birth_date": None, "age": "35"}, "int_type", "/people/0/age"),
    ({"given_name": "x" * 500}, "string_too_long", "/people/0/given_name"),
    ({"other_family_names": ["Lee", "x" * 500]}, "string_too_long", "/people/0/other_family_names/1"),
    ({"other_family_names": ["Lee"] * 6}, "too_long", "/people/0/other_family_names"),
    ({"postcode": "LW1\t4AB"}, "control_characters", "/people/0/postcode"),
    ({"given_name": f"{SECRET}\x00"}, "control_characters", "/people/0/given_name"),
    ({"given_name": f"{SECRET}\nx"}, "control_characters", "/people/0/given_name"),
    ({"given_name": [SECRET]}, "string_type", "/people/0/given_name"),
    ({SECRET: SECRET}, "unknown_key", "/people/0"),
    ({"relation": SECRET}, "literal_error", "/people/0/relation"),
    ({"family_agreement": {"state": "perhaps"}}, "literal_error", "/people/0/family_agreement/state"),
]
WHOLE: list[tuple[dict[str, Any], int, str, str]] = [
    ({"purpose": None}, 422, "string_type", "/purpose"),
    ({"purpose": SECRET}, 403, "unknown_purpose", "/purpose"),
    ({"purpose": "early_help_assessment"}, 403, "role_may_not_ask", "/purpose"),
    ({"reason": None}, 422, "reason_missing", "/reason"),
    ({"reason": "  "}, 422, "reason_missing", "/reason"),
    ({"reason": "x" * 2001}, 422, "string_too_long", "/reason"),
    ({"case_reference": None}, 422, "case_reference_missing", "/case_reference"),
    ({"case_reference": "\u200b \u00a0"}, 422, "case_reference_missing", "/case_reference"),
    ({"role": "auditor"}, 403, "role_not_held", "/role"),
    ({"view": SECRET}, 422, "literal_error", "/view"),
    ({"people": []}, 422, "nobody_named", "/people"),
    ({"people": [EMMA] * 13}, 422, "too_long", "/people"),
    ({"people": EMMA}, 422, "tuple_type", "/people"),
    ({SECRET: 1}, 422, "unknown_key", ""),
]
TOO_LITTLE: list[tuple[dict[str, Any], str]] = [
    ({}, "family_name"),
    ({"given_name": "Emma"}, "family_name"),
    ({"family_name": "Ashdown"}, "given_name"),
    ({"family_name": "Ashdown", "postcode": "LW1 4AB", "address": "4 Mill Lane"}, "given_name"),
    ({"family_name": "Ashdown", "age": 35}, "given_name"),
    ({"family_name": "Ashdown", "birth_date": "1991"}, "given_name"),
    ({"birth_date": "1991-03-07", "postcode": "LW1 4AB"}, "family_name"),
    ({"given_name": "\u200b", "family_name": "\u2060"}, "family_name"),
    ({"given_name": "*", "family_name": "%_%", "birth_date": "1991-03-07"}, "family_name"),
    ({"given_name": "Baby", "family_name": "Ashdown", "birth_date": "1900-01-01"}, "given_name"),
    ({"nhs_number": "9990000019"}, "family_name"),
]
RAW = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b'{"purpose": NaN}',
    b'{"purpose": "a", "purpose": "b"}',
    b"\xff\xfe",
    b"[" * 5000,
    b'{"purpose": "a",}',
    b"purpose=a",
    b"1" * 5000,
]


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


@pytest.mark.parametrize(("changed", "code", "pointer"), PERSON)
async def test_a_person_who_cannot_be_is_refused_with_what_to_do(
    town: Littleworth, changed: dict[str, Any], code: str, pointer: str
) -> None:
    status, problem = await town.post("/v1/queries", question({**EMMA, **changed}))
    assert (status, problem["errors"][0]["code"], problem["errors"][0]["pointer"]) == (422, code, pointer)
    assert len(problem["errors"][0]["detail"]) > 10
    assert SECRET not in json.dumps(problem)
    assert town.sources["school"].searches == []


@pytest.mark.parametrize(("changed", "status", "code", "pointer"), WHOLE)
async def test_a_query_that_lacks_something_is_refused_with_what_to_do(
    town: Littleworth, changed: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    got, problem = await town.post("/v1/queries", question(**changed))
    first = problem["errors"][0]
    assert (got, first["code"], first["pointer"]) == (status, code, pointer)
    assert len(first["detail"]) > 10
    assert SECRET not in json.dumps(problem)
    assert town.sources["school"].searches == []


@pytest.mark.parametrize(("typed", "add"), TOO_LITTLE)
async def test_too_little_to_identify_anyone_is_refused_with_what_to_add(
    town: Littleworth, typed: dict[str, Any], add: str
) -> None:
    status, problem = await town.post("/v1/queries", question(EMMA, {"relation": "parent", **typed}))
    (lacking,) = problem["errors"]
    assert (status, lacking["code"], lacking["pointer"]) == (
        422,
        "too_little_to_identify",
        f"/people/1/{add}",
    )
    assert f"Add a {add.replace('_', ' ')}" in lacking["detail"]
    assert town.sources["school"].searches == []


@pytest.mark.parametrize("body", RAW, ids=range(len(RAW)))
async def test_what_is_no_query_is_refused(town: Littleworth, body: bytes) -> None:
    async with town.client.post("/v1/queries", data=body, headers=town.headers()) as reply:
        assert (reply.status, reply.content_type) == (422, "application/problem+json")
        assert [len(one["detail"]) > 10 for one in (await reply.json(content_type=None))["errors"]]


async def test_every_fault_of_a_query_is_named_at_once(town: Littleworth) -> None:
    wrong = {**EMMA, "birth_date": "2019-02-30"}
    _, problem = await town.post("/v1/queries", question(wrong, EMMA, {**wrong, "birth_date": "soon"}))
    assert [one["pointer"] for one in problem["errors"]] == ["/people/0/birth_date", "/people/2/birth_date"]


@pytest.mark.parametrize("kibibytes", [25, 65, 900])
@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused(
    town: Littleworth, kibibytes: int, *, chunked: bool
) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(kibibytes):
            yield b" " * 1024

    sent = in_chunks() if chunked else b" " * 1024 * kibibytes
    headers = {**town.headers(), "Content-Type": "application/json"}
    async with town.client.post("/v1/queries", data=sent, headers=headers) as reply:
        assert (reply.status, (await reply.json(content_type=None))["type"].rsplit(":")[-1]) == (
            413,
            "too_large",
        )


async def test_twelve_people_with_long_names_fit_into_the_log(town: Littleworth) -> None:
    long = {**EMMA, "other_family_names": ["ŵ" * 100], "address": "ŵ" * 100}
    status, answer = await town.post("/v1/queries", question(*[long] * 12))
    assert status == 200, answer


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/queries", 405),
        ("DELETE", "/v1/sources", 405),
        ("GET", "/v1/people/Ashdown", 404),
        ("GET", "/", 404),
    ],
)
async def test_an_address_that_is_not_there_is_a_problem(
    town: Littleworth, method: str, path: str, status: int
) -> None:
    async with town.client.request(method, path, headers=town.headers()) as reply:
        assert (reply.status, reply.content_type) == (status, "application/problem+json")
        assert "Ashdown" not in await reply.text()


async def test_every_reply_is_kept_by_nobody(town: Littleworth) -> None:
    for path in ("/healthz", "/readyz", "/openapi.json", "/v1/sources", "/nowhere"):
        async with town.client.get(path) as reply:
            assert reply.headers["Cache-Control"] == "no-store"
            assert reply.headers["X-Content-Type-Options"] == "nosniff"


async def test_openapi_describes_every_address_and_is_valid(town: Littleworth) -> None:
    async with town.client.get("/openapi.json") as reply:
        document = await reply.json()
    validate(document)
    for_programs = {
        route.resource.canonical
        for route in town.client.app.router.routes()
        if route.resource and not (TABLE[route.name or ""].page or TABLE[route.name or ""].family_context)
    }
    assert set(document["paths"]) == for_programs


async def test_sources_and_purposes_are_listed_for_who_may_ask(town: Littleworth) -> None:
    async with town.client.get("/v1/sources", headers=town.headers()) as reply:
        assert [one["source"] for one in (await reply.json())["sources"]] == ["housing", "police", "school"]
    async with town.client.get("/v1/purposes", headers=town.headers()) as reply:
        assert [one["purpose"] for one in (await reply.json())["purposes"]] == ["section_47_enquiry"]
    async with town.client.get("/v1/sources") as reply:
        assert reply.status == 401


REFERENCES = ["", "x", "A" * 60, "é" * 20, "====", "A" * 10_000]


@pytest.mark.parametrize("reference", REFERENCES, ids=range(len(REFERENCES)))
async def test_a_reference_that_is_none_opens_nothing(town: Littleworth, reference: str) -> None:
    status, problem = await town.post("/v1/details", {"reference": reference})
    assert (status, problem["type"].rsplit(":")[-1]) == (410, "reference_lapsed")


async def test_a_reference_opens_one_source_and_one_person_for_its_requester_for_minutes(
    town: Littleworth,
) -> None:
    flags = await town.ask(EMMA, {**EMMA, "given_name": "Leon"}, view="flags")
    reference = part(flags, "school")["reference"]
    status, details = await town.post("/v1/details", {"reference": reference})
    assert status == 200
    assert [one["source"] for one in details["services"]] == ["school"]
    assert len(details["people"]) == 1
    assert part(details, "school")["involvements"][0]["involvement"]["last_contact"] == "2026-05-20"

    colleague = replace(SOCIAL_WORKER, subject="lw-9")
    changed = reference[:-6] + ("A" if reference[-6] != "A" else "B") + reference[-5:]
    assert (await town.post("/v1/details", {"reference": reference}, colleague))[0] == 410
    assert (await town.post("/v1/details", {"reference": changed}))[0] == 410
    town.clock.at += timedelta(minutes=16)
    assert (await town.post("/v1/details", {"reference": reference}))[0] == 410


async def test_details_follow_the_policy_of_the_moment(town: Littleworth) -> None:
    flags = await town.ask(view="flags")
    reference = part(flags, "school")["reference"]
    town.sources["school"].rows = (row(restricted=True),)
    status, details = await town.post("/v1/details", {"reference": reference})
    assert (status, part(details, "school")["outcome"]) == (200, "nothing_to_share")


async def test_flags_show_whether_and_nothing_more(town: Littleworth) -> None:
    (shown,) = part(await town.ask(view="flags"), "school")["involvements"]
    assert {name for name, value in shown["involvement"].items() if value} == {"involved"}
