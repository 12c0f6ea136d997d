"""``/sign-in``, ``/signed-in``, ``/sign-out``, ``/signed-out`` and ``/back-channel-logout``."""

from __future__ import annotations

import asyncio
import hmac
from datetime import datetime

from aiohttp import web

from broker import recording
from broker.api.bodies import BODY_SECONDS
from broker.api.front import FRONT, Front
from broker.api.sign_out import end
from broker.audit.session_events import SessionBegun
from broker.errors import Complaint, NotSignedIn
from broker.identity.key_set import KeysUnreachable
from broker.identity.tokens import PROVIDER_AWAY
from broker.web.page import page
from broker.web.provider import NotFromProvider, NotGranted, ProviderAway, SignedOut
from broker.web.sessions import KEPT
from broker.web.signing_in import MINUTES, Begun, Pages

routes = web.RouteTableDef()

_NOT_BEGUN = Complaint(
    "sign_in_not_begun", "This sign-in was not begun in this browser, or too long ago. Sign in again."
)
_NOT_FINISHED = Complaint(
    "sign_in_not_finished",
    "The sign-in did not come to its end: it was stopped, or does not hold. Sign in again.",
)
_NOT_LOGGED_OUT = Complaint("logout_token_unfit", "This logout token does not hold.")


@routes.get("/sign-in", name="page_sign_in")
async def sign_in(request: web.Request) -> web.StreamResponse:
    """Send the browser to the identity provider. ``to``: the page that it comes back to; ``strongly=yes``: sign in
    again, in the way that emergency access takes.
    """
    front = request.app[FRONT]
    pages = front.the_pages()
    begun = pages.begun(request.query.get("to", "/"), front.broker.around.now())
    strongly = request.query.get("strongly") == "yes"
    response = _to(pages.provider.sign_in(begun.state, begun.nonce, begun.verifier, strongly=strongly))
    _remember(response, pages, pages.cookie_of_sign_in, pages.seal(begun), seconds=MINUTES * 60)
    return response


@routes.get("/signed-in", name="page_signed_in")
async def signed_in(request: web.Request) -> web.StreamResponse:
    """Where the provider sends the browser back: redeem its code, and begin a session."""
    front = request.app[FRONT]
    pages = front.the_pages()
    async with front.recorded():
        begun = _begun(request, pages, front.broker.around.now())
        name = await _session(request, front, pages, begun)
    response = _to(begun.to)
    _forget(response, pages, pages.cookie_of_sign_in)
    _remember(response, pages, pages.cookie, name)
    return response


@routes.post("/sign-out", name="page_sign_out")
async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the session and its token, and lead to the provider, to sign out there too."""
    front = request.app[FRONT]
    pages, kept = front.the_pages(), request[KEPT]
    pages.sessions.end_this(kept)
    async with front.recorded() as whom:
        await end(front.token(request, whom), front)
    response = _to(pages.provider.sign_out() or "/signed-out")
    _forget(response, pages, pages.cookie)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response


@routes.get("/signed-out", name="page_signed_out")
async def signed_out(request: web.Request) -> web.StreamResponse:
    """What whoever has signed out reads."""
    return page(request, "signed_out.html")


@routes.post("/back-channel-logout", name="page_back_channel_logout")
async def back_channel_logout(request: web.Request) -> web.StreamResponse:
    """OpenID Connect Back-Channel Logout: the provider says who signed out there; their sessions here end."""
    front = request.app[FRONT]
    pages, now = front.the_pages(), front.broker.around.now()
    try:
        async with front.recorded():
            told = await _signed_out(request, pages, now)
    except NotSignedIn:
        return web.json_response({"error": "invalid_request"}, status=400)
    for kept in pages.sessions.of_provider(told.subject, told.provider_session, told.at):
        pages.sessions.end_this(kept)
        await end(kept.session.token, front)
    return web.Response()


def _begun(request: web.Request, pages: Pages, now: datetime) -> Begun:
    """The sign-in that this browser had begun, and the provider answers. Raises NotSignedIn."""
    begun = pages.open(request.cookies.get(pages.cookie_of_sign_in, ""), now)
    state = request.query.getall("state", [])
    if begun is None or len(state) != 1 or not hmac.compare_digest(_bytes(state[0]), begun.state.encode()):
        raise NotSignedIn(_NOT_BEGUN)
    return begun


async def _session(request: web.Request, front: Front, pages: Pages, begun: Begun) -> str:
    """The id of a new session, for whom the provider says; it is in the log by then.

    Raises NotSignedIn and NotRecorded.
    """
    now = front.broker.around.now()
    codes, issuers = request.query.getall("code", []), request.query.getall("iss", [])
    # RFC 9207: a provider that names itself has to be ours, or the code was another's.
    if len(codes) != 1 or issuers not in ([], [front.tokens.settings.issuer]):
        raise NotSignedIn(_NOT_FINISHED)
    try:
        granted, identity_token = await pages.provider.redeem(codes[0], begun.verifier)
        identity = await pages.provider.identity(identity_token, begun.nonce, now)
        token = await front.tokens.token(f"Bearer {granted.access}", now)
    except (ProviderAway, KeysUnreachable):
        raise NotSignedIn(PROVIDER_AWAY) from None
    except (NotGranted, NotFromProvider):
        raise NotSignedIn(_NOT_FINISHED) from None
    if token.requester.subject != identity.subject:
        raise NotSignedIn(_NOT_FINISHED)
    await recording.durable(
        front.broker.log,
        SessionBegun(now, recording.as_logged(token.requester, role=None), token.acr, token.signed_in_at),
    )
    return pages.sessions.begin(token, granted, identity.provider_session, now)


async def _signed_out(request: web.Request, pages: Pages, now: datetime) -> SignedOut:
    """Raises NotSignedIn."""
    try:
        async with asyncio.timeout(request.app[BODY_SECONDS]):
            (token,) = (await request.post()).getall("logout_token")
        return await pages.provider.signed_out(str(token), now)
    except KeysUnreachable:
        raise NotSignedIn(PROVIDER_AWAY) from None
    except (NotFromProvider, LookupError, ValueError, TimeoutError, web.RequestPayloadError):
        raise NotSignedIn(_NOT_LOGGED_OUT) from None


def _to(address: str) -> web.Response:
    return web.Response(status=303, headers={"Location": address})


def _remember(
    response: web.Response, pages: Pages, name: str, content: str, seconds: int | None = None
) -> None:
    response.set_cookie(
        name,
        content,
        max_age=seconds,
        path="/",
        secure=not pages.settings.in_the_clear,
        httponly=True,
        samesite="Lax",  # not Strict: the provider's answer comes from its site, and needs the cookie
    )


def _forget(response: web.Response, pages: Pages, name: str) -> None:
    response.del_cookie(name, path="/", secure=not pages.settings.in_the_clear, httponly=True, samesite="Lax")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
