"""Dates that come as moments: midnight in London is the day before in UTC, all summer long."""

from __future__ import annotations

from datetime import date

import pytest

from connectors.expand import DateFormat
from connectors.read_values import date_of

WRITTEN = [
    ("1985-06-06T23:00:00Z", date(1985, 6, 7)),
    ("1985-06-06T23:00:00.000Z", date(1985, 6, 7)),
    ("1985-06-06T23:00:00.0000000+00:00", date(1985, 6, 7)),
    ("1985-06-06 23:00+00", date(1985, 6, 7)),
    ("1985-06-07T00:00:00+01:00", date(1985, 6, 7)),
    ("1985-06-07T00:00:00Z", date(1985, 6, 7)),
    ("1985-12-07T00:00:00Z", date(1985, 12, 7)),
    ("1985-12-06T23:00:00Z", date(1985, 12, 6)),
    ("1985-06-06T23:00:00", date(1985, 6, 6)),  # without a zone it is the service's own day
    ("1985-06-06 23:00", date(1985, 6, 6)),
    ("1985-06-06", date(1985, 6, 6)),
    ("0001-01-01T00:00:00Z", date(1, 1, 1)),
]


@pytest.mark.parametrize(("text", "day"), WRITTEN)
@pytest.mark.parametrize("written", ["date", "iso_text"])
def test_a_moment_with_a_zone_is_on_its_day_in_london(text: str, day: date, written: DateFormat) -> None:
    assert date_of(text, written) == day


@pytest.mark.parametrize("text", ["1985-06-31T00:00:00Z", "1985-06-06T25:00:00Z"])
def test_a_moment_that_never_was_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        date_of(text, "iso_text")
