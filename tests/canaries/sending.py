"""Sending calls to a broker: with what it told before, and as each of those who may call."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any

import aiohttp
from yarl import URL

from deploy.demo.sign_in import Persona, SignIn
from tests.canaries.calls import (
    COOKIE,
    IN_ROLES,
    JSON,
    MONITORING,
    NOBODY,
    SESSION,
    SPARE_COOKIE,
    SPARE_SESSION,
    Call,
    Sent,
    Told,
    reviewing,
    ring_me,
    sent,
)
from tests.canaries.people import CALLERS, CASE, CONVERSATION, REASON, TYPED, question
from tests.fakes.family_context import going_on
from tests.fakes.identity_provider import IdentityProvider
from tests.fakes.littleworth import Littleworth
from tests.fakes.paged_littleworth import Browser, signed_in

METRICS_KEY = "5e" * 32
SECONDS = 30


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: str
    text: str
    content_type: str

    def json(self) -> Any:
        assert self.status < HTTPStatus.MULTIPLE_CHOICES, (self.status, self.text)
        return json.loads(self.text)


NOTHING = Reply(0, "", "", "")
"""What stands for a reply where none came."""


@dataclass(slots=True)
class Sender:
    """Everybody who calls a broker at an address. ``town`` is there where it has pages."""

    address: str
    client: aiohttp.ClientSession
    sign_in: SignIn | IdentityProvider
    now: datetime
    town: Littleworth | None = None
    browsers: dict[str, Browser] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)

    async def put(self, request: Sent) -> Reply:
        """A request as it is, by a client that has no cookies of its own and follows nothing."""
        try:
            return await self._put(request)
        except (aiohttp.ClientError, TimeoutError):
            return NOTHING

    async def _put(self, request: Sent) -> Reply:
        async with self.client.request(
            request.method,
            URL(self.address + request.address, encoded=True),
            headers=request.headers,
            data=request.payload,
            allow_redirects=False,
            skip_auto_headers=("Content-Type",),
        ) as reply:
            text = await reply.text(errors="replace")
            return Reply(reply.status, str(reply.headers), text, reply.content_type)

    async def call(self, route: str, call: Call) -> Reply:
        """A right call."""
        return await self.put(self.right(route, call))

    def right(self, route: str, call: Call) -> Sent:
        """A right call, as it is sent."""
        browser = self.browsers.get(call.who)
        return sent(route, call, self._letting_in(call.who), browser.csrf if browser else "")

    async def told(self) -> Told:
        """What the calls begin with, asked anew; and sessions that a call may end."""
        flags = (await self.call("ask", Call("social_worker", body=question()))).json()
        asked = self.right("ask", Call("social_worker", body=question()))
        streamed = (await self.put(asked.bearing(Accept="application/x-ndjson"))).text
        report = await self.call("audit_person", Call("auditor", body={"person": TYPED, "reason": REASON}))
        found = (
            await self.call("audit_person_report", Call("auditor", {"report": report.json()["report"]}))
        ).json()
        checkpoint = (await self.call("audit_checkpoint", Call("social_worker"))).json()["checkpoint"]
        people = [one for service in flags["services"] for one in service["people"]]
        call_back = next(one["call_back"] for one in people if one.get("call_back"))
        return Told(
            reference=next(one["reference"] for one in people if one.get("reference")),
            call_back=call_back,
            query_id=flags["query_id"],
            streaming=json.loads(streamed.splitlines()[0])["content"]["query_id"],
            report=report.json()["report"],
            entry=found["found"][0]["entry"],
            reviewed=await self._released(),
            reviewed_on_pages=await self._released(),
            checkpoint=checkpoint,
            **({"taking_up": await self._rung(call_back)} if self.town else {}),
            **(await self._old_front_end() if self.town else {}),
        )

    async def _rung(self, call_back: str) -> str:
        """What the desk of a service that was asked to ring would be sent a link with."""
        assert self.town is not None
        await self.call("contact_request", Call("social_worker", body=ring_me(call_back)))
        desks, waiting = self.town.front.calls.queue.desks, self.town.front.calls.queue.waiting
        link = desks.links.link(next(iter(waiting.values())).asked)
        assert link is not None
        return link.url.rpartition("/")[2]

    async def _old_front_end(self) -> Mapping[str, str]:
        """Sessions of the pages and of the old front end, and whom that one found."""
        assert self.town is not None
        grounds = {"reason": REASON, "case_reference": CASE, "conversation": CONVERSATION}
        for number, session in enumerate((SESSION, SPARE_SESSION)):
            self.browsers[session] = await signed_in(self.town, _somebody(number))
        for session, role in IN_ROLES.items():
            self.browsers[session] = await signed_in(self.town, CALLERS[role])
        spare, front = [await going_on(self.town, _somebody(number), **grounds) for number in (2, 3)]
        self.cookies[SPARE_COOKIE] = f"FCSESSIONID={spare.cookie}"
        self.cookies[COOKIE] = f"FCSESSIONID={front.cookie}"
        person = await front.search(firstName=TYPED["given_name"], lastName=TYPED["family_name"])
        linked = await self.call("fc_person", Call(COOKIE, {"person": f"cms:{CASE}"}))
        return {
            "person": person.body["results"][0]["id"],
            "linked": linked.json()["id"] if linked.status == HTTPStatus.OK else "fc:nobody",
        }

    async def _released(self) -> str:
        """A report of which every entry was reviewed."""
        whom = {"person": TYPED, "reason": REASON}
        made = (await self.call("audit_person", Call("auditor", body=whom))).json()["report"]
        report = (await self.call("audit_person_report", Call("auditor", {"report": made}))).json()
        for one in report["found"]:
            reviewed = reviewing(one["entry"])
            await self.call("audit_person_review", Call("auditor", {"report": made}, reviewed))
        return str(made)

    def _letting_in(self, who: str) -> Mapping[str, str]:
        if who == NOBODY:
            return {}
        if who == MONITORING:
            return {"Authorization": f"Bearer {METRICS_KEY}"}
        if who in self.browsers:
            return {"Cookie": self.browsers[who].cookie}
        if who in (COOKIE, SPARE_COOKIE):
            return {"Cookie": self.cookies.get(who, "")}
        return {"Authorization": f"Bearer {self.sign_in.token(CALLERS[who], self.now)}"}


@asynccontextmanager
async def sender(town: Littleworth) -> AsyncIterator[Sender]:
    """Everybody who calls this Littleworth."""
    async with client() as made:
        yield Sender(str(town.client.make_url("")).rstrip("/"), made, town.sign_in, town.clock(), town)


def client() -> aiohttp.ClientSession:
    """One for many connections, without cookies of its own."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(SECONDS))


def quotes(reply: Reply) -> str:
    """What of a reply may quote nothing that was sent: an error's text, and every header but where to go on."""
    said = reply.text if reply.content_type.endswith("problem+json") or _failed_as_json(reply) else ""
    headers = [one for one in reply.headers.split("), (") if "Location" not in one]
    return said + " ".join(headers)


def _failed_as_json(reply: Reply) -> bool:
    return reply.status >= HTTPStatus.BAD_REQUEST and reply.content_type == JSON


def _somebody(number: int) -> Persona:
    """A social worker: each has one session at a time. The first is who calls the API."""
    first = CALLERS["social_worker"]
    return replace(first, subject=f"{first.subject}-{10 + number}") if number else first
