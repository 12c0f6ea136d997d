"""``/api/auth/status``, ``/api/auth/login`` and ``/api/auth/logout``."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from broker.api.bodies import read_body
from broker.api.front import FRONT, Front, Whom
from broker.api.sign_out import end
from broker.errors import Complaint, NotSignedIn
from broker.identity.tokens import Token
from broker.questions import Requester
from broker.web.family_context.letting_in import by_cookie, refuse_from_elsewhere
from broker.web.family_context.sessions import COOKIE, FamilyContext, Grounds
from broker.web.signing_in import Pages

routes = web.RouteTableDef()

_WRONG = Complaint(
    "login_wrong", "User id and password do not fit, or were tried too often. Try again later."
)
_NO_LOGIN = Complaint("no_login", "Nobody signs in here by a password. Begin on the broker's own pages.")


class LoginBody(BaseModel):
    """What the form of the front end sends; whatever else it sends is dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    userid: Annotated[str, Field(max_length=100)]
    password: Annotated[str, Field(max_length=1000, repr=False)]


@routes.get("/api/auth/status", name="fc_status")
async def status(request: web.Request) -> web.Response:
    """Whether somebody is signed in. That nobody is, is no refusal: it is what the front end begins with."""
    front, whom = request.app[FRONT], Whom()
    try:
        await by_cookie(request, front, front.the_family_context(), whom)
    except NotSignedIn:
        return _nobody(front)
    name = whom.requester.name if whom.requester else ""
    return web.json_response({"status": "authenticated", "name": name})


@routes.post("/api/auth/login", name="fc_login")
async def login(request: web.Request) -> web.Response:
    """Sign in by a password, where the partnership has accounts for that. A failure is recorded as a refusal."""
    front = request.app[FRONT]
    ours, now = front.the_family_context(), front.broker.around.now()
    try:
        async with front.recorded():
            refuse_from_elsewhere(request, front)
            requester = await _who(await read_body(request, LoginBody), ours, now)
    except NotSignedIn:
        return _nobody(front)
    settings = ours.settings.login
    assert settings != "none"  # noqa: S101 -- nobody has signed in by it then
    grounds = Grounds(settings.purpose, settings.relation, flags_only=True)
    response = web.json_response({"status": "authenticated", "name": requester.name})
    remember(response, front.the_pages(), ours.begin(grounds, _token_of(requester, ours, now), now))
    return response


@routes.post("/api/auth/logout", name="fc_logout")
async def logout(request: web.Request) -> web.Response:
    """End the session, and its token: whoever began on the broker's pages is signed out there too."""
    front = request.app[FRONT]
    front.the_family_context().end(request.cookies.get(COOKIE, ""))
    async with front.recorded() as whom:
        await end(front.token(request, whom), front)
    response = web.json_response({"status": "unauthenticated"})
    response.del_cookie(COOKIE, path="/", samesite="Strict", httponly=True, secure=_secure(front.the_pages()))
    return response


def remember(response: web.Response, pages: Pages, name: str) -> None:
    """Give a browser the id of its session, under the name that the front end's API has for it."""
    response.set_cookie(COOKIE, name, path="/", samesite="Strict", httponly=True, secure=_secure(pages))


async def _who(sent: LoginBody, ours: FamilyContext, now: datetime) -> Requester:
    """Raises NotSignedIn."""
    if ours.accounts is None:
        raise NotSignedIn(_NO_LOGIN)
    requester = await ours.accounts.whose(sent.userid, sent.password, now)
    if requester is None:
        raise NotSignedIn(_WRONG)
    return requester


def _token_of(requester: Requester, ours: FamilyContext, now: datetime) -> Token:
    """A token of ours, so that such a session is let in, and ended, as any other."""
    return Token(requester, hashlib.sha256(ours.random(32)).hexdigest(), now + ours.longest)


def _nobody(front: Front) -> web.Response:
    begins = f"{front.the_pages().settings.address}/"
    return web.json_response({"status": "unauthenticated", "signIn": begins}, status=401)


def _secure(pages: Pages) -> bool:
    return not pages.settings.in_the_clear
