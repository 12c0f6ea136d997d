"""The web application: its routes, and what every request passes through."""

from __future__ import annotations

import logging

from aiohttp import web

from broker.api import (
    family_agreements,
    health,
    match_feedback,
    metrics,
    openapi,
    problems,
    queries,
    services,
    sign_out,
)
from broker.api.audit import owners, person, proofs
from broker.api.audit import queries as asked_queries
from broker.api.bodies import LARGEST_BODY
from broker.api.connections import NothingQuoted
from broker.api.front import FRONT, Front

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


def make_server(front: Front) -> web.Application:
    """The broker over HTTP. ``front`` is everything that the resources need."""
    server = web.Application(
        client_max_size=LARGEST_BODY,
        middlewares=[problems.problems],
        # An access log would hold who asked when.
        handler_args={"access_log": None, "logger": NothingQuoted(logging.getLogger(__name__))},
    )
    server.on_response_prepare.append(safe_headers)
    server[FRONT] = front
    server[problems.DESKS] = front.desks()
    server.add_routes(
        [
            *queries.routes,
            *match_feedback.routes,
            *family_agreements.routes,
            *services.routes,
            *sign_out.routes,
            *asked_queries.routes,
            *owners.routes,
            *person.routes,
            *proofs.routes,
            *health.routes,
            *metrics.routes,
            *openapi.routes,
        ]
    )
    return server


async def safe_headers(_: web.Request, response: web.StreamResponse) -> None:
    """No answer is kept by a browser or a proxy, and none is taken for what it is not."""
    response.headers.update(SAFE_HEADERS)
