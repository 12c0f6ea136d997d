"""Whoever asks too much is told so, until when, and whom to ring; the same question again, later, is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.littleworth import (
    BROKER,
    EARLY_HELP,
    EMMA,
    PURPOSES,
    SOCIAL_WORKER,
    Clock,
    Littleworth,
    littleworth,
    question,
    row,
)
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, signed_in

OTHER = replace(SOCIAL_WORKER, subject="lw-7", name="Noor Baptiste")
URGENT = "    emergency: {tell_owner_within: 1 hour, review_within: 3 days, ends_after: 30 minutes}\n"
EMERGENCY = PURPOSES.replace("    sources: all\n", f"    sources: all\n{URGENT}")
NAMES = ("Ada", "Bo", "Cy", "Dot", "Eve", "Flo", "Gus", "Hal", "Ike", "Jo", "Kit", "Lou", "Meg", "Ned")


def limited(limits: str, broker: str = BROKER) -> str:
    """``broker.yaml`` with these limits, and no others."""
    others = "queries: none, people: none, same_person: none, same_person_by_all: none"
    left = ", ".join(one for one in others.split(", ") if one.split(":")[0] not in limits)
    return broker.replace("limits: none\n", f"limits: {{{limits}{', ' if left else ''}{left}}}\n")


def someone(name: str, **changed: Any) -> Mapping[str, Any]:
    """Somebody who shares nothing with anybody else of these."""
    born = f"19{50 + NAMES.index(name)}-0{1 + NAMES.index(name) % 9}-11"
    return {
        "relation": "parent",
        "given_name": name,
        "family_name": f"{name}wick",
        "birth_date": born,
        **changed,
    }


async def told(
    town: Littleworth, *people: Mapping[str, Any], persona: Any = SOCIAL_WORKER, **said: Any
) -> Any:
    """The status, the seconds to wait and the reply."""
    asked, headers = question(*people, **said), town.headers(persona)
    async with town.client.post("/v1/queries", json=asked, headers=headers) as reply:
        return reply.status, int(reply.headers.get("Retry-After", 0)), await reply.json(content_type=None)


def entries(town: Littleworth, kind: str) -> list[Any]:
    with town.reader() as reader:
        return [one.facts for one in reader.entries() if one.kind == kind]


QUERIES = limited("queries: {most: 3, within: 1 hour}")


async def test_one_question_too_many_is_a_429_that_says_until_when_and_whom_to_ring(tmp_path: Path) -> None:
    clock = Clock()
    async with littleworth(tmp_path, {"school": [row()]}, broker=QUERIES, clock=clock) as town:
        for _ in range(3):
            assert (await told(town))[0] == 200
            clock.at += timedelta(minutes=10)
        searches = len(town.sources["school"].searches)
        status, seconds, problem = await told(town)
        assert (status, seconds) == (429, 40 * 60)  # what was refused counts, too
        assert problem["type"].endswith(":too_many_queries")
        assert problem["detail"] == (
            "You have asked 3 questions within 1 hour, as many as one person may. Ask again after"
            " 1 June 2026, 11:10. If it cannot wait, ring the services' desks."
        )
        assert {one["phone"] for one in problem["desks"]} == {"0191 498 0000"}
        assert len(town.sources["school"].searches) == searches
        (refusal,) = entries(town, "refusal")
        assert (refusal["request"]["code"], refusal["request"]["purpose"]) == (
            "too_many_queries",
            "section_47_enquiry",
        )
        clock.at += timedelta(seconds=seconds)
        assert (await told(town))[0] == 200


async def test_trying_again_too_early_is_refused_without_another_question_in_the_log(tmp_path: Path) -> None:
    async with littleworth(tmp_path, broker=QUERIES) as town:
        statuses = [(await told(town))[0] for _ in range(9)]
        assert statuses == [200] * 3 + [429] * 6
        asked = entries(town, "query.intent")
        ends = {one["query_id"]: one["state"] for one in entries(town, "query.closed")}
        assert [ends[one["query_id"]] for one in asked] == ["answered"] * 3 + ["aborted"]
        assert len(entries(town, "refusal")) == 6


async def test_a_limit_is_one_persons_own_and_details_of_an_answer_can_be_opened_beyond_it(
    tmp_path: Path,
) -> None:
    async with littleworth(tmp_path, {"school": [row()]}, broker=QUERIES) as town:
        answers = [(await told(town, view="flags"))[2] for _ in range(3)]
        assert (await told(town))[0] == 429
        assert (await told(town, persona=OTHER))[0] == 200
        school = next(one for one in answers[0]["services"] if one["source"] == "school")
        reference = {"reference": school["people"][0]["reference"]}
        assert (await town.post("/v1/details", reference))[0] == 200


async def test_a_streamed_question_too_many_is_refused_as_a_whole_one_is(tmp_path: Path) -> None:
    async with littleworth(tmp_path, broker=QUERIES) as town:
        for _ in range(3):
            await town.ask()
        headers = town.headers() | {"Accept": "text/event-stream"}
        async with town.client.post("/v1/queries", json=question(), headers=headers) as reply:
            assert (reply.status, reply.content_type) == (429, "application/problem+json")
            assert reply.headers["Retry-After"] == "3600"


async def test_a_role_may_have_limits_of_its_own(tmp_path: Path) -> None:
    roles = "roles: {early_help_lead: {queries: {most: 1, within: 1 hour}}}"
    broker = limited(f"queries: {{most: 3, within: 1 hour}}, {roles}")
    help_ = {"purpose": "early_help_assessment", "view": "flags"}
    async with littleworth(tmp_path, broker=broker) as town:
        assert [(await told(town, persona=EARLY_HELP, **help_))[0] for _ in range(2)] == [200, 429]
        assert [(await told(town))[0] for _ in range(4)] == [200, 200, 200, 429]


async def test_too_many_different_people_are_too_many_in_however_few_questions(tmp_path: Path) -> None:
    people = [someone(name) for name in NAMES]
    async with littleworth(tmp_path, broker=limited("people: {most: 13, within: 1 hour}")) as town:
        assert (await told(town, *people[:12]))[0] == 200
        assert (await told(town, *people[:6]))[0] == 200
        assert (await told(town, people[12]))[0] == 200
        status, seconds, problem = await told(town, people[13])
        assert (status, seconds, problem["type"].rpartition(":")[2]) == (429, 3600, "too_many_people")


async def test_one_person_in_many_spellings_is_asked_about_so_often_and_no_oftener(tmp_path: Path) -> None:
    spellings = (
        EMMA,
        EMMA | {"given_name": "Ema"},
        EMMA | {"family_name": "Ashdowne"},
        EMMA | {"birth_date": "1991-03-08", "postcode": "LW1 4AB"},
    )
    async with littleworth(tmp_path, broker=limited("same_person: {most: 3, within: 1 day}")) as town:
        told_ = [await told(town, one) for one in spellings]
        assert [status for status, _, _ in told_] == [200, 200, 200, 429]
        assert told_[3][2]["type"].endswith(":too_often_about_one_person")
        assert told_[3][2]["desks"]
        assert (await told(town, someone("Ada")))[0] == 200


async def test_colleagues_count_together_but_nobodys_first_question_is_refused_for_others(
    tmp_path: Path,
) -> None:
    async with littleworth(tmp_path, broker=limited("same_person_by_all: {most: 4, within: 1 day}")) as town:
        asked = [(await told(town, persona=persona))[0] for persona in (SOCIAL_WORKER, OTHER) * 2]
        assert asked == [200] * 4
        assert (await told(town, EMMA | {"given_name": "Emmah"}, persona=OTHER))[0] == 429
        newcomer = replace(SOCIAL_WORKER, subject="lw-8")
        assert [(await told(town, persona=newcomer))[0] for _ in range(2)] == [200, 429]


async def test_emergency_access_is_under_no_limit_and_others_are_pointed_to_it(tmp_path: Path) -> None:
    limits = (
        "queries: {most: 1, within: 1 hour}, people: {most: 12, within: 1 hour},"
        " same_person: {most: 1, within: 1 day}, same_person_by_all: {most: 1, within: 1 day}"
    )
    async with littleworth(tmp_path / "all", broker=limited(limits), purposes=EMERGENCY) as town:
        assert {(await told(town))[0] for _ in range(5)} == {200}
    only_early_help = PURPOSES.replace(
        "    sources: {sensitive: false}\n", f"    sources: {{sensitive: false}}\n{URGENT}"
    )
    async with littleworth(tmp_path / "one", broker=limited(limits), purposes=only_early_help) as town:
        assert (await told(town))[0] == 200
        status, _, problem = await told(town)
        assert status == 429
        assert problem["detail"].endswith("ring the services' desks, or use emergency access.")


@pytest.mark.parametrize(
    "limits", ["queries: {most: 1, within: 1 hour}", "same_person: {most: 1, within: 1 hour}"]
)
async def test_the_page_says_it_with_the_desks(tmp_path: Path, limits: str) -> None:
    async with littleworth(tmp_path, broker=limited(limits, PAGED)) as town:
        browser = await signed_in(town)
        assert (await browser.post("/check/answer", EMMA_TYPED))[0] == 200
        status, page = await browser.post("/check/answer", EMMA_TYPED)
        assert status == 429
        assert "You have asked too much just now" in page
        assert "Ask again after 1 June 2026, 11:00." in page
        assert "0191 498 0000" in page


async def test_limits_do_not_depend_on_what_anybody_holds(tmp_path: Path) -> None:
    seen = []
    for world, rows in (("with", [row()]), ("without", [])):
        limits = limited("queries: {most: 4, within: 1 hour}, same_person: {most: 2, within: 1 hour}")
        async with littleworth(tmp_path / world, {"school": rows}, broker=limits) as town:
            seen.append(
                [(await told(town, one))[:2] for one in (EMMA, EMMA, EMMA, someone("Bo"), someone("Cy"))]
            )
    assert seen[0] == seen[1]
    assert 429 in {status for status, _ in seen[0]}
