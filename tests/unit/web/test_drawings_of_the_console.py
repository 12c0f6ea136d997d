"""What the console draws: bars on one scale, never outside of it, and none that is too short to be seen."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.audit.asking.trace import AtSource
from broker.audit.reader import Trace, TracedEntry
from broker.errors import Complaint
from broker.web.auditing.charting import HEIGHT, drawings
from broker.web.auditing.timeline import SHORTEST, Row, clock, rows_of, scale_of
from broker.web.auditing.typed import day_of, on_form
from broker.web.texts import texts_of

TEXTS = texts_of("en")
RECORDED = "2026-06-01T09:00:00.250+00:00"


def at_source(waited: int | None = 250, took: int | None = 200, entry: int = 4) -> AtSource:
    return AtSource(
        *(entry, "school", "disclosure", RECORDED, waited, took, "ab12", 3, "details"),
        outcomes=(),
        own_log="none",
    )


def rows(*through: AtSource, outcomes: object = ()) -> list[Row]:
    disclosed = {"outcomes": outcomes} if outcomes is not None else None
    entries = tuple(
        TracedEntry(one.entry, "disclosure", RECORDED, {"disclosed": disclosed}) for one in through
    )
    return list(rows_of(Trace("q-1", entries), through, {"school": "School"}, TEXTS))


def test_a_service_was_asked_as_long_before_its_entry_as_it_took() -> None:
    (row,) = rows(at_source())
    assert (row.service, row.asked, row.answered, row.took) == ("School", "10:00:00.050", "10:00:00.250", 200)
    assert row.bar is not None
    assert (row.bar.begins, row.bar.length) == (20.0, 80.0)


@given(st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 25_000)), min_size=1, max_size=15))
def test_bars_lie_within_the_scale_and_can_be_seen(times: list[tuple[int, int]]) -> None:
    through = [at_source(waited, took, n) for n, (waited, took) in enumerate(times)]
    assert scale_of(through) >= max(waited for waited, _ in times)
    for row in rows(*through):
        assert row.bar is not None
        assert row.bar.length >= SHORTEST
        assert row.bar.begins >= 0
        assert row.bar.begins + row.bar.length <= 100 + SHORTEST


def test_a_part_whose_key_was_destroyed_has_no_bar_and_says_nothing() -> None:
    (row,) = rows(at_source(took=None), outcomes=None)
    assert (row.bar, row.asked, row.said) == (None, None, ())


def test_outcomes_have_the_words_of_an_answers_page_and_say_what_was_shown() -> None:
    levels = [{"involved": "yes", "started": "month", "status": "nothing", "lead_practitioner": "named"}]
    outcomes = [
        {"number": 1, "outcome": "involved", "levels": levels},
        {"number": 2, "outcome": "nothing_to_share", "levels": []},
    ]
    (row,) = rows(at_source(), outcomes=outcomes)
    assert row.said == (
        "Person 1: Known to this service. Shown: involvement, start (month), contact (named).",
        "Person 2: Nothing this service shares for this purpose; it may hold more.",
    )


def test_moments_are_londons() -> None:
    assert clock(datetime(2026, 1, 5, 9, 0, 0, 7000, UTC)) == "09:00:00.007"


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=120))
def test_every_count_has_a_bar_on_one_scale_unless_it_is_none(counts: list[int]) -> None:
    (one,) = drawings({"Section 47 enquiry": counts}, max(counts))
    assert len(one.bars) == sum(n > 0 for n in counts)
    assert (one.total, one.most) == (sum(counts), max(counts))
    for begins, wide, high in one.bars:
        assert 0 <= begins < begins + wide <= 100
        assert 1 <= high <= HEIGHT
    if one.most:
        assert max(high for _, _, high in one.bars) == HEIGHT


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ({}, None),
        ({"since-day": "7", "since-month": "3", "since-year": "2026"}, "2026-03-07"),
        ({"since-year": "2026"}, "2026-00-00"),
        ({"since-day": "x", "since-month": "y", "since-year": "z"}, "z-0y-0x"),
    ],
)
def test_a_day_of_three_fields_is_one_and_what_is_none_stays_none(
    typed: dict[str, str], day: str | None
) -> None:
    assert day_of(typed, "since") == day


def test_a_complaint_stands_beside_the_field_that_it_is_about() -> None:
    complaints = [
        Complaint("day_form", "x", "/until"),
        Complaint("missing", "Add reason.", "/reason"),
        Complaint("too_little", "Say who it is.", "/person"),
        Complaint("string_too_long", "Write at most 200.", "/person/other_family_names/1"),
        Complaint("unreviewed", "Entries are still to be reviewed."),
    ]
    shown = on_form([*complaints, *complaints], TEXTS)
    assert [one.field for one in shown] == ["until-day", "reason", "family_name", "other_family_names-1", ""]
    assert shown[0].sentence == "Write a whole day in numbers: 27 3 2026."
    assert shown[1].sentence == "Write why, in a sentence."
