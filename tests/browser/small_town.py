"""Littleworth for a browser: quick to start, with a service that rings back, and the old front end beside pages.

As ``served``, in a thread with an event loop of its own; sources are in memory, all else is real.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp.test_utils import unused_port
from playwright._impl._api_structures import SetCookieParam

from tests.fakes.family_context import COMPATIBLE
from tests.fakes.littleworth import Littleworth, littleworth, row
from tests.fakes.paged_littleworth import signed_in
from tests.fakes.ringing_littleworth import BY_REQUEST, RINGING, kinds, offered, ring, settings

__all__ = ["SmallTown", "kinds", "small_town"]


@dataclass(frozen=True, slots=True)
class SmallTown:
    """A Littleworth that listens at ``address``."""

    littleworth: Littleworth
    address: str
    loop: asyncio.AbstractEventLoop

    def session(self) -> SetCookieParam:
        """Sign the social worker in: the cookie that their browser has then."""
        browser = asyncio.run_coroutine_threadsafe(signed_in(self.littleworth), self.loop).result(30)
        name, _, value = browser.cookie.partition("=")
        return {"name": name, "value": value, "url": self.address, "httpOnly": True}

    def link_of_a_request(self) -> str:
        """Have the social worker ask the school to ring back: the address that its desk is sent."""
        return asyncio.run_coroutine_threadsafe(_link(self.littleworth), self.loop).result(30)


@contextmanager
def small_town(directory: Path) -> Iterator[SmallTown]:
    """Running until the context ends."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever, name="broker")
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(_started(stack, directory, loop), loop).result(60)
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _started(stack: AsyncExitStack, directory: Path, loop: asyncio.AbstractEventLoop) -> SmallTown:
    port = unused_port()
    broker = settings(9, "https://127.0.0.1:9/hook", COMPATIBLE.replace(":8765", f":{port}"))
    town = await stack.enter_async_context(
        littleworth(
            directory, {"school": [row()]}, sources=RINGING, policies=BY_REQUEST, broker=broker, port=port
        )
    )
    return SmallTown(town, f"http://127.0.0.1:{port}", loop)


async def _link(town: Littleworth) -> str:
    await ring(town, await offered(town))
    (waits,) = town.front.calls.queue.waiting.values()
    link = town.front.calls.queue.desks.links.link(waits.asked)
    assert link is not None
    return link.url
