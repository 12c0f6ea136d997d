"""``broker`` that dies of a fault of its own when a file says so, in every way in which Python tells of one.

``python -m tests.canaries.dying serve DIRECTORY ...``: the file is ``DIRECTORY/die``.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from broker.cli import main
from broker.feedback import Feedback
from tests.canaries.crashing import telling

WAYS = ("a thread ended", "where nothing can be raised", "asyncio: Task exception was never retrieved")
"""What is told of those that end nothing."""
ENDED = "The process ended of a fault of ours"


class _Destroyed:
    def __del__(self) -> None:
        raise telling()


async def _works(_: Feedback) -> None:
    """In place of what works in the background: it breaks, and the broker with it."""
    die = Path(sys.argv[2]) / "die"
    while not die.exists():  # noqa: ASYNC110 -- another process makes it
        await asyncio.sleep(0.05)
    thread = threading.Thread(target=_breaks)
    thread.start()
    thread.join()
    _Destroyed()
    forgotten = asyncio.ensure_future(_breaks_later())
    await asyncio.sleep(0.05)
    del forgotten
    raise ExceptionGroup("of several", [telling(), telling()])


def _breaks() -> None:
    raise telling()


async def _breaks_later() -> None:
    raise telling()


if __name__ == "__main__":
    Feedback.work = _works  # type: ignore[assignment, method-assign]
    main(prog_name="broker")
