"""Searching the log: every question that fits is found, whichever way it is looked for, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.audit import events
from broker.audit.asking import search as searching
from broker.audit.asking.questions import Question
from broker.audit.asking.search import Criteria, counts, search
from broker.audit.event import Who
from broker.audit.events import PersonOutcome
from broker.audit.keys import load_keys
from broker.audit.reader import AuditReader
from tests.unit.audit.audit_samples import (
    KIT,
    NOW,
    ORIGIN,
    closed,
    disclosure,
    intent,
    keys_in,
    reading,
    writing,
)

REN = Who("u-8", "Ren Okafor-Sample", "Northshire", "mash_practitioner")
INVOLVED = PersonOutcome(1, "involved", ("certain",), ({"involved": "yes"},))


@pytest.fixture
async def log(tmp_path: Path) -> Path:
    """Twelve questions, one a day from 1 June on, some refusals, and a reading."""
    async with writing(tmp_path) as log:
        for day in range(12):
            at, query_id = NOW + timedelta(days=day), f"q-{day}"
            who, case = (KIT, "NS/4711") if day % 3 else (REN, "NS/1")
            purpose = "early_help_assessment" if day % 4 == 0 else "section_47_enquiry"
            await log.record(intent(query_id, at=at, requester=who, case_reference=case, purpose=purpose))
            outcomes = (INVOLVED,) if day % 2 else ()
            await log.record(disclosure(query_id, *outcomes, at=at))
            await log.record(replace(closed(query_id), at=at))
        await log.record(events.Refused(NOW + timedelta(days=5, hours=2), KIT, "role_may_not_ask", "x"))
        await log.record(events.Refused(NOW + timedelta(days=6), None, "no_token", None, count=61))
        await log.record(events.AuditRead(NOW + timedelta(days=7), "kit", "audit trace", "q-3"))
    return tmp_path


@contextmanager
def found(log: Path, wanted: Criteria, before: int = 10_000) -> Iterator[list[Question]]:
    with reading(log) as reader:
        yield list(search(reader, wanted, min(before, reader.store.size())))


def ids(log: Path, **wanted: object) -> list[str]:
    with found(log, Criteria(**wanted)) as questions:  # type: ignore[arg-type]
        return [one.query_id or one.kind for one in questions]


def test_without_criteria_everything_is_found_newest_first(log: Path) -> None:
    assert ids(log) == ["refusal", "refusal", *(f"q-{day}" for day in reversed(range(12)))]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"requester": "u-8"}, ["q-9", "q-6", "q-3", "q-0"]),
        ({"requester": "okafor"}, ["q-9", "q-6", "q-3", "q-0"]),
        ({"requester": "nobody"}, []),
        ({"case_reference": "ns 1"}, ["q-9", "q-6", "q-3", "q-0"]),
        ({"case_reference": "NS/2"}, []),
        ({"case_reference": "ns 1", "requester": "u-7"}, []),
        ({"purpose": "early_help_assessment"}, ["q-8", "q-4", "q-0"]),
        ({"outcome": "involved"}, ["q-11", "q-9", "q-7", "q-5", "q-3", "q-1"]),
        ({"outcome": "involved", "requester": "u-8", "source": "school"}, ["q-9", "q-3"]),
        ({"outcome": "involved", "source": "police"}, []),
        ({"outcome": "role_may_not_ask"}, ["refusal"]),
        ({"source": "police"}, []),
        ({"since": date(2026, 6, 3), "until": date(2026, 6, 4)}, ["q-3", "q-2"]),
        ({"kind": "refusal"}, ["refusal", "refusal"]),
        ({"kind": "audit.read"}, ["q-3"]),
    ],
)
def test_what_fits_is_found(log: Path, wanted: dict[str, object], expected: list[str]) -> None:
    assert ids(log, **wanted) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.builds(
        Criteria,
        requester=st.sampled_from([None, "u-7", "u-8", "Kit", "sample", "u-9"]),
        purpose=st.sampled_from([None, "section_47_enquiry", "early_help_assessment"]),
        source=st.sampled_from([None, "school", "police"]),
        since=st.none() | st.dates(date(2026, 5, 30), date(2026, 6, 14)),
        until=st.none() | st.dates(date(2026, 5, 30), date(2026, 6, 14)),
        outcome=st.sampled_from([None, "involved", "nothing_to_share"]),
        case_reference=st.sampled_from([None, "NS/1", "ns 4711"]),
    ),
    st.integers(1, 5),
)
def test_pages_together_are_what_reading_everything_finds(log: Path, wanted: Criteria, size: int) -> None:
    with found(log, Criteria()) as everything:
        expected = [one.index for one in everything if wanted.fits(one)]
    paged: list[int] = []
    before = 10_000
    while True:
        with found(log, wanted, before) as rest:
            page = [one.index for one in rest[:size]]
        if not page:
            break
        paged += page
        before = page[-1]
    assert paged == expected


def test_days_are_those_of_london(tmp_path: Path) -> None:
    wanted = Criteria(since=date(2026, 6, 2), until=date(2026, 6, 2))
    assert (wanted.first(), wanted.end()) == (
        "2026-06-01T23:00:00.000+00:00",
        "2026-06-02T23:00:00.000+00:00",
    )
    winter = Criteria(since=date(2026, 1, 2))
    assert winter.first() == "2026-01-02T00:00:00.000+00:00"


async def test_a_search_from_a_day_on_reads_no_more_of_the_log_than_it_must(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_BLOCK", 3)
    async with writing(tmp_path) as log:
        for day in range(30):
            await log.record(replace(closed(f"q-{day}"), at=NOW + timedelta(days=day)))
    read: list[tuple[int, int]] = []
    with reading(tmp_path) as reader:
        wanted = Criteria(since=(NOW + timedelta(days=28)).date())
        told = list(search(reader, wanted, 30, lambda done, total: read.append((done, total))))
    assert [one.query_id for one in told] == ["q-29", "q-28"]
    assert read[:-1] == [(3, 30), (6, 30)]
    assert read[-1] == (30, 30)


def test_counts_are_of_all_that_fits(log: Path) -> None:
    with found(log, Criteria(since=date(2026, 6, 1))) as questions:
        told = counts(questions)
    assert told["all"] == {"questions": 14}
    assert told["outcome"] == {
        "school: involved": 6,
        "school: nothing_to_share": 6,
        "role_may_not_ask": 1,
        "no_token": 1,
    }
    assert told["requester"] == {"u-7": 9, "u-8": 4, "nobody known": 1}
    assert told["month"] == {"2026-06": 14}


def test_what_is_found_names_nobody_who_was_asked_about(log: Path) -> None:
    with found(log, Criteria()) as questions:
        told = str([one.as_json() for one in questions])
    assert "Kit Marlowe-Sample" in told
    assert "Thistlewood" not in told
    assert "Kit" not in repr(questions)


async def test_a_question_whose_keys_are_gone_is_found_and_said_to_be_unreadable(
    log: Path, tmp_path: Path
) -> None:
    others = reading_with_other_keys(log, tmp_path)
    with others as reader:
        first = list(search(reader, Criteria(), reader.store.size()))[-1]
    assert (first.readable, first.requester, first.query_id) == (False, None, "q-0")


def reading_with_other_keys(log: Path, tmp_path: Path) -> AuditReader:
    return AuditReader.open(log / "audit.db", load_keys(keys_in(tmp_path / "other")), ORIGIN)


def test_a_time_is_compared_as_it_is_written() -> None:
    at = datetime(2026, 6, 1, 23, 0, tzinfo=UTC).isoformat(timespec="milliseconds")
    assert Criteria(since=date(2026, 6, 2)).first() == at
