"""A service's desk takes a request to ring back up: recorded once, and before anybody is told so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from broker import recording
from broker.audit.call_events import ACKNOWLEDGED, REQUESTED, CallAcknowledged
from broker.audit.event import Facts
from broker.audit.log import AuditLog, LogUnavailable
from broker.calling.links import Linked, Links
from broker.errors import NotRecorded
from broker.references import LAPSED


@dataclass(frozen=True, slots=True)
class Standing:
    """A request as its desk's page shows it: nobody is named.

    ``organisation`` is whose requester asked; None where it can no longer be read. ``taken_up_at``: None, as long
    as nobody said so.
    """

    source: str
    asked_at: datetime
    organisation: str | None
    taken_up_at: datetime | None


@dataclass(slots=True)
class TakingUp:
    """Where desks say it."""

    links: Links
    log: AuditLog
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def standing(self, reference: str, now: datetime) -> Standing:
        """How the request of a link stands; nothing is changed. Raises ReferenceLapsed and NotRecorded."""
        return await self._standing(self.links.opened(reference, now))

    async def take_up(self, reference: str, now: datetime) -> Standing:
        """How the request stood before; where nobody had taken it up, that is recorded, durably, by now.

        Raises ReferenceLapsed and NotRecorded: then nothing is recorded.
        """
        linked = self.links.opened(reference, now)
        async with self._one_at_a_time:  # of two that say it at once, one is the second
            before = await self._standing(linked)
            if before.taken_up_at is None:
                said = CallAcknowledged(linked.request_id, now, linked.source)
                await recording.durable(self.log, said)
        return before

    async def _standing(self, linked: Linked) -> Standing:
        try:
            entries = await self.log.of_query(linked.request_id, "request")
        except LogUnavailable:
            raise NotRecorded from None
        asked = next((one for one in entries if one["type"] == REQUESTED), None)
        if asked is None:  # the log is another than the link was made on
            raise LAPSED
        return Standing(linked.source, _at(asked), _organisation(asked), _taken_up_at(entries))


def _at(facts: Facts) -> datetime:
    return datetime.fromisoformat(facts["at"])


def _organisation(asked: Facts) -> str | None:
    request: Facts | None = asked["request"]
    return None if request is None else str(request["requester"]["organisation"])


def _taken_up_at(entries: Sequence[Facts]) -> datetime | None:
    return next((_at(one) for one in entries if one["type"] == ACKNOWLEDGED), None)
