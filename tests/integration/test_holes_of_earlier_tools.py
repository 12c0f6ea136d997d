"""Holes that were found in earlier tools of this kind: each is tried here, and has to be closed."""

from __future__ import annotations

import asyncio
import json
import re
import string
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import SourceUnavailable
from connectors.memory_rows import row_of
from tests.fakes.littleworth import (
    EARLY_HELP,
    EMMA,
    NOW,
    SOCIAL_WORKER,
    SOURCES,
    Littleworth,
    littleworth,
    part,
    question,
    row,
)

MAISIE = {"relation": "child", "given_name": "Maisie", "family_name": "Ashdown", "birth_date": "2024-04-12"}
TODDLER = {"given_name": "Maisie", "family_name": "Ashdown", "birth_date": date(2024, 4, 12)}
EVERYTHING = {
    **EMMA,
    "given_name": "Q%uilla*",
    "other_family_names": ["Vantongeren", "Oxley"],
    "sex": "female",
    "address": "17 Wherry_Yard",
    "uprn": "100012345678",
    "nhs_number": "9990000018",
    "upn": "A823432110001",
    "family_agreement": {"state": "given", "evidence": "Note of 28 May"},
}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {"school": [row()]}) as started:
        yield started


async def test_hole_a_token_works_after_logout(town: Littleworth) -> None:
    headers = town.headers()
    async with town.client.post("/v1/sign-out", headers=headers) as reply:
        assert reply.status == 204
    async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
        assert (reply.status, (await reply.json(content_type=None))["errors"][0]["code"]) == (
            401,
            "token_ended",
        )
    assert town.sources["school"].searches == []


async def test_hole_a_person_is_opened_by_guessing_a_number(town: Littleworth) -> None:
    """References are sealed; no query, person, case or record has a number that opens anything."""
    flags = await town.ask(view="flags")
    reference = part(flags, "school")["reference"]
    guesses: list[Any] = [
        "1",
        "k1",
        "LW-42",
        flags["query_id"],
        flags["receipt"]["leaf_hash"],
        reference[:-1],
    ]
    guesses += [_other_letter(reference, at) for at in range(0, len(reference), 40)]
    for guess in guesses:
        status, _ = await town.post("/v1/details", {"reference": guess})
        assert status == 410
    for more in ({"person": 2}, {"source": "police"}, {"query_id": flags["query_id"]}, {"reference": 1}):
        status, _ = await town.post("/v1/details", {"reference": reference, **more})
        assert status == 422
    for asked in ({"person": 1}, {"query_id": flags["query_id"]}, {"people": [{"person": 1}]}):
        assert (await town.post("/v1/queries", {**question(), **asked}))[0] == 422
    assert len(town.sources["school"].searches) == 1
    addresses = {route.resource.canonical for route in town.client.app.router.routes() if route.resource}
    numbered = {one for one in addresses if "{" in one}
    of_auditors = {one for one in numbered if one.startswith("/v1/audit/")}
    # People of the compatible API are sealed references, too: tests/integration/family_context tries to guess one.
    sealed = {one for one in numbered if one.startswith("/api/person/") and "{person}" in one}
    # So are the links of desks: tests/integration/pages/test_a_desk_takes_it_up.py tries to guess one.
    links = {"/call-backs/{reference}"}
    on_pages = {one for one in numbered if one.startswith(("/audit/", "/owners/{source}"))}
    about_nobody = {"/v1/queries/{query_id}/events", "/assets/{digest}/{name}"}
    assert numbered - of_auditors - sealed - links - on_pages == about_nobody, "an address takes a number"
    for address in numbered:
        path = re.sub(r"{[^}]*}", flags["query_id"], address)  # not streamed, and nobody's who asks here
        async with town.client.get(path, headers=town.headers(EARLY_HELP)) as reply:
            assert reply.status in {403, 404, 405, 422}, address


