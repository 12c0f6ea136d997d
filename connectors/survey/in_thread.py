"""A survey whose driver blocks: it runs in a thread of its own, and is interrupted when nobody waits any more."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from connectors.one_thread import OneThread
from connectors.source_file import SourceFile
from connectors.survey.contract import Bounds, Clock, Page


class Held(Protocol):
    """What is read in the thread. Every method runs there, but for ``interrupt`` (see ``one_thread.Held``)."""

    def begin(self) -> int | None:
        """Open, check and ask; about how many rows will come."""

    def page(self) -> Page:
        """The next rows; none at the end."""

    def interrupt(self) -> None:
        """Break off what it does or is about to do, for good."""

    def close(self) -> None:
        """Let go of everything."""


@asynccontextmanager
async def in_thread(
    source: SourceFile, bounds: Bounds, make: Callable[[], Held]
) -> AsyncIterator[tuple[int | None, AsyncIterator[Page]]]:
    """How many rows to expect, and the pages of what ``make`` gives, until the context ends."""
    thread = OneThread(make, f"{source.kind}-survey")
    clock = Clock(source, bounds.seconds)
    try:
        expected = await clock.within(thread.ask(clock.remaining, lambda held: held.begin()), _cut_by_itself)
        yield expected, _pages(thread, clock)
    finally:
        await thread.close()


async def _pages(thread: OneThread[Held], clock: Clock) -> AsyncIterator[Page]:
    while page := await clock.within(thread.ask(clock.remaining, lambda held: held.page()), _cut_by_itself):
        yield page


def _cut_by_itself() -> None:
    """A question to the thread that is cancelled interrupts what runs there."""
