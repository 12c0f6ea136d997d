"""How many questions were asked over time: each once where it began, by purpose and by outcome."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from broker.audit import events
from broker.audit.asking.over_time import REFUSED, OverTime, over_time
from broker.audit.events import PersonOutcome
from tests.unit.audit.audit_samples import KIT, NOW, closed, disclosure, intent, reading, writing

INVOLVED = PersonOutcome(1, "involved", ("certain",), ({"involved": "yes"},))
NOTHING = PersonOutcome(2, "nothing_to_share", (), ())
FIRST = NOW.date()


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """A question on each of ten days, every other for early help; two services of each; and refusals."""
    async with writing(tmp_path) as log:
        for day in range(10):
            at, query_id = NOW + timedelta(days=day), f"q-{day}"
            purpose = "early_help_assessment" if day % 2 else "section_47_enquiry"
            await log.record(intent(query_id, at=at, purpose=purpose))
            for source in ("school", "police"):
                await log.record(disclosure(query_id, INVOLVED, NOTHING, at=at, source=source))
            await log.record(replace(closed(query_id), at=at))
        await log.record(events.Refused(NOW + timedelta(days=3), KIT, "role_may_not_ask", "x"))
        await log.record(events.Refused(NOW + timedelta(days=3), None, "not_signed_in", None, count=61))
        await log.record(events.AuditRead(NOW + timedelta(days=4), "kit", "audit trace", "q-3"))
    return tmp_path


def counted(log: Path, days: int, before: int = 10_000) -> OverTime:
    with reading(log) as reader:
        return over_time(reader, min(before, reader.store.size()), FIRST, FIRST + timedelta(days=days - 1))


def test_a_question_counts_once_for_its_purpose_and_once_for_each_outcome(log: Path) -> None:
    told = counted(log, 5)
    assert told.step == "day"
    assert told.begins == tuple(FIRST + timedelta(days=n) for n in range(5))
    assert told.by_purpose == {
        "section_47_enquiry": (1, 0, 1, 0, 1),
        "early_help_assessment": (0, 1, 0, 1, 0),
    }
    assert told.by_outcome["involved"] == told.by_outcome["nothing_to_share"] == (1, 1, 1, 1, 1)


def test_refusals_are_counted_also_those_that_one_entry_stands_for(log: Path) -> None:
    told = counted(log, 5)
    assert told.by_outcome[REFUSED] == (0, 0, 0, 62, 0)
    assert told.most == 62


def test_a_longer_time_is_counted_in_weeks_that_begin_on_a_monday(log: Path) -> None:
    told = counted(log, 36)
    assert told.step == "week"
    assert {day.weekday() for day in told.begins} == {0}
    assert told.begins[0] <= FIRST < told.begins[1]
    assert sum(sum(row) for row in told.by_purpose.values()) == 10
    assert sum(told.by_outcome["involved"]) == 10


def test_what_came_after_the_reading_began_is_not_counted(log: Path) -> None:
    whole, some = counted(log, 10), counted(log, 10, before=8)
    assert sum(map(sum, whole.by_purpose.values())) == 10
    assert sum(map(sum, some.by_purpose.values())) == 2


def test_of_days_without_questions_there_is_nothing(log: Path) -> None:
    with reading(log) as reader:
        told = over_time(reader, reader.store.size(), date(2020, 1, 1), date(2020, 1, 3))
    assert (len(told.begins), told.by_purpose, told.by_outcome, told.most) == (3, {}, {}, 0)
