"""What a source's owner may know: counts that nobody can be found out by, and entries that name nobody."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from broker.audit.asking.owner import OwnEntry, months, own_entries, owner_counts
from broker.audit.events import PersonOutcome
from broker.audit.reader import AuditReader
from tests.unit.audit.audit_samples import ANNA, KIT, NOW, closed, disclosure, intent, reading, writing

INVOLVED = PersonOutcome(1, "involved", ("certain",), ({"involved": "yes", "started": "month"},))
NOTHING = PersonOutcome(1, "nothing_to_share", (), ())


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """The school was asked 43 times in June and 4 times in July, the police twice; 12 times somebody was
    involved.
    """
    async with writing(tmp_path) as log:
        for number in range(47):
            at = NOW + timedelta(minutes=number, days=30 if number >= 43 else 0)
            who = replace(KIT, role="mash_practitioner") if number % 3 == 0 else KIT
            await log.record(intent(f"q-{number}", at=at, requester=who))
            await log.record(disclosure(f"q-{number}", INVOLVED if number < 12 else NOTHING, at=at))
            if number < 2:
                await log.record(disclosure(f"q-{number}", INVOLVED, at=at, source="police"))
            await log.record(replace(closed(f"q-{number}"), at=at))
    return tmp_path


@contextmanager
def open_log(log: Path) -> Iterator[tuple[AuditReader, int]]:
    with reading(log) as reader:
        yield reader, reader.store.size()


def test_counts_are_rounded_and_small_ones_are_not_told(log: Path) -> None:
    with open_log(log) as (reader, before):
        told = owner_counts(reader, "school", before)
    assert told.total == 45
    assert {name: one.text() for name, one in told.by["month"].items()} == {
        "2026-06": "45",
        "2026-07": "fewer than 10",
    }
    assert {name: one.text() for name, one in told.by["outcome"].items()} == {
        "involved": "10",
        "nothing_to_share": "35",
    }
    assert {name: one.text() for name, one in told.by["role"].items()} == {
        "mash_practitioner": "15",
        "social_worker": "30",
    }


def test_every_question_adds_up_to_the_one_total(log: Path) -> None:
    with open_log(log) as (reader, before):
        told = owner_counts(reader, "school", before)
    sums = {name: sum(one.count or 0 for one in by.values()) for name, by in told.by.items()}
    assert sums == dict.fromkeys(("month", "purpose", "role", "outcome"), told.total)


def test_of_fewer_than_twenty_nothing_is_told(log: Path) -> None:
    with open_log(log) as (reader, before):
        told = owner_counts(reader, "police", before)
        one_month = owner_counts(reader, "school", before, date(2026, 7, 3), date(2026, 7, 3))
    for few in (told, one_month):
        assert few.total is None
        assert {one.text() for by in few.by.values() for one in by.values()} == {"not shown"}
    assert one_month.by["month"].keys() == {"2026-07"}


def test_the_counts_say_no_more_of_three_more_questions_than_rounding_does(log: Path) -> None:
    """So asking again tomorrow, and subtracting, does not tell what was asked in between."""
    with open_log(log) as (reader, before):
        assert (
            owner_counts(reader, "school", before).total == owner_counts(reader, "school", before - 9).total
        )


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (date(2026, 6, 17), date(2026, 6, 17), (date(2026, 6, 1), date(2026, 6, 30))),
        (date(2026, 12, 31), date(2026, 12, 1), (date(2026, 12, 1), date(2026, 12, 31))),
        (date(2028, 2, 1), date(2028, 2, 1), (date(2028, 2, 1), date(2028, 2, 29))),
        (None, date(2026, 1, 1), (None, date(2026, 1, 31))),
        (date(2026, 1, 9), None, (date(2026, 1, 1), None)),
    ],
)
def test_a_time_is_whole_months(since: date | None, until: date | None, expected: object) -> None:
    assert months(since, until) == expected


def test_single_entries_name_neither_who_asked_nor_about_whom(log: Path) -> None:
    with open_log(log) as (reader, before):
        found = list(own_entries(reader, "school", before))
        others = list(own_entries(reader, "police", before))
    assert (len(found), len(others)) == (47, 2)
    told = json.dumps([one.as_json() for one in found])
    for hidden in (KIT.name, KIT.subject, str(ANNA.given_name), str(ANNA.family_name), "Bruises", "NS/4711"):
        assert hidden not in told
    newest = found[0].as_json()
    assert (newest["query_id"], newest["role"], newest["purpose"]) == (
        "q-46",
        "social_worker",
        "section_47_enquiry",
    )
    assert newest["outcomes"] == [{"person": 1, "outcome": "nothing_to_share", "levels": []}]
    assert KIT.name not in repr(found)


def test_what_is_recorded_after_the_reading_began_is_not_read(log: Path) -> None:
    with open_log(log) as (reader, _):
        found: list[OwnEntry] = list(own_entries(reader, "school", 8))
    assert [one.query_id for one in found] == ["q-1", "q-0"]


def test_a_month_is_one_of_london(tmp_path: Path) -> None:
    """Half past eleven in the evening of 30 June in UTC is July there."""
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)

    async def written() -> None:
        async with writing(tmp_path) as log:
            for number in range(20):
                await log.record(intent(f"q-{number}", at=late))
                await log.record(disclosure(f"q-{number}", at=late))

    asyncio.run(written())
    with open_log(tmp_path) as (reader, before):
        assert owner_counts(reader, "school", before).by["month"].keys() == {"2026-07"}
