"""``listen`` of ``broker.yaml``: where the broker listens, and how long it waits for whom."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0, le=600)]
FileReference = Annotated[str, Field(pattern=r"^(file|credential):.+$")]


class Tls(BaseModel):
    """The certificate (PEM, with those that signed it) and its key, each by reference to a file.

    ``clients``: authorities (PEM) whose certificates clients may show: tokens can be bound to them (RFC 8705).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    certificate: FileReference
    key: FileReference
    clients: FileReference | None = None


class Listen(BaseModel):
    """Where the broker listens, and what a client may cost.

    Beyond loopback somebody has to speak TLS: the broker (``tls``), or a proxy in front (``proxy_speaks_tls``).

    A request's header has to be whole ``header_seconds`` after its first byte (of a new connection: after it was
    opened), its body ``body_seconds`` later. A connection that asks nothing is closed after ``idle_seconds``; one
    that doesn't read what it is sent, after ``unread_seconds``. An answer under way is not cut off.

    Of ``connections`` in all and ``of_one_address``, a new one takes the place of whichever has kept us waiting
    longest. One address is an IPv4 address or an IPv6 network (/64). Behind a proxy all come from its address:
    give it all of them. A header has at most ``header_lines`` lines, none over ``header_line_bytes``, and
    ``header_bytes`` in all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    tls: Tls | None = None
    proxy_speaks_tls: bool = False
    header_seconds: Seconds = 10
    body_seconds: Seconds = 10
    idle_seconds: Seconds = 60
    unread_seconds: Seconds = 30
    connections: Annotated[int, Field(ge=1)] = 1500
    of_one_address: Annotated[int, Field(ge=1)] = 400
    header_lines: Annotated[int, Field(ge=8, le=256)] = 64
    header_line_bytes: Annotated[int, Field(ge=1024, le=65536)] = 8190
    header_bytes: Annotated[int, Field(ge=2048, le=262144)] = 32768

    def in_the_clear(self) -> bool:
        """Whether tokens and names would cross a network unencrypted."""
        return not (self.tls or self.proxy_speaks_tls or self.on_loopback())

    def on_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        return _is_loopback(self.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
