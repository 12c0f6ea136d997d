"""A real mail server and a real webhook receiver on loopback, with certificates of the tests' own authority."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.fakes.certificates import Authority

LOOPBACK = "127.0.0.1"
PASSWORD = "a password of the tests"


@dataclass(slots=True)
class Mailbox:
    """What the mail server took. ``refuses``: it answers so many messages with "try again later"."""

    port: int = 0
    refuses: int = 0
    messages: list[Message] = field(default_factory=list)
    signed_in: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        if self.refuses:
            self.refuses -= 1
            return "451 Try again later"
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content))
        self.signed_in.append(session.ssl is not None and bool(session.authenticated))
        return "250 Taken"

    def texts(self) -> list[str]:
        """The messages' subjects and texts, decoded."""
        return [f"{one['Subject']}\n{_text(one)}" for one in self.messages]


@dataclass(slots=True)
class Received:
    """What the webhook receiver was sent. ``answers`` are the statuses of the next requests; then 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@asynccontextmanager
async def mailbox(directory: Path, authority: Authority, *, tls: bool = True) -> AsyncIterator[Mailbox]:
    """A mail server that takes mail after STARTTLS and a sign-in as ``broker``; without ``tls``, any."""
    box = Mailbox()
    secured: dict[str, Any] = {}
    if tls:
        secured = {
            "tls_context": _server_side(directory, authority),
            "require_starttls": True,
            "auth_required": True,
            "authenticator": _authenticated,
        }
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, **secured), LOOPBACK, 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def receiver(directory: Path, authority: Authority) -> AsyncIterator[Received]:
    """A webhook receiver that speaks TLS."""
    received = Received()

    async def take(request: web.Request) -> web.Response:
        received.requests.append((dict(request.headers), await request.read()))
        status = received.answers.pop(0) if received.answers else 204
        return web.Response(status=status, headers={"Location": received.url} if status == 302 else {})

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, 0, ssl_context=_server_side(directory, authority))
    await site.start()
    received.url = f"https://{LOOPBACK}:{runner.addresses[0][1]}/hook"
    try:
        yield received
    finally:
        await runner.cleanup()


def _text(message: Message) -> str:
    content = message.get_payload(decode=True)
    assert isinstance(content, bytes)  # a message of one part
    return content.decode()


async def until(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 -- what a test waits for is seen from outside
            await asyncio.sleep(0.02)


def _authenticated(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: Any
) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (b"broker", PASSWORD.encode()))


def _server_side(directory: Path, authority: Authority) -> ssl.SSLContext:
    certificate, key = authority.certificate(LOOPBACK)
    path = directory / "server.pem"
    path.write_bytes(certificate + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
