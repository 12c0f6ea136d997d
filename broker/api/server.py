"""The web application: its routes, and what every request passes through."""

from __future__ import annotations

from aiohttp import web

from broker.api import health, openapi, problems, queries, services
from broker.api.bodies import LARGEST_BODY
from broker.api.front import FRONT, Front


def make_server(front: Front) -> web.Application:
    """The broker over HTTP. ``front`` is everything that the resources need."""
    server = web.Application(client_max_size=LARGEST_BODY, middlewares=[safe_headers, problems.problems])
    server[FRONT] = front
    server[problems.DESKS] = front.desks()
    server.add_routes([*queries.routes, *services.routes, *health.routes, *openapi.routes])
    return server


@web.middleware
async def safe_headers(request: web.Request, handler: problems.Handler) -> web.StreamResponse:
    """No answer is kept by a browser or a proxy, and none is taken for what it is not."""
    response = await handler(request)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
