"""Requests on their way to the services' desks: each is tried again until somebody took it, or it is too late.

What waits is in the log itself: a request is an entry, and so is what became of it. So a broker that is killed
goes on with what has no end yet. A request that was taken just before the kill may arrive twice, under one id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from broker.audit.call_events import CallDelivered, CallRequested, CallUndelivered
from broker.audit.event import Event
from broker.audit.log import LogUnavailable
from broker.calling.desks import Desks
from broker.notices.in_turn import keep_trying, wait_after
from broker.notices.notice import Channel, NotDelivered
from broker.settings import SecretMissing

log = logging.getLogger(__name__)

WAITING = 200
"""So many requests may wait to be delivered; what comes beyond is refused before it is recorded."""

FIRST_WAIT, LONGEST_WAIT = 15.0, 600.0
"""Seconds until a request that nobody took is tried again: doubled each time, up to the longest."""

TOO_LATE = timedelta(hours=4)
"""After this a request is given up: the requester has rung by then, or has to be told to."""


@dataclass(slots=True)
class Waiting:
    """A request that nobody took yet. ``due`` is a time of the event loop's clock, in seconds."""

    asked: CallRequested
    attempts: int = 0
    due: float = 0.0
    end: CallDelivered | CallUndelivered | None = None


@dataclass(slots=True)
class CallQueue:
    """Delivers requests. ``waiting`` is by their ids, and in memory alone."""

    desks: Desks
    record: Callable[[Event], Awaitable[object]] = field(repr=False)
    now: Callable[[], datetime]
    waiting: dict[str, Waiting] = field(default_factory=dict, repr=False)
    _more: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def full(self) -> bool:
        """Whether no more can wait."""
        return len(self.waiting) >= WAITING

    def add(self, requests: Iterable[CallRequested]) -> None:
        """Have these delivered, each once."""
        for one in requests:
            self.waiting.setdefault(one.query_id, Waiting(one))
        self._more.set()

    async def work(self) -> None:
        """Deliver what waits, for ever."""
        await keep_trying(self.once, self._more, lambda: (one.due for one in self.waiting.values()))

    async def once(self) -> None:
        """Try everything that is due."""
        clock = asyncio.get_running_loop().time()
        for one in [one for one in self.waiting.values() if one.due <= clock]:
            try:
                await self._try(one)
            except (LogUnavailable, SecretMissing, NotDelivered) as fault:
                self._again(one, str(fault))
            except Exception as fault:  # noqa: BLE001 -- what one request meets must not keep back all others
                self._again(one, type(fault).__name__)

    async def _try(self, one: Waiting) -> None:
        one.end = one.end or await self._end_of(one)
        await self.record(one.end)
        del self.waiting[one.asked.query_id]

    async def _end_of(self, one: Waiting) -> CallDelivered | CallUndelivered:
        """What becomes of it now. Raises NotDelivered when it has to be tried again."""
        asked, ways = one.asked, self.desks.ways_to(one.asked.source)
        if not ways:
            return CallUndelivered(asked.query_id, self.now(), asked.source, "no_desk")
        if self.now() - asked.at > TOO_LATE:
            return CallUndelivered(asked.query_id, self.now(), asked.source, "too_late")
        one.attempts += 1
        channel = await self._sent(asked)
        return CallDelivered(asked.query_id, self.now(), asked.source, channel, one.attempts)

    async def _sent(self, asked: CallRequested) -> Channel:
        """By which way it was taken: the first that takes it. Raises NotDelivered with the last one's sentence."""
        notice, fault = self.desks.notice(asked), NotDelivered("it has no desk")
        for channel, way in self.desks.ways_to(asked.source):
            try:
                await way.send(notice, self.now())
            except NotDelivered as why:
                fault = why
            else:
                return channel
        raise fault

    def _again(self, one: Waiting, why: str) -> None:
        wait = wait_after(one.attempts, FIRST_WAIT, LONGEST_WAIT)
        one.due = asyncio.get_running_loop().time() + wait
        log.warning(
            "call back %s of %s: %s. It is tried again in %d seconds.",
            *(one.asked.query_id, one.asked.source, why, wait),
        )
