"""A Littleworth that the open front end of Family Context speaks to, and that front end's own calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from broker.web.family_context.passwords import hashed
from deploy.demo.sign_in import Persona
from tests.fakes.littleworth import POLICIES, PURPOSES, SOCIAL_WORKER, Littleworth
from tests.fakes.paged_littleworth import EMMA_TYPED, PAGED, signed_in

COMPATIBLE = PAGED + "family_context_api: {}\n"
"""``broker.yaml`` of a Littleworth that answers the old front end, whose own form signs nobody in."""

WITH_LOGIN = PAGED + (
    "family_context_api:\n  login: {accounts: file:accounts.yaml, purpose: missing_child, relation: parent}\n"
)
"""The same with accounts of its own, for a purpose that has nothing recorded."""

_OPEN = (
    ("    must_record: [reason]\n", "    must_record: []\n"),
    ("early_help_assessment", "missing_child"),
    (", when: {family_agreement: given}", ""),
    ("{needed: {without_agreement: nothing, if_withdrawn: nothing}}", "not_needed"),
)


def opened(text: str) -> str:
    """A file of Littleworth whose second purpose asks for nothing, and has nothing recorded."""
    for before, after in _OPEN:
        text = text.replace(before, after)
    return text


WITHOUT_REASON: Mapping[str, Any] = {
    "purposes": opened(PURPOSES),
    "policies": {name: opened(text) for name, text in POLICIES.items()},
}
PASSWORD = "correct horse battery"
ACCOUNTS = f"""\
format: family-context-accounts/1
accounts:
  e.rees:
    name: Elin Rees
    organisation: Littleworth Early Help
    roles: [early_help_lead]
    password: "{hashed(PASSWORD, b"0123456789abcdef")}"
"""

EMMA_SEARCHED = {"firstName": "Emma", "lastName": "Ashdown", "dateOfBirth": "1991-03-07T00:00:00.000Z"}


@dataclass(slots=True)
class Reply:
    """What the front end was answered."""

    status: int
    body: Any
    text: str
    headers: Mapping[str, str]
    cookie: Any = None


@dataclass(slots=True)
class FrontEnd:
    """The old front end in a browser. ``cookie`` is its session's id."""

    town: Littleworth
    cookie: str | None = None

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """``body``: JSON, or a text as it is."""
        self.town.client.session.cookie_jar.clear()  # each front end has its own
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["Cookie"] = f"FCSESSIONID={self.cookie}"
        how = {"data": body, "headers": sent} if isinstance(body, str) else {"json": body, "headers": sent}
        if isinstance(body, str):
            sent["Content-Type"] = "application/json"
        async with self.town.client.request(method, f"/api/{path}", **how) as reply:
            text = await reply.text()
            said = await reply.json(content_type=None) if text else None
            cookie = reply.cookies.get("FCSESSIONID")
            return Reply(reply.status, said, text, dict(reply.headers), cookie)

    async def search(self, **changed: str) -> Reply:
        return await self.call("POST", "search/person", {**EMMA_SEARCHED, **changed})

    async def emma(self) -> str:
        """Emma's id."""
        found = await self.search()
        assert found.status == 200, found.text
        return str(found.body["results"][0]["id"])

    async def services(self, person: str) -> Reply:
        return await self.call("GET", f"person/detail/{quote(person)}/service")

    async def service(self, person: str, source: str) -> Reply:
        return await self.call("GET", f"person/detail/{quote(person)}/service/{source}")

    async def by_case(self, case: str) -> Reply:
        return await self.call("GET", f"person/detail/cms:{quote(case)}")


async def going_on(
    town: Littleworth, persona: Persona = SOCIAL_WORKER, *, relation: str = "parent", **typed: str
) -> FrontEnd:
    """A front end whose session was begun on the broker's own page."""
    browser = await signed_in(town, persona)
    grounds = {name: text for name, text in EMMA_TYPED.items() if "name" not in name and "-" not in name}
    form = {**grounds, "people-1-relation": relation, "csrf": browser.csrf, **typed}
    headers = {"Cookie": browser.cookie}
    async with town.client.post(
        "/check/family-context", data=form, headers=headers, allow_redirects=False
    ) as reply:
        assert reply.status == 303, await reply.text()
        return FrontEnd(town, reply.cookies["FCSESSIONID"].value)
