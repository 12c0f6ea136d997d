"""What every command does that listens until it is told to stop."""

from __future__ import annotations

import asyncio
import signal


def told_to_stop() -> asyncio.Event:
    """Set by Ctrl-C or SIGTERM, from now on: ask for it before saying that there is something to stop.

    Whoever starts a command in the background may have had SIGINT ignored; this takes it back.
    """
    stop = asyncio.Event()
    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop.set)
    return stop
