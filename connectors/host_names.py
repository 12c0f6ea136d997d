"""Looking up the addresses of a host, without holding up who has nothing to do with it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial


class SystemNames:
    """Resolves as this machine does, in threads of its own.

    A name server that is silent holds a thread for ten seconds and more. The event loop's own few threads are
    those that the audit log is written in: no source may hold them.
    """

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="names-of-a-source")

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, each once, in the order in which to try them. Raises OSError."""
        looked_up = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, looked_up)
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        """Wait for no one: a thread that is held ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
