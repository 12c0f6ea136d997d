"""Notices on their way: each is tried again until it arrived, and that it arrived is an entry of the log.

What waits is in the log itself: a finding names its recipients, and each arrival is recorded. So a broker that
is killed goes on with what did not arrive. A notice that arrived just before the kill may arrive twice, under
the same id.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from broker.audit.event import Event
from broker.audit.log import LogUnavailable
from broker.audit.review_events import ReviewNotified
from broker.notices.in_turn import keep_trying, wait_after
from broker.notices.mail import ByMail
from broker.notices.notice import Channel, NotDelivered, Notice, Way
from broker.notices.settings import NoticeSettings
from broker.notices.webhook import ByWebhook
from broker.settings import SecretMissing

log = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 15.0, 3600.0
"""Seconds until a notice that did not arrive is tried again: doubled each time, up to the longest."""

Ways = Mapping[tuple[str, Channel], Way]
Record = Callable[[Event], Awaitable[object]]


@dataclass(slots=True)
class Waiting:
    """A notice for one recipient by one way. ``due`` is a time of the event loop's clock, in seconds."""

    notice: Notice
    recipient: str
    channel: Channel
    attempts: int = 0
    due: float = 0.0
    arrived: bool = False


@dataclass(slots=True)
class Delivery:
    """Delivers notices. ``ways`` are by recipient and channel."""

    ways: Ways
    record: Record = field(repr=False)
    now: Callable[[], datetime]
    waiting: list[Waiting] = field(default_factory=list)
    _told: set[tuple[str, str, Channel]] = field(default_factory=set, repr=False)
    _more: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def tell(self, notice: Notice, recipients: Iterable[str], but: Iterable[tuple[str, str]] = ()) -> None:
        """Have recipients told, by each of their ways, without those who were told already, or wait."""
        told, wanted = frozenset(but), frozenset(recipients)
        for recipient, channel in self.ways:
            one = (notice.id, recipient, channel)
            if recipient in wanted and (recipient, channel) not in told and one not in self._told:
                self._told.add(one)
                self.waiting.append(Waiting(notice, recipient, channel))
        self._more.set()

    async def work(self) -> None:
        """Deliver what waits, for ever."""
        await keep_trying(self.once, self._more, lambda: (one.due for one in self.waiting))

    async def once(self) -> None:
        """Try everything that is due."""
        clock = asyncio.get_running_loop().time()
        for one in [one for one in self.waiting if one.due <= clock]:
            await self._try(one)
        self.waiting[:] = [one for one in self.waiting if one.due != _DONE]

    async def _try(self, one: Waiting) -> None:
        try:
            if not one.arrived:
                one.attempts += 1
                await self.ways[one.recipient, one.channel].send(one.notice, self.now())
                one.arrived = True
            said = ReviewNotified(one.notice.id, self.now(), one.recipient, one.channel, one.attempts)
            await self.record(said)
            one.due = _DONE
        except (NotDelivered, LogUnavailable, SecretMissing) as fault:
            self._again(one, str(fault))
        except Exception as fault:  # noqa: BLE001 -- what one way meets must not keep back all other notices
            self._again(one, type(fault).__name__)

    def _again(self, one: Waiting, why: str) -> None:
        wait = wait_after(one.attempts, FIRST_WAIT, LONGEST_WAIT)
        one.due = asyncio.get_running_loop().time() + wait
        log.warning(
            "notice %s to %s by %s: %s. It is tried again in %d seconds.",
            *(one.notice.id, one.recipient, one.channel, why, wait),
        )


_DONE = float("inf")


def ways_of(settings: NoticeSettings | None, base: Path, secret: Callable[[str], str]) -> Ways:
    """The ways of a partnership's notices; none where it has none."""
    return dict(_ways(settings, base, secret)) if settings else {}


def _ways(
    settings: NoticeSettings, base: Path, secret: Callable[[str], str]
) -> Iterator[tuple[tuple[str, Channel], Way]]:
    for name, recipient in settings.to.items():
        if recipient.email and settings.mail:
            yield (name, "email"), ByMail(settings.mail, recipient.email, base, secret)
        if recipient.webhook:
            yield (name, "webhook"), ByWebhook(recipient.webhook, base, secret)