async def test_hole_a_persons_case_number_opens_them(town: Littleworth) -> None:
    stranger = {**EMMA, "given_name": "Leon", "birth_date": "1962-12-24", "postcode": "LW7 7QQ"}
    known = await town.ask(stranger, case_reference="LW-42")
    unknown = await town.ask(stranger, case_reference="LW-43")
    assert part(known, "school") == part(unknown, "school")
    assert part(known, "school")["outcome"] == "nothing_to_share"
    assert (await town.post("/v1/queries", {**question(), "people": []}))[0] == 422


def asks_about_the_toddler() -> Iterator[dict[str, Any]]:
    """Every way to ask for the details of a two-year-old whom the owner's rule keeps from the age of three."""
    yield MAISIE
    for typed in (
        {},
        {"age": 2},
        {"age": 3},
        {"age": 35},
        {"birth_date": "2024"},
        {"birth_date": "2019-04-12"},
    ):
        for relation in ("child", "parent", "other_adult"):
            yield {**MAISIE, "birth_date": None, **typed, "relation": relation, "postcode": "LW1 4AB"}


@pytest.mark.parametrize("view", ["flags", "details"])
async def test_hole_an_age_rule_is_bypassed_by_asking_for_details(view: str, tmp_path: Path) -> None:
    rows = {name: [row(identifiers=TODDLER)] for name in SOURCES}
    asks = list(asks_about_the_toddler())
    async with littleworth(tmp_path / "with", rows) as town, littleworth(tmp_path / "without") as empty:
        for person in asks:
            answer = await town.ask(person, view=view)
            for name in SOURCES:
                found = part(answer, name)
                assert (found["involvements"], found["reference"]) == ([], None)
                # And it looks as it would if there were no such child.
                assert found == part(await empty.ask(person, view=view), name)
        answer = await town.ask(MAISIE, {**MAISIE, "birth_date": None, "age": 35}, view=view)
        assert [part(answer, "housing", one)["involvements"] for one in (1, 2)] == [[], []]


async def test_hole_an_age_rule_is_bypassed_by_a_reference_from_before(tmp_path: Path) -> None:
    numbered = {"nhs_number": "9990000018", "birth_date": None}
    async with littleworth(tmp_path, {"school": [row(identifiers=numbered)]}) as town:
        flags = await town.ask({**EMMA, **numbered, "age": 35}, view="flags")
        reference = part(flags, "school")["reference"]
        assert reference
        town.sources["school"].rows = (row(identifiers={**numbered, "birth_date": date(2024, 4, 12)}),)
        status, details = await town.post("/v1/details", {"reference": reference})
        assert (status, part(details, "school")["involvements"]) == (200, [])


@pytest.mark.parametrize("trouble", [None, SourceUnavailable("away")], ids=["nothing found", "all failed"])
async def test_hole_a_log_omits_what_was_searched(trouble: Exception | None, town: Littleworth) -> None:
    for source in town.sources.values() if trouble else ():
        source.fails(trouble or AssertionError())
    answer = await town.ask(EVERYTHING, EMMA, conversation="With Ms Ashdown, 28 May", role="social_worker")
    outcomes = {one["outcome"] for service in answer["services"] for one in service["people"][:1]}
    assert outcomes == ({"unavailable"} if trouble else {"nothing_to_share"})
    with town.reader() as reader:
        intent = reader.trace(answer["query_id"]).entries[0]
    typed = dict(EVERYTHING)
    agreement: Any = typed.pop("family_agreement")
    relation = typed.pop("relation")
    searched = intent.facts["person 1"]
    assert {name: searched["identifiers"][name] for name in typed} == typed
    assert (searched["relation"], searched["family_agreement"]) == (relation, agreement["state"])
    assert searched["agreement_evidence"] == agreement["evidence"]
    asked = question(conversation="With Ms Ashdown, 28 May")
    told = ("purpose", "reason", "case_reference", "view", "conversation")
    assert {name: intent.facts["request"][name] for name in told} == {name: asked[name] for name in told}
    assert intent.facts["request"]["requester"]["role"] == "social_worker"
    assert intent.facts["person 2"]["identifiers"]["given_name"] == "Emma"


