"""Whether somebody has asked too much, and until when. Pure.

A window slides: what was asked longer ago than ``within`` counts no more. What was refused counts, too, so that
nothing is gained by trying again too early.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.audit.asked import AskedAbout, AskedBy
from broker.limits.settings import Most, RoleLimits


@dataclass(frozen=True, slots=True)
class TooMuch:
    """Which limit was passed (by its name in ``broker.yaml``), and from when on it is worth asking again."""

    limit: str
    of: Most
    until: datetime


def too_many(asked: Sequence[AskedBy], limits: RoleLimits, now: datetime) -> TooMuch | None:
    """Of what one requester asked, the question of this moment included: the limit that lasts longest."""
    return _longest((_queries(asked, limits.queries, now), _people(asked, limits.people, now)))


def too_often(asked: Sequence[AskedAbout], limits: RoleLimits, now: datetime) -> TooMuch | None:
    """Of what everybody asked about the people of a question, before it.

    What others asked stops nobody who has not asked themselves: else anybody could stop them by asking.
    """
    own = [one.at for one in asked if one.own]
    together = [one.at for one in asked] if own else []
    return _longest(
        (
            _before("same_person", own, limits.same_person, now),
            _before("same_person_by_all", together, limits.same_person_by_all, now),
        )
    )


def _queries(asked: Iterable[AskedBy], limit: Most | None, now: datetime) -> TooMuch | None:
    if limit is None:
        return None
    times = _inside((one.at for one in asked if one.begins), limit.within, now)
    if len(times) <= limit.most:
        return None
    return TooMuch("queries", limit, times[-limit.most] + limit.within)


def _people(asked: Iterable[AskedBy], limit: Most | None, now: datetime) -> TooMuch | None:
    """Until so much has slid out of the window that this question's own people fit in again."""
    if limit is None:
        return None
    inside = sorted((one for one in asked if now - one.at < limit.within), key=lambda one: one.at)
    until = None
    while inside and len(frozenset().union(*(one.people for one in inside))) > limit.most:
        until = inside.pop(0).at + limit.within
    return None if until is None else TooMuch("people", limit, until)


def _before(name: str, times: Iterable[datetime], limit: Most | None, now: datetime) -> TooMuch | None:
    """Whether there were so many already that one more is too many."""
    if limit is None:
        return None
    inside = _inside(times, limit.within, now)
    if len(inside) < limit.most:
        return None
    return TooMuch(name, limit, inside[-limit.most] + limit.within)


def _inside(times: Iterable[datetime], within: timedelta, now: datetime) -> list[datetime]:
    """Those of the time before, in order. What is of later counts: another broker's clock may be ahead."""
    return sorted(at for at in times if now - at < within)


def _longest(found: Iterable[TooMuch | None]) -> TooMuch | None:
    return max(filter(None, found), key=lambda one: one.until, default=None)
