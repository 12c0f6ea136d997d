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
    """200 while the audit log can be written, 503 otherwise. Sources that are down don't make it unready."""
    writable = request.app[FRONT].broker.log.healthy
    return web.json_response(
        {
            "status": "ready" if writable else "not_ready",
            "audit_log": "writable" if writable else "not_writable",
        },
        status=200 if writable else 503,
    )
