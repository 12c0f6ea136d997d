"""Counts of close matches, written down: once a day, and when the broker ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date

from broker.learning.misses import CountsUnfit, Misses, add

COUNTS_WRITTEN_EVERY = 24 * 60 * 60.0
"""Seconds between two writings of the counts of close matches: no query can be read from a file's change."""

log = logging.getLogger(__name__)


async def counts_written(
    counted: Mapping[str, Misses], today: Callable[[], date], ends: asyncio.Event
) -> None:
    """Write them down once a day, and when the broker ends: by its event, so that no writing is cut in two."""
    while not ends.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(COUNTS_WRITTEN_EVERY):
                await ends.wait()
        await _written(counted, today())


async def _written(counted: Mapping[str, Misses], today: date) -> None:
    """What can't be written is counted on, and costs no answer."""
    for name, misses in counted.items():
        taken = misses.taken(today)
        try:
            await asyncio.to_thread(add, misses.path, taken)
        except (OSError, CountsUnfit) as fault:
            misses.put_back(taken)
            log.warning("counts of close matches at %s are not written: %s", name, fault)
