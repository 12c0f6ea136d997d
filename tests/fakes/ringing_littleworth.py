"""Littleworth whose services take requests to ring back: the school by email, housing by webhook, the police not.

Mail server and webhook receiver are real ones, on loopback and over TLS.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from broker.notices.notice import Notice
from tests.fakes.certificates import Authority
from tests.fakes.littleworth import BROKER, EMMA, POLICIES, SOURCES, Littleworth, part
from tests.fakes.notice_receivers import LOOPBACK, PASSWORD, Mailbox, Received, mailbox, receiver

HOOK_KEY = bytes(range(32))
BY_REQUEST = {
    name: text.replace("sensitive: false", "sensitive: false\ndiscloses: by_request", 1)
    if name == "school"
    else text
    for name, text in POLICIES.items()
}
"""The policies of a Littleworth whose school discloses nothing, and rings back."""


def requests_to(source: str, desk: str) -> str:
    """A source file whose desk takes requests."""
    return source.replace("498 0000}", f"498 0000, requests_to: {desk}}}")


def sources(**desks: str) -> dict[str, str]:
    """Littleworth's sources, with the desks that take requests."""
    return {name: requests_to(text, desks[name]) if name in desks else text for name, text in SOURCES.items()}


RINGING = sources(school="school_desk", housing="housing_desk")


def settings(mail_port: int, hook: str, broker: str = BROKER) -> str:
    """``broker.yaml`` with the two desks."""
    return (
        broker
        + f"""\
notices:
  mail:
    host: {LOOPBACK}
    port: {mail_port}
    sender: broker@littleworth.example
    user: broker
    password: "file:mail.secret"
    ca_file: authority.pem
  to:
    school_desk: {{email: desk@school.example}}
    housing_desk: {{webhook: {{url: "{hook}", secret: "file:hook.secret", ca_file: authority.pem}}}}
"""
    )


NO_SERVERS = settings(9, "https://127.0.0.1:9/hook")
"""The same, where nothing listens."""


@asynccontextmanager
async def desks(directory: Path) -> AsyncIterator[tuple[Mailbox, Received]]:
    """The two desks, and their secrets in a partnership's directory."""
    authority = Authority(directory)
    _secret(directory / "mail.secret", PASSWORD)
    _secret(directory / "hook.secret", "whsec_" + base64.b64encode(HOOK_KEY).decode())
    async with mailbox(directory, authority) as box, receiver(directory, authority) as received:
        yield box, received


@dataclass(frozen=True, slots=True)
class Desk:
    """A desk that says when it is told of a request."""

    say: Callable[[str], None]

    async def send(self, notice: Notice, _: datetime) -> None:
        self.say(notice.id)


def with_desk(town: Littleworth, say: Callable[[str], None]) -> None:
    """Have ``say`` called whenever the school's desk is told, in place of sending a mail."""
    queue = town.front.calls.queue
    queue.desks = replace(queue.desks, ways={("school_desk", "email"): Desk(say)})


async def offered(town: Littleworth, source: str = "school", view: str = "flags") -> str:
    """What an answer about Emma gives to ask a service with."""
    return str(part(await town.ask(EMMA, view=view), source)["call_back"])


async def ring(town: Littleworth, sealed: str, **said: Any) -> tuple[int, Any]:
    """Ask a service to ring back; the status and the reply."""
    return await town.post("/v1/contact-requests", {"reference": sealed, "phone": "0191 498 0107", **said})


def kinds(town: Littleworth) -> list[str]:
    """The types of the log's entries about requests, in order."""
    with town.reader() as reader:
        return [one.kind for one in reader.entries() if one.kind.startswith("call_back.")]


def _secret(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
