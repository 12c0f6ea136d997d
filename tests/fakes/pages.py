"""Littleworth with pages, beside a real identity provider: browsers sign in there, and ask here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from broker.api import authorisation, server
from broker.api.authorisation import Rule
from broker.api.front import FRONT
from broker.web.sessions import FIELD, of
from deploy.demo.browsing import signed_in
from deploy.demo.provider import Provider, pages_client, provider_runs
from deploy.demo.sign_in import ISSUER, Persona
from tests.fakes.littleworth import BROKER, EARLY_HELP, SOCIAL_WORKER, Clock, Littleworth, littleworth

SECRET = "5e" * 32
NOBODY = Persona("lw-9", "Kit Warrilow", "Littleworth Council", (), "nothing: no role")
AUDITOR = Persona("lw-5", "Ivo Marsh", "Littleworth Council", ("auditor",), "reads the log")
PEOPLE = (SOCIAL_WORKER, EARLY_HELP, AUDITOR, NOBODY)

PAGES = """\
pages:
  address: {address}
  client_id: family-context-pages
  client_secret: "env:SEAL_KEY"
  authorization_endpoint: {issuer}/auth
  token_endpoint: {issuer}/token
  end_session_endpoint: {issuer}/session/end
"""


@dataclass(slots=True)
class Answered:
    """What a browser was answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    cookies: Mapping[str, Any]

    @property
    def to(self) -> str:
        """Where it is sent to."""
        return self.headers["Location"]


@dataclass(slots=True)
class Browser:
    """A browser of somebody, with its own cookies; it follows nothing by itself."""

    town: Town
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> Answered:
        return await self._asked("GET", path, None, headers)

    async def post(self, path: str, form: Any, **headers: str) -> Answered:
        return await self._asked("POST", path, form, headers)

    async def sign_in(
        self, who: Persona = SOCIAL_WORKER, to: str = "/a-page", *, strongly: bool = False
    ) -> Answered:
        """Sign in at the provider, and come back with its answer."""
        how = "&strongly=yes" if strongly else ""
        begin = f"{self.town.address}/sign-in?to={to}{how}"
        back = await signed_in(self.session, begin, who, f"{self.town.address}/signed-in", strongly=strongly)
        return await self.get(back)

    async def mark(self) -> str:
        """The CSRF token of the session, as the page's form holds it."""
        found = re.search(r'value="([^"]+)"', (await self.get("/a-page")).text)
        assert found
        return found[1]

    def cookie(self, name: str) -> str | None:
        return next((one.value for one in self.session.cookie_jar if one.key == name), None)

    async def _asked(self, method: str, path: str, form: Any, headers: Mapping[str, str]) -> Answered:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        address = urljoin(self.town.address, path)
        async with self.session.request(
            method, address, data=form, headers=sent, allow_redirects=False
        ) as reply:
            return Answered(reply.status, dict(reply.headers), await reply.text(), reply.cookies)


@dataclass(slots=True)
class Town:
    """The broker and the provider. Their clocks go together, and are real ones until they are moved."""

    littleworth: Littleworth
    provider: Provider
    address: str
    browser: Callable[[], Browser]
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ahead: timedelta = timedelta()

    def later(self, **by: float) -> None:
        """Move both clocks."""
        self.ahead += timedelta(**by)
        self.littleworth.clock.at = datetime.now(UTC) + self.ahead
        if self.provider.runs:
            self.provider.put_ahead(self.ahead.total_seconds())

    def codes(self) -> list[str]:
        """The codes of the refusals that the log holds, in order."""
        with self.littleworth.reader() as reader:
            return [one.facts["request"]["code"] for one in reader.entries() if one.kind == "refusal"]


async def a_page(request: web.Request) -> web.Response:
    """A page as they are: it asks who is there, and has a form."""
    session = of(request)
    assert session is not None
    async with request.app[FRONT].recorded() as whom:
        name = request.app[FRONT].requester(request, whom).name
    form = f'<form method="post"><input type="hidden" name="{FIELD}" value="{session.csrf}"></form>'
    return web.Response(text=f"<p>{name}, {session.token.acr}</p>{form}", content_type="text/html")


async def a_deed(_: web.Request) -> web.Response:
    return web.Response(text="done")


def add_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is shown, and one that does something, beside the broker's own."""
    more = (web.get("/a-page", a_page, name="page_a"), web.post("/a-page", a_deed, name="page_a_deed"))
    monkeypatch.setattr(server, "ROUTES", (*server.ROUTES, *more))
    with_them = {**authorisation.TABLE, **{one.kwargs["name"]: Rule("session", page=True) for one in more}}
    monkeypatch.setattr(authorisation, "TABLE", with_them)


@asynccontextmanager
async def town_with_pages(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    pages: str = "",
    identity: str = "",
    more: str = "",
    people: Sequence[Persona] = PEOPLE,
) -> AsyncIterator[Town]:
    """``pages`` and ``identity``: further lines of these parts of ``broker.yaml``; ``more``: other parts.
    ``people`` are those who may sign in.
    """
    port = unused_port()
    address = f"http://127.0.0.1:{port}"
    add_a_page(monkeypatch)
    with provider_runs(Provider([pages_client(address, SECRET)], people)) as provider:
        text = for_provider(provider, identity)
        text += PAGES.format(address=address, issuer=provider.issuer) + pages + more
        clock = real_clock()
        open_browsers: list[aiohttp.ClientSession] = []
        async with littleworth(directory, broker=text, clock=clock, port=port) as made:

            def browser() -> Browser:
                session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
                open_browsers.append(session)
                return Browser(town, session)

            town = Town(made, provider, address, browser)
            try:
                yield town
            finally:
                for session in open_browsers:
                    await session.close()


def for_provider(provider: Provider, identity: str = "") -> str:
    """``broker.yaml`` for a broker that believes this provider. ``identity``: more lines of that part."""
    text = BROKER.replace("file:state/jwks.json", f"{provider.issuer}/jwks")
    text = text.replace(f"issuer: {ISSUER}", f"issuer: {provider.issuer}")
    return text.replace("oldest_minutes: 600\n", f"oldest_minutes: 5\n{identity}")


def real_clock() -> Clock:
    """As the provider's, whose clock is the machine's."""
    return Clock(datetime.now(UTC))
