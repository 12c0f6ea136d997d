"""A browser without a screen, as far as signing in at Northshire's provider takes one: it fills in a form.

It does what a person does: it reads no token and knows no secret but its cookies.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import aiohttp

from deploy.demo.provider import COMMAND_LINE, COMMAND_LINE_BACK, Provider
from deploy.demo.sign_in import Persona

_FORM = re.compile(r'<form [^>]*method="post" action="([^"]*)"')
_MOST_STEPS = 12
_REDIRECTS = (302, 303)


class SignInStuck(Exception):
    """The provider showed something else than its form."""


@asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser with cookies of its own, also of addresses that are numbers."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


async def signed_in(
    session: aiohttp.ClientSession, address: str, persona: Persona, until: str, *, strongly: bool = False
) -> str:
    """Go to an address, sign in where one is asked to, and go on; the first address that begins with ``until``.

    It is not visited. Raises SignInStuck.
    """
    form: Mapping[str, str] | None = None
    for _ in range(_MOST_STEPS):
        method = "GET" if form is None else "POST"
        async with session.request(method, address, data=form, allow_redirects=False) as reply:
            if reply.status in _REDIRECTS:
                address, form = urljoin(address, reply.headers["Location"]), None
            else:
                action = _FORM.search(await reply.text())
                if action is None or form is not None:
                    raise SignInStuck(f"no form to sign in with, but a {reply.status}")
                address, form = urljoin(address, unescape(action[1])), _filled_in(persona, strongly)
        if form is None and address.startswith(until):
            return address
    raise SignInStuck("sent to and fro")


async def command_line_tokens(provider: Provider, personas: Sequence[Persona]) -> Sequence[str]:
    """An access token for each, by authorisation code with PKCE. Raises SignInStuck."""
    return await asyncio.gather(*(_command_line_token(provider, one) for one in personas))


async def _command_line_token(provider: Provider, persona: Persona) -> str:
    verifier = secrets.token_urlsafe(32)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    asked = {
        "response_type": "code",
        "client_id": COMMAND_LINE,
        "redirect_uri": COMMAND_LINE_BACK,
        "scope": "openid",
        "resource": provider.audience,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    async with browser() as session:
        begin = f"{provider.issuer}/auth?{urlencode(asked)}"
        back = await signed_in(session, begin, persona, COMMAND_LINE_BACK)
        (code,) = parse_qs(urlsplit(back).query)["code"]
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": COMMAND_LINE_BACK,
        }
        login = aiohttp.encode_basic_auth(COMMAND_LINE, provider.client(COMMAND_LINE).secret)
        async with session.post(
            f"{provider.issuer}/token", data=form, headers={"Authorization": login}, allow_redirects=False
        ) as reply:
            reply.raise_for_status()
            return str((await reply.json())["access_token"])


def _filled_in(persona: Persona, strongly: bool) -> Mapping[str, str]:
    return {"login": persona.subject, **({"strongly": "yes"} if strongly else {})}
