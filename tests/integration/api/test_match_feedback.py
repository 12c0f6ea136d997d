"""``POST /v1/match-feedback``: recorded first, the same reply whatever is said, and kept as levels alone."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from broker.audit.reader import TracedEntry
from broker.cli.audit import audit
from broker.cli.match import match
from broker.learning.labels import read
from broker.learning.misses import read as misses
from tests.fakes.littleworth import EMMA, Littleworth, littleworth, part, row

WRONG, RIGHT = "wrong_person", "right_person"


async def reference(town: Littleworth, **about: Any) -> str:
    answer = await town.ask(view="flags", **about)
    return str(part(answer, "school")["reference"])


async def say(town: Littleworth, sealed: str, verdict: str) -> tuple[int, Any]:
    status, reply = await town.post("/v1/match-feedback", {"reference": sealed, "verdict": verdict})
    await town.front.feedback.settled()
    return status, reply


def said(town: Littleworth) -> list[TracedEntry]:
    with town.reader() as reader:
        return [one for one in reader.entries() if one.kind.startswith("match.")]


def labels(directory: Path) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in read(directory / "state" / "labels" / "school.jsonl")]


async def test_a_confirmed_match_is_kept_as_levels_alone(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        status, reply = await say(town, await reference(town), RIGHT)
    assert (status, reply) == (202, {"received": True})
    (kept,) = labels(tmp_path)
    assert kept["same"] is True
    assert kept["weights"] == "default/1"
    assert kept["grade"] == "certain"
    assert kept["levels"]["birth_date"] == "exact"
    written = (tmp_path / "state" / "labels" / "school.jsonl").read_text(encoding="utf-8").lower()
    for name in ("given_name", "family_name", "birth_date"):
        assert str(EMMA[name]).lower() not in written


async def test_the_reply_is_the_same_whatever_is_said_and_whatever_is_held(tmp_path: Path) -> None:
    replies = []
    for number, verdict in enumerate((RIGHT, WRONG)):
        async with littleworth(tmp_path / str(number), {"school": [row()]}) as town:
            sealed = await reference(town)
            if verdict == WRONG:
                town.sources["school"].rows = ()  # gone meanwhile
            replies.append(await say(town, sealed, verdict))
    assert replies[0] == replies[1]


async def test_a_record_that_is_gone_teaches_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        town.sources["school"].rows = ()
        await say(town, sealed, RIGHT)
    assert not (tmp_path / "state" / "labels" / "school.jsonl").exists()


async def test_feedback_is_in_the_log_and_a_wrong_person_opens_an_item(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        await say(town, await reference(town), WRONG)
        entries = said(town)
    assert [one.kind for one in entries] == ["match.feedback", "match.triage_opened"]
    feedback, item = (one.facts for one in entries)
    assert feedback["source"] == item["source"] == "school"
    assert feedback["feedback"] == {"verdict": WRONG}
    assert item["opened_from"] == feedback["opened_from"]


async def test_what_is_said_twice_of_one_match_counts_once(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        assert await say(town, sealed, RIGHT) == await say(town, sealed, RIGHT)
        assert [one.kind for one in said(town)] == ["match.feedback"]
    assert len(labels(tmp_path)) == 1


async def test_a_reference_of_somebody_else_says_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        status, reply = await say(town, "not-a-reference", RIGHT)
    assert status == 410
    assert "reference" in json.dumps(reply)


def counted(directory: Path) -> int:
    file = directory / "state" / "misses" / "school.json"
    return sum(counts.total() for counts in misses(file).values())


async def test_a_close_match_that_is_not_shown_counts_unless_it_is_withheld(tmp_path: Path) -> None:
    another_day = {"birth_date": date(1991, 3, 8), "address": None, "postcode": None}
    close = row(identifiers=another_day)
    for name, stored in (("close", [close]), ("withheld", [replace(close, gates={"category": "parking"})])):
        async with littleworth(tmp_path / name, {"school": stored}) as town:
            assert part(await town.ask(), "school")["outcome"] in ("ambiguous", "nothing_to_share")
    assert (counted(tmp_path / "close"), counted(tmp_path / "withheld")) == (1, 0)


async def test_an_item_is_listed_and_closed_from_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        await say(town, await reference(town), WRONG)
    monkeypatch.setenv("SEAL_KEY", "00" * 32)
    (item,) = triage(tmp_path, "list")
    assert (item["source"], item["state"]) == ("school", "open")
    closing = ["triage", "close", item["item"], "--finding", "Two cousins.", "--partnership", str(tmp_path)]
    closed = await asyncio.to_thread(CliRunner().invoke, match, closing)
    assert closed.exit_code == 0, closed.output
    assert triage(tmp_path, "list") == []
    traced = CliRunner().invoke(audit, ["trace", item["item"], "--partnership", str(tmp_path)])
    assert all(words in traced.output for words in ("school: wrong", "Closed by", "cousins.")), traced.output
    (found,) = triage(tmp_path, "list", "--all")
    assert (found["state"], found["finding"]) == ("closed", "Two cousins.")


def triage(directory: Path, *said: str) -> list[dict[str, Any]]:
    told = CliRunner().invoke(match, ["triage", *said, "--partnership", str(directory), "--json"])
    assert told.exit_code == 0, told.output
    items: list[dict[str, Any]] = json.loads(told.output)
    return items
