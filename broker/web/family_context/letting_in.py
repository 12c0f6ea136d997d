"""How a call of the old front end is let in: by its cookie. ``authorisation`` calls this, and ``status``."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from broker.api.front import Front, Whom
from broker.errors import Complaint, NotPermitted, NotSignedIn
from broker.identity.tokens import Token
from broker.web.family_context.sessions import COOKIE, FamilyContext, Held
from broker.web.letting_in import from_here, token_of

_NO_SESSION = Complaint(
    "not_signed_in", "Sign in: on the broker's own pages, start a check and go on in Family Context."
)
_FROM_ELSEWHERE = Complaint("call_not_ours", "This was not sent from this address. Nothing was done.")

HELD = web.RequestKey("family_context", Held)


async def by_cookie(request: web.Request, front: Front, ours: FamilyContext, whom: Whom) -> None:
    """Find out whose session this is; ``whom`` is known from now on.

    Raises NotSignedIn; and NotPermitted for what was sent from another site.
    """
    refuse_from_elsewhere(request, front)
    now = front.broker.around.now()
    held = ours.seen(request.cookies.get(COOKIE, ""), now)
    token = None if held is None else await _token(held, front, now)
    if held is None or token is None or token.fingerprint in front.ended:
        raise NotSignedIn(_NO_SESSION)
    request[HELD] = held
    front.brings(request, token, whom)


def refuse_from_elsewhere(request: web.Request, front: Front) -> None:
    """Raises NotPermitted. The cookie is SameSite=Strict; this holds where a browser doesn't know that."""
    if not from_here(request, front.the_pages().settings.address):
        raise NotPermitted(_FROM_ELSEWHERE)


async def _token(held: Held, front: Front, now: datetime) -> Token | None:
    if held.page is None:
        return held.account
    return await token_of(held.page, front, front.the_pages(), now)