async def test_hole_a_log_omits_how_old_somebody_was_said_to_be(town: Littleworth) -> None:
    for typed, first, last in (
        ({"age": 35}, "1990-06-02", "1991-06-01"),
        ({"birth_date": "1991"}, "1991-01-01", "1991-12-31"),
        ({"birth_date": "1991-03"}, "1991-03-01", "1991-03-31"),
    ):
        answer = await town.ask({**EMMA, "birth_date": None, **typed})
        with town.reader() as reader:
            person = reader.trace(answer["query_id"]).entries[0].facts["person 1"]
        assert person["identifiers"]["born_between"] == [first, last]


@pytest.mark.parametrize(("given", "family"), [("E", "A"), ("E", "Ashdown"), ("Emma", "A"), ("é", "Ω")])
async def test_hole_a_one_letter_name_stops_the_server(given: str, family: str, tmp_path: Path) -> None:
    names = [f"E{first}{second}" for first in string.ascii_lowercase for second in string.ascii_lowercase]
    many = [
        row(f"k{number}", identifiers={"given_name": name, "family_name": "Ashdown"})
        for number, name in enumerate(names * 3)
    ]
    async with littleworth(tmp_path, {"school": many, "housing": [row()]}) as town:
        person = {"relation": "parent", "given_name": given, "family_name": family}
        began = time.monotonic()
        short, whole = await asyncio.gather(town.ask(*[person] * 12), town.ask())
        assert time.monotonic() - began < 2 * town.front.limits.seconds
        assert part(short, "school")["involvements"] == []
        assert part(whole, "housing")["outcome"] == "involved"
        assert part(await town.ask(), "housing")["outcome"] == "involved"


IDS: list[Any] = [
    *(
        "0",
        "1",
        "-1",
        "9" * 400,
        "q-" + "0" * 24,
        "unknown",
        "..",
        "../../etc/passwd",
        "%00",
        "%2e%2e%2f",
        "a/b",
    ),
    *("*", "'; --", "null", "é", "\u202e", "\ud800", "A" * 12_000, "", " ", 0, -1, 1.5, None, True, [], {}),
]


@pytest.mark.parametrize("number", range(len(IDS)))
async def test_hole_an_unknown_id_gives_a_500(number: int, town: Littleworth) -> None:
    """At every address, and in every place of a body that names something."""
    unknown = IDS[number]
    bodies = [
        ("/v1/details", {"reference": unknown}),
        *(("/v1/queries", question(**{key: unknown})) for key in question()),
        ("/v1/queries", question(role=unknown)),
        *(("/v1/queries", question({**EMMA, key: unknown})) for key in EVERYTHING),
    ]
    for path, body in bodies:
        async with town.client.post(
            path, data=json.dumps(body), headers={**town.headers(), "Content-Type": "application/json"}
        ) as reply:
            assert reply.status < 500, (path, body)
    for place in ("/", "/v1/queries/", "/v1/details/", "/v1/sources/", "/v1/purposes/", "/v1/sign-out/"):
        written = str(unknown).encode("utf-8", "replace").decode()[:4000]
        async with town.client.get(place + written, headers=town.headers()) as reply:
            assert reply.status < 500, place
            assert reply.status == 200 or reply.content_type == "application/problem+json"
    assert (await town.post("/v1/queries", question()))[0] == 200
    assert (await town.post("/v1/sign-out", {"token": unknown}))[0] == 204


