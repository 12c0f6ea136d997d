"""Each watching rule: when it finds something, and when it must not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from broker.audit.watching.facts import LookUp, Refusal, Seen
from broker.audit.watching.finding import known_of
from broker.audit.watching.model import WatchingRules
from tests.unit.audit.watching_samples import MONDAY, entries, found, looked, refused, rules, seen

RATE = rules(watches="rate", people=3, within="1 hour")
SPREAD = rules(watches="spread", of="families", at_least=4, times_peers=2, within="7 days")
PLACES = rules(watches="spread", of="places", at_least=4, times_peers=2, within="7 days")
RETRIES = rules(watches="retries", times=4, ways=3, within="1 hour")
REFUSALS = rules(watches="refusals", refusals=4, within="1 hour")
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday"]
HOURS = rules(
    watches="out_of_hours", opens="07:00", closes="20:00", days=WEEKDAYS, at_least=2, closed_on=["2026-06-03"],
    except_roles=["out_of_hours_worker"],
)  # fmt: skip
SURNAME = rules(watches="own_surname", rarer_than_one_in=1000)
EMERGENCY = rules(watches="emergency_not_reviewed")
CLOSE = rules(watches="close_matches", in_a_week=40, times_usual=3)
A_DAY, NIGHT = 24 * 60, 12 * 60
"""Minutes; and from ten in the morning to ten at night."""


def every(minutes: float, count: int, name: str = "Ann", start: int = 0) -> list[LookUp]:
    """So many look-ups of different people, so many minutes apart."""
    return [looked(start + number, number * minutes, name) for number in range(count)]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        (every(10, 3), []),
        (every(10, 4), [(0, 1, 2, 3)]),
        (every(25, 9), []),  # never more than three within an hour
        ([looked(n, n, "Ann", "the same") for n in range(9)], []),
        ([*every(10, 2, "Ann"), *every(10, 2, "Ben", 2)], []),
        ([looked(0, 0, "Ann", "a", "b", "c", "d")], [(0,)]),
        (every(5, 9), [(0, 1, 2, 3), (4, 5, 6, 7)]),  # what was counted once counts no more
    ],
)
def test_many_people_in_a_time_are_found(happened: list[LookUp], expected: list[tuple[int, ...]]) -> None:
    assert entries(found(RATE, happened)) == expected


def test_a_role_whose_work_it_is_is_not_looked_at() -> None:
    auditing = [replace(one, requester=replace(one.requester, role="auditor")) for one in every(1, 9)]
    others = rules(watches="rate", people=3, within="1 hour", except_roles=["auditor"])
    assert (len(found(RATE, auditing)), found(others, auditing)) == (2, [])


@pytest.mark.parametrize(
    ("mine", "theirs", "times"),
    [(4, 2, 1), (4, 3, 0), (3, 1, 0), (6, 3, 1)],
    ids=["twice as many", "not twice as many", "too few at all", "more, against busier peers"],
)
def test_many_families_are_found_against_what_peers_look_up(mine: int, theirs: int, times: int) -> None:
    peers = [one for n in range(3) for one in every(A_DAY / 4, theirs, f"Peer{n}", 100 + 10 * n)]
    last_day = [looked(n, A_DAY * 2 + n, "Ann") for n in range(mine)]
    assert len([one for one in found(SPREAD, [*peers, *last_day]) if one.subject == "ann"]) == times


def test_one_family_again_and_again_is_no_spread_and_places_count_everybody() -> None:
    one_family = [looked(n, n, "Ann", seen(f"child {n}", family="one", place="x")) for n in range(20)]
    assert found(SPREAD, one_family) == found(PLACES, one_family) == []
    wide = [looked(1, 0, "Ann", *(seen(f"{n}", family="one", place=f"{n}") for n in range(4)))]
    assert (entries(found(PLACES, wide)), found(SPREAD, wide)) == ([(1,)], [])


def test_peers_are_of_the_same_role_where_there_are_enough() -> None:
    busy = [one for n in range(3) for one in every(1, 4, f"Busy{n}", 100 + 10 * n)]
    quiet = [
        replace(one, requester=replace(one.requester, role="duty_worker"))
        for n in range(4)
        for one in every(1, 1, f"Quiet{n}", 200 + 10 * n)
    ]
    mine = [looked(n, 60 + n, "Ann") for n in range(4)]
    assert [one for one in found(SPREAD, [*busy, *quiet, *mine]) if one.subject == "ann"] == []


def tried(index: int, minute: float, way: str, *tags: str) -> LookUp:
    return looked(index, minute, "Ann", seen(way, typed=way, tags=(way, *tags)))


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([tried(n, n, f"spelt {n}", "ash") for n in range(4)], [(0, 1, 2, 3)]),
        ([tried(n, n, f"spelt {n}", "ash") for n in range(3)], []),
        (
            [tried(n, n, f"spelt {n % 2}", "ash") for n in range(9)],
            [],
        ),  # a slip that was mended is no fishing
        ([tried(n, n, f"spelt {n}", f"tag {n}") for n in range(9)], []),  # nine people
        ([tried(n, 25 * n, f"spelt {n}", "ash") for n in range(9)], []),  # never four within an hour
    ],
    ids=["four ways", "three times", "two ways", "nine people", "slowly"],
)
def test_one_person_again_and_again_is_found_across_spellings(
    happened: list[LookUp], expected: list[tuple[int, ...]]
) -> None:
    assert entries(found(RETRIES, happened)) == expected


def test_a_tag_that_two_of_one_query_share_says_nothing_of_retries() -> None:
    twins = [
        looked(n, n, "Ann", seen(f"Ada {n}", tags=("twins",)), seen(f"Ida {n}", tags=("twins",)))
        for n in range(9)
    ]
    assert found(RETRIES, twins) == []


@pytest.mark.parametrize(
    ("minutes", "role", "times"),
    [
        ((NIGHT, NIGHT + 5), "social_worker", 1),
        ((NIGHT, NIGHT + 5), "out_of_hours_worker", 0),
        ((NIGHT,), "social_worker", 0),
        ((9 * 60, 9 * 60 + 59), "social_worker", 0),  # until 19:59
        ((NIGHT, A_DAY - 4 * 60), "social_worker", 1),  # ten at night and six in the morning are one night
        ((NIGHT, A_DAY + NIGHT), "social_worker", 0),  # one in each of two nights
        ((5 * A_DAY, 5 * A_DAY + 1), "social_worker", 1),  # Saturday
        ((2 * A_DAY, 2 * A_DAY + 1), "social_worker", 1),  # a day off
    ],
)
def test_look_ups_out_of_hours_are_found_by_the_night(
    minutes: tuple[int, ...], role: str, times: int
) -> None:
    happened = [looked(n, minute, role=role) for n, minute in enumerate(minutes)]
    assert len(found(HOURS, happened)) == times


@pytest.mark.parametrize(
    ("watches", "more", "tie", "finds"),
    [
        ("own_surname", {"rarer_than_one_in": 1000}, {"own_surname": 0.0003}, True),
        ("own_surname", {"rarer_than_one_in": 1000}, {"own_surname": 0.0115}, False),
        ("own_surname", {"rarer_than_one_in": 10}, {"own_surname": 0.0115}, True),
        ("own_address", {"same": "dwelling"}, {"home": "dwelling"}, True),
        ("own_address", {"same": "dwelling"}, {"home": "postcode"}, False),
        ("own_address", {"same": "postcode"}, {"home": "postcode"}, True),
        ("own_address", {"same": "postcode"}, {"home": "dwelling"}, True),
        ("colleagues", {}, {"colleague": True}, True),
        ("flagged_people", {}, {"flagged": True}, True),
        ("flagged_people", {}, {"colleague": True}, False),
    ],
)
def test_what_ties_a_requester_to_somebody_is_found(
    watches: str, more: dict[str, Any], tie: dict[str, Any], finds: bool
) -> None:
    happened = [looked(1, 0), looked(2, 5, "Ann", seen("stranger"), seen("tied", **tie)), looked(3, 6, "Ben")]
    assert entries(found(rules(watches=watches, **more), happened)) == ([(2,)] if finds else [])


def test_somebody_who_is_asked_about_again_is_found_once_a_month() -> None:
    flagged: Seen = seen("tied", flagged=True)
    happened = [looked(n, n * A_DAY, "Ann", flagged) for n in range(40)]
    watching = rules(watches="flagged_people")
    assert entries(found(watching, happened)) == [(0,), (30,)]
    assert entries(found(watching, [*happened, looked(90, 5, "Ben", flagged)])) == [(0,), (90,), (30,)]


def test_emergency_access_is_found_when_nobody_reviewed_it_in_time() -> None:
    used = [looked(1, 0, purpose="immediate_danger"), looked(2, 0, purpose="s47")]
    assert found(EMERGENCY, used, days=2.9) == []
    (late,) = found(EMERGENCY, used, days=3.1)
    assert (late.entries, late.about) == ((1,), "q-1")
    in_time, too_late = MONDAY + timedelta(days=1), MONDAY + timedelta(days=4)
    assert found(EMERGENCY, used, decided={"q-1": in_time}) == []
    assert entries(found(EMERGENCY, used, decided={"q-1": too_late})) == [(1,)]


@pytest.mark.parametrize(
    ("happened", "expected"),
    [
        ([refused(n, n) for n in range(4)], [(0, 1, 2, 3)]),
        ([refused(n, n) for n in range(3)], []),
        ([refused(n, 25 * n) for n in range(9)], []),
        ([refused(n, n, f"Peer{n}") for n in range(9)], []),
        ([refused(n, n, None) for n in range(4)], [(0, 1, 2, 3)]),
        ([refused(0, 0, None, count=60)], [(0,)]),  # a counted entry stands for many
    ],
)
def test_refusals_that_pile_up_are_found(happened: list[Any], expected: list[tuple[int, ...]]) -> None:
    assert entries(found(REFUSALS, happened)) == expected


@pytest.mark.parametrize(
    ("weeks", "about"),
    [
        ([10, 15, 10, 45], ["school"]),
        ([10, 15, 45], []),  # nobody knows yet what is usual
        ([20, 15, 20, 45], []),
        ([5, 5, 5, 35], []),
        ([0, 0, 0, 40], ["school"]),
    ],
)
def test_close_matches_that_pile_up_are_found_by_source(weeks: list[int], about: list[str]) -> None:
    counts = {
        "school": {f"2026-W{20 + n}": count for n, count in enumerate(weeks)},
        "housing": {"2026-W20": 500},
    }
    assert [one.about for one in found(CLOSE, [], close_matches=counts)] == about


EVERYTHING = [RATE, SPREAD, RETRIES, REFUSALS, HOURS, SURNAME, EMERGENCY]


@pytest.mark.parametrize("watching", EVERYTHING)
def test_a_finding_says_who_and_when_and_nobody_else(watching: WatchingRules) -> None:
    happened: list[LookUp | Refusal] = [
        *(tried(n, n, f"spelt {n}", "ash") for n in range(5)),
        *(looked(10 + n, NIGHT + n, "Ann", seen("niece", own_surname=0.0003)) for n in range(3)),
        *(refused(20 + n, n) for n in range(5)),
        looked(30, 1, purpose="immediate_danger"),
    ]
    told = found(watching, happened)
    assert told
    for one in told:
        assert "Ann Sample (ann)" in one.sentence
        assert "June 2026" in one.sentence
        assert not any(hidden in one.sentence for hidden in ("spelt", "niece", "q-"))
        assert "Ann" not in repr(one)


@pytest.mark.parametrize("watching", [RATE, RETRIES, REFUSALS, HOURS, SURNAME])
@settings(max_examples=25, deadline=None)
@given(
    minutes=st.lists(st.integers(0, 3 * A_DAY), min_size=1, max_size=30),
    others=st.lists(st.integers(0, 3 * A_DAY), max_size=10),
)
def test_what_somebody_else_looks_up_changes_nobodys_finding(
    watching: WatchingRules, minutes: list[int], others: list[int]
) -> None:
    mine = [
        looked(n, at, "Ann", seen(f"{n % 7}", tags=("x",), own_surname=0.0003))
        for n, at in enumerate(minutes)
    ]
    theirs = [looked(1000 + n, at, "Ben", seen(f"{n % 7}", tags=("x",))) for n, at in enumerate(others)]
    together = [one for one in found(watching, [*mine, *theirs]) if one.subject == "ann"]
    assert together == found(watching, mine)


@settings(max_examples=25, deadline=None)
@given(at=st.integers(0, 3 * A_DAY), which=st.integers(0, 2))
def test_a_peers_look_up_of_a_family_that_is_theirs_changes_no_spread(at: int, which: int) -> None:
    peers = [looked(100 + n, n, f"Peer{n % 3}", seen(f"case {n % 3}")) for n in range(6)]
    mine = [looked(n, 10 + n, "Ann") for n in range(6)]
    again = looked(200, at, f"Peer{which}", seen(f"case {which}"))
    assert found(SPREAD, [*peers, *mine, again]) == found(SPREAD, [*peers, *mine])


@pytest.mark.parametrize("watching", EVERYTHING)
@settings(max_examples=20, deadline=None)
@given(minutes=st.lists(st.integers(0, 2 * A_DAY), min_size=2, max_size=30), cut=st.floats(0, 1))
@example(minutes=[0] * 8, cut=0.5)
def test_looking_often_finds_what_looking_once_finds(
    watching: WatchingRules, minutes: list[int], cut: float
) -> None:
    in_time = sorted(minutes)
    happened = [
        looked(
            n,
            at,
            "Ann",
            seen(f"{n % 9}", typed=f"{n}", tags=("x",), own_surname=0.0003),
            purpose="immediate_danger",
        )
        for n, at in enumerate(in_time)
    ]
    at = int(cut * len(happened))
    early = found(watching, happened[:at], days=(in_time[at - 1] / A_DAY if at else 0))
    late = found(watching, happened, known=known_of(early))
    assert sorted(one.key for one in (*early, *late)) == sorted(one.key for one in found(watching, happened))
