"""What a PostgreSQL server sends, looked at before asyncpg reads it.

asyncpg 0.32 believes the length that a message says it has. One of zero it reads again and again, for ever, in the
event loop: a peer that sends zeros would halt the whole broker. So the head of every message (a kind, one byte; a
length, four) is checked first, and a connection on which something else comes is cut off. What stands inside a
message is asyncpg's to read.

    server -> (TLS) -> Checked -> asyncpg's own protocol

asyncpg takes the event loop that it is to use. It is given one that is the running loop, but for three things: its
protocols are ``Checked`` (under TLS, too: there it is what was decrypted that is looked at), and names are looked
up in threads of the source's own, since a name server that is silent would hold those of everybody else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from struct import unpack_from
from typing import Any

from asyncpg import protocol

from connectors.host_names import SystemNames

LONGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of one message, which is a row at most. A person's is some hundreds."""

_HEAD = 5
_KINDS = frozenset(b"RKSZTDCEN123nstAIvGHWdcV")
"""The first byte of each message that a server may send (PostgreSQL 18, 54.7 Message Formats)."""


class Frames:
    """Follows a stream of messages, in whatever pieces it comes."""

    __slots__ = ("_begun", "_to_come")

    def __init__(self) -> None:
        self._to_come = 0  # bytes of a message whose head was seen
        self._begun = b""  # a head that is not whole yet

    def sound(self, piece: bytes) -> bool:
        """Whether this piece goes on as messages do. Ask no more after it did not."""
        piece = self._begun + piece if self._begun else piece
        at, end = self._to_come, len(piece)
        while at + _HEAD <= end:
            kind, length = unpack_from("!Bi", piece, at)
            if kind not in _KINDS or not 4 <= length <= LONGEST_MESSAGE:  # noqa: PLR2004 -- it counts itself
                return False
            at += 1 + length
        self._begun, self._to_come = (piece[at:], 0) if at < end else (b"", at - end)
        return not self._begun or self._begun[0] in _KINDS


class Checked(asyncio.Protocol):
    """asyncpg's protocol, behind the check."""

    def __init__(self, inner: asyncio.Protocol, transport: asyncio.BaseTransport | None = None) -> None:
        self._inner = inner
        self._frames: Frames | None = Frames()
        self._transport: Any = transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As asyncio.Protocol."""
        self._transport = transport
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """As asyncio.Protocol; a connection on which something else than messages comes is cut off."""
        if self._frames is None:
            return
        try:
            sound = self._frames.sound(data)
            if sound:
                self._inner.data_received(data)
        except Exception:  # noqa: BLE001 -- asyncio would log it, with what it quotes
            sound = False
        if not sound:
            self._frames = None
            self._transport.abort()

    def eof_received(self) -> bool | None:
        """As asyncio.Protocol."""
        return self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """As asyncio.Protocol."""
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """As asyncio.Protocol."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """As asyncio.Protocol."""
        self._inner.resume_writing()


class CheckingLoop:
    """The running event loop, for asyncpg."""

    def __init__(self, names: SystemNames) -> None:
        self._loop = asyncio.get_running_loop()
        self._names = names
        self._transports: list[asyncio.Transport] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def abort(self) -> None:
        """Cut what asyncpg connected and gave up: amid nonsense it does not always close its socket."""
        for one in self._transports:
            one.abort()

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """As the loop's, with asyncpg's own protocol behind the check: what asks for TLS reads one byte alone."""
        inner = factory()
        outer = Checked(inner) if isinstance(inner, protocol.Protocol) else inner
        transport = await self._connected(outer, await self._addresses(host, port), port)
        self._transports.append(transport)
        return transport, inner

    async def start_tls(
        self, transport: Any, inner: asyncio.Protocol, context: ssl.SSLContext, *, server_hostname: str
    ) -> _CheckingTransport | None:
        """As the loop's. asyncpg then puts its protocol in the place of ``inner``."""
        encrypted = await self._loop.start_tls(transport, inner, context, server_hostname=server_hostname)
        return _CheckingTransport(encrypted) if encrypted else None

    async def _addresses(self, host: str, port: int) -> list[str]:
        with suppress(ValueError):
            return [str(ip_address(host))]
        return list(await self._names.resolve(host, port))

    async def _connected(self, outer: asyncio.Protocol, addresses: list[str], port: int) -> asyncio.Transport:
        """To the first address at which somebody answers. Raises OSError."""
        for address in addresses[:-1]:
            with suppress(OSError):
                return (await self._loop.create_connection(lambda: outer, address, port))[0]
        return (await self._loop.create_connection(lambda: outer, addresses[-1], port))[0]


class _CheckingTransport:
    """An encrypted connection whose protocol is put behind the check."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def set_protocol(self, inner: asyncio.Protocol) -> None:
        """As a transport's."""
        self._transport.set_protocol(Checked(inner, self._transport))
