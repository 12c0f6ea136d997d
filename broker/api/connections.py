"""The connections: how many there are, and how long each may keep the broker waiting.

aiohttp itself waits for ever for a header, and for the rest of a body that nobody reads. So each connection has
one clock here, beside aiohttp's own protocol and without looking into it: bytes tell when a header begins, the
middleware ``keeps_time`` tells when it was whole and when the request was answered.

aiohttp's protocol, which is dear, is made for a connection once its first header is whole: who says nothing, or
says it slowly, is kept here.

A crowd that came at once is not closed at once: each clock runs up to a quarter longer than its limit, by chance.

And their log: what cannot even be read as HTTP is logged without being quoted. aiohttp would quote it: a token of
more than 8 KB, or beside one wrong byte, would stand in the log.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from random import SystemRandom
from typing import Any

from aiohttp import StreamReader, web

from broker.api.at_the_door import Turnstile, has_only_begun
from broker.api.settings import Listen

_END_OF_HEADER = b"\r\n\r\n"
_SO_THAT_408_GOES_FIRST = 1.0
_LONGER_BY_CHANCE = 0.25
"""By at most this part of a limit: a thousand connections that end together keep everybody waiting for .2 s."""
_NOBODY_IS_SLOW_BEFORE = 0.25
"""Seconds for which a connection may keep us waiting and still keep its place: a rush must not push itself out."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _never() -> None:
    return None


def apart(seconds: float) -> float:
    """A limit as one connection has it: by chance up to a quarter longer than another's."""
    return seconds * SystemRandom().uniform(1, 1 + _LONGER_BY_CHANCE)


class Door:
    """Who is let in. ``full`` is what whoever isn't is told, in bytes of HTTP; ``shut`` what queries are told just
    now, while there is too much to do (None: there isn't).
    """

    def __init__(self, listen: Listen, full: bytes, shut: Callable[[], bytes | None] = _never) -> None:
        self.listen, self.full, self.shut = listen, full, shut
        self.turned_away = self.closed = 0
        self._inside: dict[Connection, None] = {}  # whoever has kept us waiting longest comes first
        self._of_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._inside)

    def lets_in(self, one: Connection) -> bool:
        """Whether there is a place, be it one of a connection that keeps us waiting."""
        of_it = self._of_address[one.address] >= self.listen.of_one_address
        if of_it or len(self._inside) >= self.listen.connections:
            slow = (x for x in self._inside if x.keeps_waiting and (not of_it or x.address == one.address))
            longest = next(slow, None)
            if longest is None or one.since - longest.since < _NOBODY_IS_SLOW_BEFORE:
                self.turned_away += 1
                return False
            longest.give_up()
        self._inside[one] = None
        self._of_address[one.address] += 1
        return True

    def begins_to_wait(self, one: Connection) -> None:
        """Only now: it goes behind all who have kept us waiting for longer."""
        if one in self._inside:
            del self._inside[one]
            self._inside[one] = None

    def closes(self) -> None:
        """Nobody is served any more: whoever aiohttp knows nothing of is closed here."""
        for one in [one for one in self._inside if not one.is_read]:
            one.give_up()

    def leaves(self, one: Connection) -> None:
        """Its place is free; told again, it changes nothing."""
        if one in self._inside:
            del self._inside[one]
            self._of_address[one.address] -= 1
            if not self._of_address[one.address]:
                del self._of_address[one.address]


