"""What was recorded of a person's agreement, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_rules.agreements import STANDINGS, Decided, Known, Recorded, decided, fits

TODAY = date(2026, 6, 1)
AT = datetime(2026, 5, 28, 9, 0, tzinfo=UTC)
GIVEN = Recorded("help", "given", "the_adult", "note 7", date(2026, 5, 28), date(2026, 12, 31), AT)
LATER = AT + timedelta(days=1)

CASES = {
    "agreed": ([GIVEN], 34, "given"),
    "nothing": ([], 34, "not_recorded"),
    "for another purpose": ([replace(GIVEN, purpose="other")], 34, "not_recorded"),
    "withdrawn afterwards": ([GIVEN, replace(GIVEN, state="withdrawn", recorded_at=LATER)], 34, "withdrawn"),
    "given again": ([replace(GIVEN, state="refused"), replace(GIVEN, recorded_at=LATER)], 34, "given"),
    "ended": ([replace(GIVEN, until=date(2026, 5, 31))], 34, "not_recorded"),
    "its last day": ([replace(GIVEN, until=TODAY)], 34, "given"),
    "not yet": ([replace(GIVEN, agreed_on=date(2026, 6, 2))], 34, "not_recorded"),
    "by an adult for a child": ([GIVEN], 17, "not_recorded"),
    "by a parent for a child": ([replace(GIVEN, standing="parental_responsibility")], 17, "given"),
    "by a parent for somebody who has turned eighteen": (
        [replace(GIVEN, standing="parental_responsibility")],
        18,
        "not_recorded",
    ),
    "by the child": ([replace(GIVEN, standing="gillick_competent_child")], 15, "given"),
    "of somebody whose age is not known": ([GIVEN], None, "not_recorded"),
    "refused by somebody whose age is not known": ([replace(GIVEN, state="refused")], None, "refused"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_entries_come_to(case: str) -> None:
    entries, age, state = CASES[case]
    assert decided(entries, "help", age, TODAY).state == state
    assert decided(entries[::-1], "help", age, TODAY).state == state


entries = st.lists(
    st.builds(
        Recorded,
        purpose=st.sampled_from(["help", "other"]),
        state=st.sampled_from(["given", "refused", "withdrawn"]),
        standing=st.sampled_from(STANDINGS),
        evidence=st.just("note"),
        agreed_on=st.dates(date(2026, 5, 1), date(2026, 6, 3)),
        until=st.dates(date(2026, 5, 1), date(2026, 7, 1)),
        recorded_at=st.integers(0, 99).map(lambda n: AT + timedelta(hours=n)),
        services=st.sampled_from([(), ("school",), ("housing",), ("school", "housing")]),
    ),
    unique_by=lambda one: one.recorded_at,
    max_size=4,
)


@given(entries, st.none() | st.integers(0, 90))
def test_an_agreement_needs_an_entry_of_today_by_somebody_who_could_give_it(
    found: list[Recorded], age: int | None
) -> None:
    state = decided(found, "help", age, TODAY).state
    good = [
        one
        for one in found
        if (one.purpose, one.state, one.services) == ("help", "given", ()) and fits(one.standing, age)
    ]
    assert state != "given" or any(one.agreed_on <= TODAY <= one.until for one in good)


@given(entries, st.integers(0, 90))
def test_a_withdrawal_that_is_recorded_last_always_counts(found: list[Recorded], age: int) -> None:
    last = replace(GIVEN, state="withdrawn", recorded_at=AT + timedelta(days=9), agreed_on=TODAY)
    assert decided([*found, last], "help", age, TODAY).state == "withdrawn"
    assert decided([*found, last], "help", None, TODAY).state == "withdrawn"


AT_SOME = {
    "for the school": ([replace(GIVEN, services=("school",))], "given", "not_recorded", "not_recorded"),
    "for all, and withdrawn at the school": (
        [GIVEN, replace(GIVEN, state="withdrawn", recorded_at=LATER, services=("school",))],
        "withdrawn",
        "given",
        "given",
    ),
    "for the school, and withdrawn at all": (
        [replace(GIVEN, services=("school",)), replace(GIVEN, state="withdrawn", recorded_at=LATER)],
        "withdrawn",
        "withdrawn",
        "withdrawn",
    ),
    "withdrawn at the school, and given again for all": (
        [replace(GIVEN, state="withdrawn", services=("school",)), replace(GIVEN, recorded_at=LATER)],
        "given",
        "given",
        "given",
    ),
}


@pytest.mark.parametrize("case", AT_SOME)
def test_what_entries_come_to_at_a_service(case: str) -> None:
    entries, *states = AT_SOME[case]
    services = ("school", "housing", None)
    assert [decided(entries, "help", 34, TODAY, one).state for one in services] == states


@given(entries, entries, st.integers(0, 90))
def test_what_is_said_of_one_service_changes_nothing_at_another(
    found: list[Recorded], others: list[Recorded], age: int
) -> None:
    of_school = [replace(one, services=("school",)) for one in others]
    for service in ("housing", None):
        before = decided(found, "help", age, TODAY, service)
        assert decided([*found, *of_school], "help", age, TODAY, service) == before


typed = st.sampled_from(
    [Decided(None), *(Decided(state, "note 1") for state in ("given", "refused", "withdrawn"))]
)


@given(entries, typed, st.integers(0, 90), st.sampled_from([None, "school", "housing"]), st.booleans())
def test_what_is_typed_opens_nothing_where_anything_was_recorded(
    found: list[Recorded], said: Decided, age: int, service: str | None, opens: bool
) -> None:
    counting = Known(tuple(found), said, typed_opens=opens).counting("help", age, TODAY, service)
    if any(one.purpose == "help" for one in found):
        assert counting == decided(found, "help", age, TODAY, service)
    elif said.state == "given":
        assert counting.state == ("given" if opens else "not_recorded")
    else:
        assert counting == said


def test_nobody_knows_while_the_register_cannot_be_read() -> None:
    known = Known(None, Decided("given", "note 1"), typed_opens=True)
    assert known.counting("help", 34, TODAY, "school").state is None
