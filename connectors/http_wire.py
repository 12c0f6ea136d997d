"""One exchange with a web API: TLS, connections that are kept, and every fault as the source's own."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import aiohttp

from connectors.connection import HttpConnection, path_below
from connectors.contract import SourceMisfit, SourceUnavailable
from connectors.host_names import SystemNames
from connectors.http_address import (
    ForbiddenAddress,
    JudgingResolver,
    Resolve,
    judge,
    judging_sockets,
)
from connectors.json_answer import BrokenOff, NoJson, body_of

_KEPT_SECONDS = 15.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status, what the body says that it is, and the whole of it."""

    status: int
    content_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """What is sent. Nothing of anyone is in the address or the headers, but secrets of ours may be."""

    method: str
    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    read: frozenset[int] = frozenset([200])
    """The statuses of which the body is read; of any other, nothing is."""


class Wire:
    """The connections to one API and its token endpoint. It belongs to the event loop that it is made in.

    ``name`` is the source's, for the operator's sentences; ``resolve`` looks hosts up, if not this machine.
    """

    def __init__(
        self, name: str, settings: HttpConnection, base: Path, resolve: Resolve | None = None
    ) -> None:
        self._name = name
        self._names = SystemNames()
        resolve = resolve or self._names.resolve
        plain = settings.ssl == "disable"
        judged = partial(judge, private_network=settings.private_network, only_this_machine=plain)
        self._tls = None if plain else Tls(name, settings, base)
        context = self._tls.context if self._tls else False
        self._kept = _session(context, judged, resolve, settings.pool_size, keep=True)
        self._fresh = _session(context, judged, resolve, settings.pool_size, keep=False)

    async def exchange(self, sent: Sent, largest: int) -> Reply:
        """The reply to a request, ``largest`` bytes at most. Raises SourceFault.

        A connection that was kept may have been closed meanwhile, and that shows only when it is used: then it
        is asked once more, on a new one. Asking changes nothing over there, so asking twice does no harm.
        """
        if self._tls is not None:
            self._tls.read_anew()
        try:
            try:
                return await _exchange(self._kept, sent, largest)
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as fault:
                if isinstance(fault, aiohttp.ClientConnectorError):
                    raise
                return await _exchange(self._fresh, sent, largest)
        except (aiohttp.ClientError, OSError, TimeoutError, BrokenOff) as fault:
            self._unreachable(fault)
        except NoJson as fault:
            raise SourceMisfit(f"{self._name}: the answer can't be read: {fault}.") from None

    async def close(self) -> None:
        """Cut every connection."""
        await self._kept.close()
        await self._fresh.close()
        self._names.close()

    def _unreachable(self, fault: Exception) -> NoReturn:
        """Only the kind of fault is said, and it is not chained: aiohttp's hold our headers, tokens among them."""
        found: BaseException | None = fault
        while found is not None:
            if isinstance(found, ForbiddenAddress):
                raise SourceMisfit(f"{self._name}: the host is not connected to: {found}.") from None
            found = found.__cause__ or getattr(found, "os_error", None)
        raise SourceUnavailable(
            f"{self._name}: the API could not be reached ({type(fault).__name__})."
        ) from None


async def _exchange(session: aiohttp.ClientSession, sent: Sent, largest: int) -> Reply:
    if session.closed:
        raise aiohttp.ClientConnectionError
    async with session.request(
        sent.method, sent.url, data=sent.body, headers=sent.headers, allow_redirects=False
    ) as reply:
        body = await body_of(reply, largest) if reply.status in sent.read else b""
        return Reply(reply.status, reply.headers.get("Content-Type", ""), body)


def _session(
    context: ssl.SSLContext | bool,
    judged: Callable[[str], None],
    resolve: Resolve,
    at_once: int,
    *,
    keep: bool,
) -> aiohttp.ClientSession:
    """No cookies, no proxies of the environment, no cache of names, nothing unpacked unbounded."""
    kept = {"keepalive_timeout": _KEPT_SECONDS} if keep else {"force_close": True}
    connector = aiohttp.TCPConnector(
        resolver=JudgingResolver(resolve, judged),
        use_dns_cache=False,
        ssl=context,
        limit=at_once,
        socket_factory=judging_sockets(judged),
        **kept,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
        headers={"User-Agent": "family-context", "Accept": "application/json", "Accept-Encoding": "gzip"},
    )


class Tls:
    """What both sides show each other: the context that every connection is made with."""

    def __init__(self, name: str, settings: HttpConnection, base: Path) -> None:
        self._name = name
        self._trusted = path_below(base, settings.ca_file) if settings.ca_file else None
        self._own: tuple[Path, Path] | None = None
        if settings.certificate and settings.key:
            self._own = path_below(base, settings.certificate), path_below(base, settings.key)
        self._seen: list[tuple[int, int]] = []
        self.context = self._reading(lambda: ssl.create_default_context(cafile=self._trusted))
        self.read_anew()

    def read_anew(self) -> None:
        """Take in the files that were replaced: certificates last for weeks, brokers run for months.

        A replaced ``ca_file`` adds to whom is trusted; who has gone from it, goes when the source is opened again.
        Raises SourceMisfit.
        """
        self._reading(self._read_anew)

    def _read_anew(self) -> None:
        files = [*(self._own or ()), *([self._trusted] if self._trusted else [])]
        seen = [(one.stat().st_mtime_ns, one.stat().st_ino) for one in files]
        if seen == self._seen:
            return
        if self._own:
            self.context.load_cert_chain(*self._own, password=_no_password)
        if self._trusted:
            self.context.load_verify_locations(self._trusted)
        self._seen = seen

    def _reading(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (OSError, ValueError) as fault:
            sentence = f"{self._name}: ca_file, certificate or key can't be read ({type(fault).__name__})."
            raise SourceMisfit(sentence) from fault


def _no_password() -> str:
    """Without this, OpenSSL asks at the terminal for the password of a key that has one."""
    raise ValueError("the key has a password")
