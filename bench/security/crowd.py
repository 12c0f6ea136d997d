"""``python -m bench.security.crowd PORT CLIENTS``: so many slow clients, until it is killed.

They come from a hundred addresses of loopback, in eight kinds. Whoever is closed comes again at once, so that
there are as many all the time. A process of its own: the broker and its honest clients are measured, not this.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys
from collections.abc import Mapping

ADDRESSES, DRIP_SECONDS = 100, 1.0
AGAIN_SECONDS = 0.5
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


async def slow(port: int, number: int) -> None:
    """One client, for ever."""
    first, drip = tuple(KINDS.values())[number % len(KINDS)]
    comes_from = (f"127.0.2.{1 + number % ADDRESSES}", 0)
    while True:
        with contextlib.suppress(OSError):  # refused, or closed in the middle of a word
            await _one_connection(port, comes_from, first, drip)
        await asyncio.sleep(AGAIN_SECONDS)


async def _one_connection(port: int, comes_from: tuple[str, int], first: bytes, drip: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=comes_from)
    try:
        writer.write(first)
        while not reader.at_eof():
            try:
                async with asyncio.timeout(DRIP_SECONDS):
                    await reader.read(1024)
            except TimeoutError:
                if drip:
                    writer.write(drip)
    finally:
        writer.close()


async def everybody(port: int, clients: int) -> None:
    """All of them."""
    async with asyncio.TaskGroup() as group:
        for number in range(clients):
            group.create_task(slow(port, number))


def main() -> None:
    """Until it is killed."""
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4 * clients), hard))
    asyncio.run(everybody(port, clients))


if __name__ == "__main__":
    main()
