"""Northshire with its pages, for a browser: real databases, a real identity provider, and a broker that listens.

The broker runs in a thread with an event loop of its own, because Playwright's tests are not asynchronous. It is
shared by all tests here. One test signs in at the provider; for the others that is done already, by its own token.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from playwright._impl._api_structures import SetCookieParam

from broker.api.front import Front
from broker.api.listening import listening
from broker.app import running
from broker.settings import load_settings
from broker.surroundings import LONDON
from broker.web.sessions import Granted
from deploy.demo.connected import connected
from deploy.demo.northshire import Northshire, started

PEOPLE = 400
Given = TypeVar("Given")


@dataclass(slots=True)
class Served:
    """A Northshire that listens."""

    northshire: Northshire
    front: Front
    address: str
    loop: asyncio.AbstractEventLoop = field(repr=False)

    def run(self, wanted: Coroutine[Any, Any, Given]) -> Given:
        """Do something in the broker's own thread."""
        return asyncio.run_coroutine_threadsafe(wanted, self.loop).result(30)

    def token(self, persona: str = "social_worker") -> str:
        """An access token of the provider's."""
        return self.northshire.issued[persona]

    def session(self, persona: str = "social_worker") -> SetCookieParam:
        """Sign somebody in: the cookie that their browser has then."""
        return self.run(self._session(persona))

    async def _session(self, persona: str) -> SetCookieParam:
        pages, now = self.front.the_pages(), datetime.now(UTC)
        access = self.token(persona)
        token = await self.front.tokens.token(f"Bearer {access}", now)
        name = pages.sessions.begin(token, Granted(access, None), None, now)
        return {"name": pages.cookie, "value": name, "url": self.address, "httpOnly": True}


@contextmanager
def served(directory: Path, seed: int = 1) -> Iterator[Served]:
    """Northshire until the context ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="broker")
    thread.start()
    stack = AsyncExitStack()
    try:
        made = asyncio.run_coroutine_threadsafe(_started(stack, directory, seed, loop), loop).result(180)
        yield made
    finally:
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _started(
    stack: AsyncExitStack, directory: Path, seed: int, loop: asyncio.AbstractEventLoop
) -> Served:
    today = datetime.now(LONDON).date()
    made = await started(directory, seed, PEOPLE, today, lambda _: None)
    stack.callback(made.databases.destroy)
    town = await stack.enter_async_context(connected(made, print))
    assert town.issued, "There is no identity provider: see above"
    of = load_settings(directory)
    front = await stack.enter_async_context(running(of))
    address = await stack.enter_async_context(listening(front, of.settings.listen))
    return Served(town, front, address, loop)
