"""``POST /v1/family-agreements``: what a family agreed to, recorded for the next question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from broker.audit.log import LogUnavailable
from tests.fakes.littleworth import EARLY_HELP, EMMA, POLICIES, Littleworth, littleworth, part, row

BORN = row().identifiers.birth_date
BODY: dict[str, Any] = {
    "purpose": "early_help_assessment",
    "person": {"given_name": "Emma", "family_name": "Ashdown", "birth_date": str(BORN)},
    "state": "given",
    "standing": "the_adult",
    "evidence": "Case note 7",
    "agreed_on": "2026-05-28",
    "until": "2026-12-31",
}
ASKED: dict[str, Any] = {"purpose": "early_help_assessment", "persona": EARLY_HELP}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, {name: [row()] for name in POLICIES}) as running:
        yield running


async def say(town: Littleworth, persona: Any = EARLY_HELP, **changed: Any) -> tuple[int, Any]:
    return await town.post("/v1/family-agreements", BODY | changed, persona)


async def outcome(town: Littleworth) -> str:
    return str(part(await town.ask(EMMA, **ASKED), "housing")["outcome"])


async def test_what_a_family_agreed_to_holds_from_the_next_question_on(town: Littleworth) -> None:
    assert await outcome(town) == "not_asked"
    status, body = await say(town)
    assert (status, list(body)) == (201, ["recorded"])
    assert await outcome(town) == "involved"
    assert (await say(town, state="withdrawn"))[0] == 201
    assert await outcome(town) == "not_asked"
    with town.reader() as reader:
        states = [
            one.facts["request"]["state"] for one in reader.entries() if one.kind == "agreement.recorded"
        ]
    assert states == ["given", "withdrawn"]
    assert b"Case note 7" not in town.log_bytes()


@pytest.mark.parametrize(
    ("changed", "status", "code", "pointer"),
    [
        ({"purpose": "curiosity"}, 403, "unknown_purpose", "/purpose"),
        ({"purpose": "section_47_enquiry"}, 403, "unknown_purpose", "/purpose"),
        ({"standing": "parental_responsibility"}, 422, "standing_does_not_fit", "/standing"),
        ({"until": "2026-05-01"}, 422, "until_before_conversation", "/until"),
        ({"agreed_on": "2026-06-02", "until": "2026-07-01"}, 422, "conversation_in_future", "/agreed_on"),
        ({"agreed_on": "28 May"}, 422, "day_form", "/agreed_on"),
        ({"agreed_on": 20260528}, 422, "day_form", "/agreed_on"),
        ({"state": "perhaps"}, 422, "literal_error", "/state"),
        ({"consent": True}, 422, "unknown_key", ""),
        ({"person": {"given_name": "Emma", "family_name": "Ashdown"}}, 422, "missing", "/person/birth_date"),
        (
            {"person": {"given_name": " ", "family_name": "", "birth_date": "1991-03-07"}},
            422,
            "too_little_to_identify",
            "/person/birth_date",
        ),
    ],
)
async def test_what_cannot_be_recorded_says_what_to_do(
    town: Littleworth, changed: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    got, problem = await say(town, **changed)
    assert got == status, problem
    assert (problem["errors"][0]["code"], problem["errors"][0]["pointer"]) == (code, pointer)
    assert await outcome(town) == "not_asked"


async def test_nobody_without_a_token_records_an_agreement(town: Littleworth) -> None:
    async with town.client.post("/v1/family-agreements", json=BODY) as reply:
        assert reply.status == 401


async def test_an_agreement_that_cannot_be_logged_is_not_kept(town: Littleworth) -> None:
    log = town.front.broker.log

    class Full:
        async def record(self, _: Any) -> Any:
            raise LogUnavailable("the disk is full")

        def __getattr__(self, name: str) -> Any:
            return getattr(log, name)

    town.front.broker.log = Full()  # type: ignore[assignment]
    assert (await say(town))[0] == 503
    town.front.broker.log = log
    assert await outcome(town) == "not_asked"
