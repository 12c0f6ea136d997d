"""The rhythm of whatever is tried again until it arrives: at once when there is more, or when something is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable


async def keep_trying(
    once: Callable[[], Awaitable[None]], more: asyncio.Event, dues: Callable[[], Iterable[float]]
) -> None:
    """Try for ever. ``dues`` gives when what waits is due, by the event loop's clock, in seconds."""
    while True:
        more.clear()
        await once()
        try:
            async with asyncio.timeout(_until_first(dues())):
                await more.wait()
        except TimeoutError:
            continue


def wait_after(attempts: int, first: float, longest: float) -> float:
    """Seconds until the next attempt: doubled each time, up to the longest."""
    return min(first * 2.0 ** min(max(attempts - 1, 0), 20), longest)


def _until_first(dues: Iterable[float]) -> float | None:
    """Seconds until the first is due; None: nothing waits."""
    clock = asyncio.get_running_loop().time()
    return min((max(0.0, due - clock) for due in dues), default=None)
