"""One log held against another: the broker's against an agent's, or against that of a source's own database.

Neither can be made to agree by whoever holds only one of them. What is missing on one side is told from both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from broker.audit.asking.consultations import Consultation

CLOCKS_DIFFER_BY = timedelta(seconds=5)
"""How far the clocks of two machines may be apart before what they say of one moment counts as a difference."""

Difference = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What two logs say of one source. ``agree``: how many consultations both have, and have alike.

    ``only_here``, ``only_there`` and ``differing`` are what is wrong. ``not_compared`` says of how many no
    comparison could be made, and why; it is no fault.
    """

    agree: int
    only_here: Sequence[Difference] = ()
    only_there: Sequence[Difference] = ()
    differing: Sequence[Difference] = ()
    not_compared: Mapping[str, int] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return not (self.only_here or self.only_there or self.differing)

    def as_json(self) -> Mapping[str, Any]:
        """For programs."""
        return {
            "good": self.good,
            "agree": self.agree,
            "only_here": list(self.only_here),
            "only_there": list(self.only_there),
            "differing": list(self.differing),
            "not_compared": dict(self.not_compared),
        }


def against_another_log(
    here: Iterable[Consultation],
    there: Iterable[Consultation],
    clocks_differ_by: timedelta = CLOCKS_DIFFER_BY,
) -> Reconciled:
    """Hold every consultation that this log has against the other log's, and the other way round.

    Of one query a log may have several entries about a source: they are paired in order.
    """
    ours, theirs = _by_key(here), _by_key(there)
    only_here, only_there, differing, agree = [], [], [], 0
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key), theirs.get(key)
        if other is None and one is not None:
            only_here.append(_named(one))
        elif one is None and other is not None:
            only_there.append(_named(other))
        elif one is not None and other is not None:
            found = list(_differences(one, other, clocks_differ_by))
            agree += not found
            if found:
                differing.append({**_named(one), "differs": found})
    return Reconciled(agree, only_here, only_there, differing)


def _by_key(found: Iterable[Consultation]) -> Mapping[tuple[str, str, int], Consultation]:
    numbers: Counter[tuple[str, str]] = Counter()
    by_key = {}
    for one in sorted(found, key=lambda it: it.entry):
        pair = (one.query_id, one.kind)
        by_key[*pair, numbers[pair]] = one
        numbers[pair] += 1
    return by_key


def _differences(one: Consultation, other: Consultation, apart: timedelta) -> Iterator[str]:
    if one.policy_digest != other.policy_digest:
        yield "policy"
    if one.outcomes != other.outcomes:
        yield "outcomes"
    if one.content_salt == other.content_salt and one.content_hash != other.content_hash:
        yield "content"
    # A disclosure is written there before it leaves, and here when it has come: both while the query runs here.
    if not one.begun - apart <= other.ended <= one.ended + apart:
        yield "time"


def _named(one: Consultation) -> Difference:
    return {"query_id": one.query_id, "entry": one.entry, "at": one.at, "outcomes": list(one.outcomes)}


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement in a database's own log that bears our mark: whose query, and when it ran (in UTC)."""

    query_id: str
    at: datetime
    session: str


@dataclass(frozen=True, slots=True)
class DatabaseLog:
    """What was found in a database's own log: the marked statements, and which time the log is of."""

    statements: Sequence[Statement]
    first: datetime
    last: datetime


OWN_TRIALS = frozenset({"try", "check"})
"""What `broker source try` and `check` call their questions: they disclose nothing, and stand in no log of
ours.
"""


def against_database(
    here: Sequence[Consultation],
    database: DatabaseLog,
    known_otherwise: Mapping[str, str],
    clocks_differ_by: timedelta = CLOCKS_DIFFER_BY,
) -> Reconciled:
    """Tell which consultations the database never saw, and which of its statements the broker's log does not know.

    ``known_otherwise``: the other queries that may have asked this source, by id, and as what the log has them.
    """
    seen: dict[str, list[Statement]] = {}
    for statement in database.statements:
        seen.setdefault(statement.query_id, []).append(statement)
    by_query: dict[str, list[Consultation]] = {}
    for one in here:
        by_query.setdefault(one.query_id, []).append(one)
    not_compared: Counter[str] = Counter()
    agree, only_here, differing = 0, [], []
    for query_id, ours in by_query.items():
        kept = _judged(ours, seen.get(query_id, ()), database, clocks_differ_by)
        if kept == "agree":
            agree += 1
        elif kept == "never_seen":
            only_here.append(_named(ours[0]))
        elif kept in _DIFFERING:
            differing.append({**_named(ours[0]), "differs": [kept]})
        else:
            not_compared[kept] += 1
    only_there: list[Difference] = []
    for query_id, statements in seen.items():
        if query_id in OWN_TRIALS or query_id in known_otherwise:
            not_compared[known_otherwise.get(query_id, f"source {query_id}")] += len(statements)
        elif query_id not in by_query:
            only_there.extend(_statement(one) for one in statements)
    return Reconciled(agree, only_here, only_there, differing, dict(not_compared))


_DIFFERING = frozenset({"asked_though_closed", "asked_at_another_time"})


def _judged(
    ours: Sequence[Consultation], seen: Sequence[Statement], database: DatabaseLog, apart: timedelta
) -> str:
    begun, ended = min(one.begun for one in ours), max(one.ended for one in ours)
    asked = {one.asked for one in ours}
    if not seen:
        if "yes" not in asked:
            return "failed_or_closed"
        within = database.first <= begun and ended <= database.last
        return "never_seen" if within else "outside_the_logs_time"
    if asked == {"no"}:
        return "asked_though_closed"
    if any(not begun - apart <= one.at <= ended + apart for one in seen):
        return "asked_at_another_time"
    return "agree"


def _statement(one: Statement) -> Difference:
    return {"query_id": one.query_id, "at": one.at.isoformat(timespec="milliseconds"), "session": one.session}
