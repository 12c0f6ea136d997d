"""Who is let in: so many questions at once in all, and of one requester; the others wait a moment, in turn.

One requester who asks very much waits behind nobody's back but their own: places that become free go round among
the requesters who wait, and nobody alone may fill the queue. Who would wait too long is told at once when to come
back, so that what is answered is answered in time: where the queue is full, before the token is looked at, because
at three times what the broker can do even that would cost a fifth of it.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from broker.api.pace import Pace
from broker.api.problems import Handler
from broker.errors import Overloaded
from broker.settings import AnswerSettings

_SHARE_OF_NEW = 0.2
_ASKING = frozenset({"ask", "open_details", "page_answer", "page_details"})
_OF_THE_QUEUE = 0.5
"""What one requester may have of the queue, what may be spent in it of the time that a requester has, and how full
it is when nobody is looked at any more.
"""


@dataclass(slots=True)
class Admission:
    """``at_once`` in all, as far as the machine stands it; ``of_one`` requester; ``waiting`` in the queue for at
    most ``patience`` seconds.
    """

    at_once: int
    of_one: int
    waiting: int
    patience: float
    inside: int = 0
    refused: int = 0
    _by_requester: dict[str, int] = field(default_factory=dict, repr=False)
    _queues: OrderedDict[str, deque[asyncio.Future[None]]] = field(default_factory=OrderedDict, repr=False)
    _took: float = 0.1
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.at_once)

    @asynccontextmanager
    async def place(self, requester: str, seconds: float = math.inf) -> AsyncIterator[None]:
        """A place for one question, whose requester has so many seconds.

        Raises Overloaded, which says in how many seconds to come back.
        """
        await self._entered(requester, min(self.patience, seconds * _OF_THE_QUEUE))
        began = time.monotonic()
        try:
            yield
        finally:
            self._took += _SHARE_OF_NEW * (time.monotonic() - began - self._took)
            self._left(requester)

    def queued(self) -> int:
        """How many wait."""
        return sum(map(len, self._queues.values()))

    def seconds_to_wait(self) -> float:
        """How long somebody who came now would wait, about."""
        return self._took * (self.queued() + 1) / self.pace.allowed

    def refuse_early(self) -> None:
        """Raises Overloaded where hardly anybody could be let in, whoever it is.

        Sooner than in the queue itself: who passes here should not have been looked at in vain.
        """
        if not self._room() and self._full(self.patience * _OF_THE_QUEUE):
            raise self._overloaded()

    def seen(self, late: float) -> None:
        """How late the event loop was: see ``pace``."""
        self.pace.seen(late, self.inside)
        self._let_in()

    async def _entered(self, requester: str, patience: float) -> None:
        if not self._queues and self._room_for(requester):
            self._enter(requester)
        elif self._full(patience) or self._has_too_much_of_it(requester):
            raise self._overloaded()
        else:
            await self._in_turn(requester, patience)

    def _full(self, patience: float) -> bool:
        return self.queued() >= self.waiting or self.seconds_to_wait() > patience

    def _has_too_much_of_it(self, requester: str) -> bool:
        own = len(self._queues.get(requester, ()))
        seconds = self._took * own / self.pace.allowed
        return own > self.waiting * _OF_THE_QUEUE or seconds > self.patience * _OF_THE_QUEUE

    def _overloaded(self) -> Overloaded:
        self.refused += 1
        return Overloaded(self.seconds_to_wait())

    async def _in_turn(self, requester: str, patience: float) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(requester, deque()).append(turn)
        self._let_in()
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException as fault:
            self._gave_up(requester, turn)
            if isinstance(fault, TimeoutError):
                raise self._overloaded() from None
            raise

    def _gave_up(self, requester: str, turn: asyncio.Future[None]) -> None:
        """Whoever was let in meanwhile leaves again; whoever was not, leaves the queue."""
        if turn.done() and not turn.cancelled():
            self._left(requester)
            return
        queue = self._queues.get(requester, deque())
        if turn in queue:
            queue.remove(turn)
            if not queue:
                del self._queues[requester]

    def _let_in(self) -> None:
        """Give free places away, to one requester after the other."""
        while requester := next(filter(self._room_for, self._queues), None):
            queue = self._queues[requester]
            turn = queue.popleft()
            self._queues.move_to_end(requester)
            if not queue:
                del self._queues[requester]
            if not turn.done():
                self._enter(requester)
                turn.set_result(None)

    def _room(self) -> bool:
        return self.inside < self.pace.allowed

    def _room_for(self, requester: str) -> bool:
        return self._room() and self._by_requester.get(requester, 0) < self.of_one

    def _enter(self, requester: str) -> None:
        self.inside += 1
        self._by_requester[requester] = self._by_requester.get(requester, 0) + 1

    def _left(self, requester: str) -> None:
        self.inside -= 1
        self._by_requester[requester] -= 1
        if not self._by_requester[requester]:
            del self._by_requester[requester]
        self._let_in()


def admission_of(settings: AnswerSettings) -> Admission:
    """As ``broker.yaml`` says."""
    return Admission(settings.at_once, settings.of_one_requester, settings.waiting, settings.patience)


ADMISSION = web.AppKey("admission", Admission)
_ARRIVED = web.RequestKey("arrived", float)


@web.middleware
async def refused_early(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Notes when the request came; and lets no query in where none can be answered in time. Raises Overloaded."""
    request[_ARRIVED] = time.monotonic()
    if request.match_info.route.name in _ASKING:
        request.app[ADMISSION].refuse_early()
    return await handler(request)


def seconds_left(request: web.Request, seconds: float) -> float:
    """What is left of so many seconds from the request's arrival on."""
    return request[_ARRIVED] + seconds - time.monotonic()
