"""Which addresses a web API may have: a name in a source file must not lead into the council's own network.

A name is resolved once for each connection, every address that it has is judged, and the connection is made to
one of those very addresses; so a name server that answers differently the next moment gains nothing. TLS still
verifies the name.
"""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, TypeAlias

from aiohttp.abc import AbstractResolver, ResolveResult

Address: TypeAlias = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, as texts. Raises OSError."""

_METADATA = frozenset(
    map(ip_address, ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"])
)
"""Where clouds tell a machine its own secrets: AWS, Google and Azure; AWS by IPv6; Alibaba; Azure; Oracle."""

_PRIVATE = tuple(
    map(
        ip_network,
        ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7", "127.0.0.0/8", "::1"],
    )
)
"""RFC 1918, 6598 and 4193, and this machine."""

_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


class ForbiddenAddress(OSError):
    """A host has an address that the broker does not connect to. Its text says why, and not which."""


def judge(address: str, *, private_network: bool, only_this_machine: bool = False) -> None:
    """Raises ForbiddenAddress unless the broker may connect there."""
    found = _innermost(ip_address(address.partition("%")[0]))
    if only_this_machine:
        if not found.is_loopback:
            raise ForbiddenAddress("it has an address that is not this machine's, and TLS is disabled")
    elif found in _METADATA or found.is_link_local or found.is_multicast or found.is_unspecified:
        raise ForbiddenAddress("it has a link-local, multicast, unspecified or metadata address")
    elif any(found in one for one in _PRIVATE):
        if not private_network:
            raise ForbiddenAddress("it has a private address; private_network: true says that this is meant")
    elif not found.is_global:
        raise ForbiddenAddress("it has an address that is reserved")


def _innermost(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does: it may lead to the same place."""
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if mapped is None and any(address in one for one in _NAT64):
            mapped = IPv4Address(int(address) & 0xFFFFFFFF)
        return mapped or address
    return address


class JudgingResolver(AbstractResolver):
    """Gives aiohttp the addresses of a host, when every one of them may be connected to."""

    def __init__(self, resolve: Resolve, judged: Callable[[str], None]) -> None:
        self._resolve = resolve
        self._judged = judged

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 -- aiohttp's own signature
    ) -> list[ResolveResult]:
        """As aiohttp's own resolvers, for every family. Raises OSError."""
        addresses = await self._resolve(host, port)
        for one in addresses:
            self._judged(one)
        return [_as_aiohttp_has_it(host, port, one) for one in addresses]

    async def close(self) -> None:
        """Nothing is held."""


def judging_sockets(judged: Callable[[str], None]) -> Callable[[Any], socket.socket]:
    """What makes aiohttp's sockets. An address that is written out in the source file is resolved by nobody,
    and judged here.
    """

    def made(address: Any) -> socket.socket:
        family, kind, protocol, _, (host, *_) = address
        judged(host)
        return socket.socket(family, kind, protocol)

    return made


def _as_aiohttp_has_it(host: str, port: int, address: str) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
