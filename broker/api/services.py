"""``GET /v1/sources`` and ``GET /v1/purposes``: who can be asked, and for what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from broker.api.front import FRONT, Front
from broker.catalogue import Service
from consent_rules.model import Purpose

routes = web.RouteTableDef()


@routes.get("/v1/sources", name="sources")
async def sources(request: web.Request) -> web.Response:
    """Every service of the partnership: its desk number, what its silence means, and whether it is asked now."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        front.requester(request, whom)
    return web.json_response(
        {
            "sources": [
                _source(name, one, front) for name, one in front.broker.around.catalogue.services.items()
            ]
        }
    )


@routes.get("/v1/purposes", name="purposes")
async def purposes(request: web.Request) -> web.Response:
    """The purposes that the requester's roles may ask for, and what each must record."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
    rules = front.broker.around.catalogue.purposes.rules
    held = requester.roles
    open_to = {name: p for name, p in rules.purposes.items() if held & set(p.who_may_ask)}
    return web.json_response({"purposes": [_purpose(name, p, held) for name, p in open_to.items()]})


def _purpose(name: str, purpose: Purpose, held: frozenset[str]) -> Mapping[str, Any]:
    return {
        "purpose": name,
        "title": purpose.title,
        "duty": purpose.duty,
        "roles": sorted(held & set(purpose.who_may_ask)),
        "about": purpose.about,
        "journeys": purpose.journeys,
        "views": purpose.views,
        "must_record": purpose.must_record,
        "needs_registration": purpose.needs_registration,
    }


def _source(name: str, service: Service, front: Front) -> Mapping[str, Any]:
    source, lane = service.source, front.broker.around.lanes[name]
    return {
        "source": source.source,
        "service": source.service,
        "system": source.system,
        "desk": source.desk.model_dump(),
        "covers_area": source.coverage.area,
        "covers_since": source.coverage.since.isoformat(),
        "as_of": source.as_of,
        "nothing_means": service.policy.nothing_means,
        "maintenance_now": lane.maintenance(),
        **lane.guard.standing(),
    }
