"""Windows that slide: whatever is asked and when, never more than a limit, and a time when it is allowed again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from broker.audit.asked import AskedAbout, AskedBy
from broker.limits.counting import too_many, too_often
from broker.limits.settings import Most, RoleLimits

NOW = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

waits = st.lists(st.integers(0, 50).map(lambda minutes: timedelta(minutes=minutes)), max_size=40)
people = st.frozensets(st.integers(0, 40).map(lambda one: bytes([one])), max_size=12)


def at_most(most: int) -> Most:
    return Most.model_validate({"most": most, "within": "1 hour"})


def asked(minutes: int, *who: int, begins: bool = True) -> AskedBy:
    return AskedBy(NOW + timedelta(minutes=minutes), begins, frozenset(bytes([one]) for one in who))


def moments(between: Sequence[timedelta]) -> list[datetime]:
    found, at = [], NOW
    for one in between:
        at += one
        found.append(at)
    return found


@given(waits, st.integers(1, 6))
def test_no_hour_has_more_answered_questions_than_the_limit(between: list[timedelta], most: int) -> None:
    limits, log, answered = RoleLimits(queries=at_most(most)), [], []
    for at in moments(between):
        log.append(AskedBy(at, True, frozenset()))
        if too_many(log, limits, at) is None:
            answered.append(at)
    for end in answered:
        assert sum(end - HOUR < at <= end for at in answered) <= most


@given(st.lists(st.tuples(st.integers(0, 50), people), max_size=30), st.integers(12, 20))
def test_no_hour_has_more_people_who_were_answered_about_than_the_limit(
    questions: list[tuple[int, frozenset[bytes]]], most: int
) -> None:
    limits, log, answered, at = RoleLimits(people=at_most(most)), [], [], NOW
    for minutes, who in questions:
        at += timedelta(minutes=minutes)
        log.append(AskedBy(at, True, who))
        if too_many(log, limits, at) is None:
            answered.append(log[-1])
    for last in answered:
        inside = [one.people for one in answered if last.at - HOUR < one.at <= last.at]
        assert len(frozenset().union(*inside)) <= most


@given(waits, people, st.integers(1, 6), st.integers(12, 20))
def test_whoever_waits_as_long_as_is_said_is_answered_and_a_second_sooner_is_not(
    between: list[timedelta], who: frozenset[bytes], most: int, most_people: int
) -> None:
    limits = RoleLimits(queries=at_most(most), people=at_most(most_people))
    log = [
        AskedBy(at, True, who | {bytes([n])}) for n, at in enumerate(moments(between[: most_people - 12 + 5]))
    ]
    log.append(AskedBy(log[-1].at if log else NOW, True, who))
    found = too_many(log, limits, log[-1].at)
    if found is not None:
        assert too_many([*log, AskedBy(found.until - SECOND, True, who)], limits, found.until - SECOND)
        assert too_many([*log, AskedBy(found.until, True, who)], limits, found.until) is None


@given(waits, st.integers(1, 6))
def test_a_question_about_one_person_is_let_through_again_at_the_time_that_is_said(
    between: list[timedelta], most: int
) -> None:
    limits = RoleLimits(same_person=at_most(most))
    log = [AskedAbout(at, own=True) for at in moments(between)]
    now = log[-1].at if log else NOW
    found = too_often(log, limits, now)
    assert (found is not None) == (sum(now - one.at < HOUR for one in log) >= most)
    if found is not None:
        assert too_often(log, limits, found.until - SECOND)
        assert too_often(log, limits, found.until) is None


def test_the_same_people_again_are_no_more_people() -> None:
    limits = RoleLimits(people=at_most(12))
    log = [asked(minute, *range(12)) for minute in range(30)]
    assert too_many(log, limits, log[-1].at) is None
    found = too_many([*log, asked(30, 12)], limits, NOW + timedelta(minutes=30))
    assert found
    assert (found.limit, found.until) == ("people", NOW + timedelta(minutes=29) + HOUR)


def test_whom_a_case_led_to_counts_as_people_and_not_as_a_question() -> None:
    log = [asked(0), asked(0, *range(10), begins=False), asked(1, 10, 11, 12)]
    found = too_many(log, RoleLimits(queries=at_most(2), people=at_most(12)), log[-1].at)
    assert found
    assert found.limit == "people"


def test_of_two_limits_the_one_counts_that_lasts_longer() -> None:
    day = Most.model_validate({"most": 12, "within": "1 day"})
    log = [asked(0, *range(12)), asked(1, 12)]
    found = too_many(log, RoleLimits(queries=at_most(1), people=day), log[-1].at)
    assert found
    assert (found.limit, found.until) == ("people", NOW + timedelta(days=1))


def test_what_others_ask_about_somebody_stops_nobody_who_has_not_asked_yet() -> None:
    limits = RoleLimits(same_person_by_all=at_most(3))
    others = [AskedAbout(NOW + timedelta(minutes=n), own=False) for n in range(9)]
    now = NOW + timedelta(minutes=10)
    assert too_often(others, limits, now) is None
    assert too_often([*others[:1], AskedAbout(now, own=True)], limits, now) is None
    found = too_often([*others, AskedAbout(now, own=True)], limits, now)
    assert found
    assert found.limit == "same_person_by_all"


def test_without_limits_nothing_is_too_much() -> None:
    log = [asked(0, n) for n in range(100)]
    assert too_many(log, RoleLimits(), NOW) is None
    assert too_often([AskedAbout(NOW, own=True)] * 100, RoleLimits(), NOW) is None
