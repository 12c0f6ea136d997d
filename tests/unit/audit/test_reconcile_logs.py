"""Two logs of one source held against each other: whatever one has that the other has not, or has otherwise, is
told.
"""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from broker.audit.asking.consultations import Consultation, NotConsultations, consultations, read, written
from broker.audit.asking.reconcile import against_another_log
from broker.audit.events import CaseChecked, PersonOutcome
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, disclosure, intent, reading, writing


async def kept_by(directory: Path, count: int = 5) -> list[Consultation]:
    """What a log says of the school, after so many queries."""
    async with writing(directory) as log:
        for number in range(count):
            at, query_id = NOW + timedelta(minutes=number), f"q-{number}"
            await log.record(intent(query_id, at=at))
            await log.record(disclosure(query_id, at=at + timedelta(milliseconds=30)))
            await log.record(disclosure(query_id, at=at, source="police"))
            await log.record(replace(closed(query_id), at=at))
    with reading(directory) as reader:
        return list(consultations(reader, "school", reader.store.size()))


@pytest.fixture
async def here(tmp_path: Path) -> list[Consultation]:
    return await kept_by(tmp_path)


async def test_two_logs_of_the_same_queries_agree(tmp_path: Path) -> None:
    """They have salts of their own: the hashes of what was sent can't be compared, and are not."""
    here = await kept_by(tmp_path / "here")
    there = await kept_by(tmp_path / "there")
    assert {one.content_hash for one in here}.isdisjoint(one.content_hash for one in there)
    found = against_another_log(here, there)
    assert (found.good, found.agree) == (True, 5)
    assert {one.source for one in here} == {"school"}


def test_what_one_log_has_alone_is_told_of_either(here: list[Consultation]) -> None:
    gone = here[2]
    rest = [one for one in here if one is not gone]
    only_here, only_there = against_another_log(here, rest), against_another_log(rest, here)
    assert [one["query_id"] for one in only_here.only_here] == [gone.query_id]
    assert [one["query_id"] for one in only_there.only_there] == [gone.query_id]
    assert (only_here.agree, only_there.agree) == (4, 4)
    assert (only_here.good, only_there.good) == (False, False)


@pytest.mark.parametrize(
    ("changed", "differs"),
    [
        ({"policy_digest": "sha256:other"}, "policy"),
        ({"outcomes": ("person 1: involved",)}, "outcomes"),
        ({"content_hash": "00" * 32}, "content"),
        ({"at": "2026-06-01T10:00:00.000+00:00"}, "time"),
    ],
)
def test_what_both_have_otherwise_is_told(
    here: list[Consultation], changed: dict[str, str], differs: str
) -> None:
    there = [replace(here[0], **changed), *here[1:]]  # type: ignore[arg-type]
    found = against_another_log(here, there)
    assert [(one["query_id"], one["differs"]) for one in found.differing] == [(here[0].query_id, [differs])]
    assert found.agree == 4


def test_clocks_may_differ_by_as_much_as_is_said(here: list[Consultation]) -> None:
    late = [replace(one, at=(one.ended + timedelta(seconds=4)).isoformat()) for one in here]
    assert against_another_log(here, late).good
    assert len(against_another_log(here, late, timedelta(seconds=1)).differing) == 5


def test_the_order_of_the_lines_does_not_matter(here: list[Consultation]) -> None:
    mixed = list(here)
    random.Random(3).shuffle(mixed)  # noqa: S311 -- a test that can be repeated
    assert against_another_log(here, mixed).agree == 5


def test_a_file_says_what_the_log_says_and_names_nobody(here: list[Consultation]) -> None:
    lines = list(written("agent.example/school", "school", 20, here))
    assert read(lines) == ("agent.example/school", "school", here)
    whole = "".join(lines)
    assert not any(word in whole for word in (KIT.name, str(ANNA.family_name), "Bruises", "NS/4711"))


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "first line"),
        (["nonsense"], "first line"),
        (['{"format": "other/1", "log": "x", "source": "y"}'], "another"),
        (['{"format": "family-context-consultations/1", "log": "x", "source": "y"}', "{}"], "Line 2"),
    ],
)
def test_a_file_of_something_else_is_refused_with_its_line(lines: list[str], told: str) -> None:
    with pytest.raises(NotConsultations, match=told):
        read(lines)


def test_a_time_without_a_zone_is_no_consultation(here: list[Consultation]) -> None:
    head, first, *_ = written("x", "school", 20, [replace(here[0], at="2026-06-01T09:00:00")])
    with pytest.raises(NotConsultations, match="Line 2"):
        read([head, first])


async def test_what_a_case_system_said_is_a_consultation_of_it(tmp_path: Path) -> None:
    async with writing(tmp_path) as log:
        await log.record(intent(people=()))
        await log.record(
            CaseChecked(
                query_id="q-1",
                at=NOW,
                source="cases",
                policy_digest="sha256:cc",
                policy_version=1,
                state="verified",
                complete=True,
                requester=KIT.subject,
                people=(),
                shown=(),
                repeats=0,
                content=b"",
                milliseconds=4,
            )
        )
        await log.record(disclosure("q-1", PersonOutcome(1, "withheld", (), ())))
    with reading(tmp_path) as reader:
        (case,) = consultations(reader, "cases", 3)
        (school,) = consultations(reader, "school", 3)
    assert (case.outcomes, case.asked) == (("verified",), "yes")
    assert (school.outcomes, school.asked) == (("person 1: withheld",), "no")
