"""``GET /healthz`` and ``GET /readyz``: is the process alive, and may it be sent queries."""

from __future__ import annotations

from aiohttp import web

from broker.api.front import FRONT

routes = web.RouteTableDef()


@routes.get("/healthz", name="alive")
async def alive(_: web.Request) -> web.Response:
    """200 while the process answers at all."""
    return web.json_response({"status": "alive"})


@routes.get("/readyz", name="ready")
async def ready(request: web.Request) -> web.Response:
    """200 while answers may be given: the audit log can be written, and its witnesses cosign it; 503 otherwise.

    Sources that are down don't make it unready.
    """
    broker = request.app[FRONT].broker
    standing, writable = broker.log.standing, broker.log.healthy
    lapsed = standing.lapsed(broker.around.now())
    witnessed = (
        ("too_long_ago" if lapsed else "in_time") if standing.wanted.witnesses else "no_witness_declared"
    )
    is_ready = writable and not lapsed
    return web.json_response(
        {
            "status": "ready" if is_ready else "not_ready",
            "audit_log": "writable" if writable else "not_writable",
            "witnessed": witnessed,
        },
        status=200 if is_ready else 503,
    )
