"""Planned maintenance: when a source is down as its owner said, it is not asked, and the answer says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from connectors.asking import DAYS, Maintenance


def under_maintenance(windows: Sequence[Maintenance], now: datetime) -> Maintenance | None:
    """The window that ``now`` (in Europe/London) lies in. One that ends before it begins runs past midnight."""
    return next((one for one in windows if _holds(one, now)), None)


def _holds(window: Maintenance, now: datetime) -> bool:
    at, today = now.time(), now.date()
    if window.begins < window.ends:
        return _begins_on(window, today) and window.begins <= at < window.ends
    begun_yesterday = _begins_on(window, today - timedelta(days=1))
    return (_begins_on(window, today) and at >= window.begins) or (begun_yesterday and at < window.ends)


def _begins_on(window: Maintenance, day: date) -> bool:
    return window.on == day if window.on else DAYS[day.weekday()] in (window.days or DAYS)
