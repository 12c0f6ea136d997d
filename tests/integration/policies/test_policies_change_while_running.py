"""Policies and purposes change while the broker runs: at once, whole, and never by mistake."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from broker.audit.log import LogUnavailable
from broker.reloading import AGAIN_AFTER, fingerprint
from connectors.contract import Candidates, Search
from connectors.memory import MemoryConnector
from tests.fakes.littleworth import EMMA, POLICIES, PURPOSES, Littleworth, littleworth, part, row

ROWS = {name: [row()] for name in POLICIES}


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Littleworth]:
    async with littleworth(tmp_path, ROWS) as running:
        yield running


def version(name: str, number: int, *changes: tuple[str, str]) -> str:
    """A policy of Littleworth with a greater version number, and pieces of its text replaced."""
    text = POLICIES[name]
    for old, new in (("version: 3", f"version: {number}"), *changes):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


async def changed(town: Littleworth, name: str, text: str | bytes) -> bool:
    raw = text.encode() if isinstance(text, str) else text
    (town.directory / "policies" / f"{name}.yaml").write_bytes(raw)
    return await town.front.reloading.reload()


def kinds(town: Littleworth, *wanted: str) -> list[tuple[Any, ...]]:
    with town.reader() as reader:
        return [
            (one.kind, one.facts.get("source"), one.facts.get("code") or one.facts.get("version"))
            for one in reader.entries()
            if one.kind in wanted
        ]


YEAR = ("show: full_date}\n    at_most", "show: year}\n    at_most")


async def test_a_policy_that_shows_less_is_in_force_for_the_next_query(town: Littleworth) -> None:
    before = part(await town.ask(), "school")["involvements"][0]["involvement"]["last_contact"]
    assert await changed(town, "school", version("school", 4, YEAR))
    after = part(await town.ask(), "school")["involvements"][0]["involvement"]["last_contact"]
    assert (len(before), len(after)) == (10, 4)
    assert kinds(town, "policy.activated")[-1] == ("policy.activated", "school", 4)


async def test_the_look_at_the_files_waits_until_they_are_written(town: Littleworth) -> None:
    path = town.directory / "policies" / "school.yaml"
    watcher = replace(town.front.reloading)  # its own looks only
    assert not await watcher.look()
    path.write_text(version("school", 4, YEAR), encoding="utf-8")
    assert [await watcher.look() for _ in range(3)] == [False, True, False]


async def test_a_watched_change_comes_into_force_by_itself(town: Littleworth) -> None:
    (town.directory / "policies" / "school.yaml").write_text(version("school", 4, YEAR), encoding="utf-8")
    for _ in range(100):
        (shown,) = part(await town.ask(), "school")["involvements"]
        if shown["involvement"]["last_contact"] == "2026":
            return
        await asyncio.sleep(0.2)
    pytest.fail("twenty seconds went by")


def mended(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


SCHOOL = version("school", 4, YEAR)
WRONG: dict[str, tuple[str | bytes, str]] = {
    "empty": (b"", "unreadable"),
    "binary": (bytes(range(256)) * 40, "unreadable"),
    "ten megabytes": (SCHOOL + "# " + "x" * 10_000_000, "unreadable"),
    "cyclic": (SCHOOL.replace("gates:\n", "gates: &a\n  loop: *a\n", 1), "unreadable"),
    "a key twice": (SCHOOL + "version: 5\n", "unreadable"),
    "tabs": (SCHOOL.replace("  involved:", "\tinvolved:", 1), "unreadable"),
    "an unknown version of the format": (
        mended(SCHOOL, "sharing-policy/1", "sharing-policy/9"),
        "unreadable",
    ),
    "dates in the wrong order": (
        mended(SCHOOL, "from: 2026-01-01, until: 2027-01-01", "from: 2027-01-01, until: 2026-01-01"),
        "unreadable",
    ),
    "a role that does not exist": (
        mended(SCHOOL, "{purpose: section_47_enquiry}", "{purpose: section_47_enquiry, roles: [nurse]}"),
        "unreadable",
    ),
    "a value in only and in never": (
        mended(SCHOOL, "[support, tenancy]", "[support, parking]"),
        "unreadable",
    ),
    "cut off in a word": (SCHOOL[: len(SCHOOL) * 2 // 3], "unreadable"),
    "cut off before its limits": (version("school", 4).split("    at_most:\n")[0], "wider"),
    "more is shown": (mended(SCHOOL, "look_back: 3 years", "look_back: 4 years"), "wider"),
    "the version in force": (mended(SCHOOL, "version: 4", "version: 3"), "version_not_greater"),
    "an older version": (mended(SCHOOL, "version: 4", "version: 2"), "version_not_greater"),
}


@pytest.mark.parametrize("what", WRONG)
async def test_whatever_is_wrong_the_last_good_policy_stays_in_force(town: Littleworth, what: str) -> None:
    text, code = WRONG[what]
    before = await town.ask()
    assert not await changed(town, "school", text)
    after = await town.ask()
    assert _told(after) == _told(before)
    assert {one[2] for one in kinds(town, "policy.refused")} == {code}
    assert not [one for one in kinds(town, "policy.activated") if one[2] != 3]
    # And what is put right afterwards is taken.
    assert await changed(town, "school", SCHOOL)


def _told(answer: Any) -> str:
    return json.dumps(answer["services"][0]["people"][0]["involvements"])


@pytest.mark.parametrize("how", ["a mark of the byte order", "line ends of Windows"])
async def test_what_editors_of_other_systems_write_is_read_alike(town: Littleworth, how: str) -> None:
    raw = SCHOOL.encode()
    raw = b"\xef\xbb\xbf" + raw if how.startswith("a mark") else raw.replace(b"\n", b"\r\n")
    taken = await changed(town, "school", raw)
    shown = part(await town.ask(), "school")["involvements"][0]["involvement"]["last_contact"]
    assert (taken, len(shown)) in {(True, 4), (False, 10)}, "taken whole, or not at all"


async def test_purposes_wait_for_a_start(town: Littleworth) -> None:
    path = town.directory / "purposes.yaml"
    path.write_text(PURPOSES.replace("look_back: 5 years", "look_back: unlimited"), encoding="utf-8")
    before = town.front.broker.around.catalogue.purposes.digest
    assert await changed(town, "school", SCHOOL)
    assert town.front.broker.around.catalogue.purposes.digest == before


async def test_a_policy_that_is_wrong_keeps_no_other_out(town: Littleworth) -> None:
    (town.directory / "policies" / "police.yaml").write_text("format: sharing-policy/2\n", encoding="utf-8")
    (town.directory / "policies" / "housing.yaml").write_text(
        version("housing", 4, ("look_back: 3 years", "look_back: 9 years")), encoding="utf-8"
    )
    assert await changed(town, "school", version("school", 4, YEAR))
    in_force = town.front.broker.around.catalogue.services
    assert {name: one.policy.version for name, one in in_force.items()} == {
        "housing": 3,
        "police": 3,
        "school": 4,
    }
    assert kinds(town, "policy.refused") == [
        ("policy.refused", "police", "unreadable"),
        ("policy.refused", "housing", "wider"),
    ]


async def test_two_policies_for_one_source_are_none(town: Littleworth) -> None:
    (town.directory / "policies" / "another.yaml").write_text(SCHOOL, encoding="utf-8")
    assert not await changed(town, "school", version("school", 5, YEAR))
    assert kinds(town, "policy.refused") == [("policy.refused", "school", "twice")]


async def test_the_log_is_not_told_what_stands_on_a_wrong_line(town: Littleworth, caplog: Any) -> None:
    assert not await changed(town, "school", SCHOOL.replace("sensitive: false", "sensitive: Zyxwvut-secret"))
    assert "school.yaml:" in caplog.text
    assert "Zyxwvut" not in caplog.text


async def test_nothing_comes_into_force_that_cannot_be_recorded(town: Littleworth) -> None:
    async def unwritable(_: Any) -> None:
        raise LogUnavailable("for a test")

    town.front.reloading.record = unwritable
    assert not await changed(town, "school", SCHOOL)
    assert town.front.broker.around.catalogue.services["school"].policy.version == 3


async def test_what_could_not_be_recorded_is_tried_again_without_another_change(town: Littleworth) -> None:
    written: list[object] = []

    async def unwritable_at_first(event: object) -> None:
        written.append(event)
        if len(written) == 1:
            raise LogUnavailable("for a test")

    watcher = replace(town.front.reloading, record=unwritable_at_first)
    (town.directory / "policies" / "school.yaml").write_text(version("school", 4, YEAR), encoding="utf-8")
    looks = [await watcher.look() for _ in range(AGAIN_AFTER + 3)]
    assert [at for at, adopted in enumerate(looks) if adopted] == [AGAIN_AFTER + 1]
    assert len(written) == 2


async def test_a_missing_file_closes_nothing_and_opens_nothing(town: Littleworth) -> None:
    (town.directory / "policies" / "school.yaml").unlink()
    assert not await town.front.reloading.reload()
    assert part(await town.ask(), "school")["outcome"] == "involved"
    assert kinds(town, "policy.refused") == [("policy.refused", "school", "missing")]


async def test_a_source_that_changed_waits_for_a_start(town: Littleworth) -> None:
    path = town.directory / "sources" / "school.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("row_cap: ", "row_cap: 1", 1), encoding="utf-8")
    assert await changed(town, "school", SCHOOL)
    assert town.front.broker.around.catalogue.services["school"].source.row_cap == 100


def test_a_file_is_fingerprinted_without_being_read(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    one = tmp_path / "policies" / "a.yaml"
    one.write_text("a", encoding="utf-8")
    first = fingerprint(tmp_path)
    one.write_text("b", encoding="utf-8")
    os.utime(one, ns=(1, 2))
    assert (fingerprint(tmp_path) == first, len(first)) == (False, 1)


class Slow:
    """A source that answers when it is told to."""

    def __init__(self, inner: MemoryConnector) -> None:
        self._inner, self.go, self.asked = inner, asyncio.Event(), asyncio.Event()
        self.source = inner.source

    async def open(self) -> None:
        await self._inner.open()

    async def close(self) -> None:
        await self._inner.close()

    async def candidates(self, search: Search) -> Candidates:
        self.asked.set()
        await self.go.wait()
        return await self._inner.candidates(search)


RELOADS = 1000


async def test_a_query_in_flight_during_a_thousand_reloads_sees_one_version(tmp_path: Path) -> None:
    slow: list[Slow] = []

    def held_up(made: dict[str, MemoryConnector]) -> None:
        slow.append(Slow(made["school"]))
        made["school"] = slow[0]  # type: ignore[assignment]

    async with littleworth(tmp_path, ROWS, adapt=held_up) as town:  # type: ignore[arg-type]
        town.front.limits = town.front.limits.model_copy(update={"seconds": 300.0})
        asking = asyncio.ensure_future(town.ask(dict(EMMA)))
        await slow[0].asked.wait()
        for number in range(4, 4 + RELOADS):
            assert await changed(town, "school", version("school", number, says(number)))
        slow[0].go.set()
        answer, later = await asking, await town.ask(dict(EMMA))
        with town.reader() as reader:
            first, second = (reader.trace(one["query_id"]) for one in (answer, later))
    assert part(answer, "school")["involvements"][0]["involvement"]["last_contact"] == "2026-05-20"
    assert {nothing_means(one) for one in (answer, later)} == {
        "Nothing that school shares for this purpose. It may hold more.",
        f"Version {3 + RELOADS}.",
    }
    for trace in (first, second):
        disclosed = [one.facts for one in trace.entries if one.kind == "disclosure"]
        digests = {facts["source"]: facts["policy_digest"] for facts in disclosed}
        assert digests == trace.entries[0].facts["policy_digests"]
    assert first.entries[0].facts["policy_digests"] != second.entries[0].facts["policy_digests"]


def says(number: int) -> tuple[str, str]:
    before = "nothing_means: Nothing that school shares for this purpose. It may hold more."
    return before, f"nothing_means: Version {number}."


def nothing_means(answer: Any) -> str:
    return str(next(one["nothing_means"] for one in answer["services"] if one["source"] == "school"))
