"""Who is let in: so many questions at once in all, and of one requester; the others wait a moment, in turn.

One requester who asks very much waits behind nobody's back but their own: places that become free go round among
the requesters who wait. Who would wait too long is told at once when to come back, which costs next to nothing, so
that what is answered is answered in time.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from broker.errors import Overloaded
from broker.settings import AnswerSettings

_SHARE_OF_NEW = 0.2


@dataclass(slots=True)
class Admission:
    """``at_once`` in all, ``of_one`` requester, ``waiting`` in the queue for at most ``patience`` seconds."""

    at_once: int
    of_one: int
    waiting: int
    patience: float
    inside: int = 0
    refused: int = 0
    _by_requester: dict[str, int] = field(default_factory=dict, repr=False)
    _queues: OrderedDict[str, deque[asyncio.Future[None]]] = field(default_factory=OrderedDict, repr=False)
    _took: float = 0.1

    @asynccontextmanager
    async def place(self, requester: str) -> AsyncIterator[None]:
        """A place for one question. Raises Overloaded, which says in how many seconds to come back."""
        await self._entered(requester)
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
        return self._took * (self.queued() + 1) / self.at_once

    async def _entered(self, requester: str) -> None:
        if not self._queues and self._room_for(requester):
            self._enter(requester)
            return
        if self.queued() >= self.waiting or self.seconds_to_wait() > self.patience:
            self.refused += 1
            raise Overloaded(self.seconds_to_wait())
        await self._in_turn(requester)

    async def _in_turn(self, requester: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._queues.setdefault(requester, deque()).append(turn)
        self._let_in()
        try:
            async with asyncio.timeout(self.patience):
                await turn
        except BaseException as fault:
            self._gave_up(requester, turn)
            if isinstance(fault, TimeoutError):
                self.refused += 1
                raise Overloaded(self.seconds_to_wait()) from None
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

    def _room_for(self, requester: str) -> bool:
        return self.inside < self.at_once and self._by_requester.get(requester, 0) < self.of_one

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
