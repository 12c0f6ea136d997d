"""Feedback that is repeated, corrected, refused by the log, or about what is no longer shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from broker import app
from broker.audit.log import LogUnavailable
from broker.learning import written
from broker.learning.labels import read
from broker.learning.misses import read as misses
from connectors.contract import Candidate
from tests.fakes.littleworth import EMMA, Littleworth, littleworth, part, question, row
from tests.fakes.littleworth_cases import CASES, HOLDER, linked, with_cases

WRONG, RIGHT = "wrong_person", "right_person"


async def reference(town: Littleworth, *people: Any, **about: Any) -> str:
    answer = await town.ask(*people, **({"view": "flags"} | about))
    return str(part(answer, "school", len(people) or 1)["reference"])


async def say(town: Littleworth, sealed: str, verdict: str) -> int:
    status, _ = await town.post("/v1/match-feedback", {"reference": sealed, "verdict": verdict})
    await town.front.feedback.settled()
    return status


def kinds(town: Littleworth) -> list[str]:
    with town.reader() as reader:
        return [one.kind for one in reader.entries() if one.kind.startswith("match.")]


def labels(directory: Path) -> list[bool]:
    path = directory / "state" / "labels" / "school.jsonl"
    return [one.same for one in read(path)] if path.exists() else []


class FailsOnce:
    """An audit log that cannot write one entry, and then can again."""

    def __init__(self, log: Any, kind: str) -> None:
        self._log, self._kind = log, kind

    async def record(self, event: Any) -> Any:
        if event.kind == self._kind:
            self._kind = ""
            raise LogUnavailable("for once")
        return await self._log.record(event)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


def breaks_once(town: Littleworth, kind: str) -> None:
    object.__setattr__(town.front.broker, "log", FailsOnce(town.front.broker.log, kind))


async def test_feedback_that_was_refused_for_the_log_is_taken_when_it_is_sent_again(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        breaks_once(town, "match.feedback")
        assert [await say(town, sealed, WRONG), await say(town, sealed, WRONG)] == [503, 202]
        assert kinds(town) == ["match.feedback", "match.triage_opened"]


async def test_an_item_that_could_not_be_opened_is_opened_when_feedback_is_sent_again(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        breaks_once(town, "match.triage_opened")
        assert [await say(town, sealed, WRONG), await say(town, sealed, WRONG)] == [503, 202]
        assert kinds(town).count("match.triage_opened") == 1


async def test_whoever_first_says_right_and_then_wrong_opens_an_item(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        assert [await say(town, sealed, RIGHT), await say(town, sealed, WRONG)] == [202, 202]
        assert kinds(town) == ["match.feedback", "match.feedback", "match.triage_opened"]


async def test_what_is_said_again_after_another_query_teaches_once(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        for _ in range(3):
            await say(town, await reference(town), RIGHT)
            town.clock.at += timedelta(minutes=1)
    assert labels(tmp_path) == [True]


async def test_what_is_said_again_after_a_restart_teaches_once(tmp_path: Path) -> None:
    for before in range(2):
        async with littleworth(tmp_path, {"school": [row()]}) as town:
            for _ in range(before):  # here ids begin anew with the broker: another answer has another
                await town.ask()
            await say(town, await reference(town), RIGHT)
    assert labels(tmp_path) == [True]


async def test_two_twins_teach_one_after_the_other(tmp_path: Path) -> None:
    twin = EMMA | {"given_name": "Ottilie"}
    rows = [row(), row("k2", identifiers={"given_name": "Ottilie"})]
    async with littleworth(tmp_path, {"school": rows}) as town:
        await say(town, await reference(town), RIGHT)
        await say(town, await reference(town, twin), WRONG)
    assert labels(tmp_path) == [True, False]


async def test_a_match_among_too_many_rows_is_not_shown_and_teaches_nothing(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        others = [row(f"o{n}", identifiers={"given_name": f"Zed{n}"}) for n in range(101)]
        town.sources["school"].rows = (row(), *others)
        assert part(await town.ask(), "school")["outcome"] == "ambiguous"
        await say(town, sealed, RIGHT)
    assert labels(tmp_path) == []


def nearly_emma() -> Candidate:
    """A close match that is not shown."""
    return row(identifiers={"birth_date": date(1991, 3, 8), "address": None, "postcode": None})


async def test_a_service_answers_though_its_counts_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(written, "COUNTS_WRITTEN_EVERY", 0.01)
    kept = tmp_path / "state" / "misses" / "school.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("not JSON", encoding="utf-8")
    async with littleworth(tmp_path, {"school": [nearly_emma()]}) as town:
        for _ in range(2):
            assert part(await town.ask(), "school")["outcome"] == "ambiguous"
            await asyncio.sleep(0.05)
        assert "Move it away" in caplog.text
        kept.unlink()
        await eventually(kept.exists)
    assert sum(counts.total() for counts in misses(kept).values()) == 2


async def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never held")


async def test_counts_are_written_once_a_day_whether_there_was_anything_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "state" / "misses" / "school.json"
    monkeypatch.setattr(written, "COUNTS_WRITTEN_EVERY", 0.01)
    async with littleworth(tmp_path, {"school": []}):
        await eventually(kept.exists)
    monkeypatch.setattr(written, "COUNTS_WRITTEN_EVERY", 60)
    before = kept.read_bytes()
    async with littleworth(tmp_path, {"school": [nearly_emma()]}) as town:
        for _ in range(3):
            await town.ask()
            town.clock.at += timedelta(days=2)
        assert kept.read_bytes() == before
    assert sum(counts.total() for counts in misses(kept).values()) == 3


async def test_feedback_that_waits_when_the_broker_stops_is_told_by_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "GRACE", 0.01)
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        town.sources["school"].hangs()
        status, _ = await town.post("/v1/match-feedback", {"reference": sealed, "verdict": RIGHT})
        assert status == 202
    assert "1 that were received are recorded, and teach nothing" in caplog.text
    assert labels(tmp_path) == []


async def test_the_reply_has_the_same_bytes_and_headers_whatever_is_said_and_held(tmp_path: Path) -> None:
    replies = []
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        for verdict, rows in ((RIGHT, (row(),)), (RIGHT, ()), (WRONG, ()), (WRONG, (row(),))):
            town.sources["school"].rows = rows
            said = {"reference": sealed, "verdict": verdict}
            async with town.client.post("/v1/match-feedback", json=said, headers=town.headers()) as reply:
                headers = {name: value for name, value in reply.headers.items() if name != "Date"}
                replies.append((reply.status, headers, await reply.read()))
            await town.front.feedback.settled()
    assert replies == [replies[0]] * 4


async def test_two_that_say_the_same_at_once_are_recorded_once(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        assert await asyncio.gather(*(say(town, sealed, WRONG) for _ in range(5))) == [202] * 5
        assert kinds(town) == ["match.feedback", "match.triage_opened"]


async def test_feedback_is_no_repeated_search(tmp_path: Path) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        await say(town, await reference(town), RIGHT)
        await town.ask()
        with town.reader() as reader:
            asked = [one for one in reader.entries() if one.kind == "query.intent"]
        assert asked[-1].facts["request"]["repeats"] == 1


async def test_feedback_on_somebody_of_a_case_is_no_repeated_search_and_shows_nobody(tmp_path: Path) -> None:
    by_case = question(view="flags") | {"journey": "case", "people": []}
    rows = {CASES: [linked()], "school": [row()]}
    async with littleworth(tmp_path, rows, **with_cases()) as town:

        async def asked() -> Any:
            status, answer = await town.post("/v1/queries", by_case, HOLDER)
            assert status == 200, answer
            return answer

        for _ in range(2):
            said = {"reference": part(await asked(), "school")["reference"], "verdict": RIGHT}
            assert (await town.post("/v1/match-feedback", said, HOLDER))[0] == 202
            await town.front.feedback.settled()
        last = (await asked())["query_id"]
        with town.reader() as reader:
            checked = [one.facts for one in reader.entries() if one.kind == "case.checked"]
            feedback = [one.facts["query_id"] for one in reader.entries() if one.kind == "match.feedback"]
    assert labels(tmp_path) == [True]
    told = {one["query_id"]: one["case"] for one in checked}
    assert told[last]["repeats"] == 2
    assert [told[one]["shown"] for one in feedback if one in told] == [["nothing"]]


async def test_a_wrong_contact_is_recorded_and_neither_teaches_nor_keeps_from_teaching(
    tmp_path: Path,
) -> None:
    async with littleworth(tmp_path, {"school": [row()]}) as town:
        sealed = await reference(town)
        for _ in range(2):
            assert await say(town, sealed, "wrong_contact") == 202
        assert kinds(town) == ["match.feedback"]
        assert labels(tmp_path) == []
        assert await say(town, sealed, RIGHT) == 202
        assert labels(tmp_path) == [True]
        assert await say(town, sealed, "wrong_contact") == 202
        assert labels(tmp_path) == [True]