async def test_hole_a_reference_to_what_is_no_longer_there_gives_a_500(town: Littleworth) -> None:
    sealer = town.front.broker.around.sealer
    flags = await town.ask(view="flags")
    query = sealer.open(part(flags, "school")["reference"], SOCIAL_WORKER.subject, NOW)
    for gone, status in (
        (replace(query, only_source="probation"), 410),
        (replace(query, purpose="abolished"), 403),
        (replace(query, role="abolished"), 403),
        (replace(query, people=(replace(query.people[0], relation="abolished"),)), 403),
    ):
        reference = sealer.seal(gone, SOCIAL_WORKER.subject, NOW)
        assert (await town.post("/v1/details", {"reference": reference}))[0] == status, gone


def day_first(name: str) -> dict[str, str]:
    """The source whose dates are texts that begin with the day."""
    text = SOURCES[name]
    for column in ("birth_date", "started", "ended", "last_contact"):
        text = re.sub(rf"\b{column}: {column}\b", f"{column}: {{column: {column}, format: dmy_text}}", text)
    return {**SOURCES, name: text}


async def test_hole_a_birth_date_is_shown_month_first(tmp_path: Path) -> None:
    """No birth date is in any answer, every date is written year first, and a source's are read day first."""
    born, swapped = date(1991, 3, 7), "1991-07-03"
    rows = {"school": [row(identifiers={"birth_date": born}, last_contact=date(2026, 4, 5))]}
    async with littleworth(tmp_path, rows, sources=day_first("school")) as town:
        stored = row_of(rows["school"][0], town.sources["school"].source)
        assert stored["birth_date"] == born  # which the source holds as 07/03/1991
        flags, details = await town.ask(view="flags"), await town.ask()
        _, opened = await town.post("/v1/details", {"reference": part(flags, "school")["reference"]})
        (shown,) = part(details, "school")["involvements"]
        assert shown["involvement"]["last_contact"] == "2026-04-05"
        assert shown["match"]["birth_date"] == "exact"
        other = await town.ask({**EMMA, "birth_date": swapped})
        assert "exact" not in {
            one["match"].get("birth_date") for one in part(other, "school")["involvements"]
        }
        for answer in (flags, details, opened, other):
            written = json.dumps(_without_receipts(answer))
            assert not re.search(r"\b\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b", written)
            assert not [form for form in ("1991", "07/03", "03/07", "March", "July") if form in written]


async def test_hole_a_date_that_could_be_month_first_is_taken_for_one(tmp_path: Path) -> None:
    async with littleworth(tmp_path, sources=day_first("school")) as town:
        school = town.sources["school"]
        for written in ("07/03/1991", "7.3.1991 00:00"):
            school.rows = [{**row_of(row(), school.source), "birth_date": written}]
            (shown,) = part(await town.ask(), "school")["involvements"]
            assert shown["match"]["birth_date"] == "exact"
        # There is no thirteenth month: it is no birth date, and nobody is shown by a name and a place alone.
        school.rows = [{**row_of(row(), school.source), "birth_date": "03/13/1991"}]
        assert part(await town.ask({**EMMA, "birth_date": "1991-03-13"}), "school")["outcome"] == "ambiguous"
        # An involvement's date that is no date day first is a fault of that service, never a guess.
        school.rows = [{**row_of(row(), school.source), "last_contact": "05/20/2026"}]
        assert part(await town.ask(), "school")["outcome"] == "unavailable"
    async with littleworth(tmp_path / "typed") as town:
        for typed in ("03/07/1991", "7 March 1991", "March 7, 1991", "1991/03/07"):
            got, said = await town.post("/v1/queries", question({**EMMA, "birth_date": typed}))
            assert (got, said["errors"][0]["code"]) == (422, "birth_date_form")


def _other_letter(text: str, at: int) -> str:
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


def _without_receipts(answer: Any) -> Any:
    """The answer without hashes, ids and sealed texts: their letters mean nothing."""
    match answer:
        case dict():
            sealed = {"receipt", "reference", "query_id", "phone"}
            return {key: _without_receipts(value) for key, value in answer.items() if key not in sealed}
        case list():
            return [_without_receipts(one) for one in answer]
        case _:
            return answer
