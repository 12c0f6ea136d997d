"""The requests in the log of which nobody knows what became: a broker that starts goes on with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from pydantic import TypeAdapter

from broker.audit.call_events import ACKNOWLEDGED, DELIVERED, REQUESTED, UNDELIVERED, CallRequested
from broker.audit.entry import opened
from broker.audit.event import PersonAsked, Who
from broker.audit.reader import AuditReader
from connectors.contract import Identifiers

_IDENTIFIERS = TypeAdapter(Identifiers)
_LOOKED_BACK = timedelta(days=7)
"""A broker was not down for longer; and that an older request was not delivered would be news to nobody."""


def unfinished(reader: AuditReader, now: datetime) -> list[CallRequested]:
    """The requests of the last week that have no end, oldest first. One that was taken up has certainly arrived.

    One whose parts can't be read any more, because a key was destroyed, is of nobody: it is left out.
    """
    since = now - _LOOKED_BACK
    ends = (DELIVERED, UNDELIVERED, ACKNOWLEDGED)
    ended = {one["query_id"] for kind in ends for one in _latest(reader, kind, since)}
    begun = [one for one in _latest(reader, REQUESTED, since) if one["query_id"] not in ended]
    return [_again(one) for one in reversed(begun) if _readable(one)]


def _latest(reader: AuditReader, kind: str, since: datetime) -> Iterator[Mapping[str, Any]]:
    for epoch in reader.keys.every_tags:
        newest_first = (opened(raw, reader.keys) for raw in reader.store.tagged(epoch.kind(kind)))
        yield from takewhile(lambda facts: datetime.fromisoformat(facts["at"]) >= since, newest_first)


def _readable(facts: Mapping[str, Any]) -> bool:
    return all(facts[name] is not None for name in ("request", "call", "person 1"))


def _again(facts: Mapping[str, Any]) -> CallRequested:
    """The request as it was recorded."""
    person = facts["person 1"]
    return CallRequested(
        query_id=facts["query_id"],
        at=datetime.fromisoformat(facts["at"]),
        requester=Who(**facts["request"]["requester"]),
        source=facts["source"],
        opened_from=facts["opened_from"],
        purpose=facts["request"]["purpose"],
        person=PersonAsked(1, person["relation"], _IDENTIFIERS.validate_python(person["identifiers"])),
        **facts["call"],
    )
