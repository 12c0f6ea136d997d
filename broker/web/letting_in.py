"""How a request to a page is let in: by its session, whose token is checked as that of any other request is.

So a page is open to nobody to whom the same address of the API would be closed. An access token that has lapsed is
renewed first, once however many requests wait for it. ``authorisation`` calls this, and nothing else does.
"""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime
from urllib.parse import quote

from aiohttp import web

from broker.api.bodies import BODY_SECONDS
from broker.api.front import Front, Whom
from broker.errors import Complaint, NotPermitted, NotSignedIn
from broker.identity.tokens import PROVIDER_AWAY, Token
from broker.web.provider import NotGranted, ProviderAway
from broker.web.sessions import FIELD, KEPT, Kept
from broker.web.signing_in import Pages

_READS = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"
_NOT_OURS = Complaint(
    "form_not_ours",
    "This was not sent from a page of yours, or you have signed in again since. Nothing was done. Open the page"
    " again, and send it from there.",
)
_SESSION_OVER = Complaint(
    "session_over", "You were signed out meanwhile. Nothing was done. Sign in, and send it again."
)


async def by_session(request: web.Request, front: Front, pages: Pages, whom: Whom) -> None:
    """Find out whose session this is; ``whom`` is known from now on.

    Raises HTTPSeeOther to where to sign in, when there is none that holds, and NotSignedIn when the provider can't
    be asked, or something was to be done (POST) without a session.
    """
    now = front.broker.around.now()
    kept = pages.sessions.seen(request.cookies.get(pages.cookie, ""), now)
    token = None if kept is None else await token_of(kept, front, pages, now)
    if kept is None or token is None or token.fingerprint in front.ended:
        if kept is not None:
            pages.sessions.end_this(kept)
        if request.method not in _READS:
            raise NotSignedIn(_SESSION_OVER)
        raise web.HTTPSeeOther(f"/sign-in?to={quote(request.path_qs, safe='/')}")
    request[KEPT] = kept
    front.brings(request, token, whom)


async def refuse_forged(request: web.Request, front: Front, pages: Pages) -> None:
    """Raises NotPermitted for what is to be done, unless it was sent from a page of ours in this very session; and
    NotSignedIn, where that ended while the form was waited for.
    """
    if request.method in _READS:
        return
    if not from_here(request, pages.settings.address):
        raise NotPermitted(_NOT_OURS)
    sent = await _field(request)
    if not pages.sessions.holds(request[KEPT], front.broker.around.now()):
        raise NotSignedIn(_SESSION_OVER)
    if not hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), request[KEPT].session.csrf.encode()):
        raise NotPermitted(_NOT_OURS)


async def token_of(kept: Kept, front: Front, pages: Pages, now: datetime) -> Token | None:
    """A token of this session that holds; None where there is none any more. Raises NotSignedIn."""
    token = await _held_or_renewed(kept, front, pages, now)
    # Whoever signed out while the provider was waited for ended the token of before, and not the one that came.
    return token if pages.sessions.holds(kept, now) else None


async def _held_or_renewed(kept: Kept, front: Front, pages: Pages, now: datetime) -> Token | None:
    held = kept.granted
    token = await _checked(held.access, front, now)
    if token is None:
        async with kept.renewing:
            if kept.granted is held:  # nobody renewed it while we waited
                return await _renewed(kept, front, pages, now)
        token = await _checked(kept.granted.access, front, now)
    return token


async def _renewed(kept: Kept, front: Front, pages: Pages, now: datetime) -> Token | None:
    try:
        granted = await pages.provider.renew(kept.granted)
    except NotGranted:
        return None
    except ProviderAway:
        raise NotSignedIn(PROVIDER_AWAY) from None
    token = await _checked(granted.access, front, now)
    if token is None or token.requester.subject != kept.subject:
        return None
    kept.renewed(token, granted)
    return token


async def _checked(access: str, front: Front, now: datetime) -> Token | None:
    """The token, if it holds. Raises NotSignedIn when that can't be known just now."""
    try:
        return await front.tokens.token(f"Bearer {access}", now)
    except NotSignedIn as refused:
        if refused.complaints[0] is PROVIDER_AWAY:
            raise
        return None


def from_here(request: web.Request, address: str) -> bool:
    """As far as the browser says where a request comes from (older ones do not), it comes from a page of ours."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    return site in (None, "same-origin") and (
        origin in (None, address) or (origin == "null" and site is not None)
    )


async def _field(request: web.Request) -> str:
    """The form's own mark; empty where it has none, or two. Raises HTTP's own 4xx."""
    # Browsers write forms in UTF-8. Others of Python's encodings make what can't be written down again.
    if request.content_type != _FORM or (request.charset or "utf-8").lower() != "utf-8":
        raise web.HTTPUnsupportedMediaType
    if "Content-Encoding" in request.headers:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(request.app[BODY_SECONDS]):
            sent = (await request.post()).getall(FIELD, [])
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ValueError, LookupError):
        raise web.HTTPBadRequest from None
    return sent[0] if len(sent) == 1 and isinstance(sent[0], str) else ""
