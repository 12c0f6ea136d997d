"""Nobody asks about themselves; of a colleague or the household, a word comes first, and stands in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt

from deploy.demo.sign_in import AUDIENCE, ISSUER
from tests.fakes.littleworth import BROKER, EMMA, NOW, PURPOSES, Littleworth, littleworth, question, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, signed_in

STAFF = """\
staff_directory: {kind: csv, path: staff.csv, fields: {name: Name}}
"""
AT = int(NOW.timestamp())
OWN = {"relation": "parent", "given_name": "Sam", "family_name": "Okafor", "birth_date": "1988-04-09"}
CHILD = {"relation": "child", "given_name": "Noor", "family_name": "Okafor", "birth_date": "2019-04-09"}
COLLEAGUE = {"relation": "parent", "given_name": "Pat", "family_name": "Quayle", "birth_date": "1970-01-02"}
NONE = {"conflict_of_interest": "none"}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    (tmp_path / "staff.csv").write_text("Name\nPat Quayle\n", encoding="utf-8")
    async with littleworth(tmp_path, {"school": [row()]}, broker=BROKER + STAFF) as started:
        yield started


async def told(town: Littleworth, *people: Mapping[str, Any], **said: Any) -> tuple[int, Any]:
    """The reply to Sam Okafor, whose token says when they were born, and where they live."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "lw-1",
        "name": "Sam Okafor",
        "iat": AT,
        "exp": AT + 300,
        "roles": ["social_worker"],
        "birthdate": "1988-04-09",
        "home_postcode": "LW2 5XY",
    }
    token = jwt.encode({"alg": "ES256", "typ": "at+jwt", "kid": "demo"}, claims, town.sign_in._key)
    headers = {"Authorization": f"Bearer {token}"}
    async with town.client.post("/v1/queries", json=question(*people, **said), headers=headers) as reply:
        return reply.status, await reply.json(content_type=None)


def entries(town: Littleworth, kind: str) -> list[Any]:
    with town.reader() as reader:
        return [one.facts["request"] for one in reader.entries() if one.kind == kind]


@pytest.mark.parametrize("said", [{}, NONE])
async def test_ones_own_record_is_a_colleagues_to_ask_for_whatever_is_said(
    town: Littleworth, said: dict[str, Any]
) -> None:
    status, problem = await told(town, EMMA, OWN, **said)
    assert (status, problem["errors"][0]["code"]) == (403, "own_record")
    assert "a colleague has to make this check" in problem["detail"]
    assert town.sources["school"].searches == []
    assert [one["code"] for one in entries(town, "refusal")] == ["own_record"]
    assert entries(town, "query.intent") == []


@pytest.mark.parametrize(
    ("person", "tie"),
    [
        (COLLEAGUE, "colleague"),
        ({**CHILD, "postcode": "LW2 5XY"}, "own_household"),
        ({**OWN, "birth_date": None}, "own_name"),
    ],
    ids=["colleague", "household", "name"],
)
async def test_of_a_colleague_or_the_household_a_word_comes_first_and_is_recorded_with_the_tie(
    town: Littleworth, person: dict[str, Any], tie: str
) -> None:
    person = {"postcode": "LW9 9ZZ", **person}
    status, problem = await told(town, EMMA, person)
    assert (status, problem["errors"][0]["pointer"]) == (422, "/conflict_of_interest")
    assert "Say whether you know anyone in this check yourself" in problem["detail"]
    assert "staff" not in problem["detail"]
    assert town.sources["school"].searches == []
    assert (await told(town, EMMA, person, **NONE))[0] == 200
    assert [(one["conflict"], one["ties"]) for one in entries(town, "query.intent")] == [("none", [tie])]


async def test_whoever_says_that_they_know_somebody_is_refused(town: Littleworth) -> None:
    status, problem = await told(town, EMMA, conflict_of_interest="declared")
    assert (status, problem["errors"][0]["code"]) == (403, "conflict_of_interest")


async def test_everybody_else_is_asked_about_as_before(town: Littleworth) -> None:
    for other in (EMMA, {**CHILD, "postcode": "LW9 9ZZ"}, {**OWN, "birth_date": "1951-02-03"}):
        assert (await told(town, other))[0] == 200
    assert {one["conflict"] for one in entries(town, "query.intent")} == {None}


async def test_emergency_access_waits_for_no_word_and_the_tie_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("Name\nPat Quayle\n", encoding="utf-8")
    urgent = "    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}\n"
    purposes = PURPOSES.replace("    sources: all\n", f"    sources: all\n{urgent}")
    async with littleworth(tmp_path, broker=BROKER + STAFF, purposes=purposes) as town:
        assert (await told(town, COLLEAGUE))[0] == 200
        assert (await told(town, OWN))[0] == 403
        assert [one["ties"] for one in entries(town, "query.intent")] == [["colleague"]]


async def test_the_answer_is_the_same_whether_a_service_holds_a_record_or_not(tmp_path: Path) -> None:
    own = row(identifiers={"given_name": "Sam", "family_name": "Okafor"})
    seen = []
    for world, rows in (("held", [own]), ("withheld", [row(restricted=True)]), ("absent", [])):
        directory = tmp_path / world
        directory.mkdir()
        (directory / "staff.csv").write_text("Name\nPat Quayle\n", encoding="utf-8")
        async with littleworth(directory, {"school": rows}, broker=BROKER + STAFF) as town:
            seen.append([await told(town, OWN), await told(town, COLLEAGUE)])
            assert town.sources["school"].searches == []
    assert seen[0] == seen[1] == seen[2]


async def test_details_of_an_answer_are_opened_without_being_asked_again(town: Littleworth) -> None:
    status, answer = await told(town, EMMA, view="flags", **NONE)
    assert status == 200
    school = next(one for one in answer["services"] if one["source"] == "school")
    reference = {"reference": school["people"][0]["reference"]}
    assert (await town.post("/v1/details", reference))[0] == 200


async def test_of_whom_a_case_led_to_a_word_comes_first_too(tmp_path: Path) -> None:
    own = linked("p-own", identifiers={"given_name": "Sam", "family_name": "Okafor"})
    rows = {CASES: [linked(), own]}
    async with littleworth(tmp_path, rows, **with_cases()) as town:
        asked = question(journey="case", case_reference="LW-42") | {"people": []}
        status, problem = await town.post("/v1/queries", asked, HOLDER)
        assert (status, problem["errors"][0]["pointer"]) == (422, "/conflict_of_interest")
        assert town.sources["school"].searches == []
        assert (await town.post("/v1/queries", asked | NONE, HOLDER))[0] == 200


async def test_the_page_asks_everybody_and_says_why_a_check_is_a_colleagues(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("Name\nEmma Ashdown\n", encoding="utf-8")
    async with littleworth(tmp_path, broker=PAGED + STAFF) as town:
        browser = await signed_in(town)
        assert (await browser.post("/check/answer", EMMA_TYPED))[0] == 200
        assert [(one["conflict"], one["ties"]) for one in entries(town, "query.intent")] == [
            ("none", ["colleague"])
        ]
        status, page = await browser.post("/check/answer", EMMA_TYPED | {"conflict": "yes"})
        assert (status, "a colleague has to make it" in page) == (403, True)
