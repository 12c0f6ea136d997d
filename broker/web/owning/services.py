"""``/owners``: the services that somebody's organisation owns."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aiohttp import web

from broker.activation import ending
from broker.api.front import FRONT, Front
from broker.catalogue import Service
from broker.web.owning.owned import own_services
from broker.web.page import page

routes = web.RouteTableDef()


@routes.get("/owners", name="page_owners")
async def services(request: web.Request) -> web.Response:
    """Every source of one's own organisation, and how each stands."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        own = own_services(front, front.requester(request, whom))
    today = front.broker.around.today(front.broker.around.now())
    return page(request, "owners/services.html", services=[_service(front, one, today) for one in own])


def _service(front: Front, one: Service, today: date) -> Mapping[str, Any]:
    return {
        "source": one.source,
        "policy": one.loaded.policy,
        "standing": standing(front, one.source.source),
        "ending": list(ending([one.loaded], today)),
    }


def standing(front: Front, source: str) -> str:
    """How a source stands: down as planned, or as its breaker has it. Nothing of it depends on any record."""
    lane = front.broker.around.lanes[source]
    return "maintenance" if lane.maintenance() else lane.guard.breaker.state
