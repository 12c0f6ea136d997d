"""What was recorded of a person's agreement, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_rules.agreements import STANDINGS, Recorded, decided, fits

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
    ),
    unique_by=lambda one: one.recorded_at,
    max_size=4,
)


@given(entries, st.none() | st.integers(0, 90))
def test_an_agreement_needs_an_entry_of_today_by_somebody_who_could_give_it(
    found: list[Recorded], age: int | None
) -> None:
    state = decided(found, "help", age, TODAY).state
    good = [one for one in found if (one.purpose, one.state) == ("help", "given") and fits(one.standing, age)]
    assert state != "given" or any(one.agreed_on <= TODAY <= one.until for one in good)


@given(entries, st.integers(0, 90))
def test_a_withdrawal_that_is_recorded_last_always_counts(found: list[Recorded], age: int) -> None:
    last = replace(GIVEN, state="withdrawn", recorded_at=AT + timedelta(days=9), agreed_on=TODAY)
    assert decided([*found, last], "help", age, TODAY).state == "withdrawn"
    assert decided([*found, last], "help", None, TODAY).state == "withdrawn"