class Connection(asyncio.Protocol):
    """One client's connection, as far as it keeps time; what is sent goes on to aiohttp's protocol (``make``).

    ``since`` is when it began to keep us waiting, by the loop's clock.
    """

    transport: asyncio.Transport

    def __init__(self, door: Door, make: Callable[[], asyncio.Protocol]) -> None:
        self._door, self._make = door, make
        self._loop = asyncio.get_running_loop()
        self._inner: asyncio.Protocol | None = None
        self._clock: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._body: StreamReader | None = None
        self._answering = self._in_header = self._header_is_whole = False
        self._header_bytes, self._tail, self._held = 0, b"", b""
        self._is_inside = False
        self._turnstile = Turnstile(door.shut, door.listen.header_bytes)
        self.address, self.since = "", self._loop.time()

    @property
    def keeps_waiting(self) -> bool:
        """Whether nothing is left to answer or to be read: a whole header, or the whole body, is not there."""
        if self._answering:
            return self._body is not None and not self._body.is_eof()
        return not self.transport.get_write_buffer_size()

    @property
    def is_read(self) -> bool:
        """Whether a first header was whole, so that aiohttp reads it."""
        return self._inner is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- we listen on stream sockets alone
        self.transport = transport
        self.address = _address(transport.get_extra_info("peername"))
        if not self._door.lets_in(self):
            transport.write(self._door.full)
            transport.close()
            return
        self._is_inside = True
        self._wait(self._door.listen.header_seconds)

    def data_received(self, data: bytes) -> None:
        if not self._is_inside:
            return
        piece = self._held + data
        if self._inner is None and self._turnstile.awaits_header and has_only_begun(piece):
            self._held = piece if piece.strip(b"\r\n") else piece[-1:].strip(b"\n")
            self._header_goes_on(data)
            return
        self._held = b""
        if self._is_turned_away(piece):
            return
        if not self._answering:
            self._header_goes_on(data)
        self._read().data_received(piece)

    def _read(self) -> asyncio.Protocol:
        if self._inner is None:
            self._inner = self._make()
            self._inner.connection_made(self.transport)
        return self._inner

    def answered(self) -> None:
        """The answer to the request before has been written."""
        self._turnstile.answered()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received() if self._inner else None

    def connection_lost(self, exc: Exception | None) -> None:
        self._door.leaves(self)
        for clock in (self._clock, self._unread):
            if clock:
                clock.cancel()
        if self._inner:
            self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._unread = self._loop.call_later(self._door.listen.unread_seconds, self.give_up)
        if self._inner:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._unread:
            self._unread.cancel()
        if self._inner:
            self._inner.resume_writing()

    @contextmanager
    def answering(self, body: StreamReader) -> Iterator[None]:
        """While a request is answered, from its whole header on: only its body may be too late now."""
        self._answering, self._in_header, self._body = True, False, body
        self._wait(self._door.listen.body_seconds + _SO_THAT_408_GOES_FIRST, self._body_is_due)
        try:
            yield
        finally:
            self._answering, self._body = False, None
            self._wait(self._door.listen.idle_seconds)

    def give_up(self) -> None:
        """Close it, whatever there is to be sent or read."""
        self._is_inside = False
        self._door.closed += 1
        self._door.leaves(self)
        self.transport.abort()

    def _wait(self, seconds: float, too_late: Callable[[], None] | None = None) -> None:
        if self._clock:
            self._clock.cancel()
        self._clock = self._loop.call_later(apart(seconds), too_late or self.give_up)
        self.since = self._loop.time()
        self._door.begins_to_wait(self)

    def _is_turned_away(self, data: bytes) -> bool:
        turned = self._turnstile.turns(data)
        if turned == "not yet":
            self._wait(self._door.listen.body_seconds)
        elif turned == "now":
            self.transport.write(self._turnstile.told or b"")
            self._wait(self._door.listen.idle_seconds)
            if self._turnstile.ends:
                self.transport.close()
        return turned != "no"

    def _body_is_due(self) -> None:
        if self._body is not None and not self._body.is_eof():
            self.give_up()

    def _header_goes_on(self, data: bytes) -> None:
        if not self._in_header:
            data = data.lstrip(b"\r\n")  # empty lines before a request are none of it (RFC 9112, 2.2)
            if not data:
                return
            self._in_header, self._header_is_whole, self._header_bytes, self._tail = True, False, 0, b""
            self._wait(self._door.listen.header_seconds)
        if not self._header_is_whole:  # what follows a whole one is its body, which has a limit of its own
            self._header_is_whole = _END_OF_HEADER in self._tail + data
            self._tail = (self._tail + data)[1 - len(_END_OF_HEADER) :]
            self._header_bytes += len(data)
        if not self._header_is_whole and self._header_bytes > self._door.listen.header_bytes:
            self.give_up()


@web.middleware
async def keeps_time(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tells the request's connection when its header was whole, and when it was answered."""
    connection = request.transport.get_protocol() if request.transport else None
    if not isinstance(connection, Connection):
        return await handler(request)
    with connection.answering(request.content):
        return await handler(request)


def _address(peer: object) -> str:
    """Of which address a connection is one: of IPv6, a household or an office has a whole /64."""
    if not isinstance(peer, tuple):
        return ""
    address = ipaddress.ip_address(str(peer[0]).partition("%")[0])
    if address.version == 4:  # noqa: PLR2004 -- IP's own number
        return str(address)
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address), 64), strict=False))


class NothingQuoted(logging.LoggerAdapter[logging.Logger]):
    """aiohttp's way into the log: its sentence, and of a fault only the kind."""

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        fault = kwargs.pop("exc_info", None)
        kind = f" ({type(fault).__name__})" if isinstance(fault, BaseException) else ""
        return f"{msg}{kind}", {**kwargs, "exc_info": False}
