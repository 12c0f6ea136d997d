"""``python -m bench.security.crowd PORT CLIENTS``: so many slow clients, until it is killed.

They come from a hundred addresses of loopback, in eight kinds. Whoever is closed comes again at once, so that
there are as many all the time. A process of its own, and one loop over bare sockets: the broker and its honest
clients are measured beside what the crowd sends, not beside what the crowd itself costs.
"""

from __future__ import annotations

import contextlib
import heapq
import resource
import selectors
import socket
import sys
import time
from collections.abc import Mapping

ADDRESSES, DRIP_SECONDS = 100, 1.0
AGAIN_SECONDS = 0.5
_TAKEN_SECONDS = 0.05
"""The kernel takes a connection of loopback at once, or has no room for it: then it is tried again later."""
HEADER = b"POST /v1/queries HTTP/1.1\r\nHost: broker\r\nAuthorization: Bearer x\r\n"

KINDS: Mapping[str, tuple[bytes, bytes]] = {
    "says nothing": (b"", b""),
    "empty lines": (b"\r\n", b"\r\n"),
    "stops in the header": (b"GET /healthz HTTP/1.1\r\nHost: broker\r\n", b""),
    "a header drop by drop": (b"GET /healthz HTTP/1.1\r\n", b"X-A: 1\r\n"),
    "stops in the body": (HEADER + b"Content-Length: 900\r\n\r\n{", b""),
    "a body drop by drop": (HEADER + b"Content-Length: 900\r\n\r\n{", b" "),
    "a chunked body drop by drop": (HEADER + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "asked, then silent": (b"GET /healthz HTTP/1.1\r\nHost: broker\r\n\r\n", b""),
}
"""What a client says first, and goes on saying."""


class Slow:
    """One client: what it says, and its connection while it has one."""

    def __init__(self, number: int, port: int) -> None:
        self.first, self.drip = tuple(KINDS.values())[number % len(KINDS)]
        self._comes_from = (f"127.0.2.{1 + number % ADDRESSES}", 0)
        self._to = ("127.0.0.1", port)
        self.connection: socket.socket | None = None

    def connect(self) -> socket.socket:
        """A new connection that has said its first words. Raises OSError."""
        made = socket.socket()
        try:
            made.bind(self._comes_from)
            made.settimeout(_TAKEN_SECONDS)
            made.connect(self._to)
            made.setblocking(False)
            made.send(self.first)
        except OSError:
            made.close()
            raise
        self.connection = made
        return made

    def says_more(self) -> None:
        """The next drop. Raises OSError when the connection is gone."""
        if self.connection:
            self.connection.send(self.drip)

    def is_closed(self) -> bool:
        """Reads what there is, and whether that was the end."""
        try:
            return not (self.connection and self.connection.recv(4096))
        except BlockingIOError:
            return False
        except OSError:
            return True

    def leave(self) -> None:
        """Close it."""
        if self.connection:
            self.connection.close()
            self.connection = None


class Crowd:
    """All of them, and when each says or does something next."""

    def __init__(self, port: int, clients: int) -> None:
        self._everybody = [Slow(number, port) for number in range(clients)]
        self._due = [(time.monotonic(), number) for number in range(clients)]
        self._open = selectors.DefaultSelector()

    def go_on(self) -> None:
        """Until it is killed."""
        while True:
            until = self._due[0][0] - time.monotonic() if self._due else AGAIN_SECONDS
            for key, _ in self._open.select(max(0.0, until)):
                if self._everybody[key.data].is_closed():
                    self._leave(key.data)
            now = time.monotonic()
            while self._due and self._due[0][0] <= now:
                self._next(heapq.heappop(self._due)[1])

    def _next(self, number: int) -> None:
        one = self._everybody[number]
        if one.connection is None:
            with contextlib.suppress(OSError):
                self._open.register(one.connect(), selectors.EVENT_READ, number)
            wait = DRIP_SECONDS if one.connection else AGAIN_SECONDS
        else:
            wait = DRIP_SECONDS
            try:
                one.says_more()
            except OSError:
                self._leave(number)
                return
        if one.drip or one.connection is None:
            heapq.heappush(self._due, (time.monotonic() + wait, number))

    def _leave(self, number: int) -> None:
        one = self._everybody[number]
        if one.connection:
            self._open.unregister(one.connection)
            one.leave()
            if not one.drip:  # whoever drips has a time in the list
                heapq.heappush(self._due, (time.monotonic() + AGAIN_SECONDS, number))


def main() -> None:
    """Until it is killed."""
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * clients), hard))
    Crowd(port, clients).go_on()


if __name__ == "__main__":
    main()
