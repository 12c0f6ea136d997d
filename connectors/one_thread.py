"""A source that lives in one thread of its own, because its driver blocks.

Questions take turns. One that misses its deadline is interrupted; its thread and what was open in it are then
given up, and the next question gets new ones. So nothing of a question that was broken off can be in the way of
another, or in its answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from connectors.deadline import LeftBehind, within

CLOSING_SECONDS = 2.0
_INTERRUPTED_AGAIN_SECONDS = 0.02


class Held(Protocol):
    """What is open in the thread. Every method runs there, but for ``interrupt``."""

    def interrupt(self) -> None:
        """Break off what it does or is about to do, for good. Called from another thread, more than once."""

    def close(self) -> None:
        """Let go of everything."""


H = TypeVar("H", bound=Held)
T = TypeVar("T")


class OneThread(Generic[H]):
    """Asks what ``make`` gives, in one thread at a time, which bears the name ``name``."""

    def __init__(self, make: Callable[[], H], name: str) -> None:
        self._make = make
        self._name = name
        self._worker: _Worker[H] | None = None
        self._going: list[_Worker[H]] = []  # given up, and perhaps not closed yet
        self._left = LeftBehind()

    async def ask(self, seconds: float, question: Callable[[H], T]) -> T:
        """What the question gives or raises, worked out in the thread. Waiting for a turn counts.

        Raises SourceTimedOut.
        """
        turn: _Turn[H] = _Turn()
        return await within(seconds, self._in_turn(turn, question), lambda: self._cut(turn), self._left)

    async def close(self) -> None:
        """Let go of the thread and what is open in it, at once. It may be asked again."""
        if self._worker is not None:
            self._give_up(self._worker)
        await asyncio.gather(*(worker.closed(CLOSING_SECONDS) for worker in self._going))
        await self._left.gone(CLOSING_SECONDS)

    async def _in_turn(self, turn: _Turn[H], question: Callable[[H], T]) -> T:
        while True:
            worker = self._current_worker()
            async with worker.turn:
                if not worker.given_up:
                    turn.worker = worker
                    return await worker.answer(question)

    def _current_worker(self) -> _Worker[H]:
        if self._worker is None:
            self._worker = _Worker(self._make(), self._name)
        return self._worker

    def _cut(self, turn: _Turn[H]) -> None:
        """Only who has the turn breaks it off: a question that still waits leaves the others alone."""
        if turn.worker is not None:
            self._give_up(turn.worker)

    def _give_up(self, worker: _Worker[H]) -> None:
        worker.give_up()
        self._going = [one for one in {*self._going, worker} if not one.is_closed]
        if self._worker is worker:
            self._worker = None


class _Worker(Generic[H]):
    """What is held, and its thread. Once given up, it finishes by itself and takes no more questions."""

    def __init__(self, held: H, name: str) -> None:
        self.turn = asyncio.Lock()
        self._held = held
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._closed: Future[None] | None = None

    @property
    def given_up(self) -> bool:
        return self._closed is not None

    @property
    def is_closed(self) -> bool:
        return self._closed is not None and self._closed.done()

    async def answer(self, question: Callable[[H], T]) -> T:
        """The question's answer, worked out in the thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question, self._held)

    def give_up(self) -> None:
        """Interrupt what runs; close what is held after it. Returns at once; idempotent."""
        if self._closed is None:
            self._closed = self._thread.submit(self._held.close)
            self._thread.shutdown(wait=False)
            self._interrupt_until(self._closed)

    async def closed(self, seconds: float) -> None:
        """Wait until what is held is closed, but no longer than this."""
        if self._closed is not None:
            await asyncio.wait({asyncio.wrap_future(self._closed)}, timeout=seconds)

    def _interrupt_until(self, closed: Future[None]) -> None:
        """Again and again: a statement that has not quite begun forgets that it was interrupted."""
        if not closed.done():
            self._held.interrupt()
            again = asyncio.get_running_loop().call_later
            again(_INTERRUPTED_AGAIN_SECONDS, self._interrupt_until, closed)


@dataclass(slots=True)
class _Turn(Generic[H]):
    """The worker that a question is with; None while it waits for one."""

    worker: _Worker[H] | None = None
