"""What the HTTP resources need, and what each of them does first: find out who asks, and record a refusal."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from broker import recording
from broker.api.admission import Admission
from broker.api.log_readings import LogReadings
from broker.api.streams import Streams
from broker.audit.watching.watch import Watch
from broker.calling.asking import CallBacks
from broker.catalogue import Catalogue
from broker.errors import Complaint, NotPermitted, Refused, TokenEnded
from broker.feedback import Feedback
from broker.identity.bound import Presented
from broker.identity.ended import EndedTokens
from broker.identity.step_up import refuse_weak
from broker.identity.tokens import Token, TokenCheck
from broker.owners.approvals import Approvals
from broker.query import Broker
from broker.questions import Requester
from broker.registers.store import Store
from broker.reloading import Reloading
from broker.settings import AnswerSettings
from broker.web.face import Face
from broker.web.family_context.sessions import FamilyContext
from broker.web.signing_in import Pages

_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}", re.ASCII)
_WAIT = re.compile(r"(?:^|[,;\s])wait=(\d{1,2})(?:$|[,;\s])", re.ASCII | re.IGNORECASE)
_ENDED = Complaint("token_ended", "You have signed out. Sign in again to go on.")
_NO_ROLE = Complaint("no_role", "Your account has no role that may use this service. Ask your team manager.")


@dataclass(slots=True)
class Front:
    """The broker as the HTTP resources see it."""

    broker: Broker
    feedback: Feedback
    calls: CallBacks
    tokens: TokenCheck
    ended: EndedTokens
    limits: AnswerSettings
    reloading: Reloading
    registers: Store
    readings: LogReadings
    admission: Admission
    streams: Streams
    looks: Watch
    metrics_key: str | None = field(default=None, repr=False)
    refusals: recording.RefusalMeter = field(default_factory=recording.RefusalMeter)
    pages: Pages | None = None
    face: Face = field(default_factory=Face)
    family_context: FamilyContext | None = None
    approvals: Approvals | None = None

    def requester(self, request: web.Request, whom: Whom) -> Requester:
        """Who asks, in a role: of a request that ``authorisation`` let in. Raises TokenEnded or NotPermitted."""
        token = self.token(request, whom)
        self.refuse_ended(token)
        if not token.requester.roles:
            raise NotPermitted(_NO_ROLE)
        return token.requester

    def refuse_ended(self, token: Token | None) -> None:
        """Raises TokenEnded. Ask again whenever somebody was waited for: a body may be sent slowly."""
        if token and token.fingerprint in self.ended:
            raise TokenEnded(_ENDED)

    def asks_for(self, purpose: str, whom: Whom) -> None:
        """From now on it is known what for; emergency access is refused to who signed in too weakly for it.

        Raises StepUpNeeded.
        """
        whom.purpose = purpose
        rules, wanted = self.broker.around.catalogue.purposes.rules, self.tokens.settings.step_up
        known = rules.purposes.get(purpose)
        if whom.token and wanted and known and known.emergency:
            refuse_weak(whom.token, wanted, self.broker.around.now())

    def token(self, request: web.Request, whom: Whom) -> Token:
        """The token of a request that was ``signed_in``; it may have been ended. ``whom`` is known from now on."""
        token = request[_TOKEN]
        whom.requester, whom.token = token.requester, token
        return token

    async def signed_in(self, request: web.Request, whom: Whom) -> None:
        """Check the request's token, which may have been ended. Raises NotSignedIn, or else ``whom`` is known."""
        sent = request.headers.getall("Authorization", [])
        # Two tokens are none: something on the way may have believed the other one.
        now = self.broker.around.now()
        token = await self.tokens.token(sent[0] if len(sent) == 1 else None, now, self._presented(request))
        self.brings(request, token, whom)

    def _presented(self, request: web.Request) -> Presented:
        own = self.tokens.settings.address or (self.pages.settings.address if self.pages else None)
        tls = request.transport and request.transport.get_extra_info("ssl_object")
        return Presented(
            request.method,
            own and own + request.rel_url.raw_path,
            tuple(request.headers.getall("DPoP", [])),
            tls.getpeercert(binary_form=True) if tls else None,
        )

    def brings(self, request: web.Request, token: Token, whom: Whom) -> None:
        """The request is this token's, which holds; ``whom`` is known from now on."""
        request[_TOKEN] = token
        self.token(request, whom)

    def the_pages(self) -> Pages:
        """What the pages need. Raises HTTPNotFound for a broker that has none."""
        if self.pages is None:
            raise web.HTTPNotFound
        return self.pages

    def the_family_context(self) -> FamilyContext:
        """What the old front end's API needs. Raises HTTPNotFound for a broker that doesn't have it."""
        if self.family_context is None:
            raise web.HTTPNotFound
        return self.family_context

    @asynccontextmanager
    async def recorded(self) -> AsyncIterator[Whom]:
        """Within this, a refusal is recorded before it is answered."""
        whom = Whom()
        try:
            yield whom
        except Refused as refused:
            await recording.refused(
                self.broker.log,
                refused,
                whom.requester,
                whom.purpose,
                self.broker.around.now(),
                self.refusals,
            )
            raise

    def seconds(self, request: web.Request, purpose: str) -> float:
        """How long a requester waits: the least of ``Prefer: wait=N`` (RFC 7240), purpose and settings."""
        wanted = _WAIT.search(request.headers.get("Prefer", ""))
        known = self.broker.around.catalogue.purposes.rules.purposes.get(purpose)
        said = (int(wanted[1]) if wanted else 0, known.longest_wait if known else None)
        return min([self.limits.seconds, *(one for one in said if one)])

    def desks(self) -> Sequence[Mapping[str, Any]]:
        """Every service with its desk: two sources of one service have a desk each."""
        return desks_of(self.broker.around.catalogue)


@dataclass(slots=True)
class Whom:
    """Who is refused, with which token and for what purpose, as far as it is known when the refusal comes."""

    requester: Requester | None = None
    token: Token | None = None
    purpose: str | None = None


def desks_of(catalogue: Catalogue) -> Sequence[Mapping[str, Any]]:
    """Every service with its desk: whom to ring when nothing may be shown."""
    sources = (service.source for service in catalogue.services.values())
    return [{"service": one.service, "name": one.desk.name, "phone": one.desk.phone} for one in sources]


def traceparent(request: web.Request) -> str | None:
    """The W3C trace context that came in, where it is well formed."""
    sent = request.headers.get("traceparent", "")
    return sent if _TRACEPARENT.fullmatch(sent) else None


FRONT = web.AppKey("front", Front)
_TOKEN = web.RequestKey("token", Token)
