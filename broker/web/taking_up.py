"""``/call-backs/{reference}``: where a service's desk says that it has taken a request to ring back up.

The reference is the permission: nobody need be signed in. Mail scanners follow links, so that to open the page
changes nothing; what does is its button.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from aiohttp import web

from broker.api.front import FRONT, Front
from broker.calling.taking_up import Standing
from broker.errors import ReferenceLapsed
from broker.web.page import page, texts_for
from broker.web.shown import moment

routes = web.RouteTableDef()
_GONE = 410


@routes.get("/call-backs/{reference}", name="page_taking_up")
async def taking_up(request: web.Request) -> web.Response:
    """When the request was made and by which organisation, with the button; or that it was taken up already."""
    front = request.app[FRONT]
    standing = await _unless_lapsed(request, front.calls.taking_up.standing)
    return _page(request, front, standing) if standing else page(request, "taking_up_lapsed.html", _GONE)


@routes.post("/call-backs/{reference}", name="page_taken_up")
async def taken_up(request: web.Request) -> web.Response:
    """Record that it is taken up; whoever says it again reads since when it is."""
    front = request.app[FRONT]
    before = await _unless_lapsed(request, front.calls.taking_up.take_up)
    if before is None:
        return page(request, "taking_up_lapsed.html", _GONE)
    return _page(request, front, before, recorded=before.taken_up_at is None)


async def _unless_lapsed(
    request: web.Request, of: Callable[[str, datetime], Awaitable[Standing]]
) -> Standing | None:
    """What the reference opens, by ``of``; None, and a refusal in the log, where it opens nothing."""
    front = request.app[FRONT]
    try:
        async with front.recorded():
            return await of(request.match_info["reference"], front.broker.around.now())
    except ReferenceLapsed:
        return None


def _page(request: web.Request, front: Front, standing: Standing, *, recorded: bool = False) -> web.Response:
    texts, known = texts_for(request), front.broker.around.catalogue.services.get(standing.source)
    taken_up = standing.taken_up_at and moment(standing.taken_up_at.isoformat(), texts)
    return page(
        request,
        "taking_up.html",
        service=known.source.service if known else standing.source,
        asked_at=moment(standing.asked_at.isoformat(), texts),
        asked_by=standing.organisation,
        taken_up_at=taken_up,
        recorded=recorded,
    )
