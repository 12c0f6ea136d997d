"""Littleworth with pages: whoever asks has signed in already, and sends forms as a browser does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from broker.web.sessions import Granted
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import BROKER, SOCIAL_WORKER, Littleworth

PAGES = """
pages:
  address: http://127.0.0.1:8765
  client_id: pages
  client_secret: "env:SEAL_KEY"
  authorization_endpoint: http://127.0.0.1:9/authorize
  token_endpoint: http://127.0.0.1:9/token
"""

PAGED = BROKER + PAGES
"""``broker.yaml`` of a Littleworth that has pages."""

EMMA_TYPED = {
    "purpose": "section_47_enquiry",
    "journey": "people",
    "reason": "Referral of 29 May",
    "case_reference": "LW-42",
    "conflict": "no",
    "how_many": "1",
    "people-1-relation": "parent",
    "people-1-family_name": "Ashdown",
    "people-1-given_name": "Emma",
    "people-1-day": "7",
    "people-1-month": "3",
    "people-1-year": "1991",
}
"""A check about Emma, as it is typed into the form."""


BY_CASE = {name: text for name, text in EMMA_TYPED.items() if not name.startswith("people-")} | {
    "journey": "case"
}
"""A check about everyone who is linked to the case."""


class Browser:
    """Somebody before a browser without a script, who has signed in."""

    def __init__(self, town: Littleworth, cookie: str, csrf: str) -> None:
        self.town, self.csrf = town, csrf
        self.cookie, self._headers = cookie, {"Cookie": cookie}

    async def get(self, path: str) -> tuple[int, str]:
        async with self.town.client.get(path, headers=self._headers, allow_redirects=False) as reply:
            return reply.status, await reply.text()

    async def post(
        self, path: str, fields: Mapping[str, str], csrf: str | None = None, **headers: str
    ) -> tuple[int, str]:
        form = {**fields, "csrf": self.csrf if csrf is None else csrf}
        sent = {**self._headers, **headers}
        async with self.town.client.post(path, data=form, headers=sent, allow_redirects=False) as reply:
            return reply.status, await reply.text()


async def signed_in(town: Littleworth, persona: Persona = SOCIAL_WORKER) -> Browser:
    """A browser in which this person has signed in."""
    pages, now = town.front.the_pages(), town.clock()
    access = town.sign_in.token(persona, now)
    token = await town.front.tokens.token(f"Bearer {access}", now)
    name = pages.sessions.begin(token, Granted(access, None), None, now)
    kept = pages.sessions.seen(name, now)
    assert kept is not None
    return Browser(town, f"{pages.cookie}={name}", kept.session.csrf)


def references(page: str) -> list[str]:
    """The sealed references of a page's buttons, in order."""
    return [unescape(one) for one in re.findall(r'name="reference" value="([^"]+)"', page)]
