"""``POST /v1/sign-out``: ending one's own token."""

from __future__ import annotations

from aiohttp import web

from broker.api.front import FRONT, Front
from broker.audit.events import TokenEnded
from broker.audit.log import LogUnavailable
from broker.errors import NotRecorded
from broker.identity.tokens import Token

routes = web.RouteTableDef()


@routes.post("/v1/sign-out", name="sign_out")
async def sign_out(request: web.Request) -> web.Response:
    """End the token that this is sent with: from now on it opens nothing, also after a restart of the broker.

    The reply is the same however often it is sent, so that whoever heard none may send it again.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        await end(front.token(request, whom), front)
    return web.Response(status=204)


async def end(token: Token, front: Front) -> None:
    """End a token at once; durably when this returns. Raises NotRecorded."""
    now = front.broker.around.now()
    front.ended.end(token.fingerprint, now)
    try:
        await front.broker.log.record(TokenEnded(now, token.fingerprint, token.expires))
    except LogUnavailable:
        raise NotRecorded from None
