"""The watch beside a running broker: once a minute a look at what is new, each finding an entry, and then a
notice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeVar

from broker.audit.event import Event
from broker.audit.watching.digest import A_WEEK, notice_of
from broker.audit.watching.finding import Finding
from broker.audit.watching.looking import Looking, Watched, opened
from broker.audit.watching.overdue import EmergencyAccess
from broker.audit.watching.pace import GivingWay
from broker.audit.watching.queue import Item, digests_sent, event_of
from broker.notices.delivery import Delivery
from broker.notices.notice import of_finding
from broker.surroundings import LONDON

log = logging.getLogger(__name__)

EVERY = 60.0
"""Seconds between two looks."""

DIGEST_HOUR = 7
"""In London: from then on the day's digest is sent."""

T = TypeVar("T")
Record = Callable[[Event], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What was found, and emergency access, decided or not; oldest first."""

    items: tuple[Item, ...]
    access: tuple[EmergencyAccess, ...]


@dataclass(slots=True)
class Watch:
    """Made anew for each broker. Everything that reads the log does so in one thread of its own, which gives way
    to whoever answers.
    """

    watched: Watched
    record: Record = field(repr=False)
    now: Callable[[], datetime]
    delivery: Delivery = field(repr=False)
    _thread: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="watches look-ups"),
        repr=False,
    )
    _pace: GivingWay = field(default_factory=GivingWay, repr=False)
    _looking: Looking | None = field(default=None, repr=False)
    _digest_of: date | None = None

    async def watch(self) -> None:
        """Look again and again, for ever."""
        try:
            while True:
                await self._look_and_warn()
                await asyncio.sleep(EVERY)
        finally:
            self._pace.hurry.set()  # nobody is answered any more
            self._thread.submit(self._close)
            await asyncio.to_thread(self._thread.shutdown)  # before the log closes its own file

    async def waiting(self) -> Waiting:
        """The findings that the log has, with what became of them, and emergency access; nothing new is found.

        Raises what opening and reading the log and the registers raise.
        """
        return await self._in_thread(self._read_waiting)

    async def look(self) -> list[Finding]:
        """Record what is new, and have people told; what there was."""
        looking = await self._in_thread(self._opened)
        found = await self._in_thread(partial(looking.look, self.now()))
        for one in found:
            notify, digest = self.watched.notify(one.rule), self.watched.loaded.digest
            await self.record(event_of(one, looking.id_of(one), digest, notify, self.now()))
        for item in await self._in_thread(looking.changed_items):
            self._tell(item)
        await self._send_digest(looking)
        return found

    def _tell(self, item: Item) -> None:
        """Have those told who were not: also of what a command found, or what an earlier broker could not
        deliver.
        """
        one, partnership = item.finding, self.watched.of.settings.partnership
        self.delivery.tell(of_finding(item.id, one.rule, one.count, partnership), item.notify, but=item.told)

    async def _look_and_warn(self) -> None:
        try:
            await self.look()
        except Exception as fault:  # noqa: BLE001 -- what one look meets must not end all others
            log.warning("watching: a look failed with %s; the next one tries again", type(fault).__name__)

    async def _send_digest(self, looking: Looking) -> None:
        """Once a day, to whoever did not get it yet."""
        notices, local = self.watched.of.settings.notices, self.now().astimezone(LONDON)
        if (
            not notices
            or not notices.digest_to
            or local.hour < DIGEST_HOUR
            or self._digest_of == local.date()
        ):
            return
        told = await self._in_thread(partial(looking.digest, self.now(), A_WEEK))
        notice = notice_of(told, self.watched.of.settings.partnership)
        sent = await self._in_thread(partial(digests_sent, looking.reader, self._pace))
        self.delivery.tell(notice, notices.digest_to, but=sent.get(notice.id, ()))
        self._digest_of = local.date()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _opened(self) -> Looking:
        """The log, opened once: in the one thread, so that nobody opens it beside us."""
        if self._looking is None:
            self._looking = opened(self.watched, pace=self._pace)
        return self._looking

    def _read_waiting(self) -> Waiting:
        looking = self._opened()
        items = looking.items_now()
        return Waiting(tuple(items), tuple(looking.emergencies(items)))

    def _close(self) -> None:
        if self._looking is not None:
            self._looking.close()
