"""The web application: its routes, and what every request passes through."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from broker.api import (
    authorisation,
    contact_requests,
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
from broker.api.admission import ADMISSION, refused_early
from broker.api.audit import owners, person, proofs
from broker.api.audit import queries as asked_queries
from broker.api.bodies import BODY_SECONDS, LARGEST_BODY
from broker.api.connections import Connection, NothingQuoted, apart, keeps_time
from broker.api.front import FRONT, Front
from broker.api.settings import Listen
from broker.web import (
    answer,
    asset_files,
    call_back,
    check,
    headers,
    opened,
    page,
    recent,
    sign_in,
    taking_up,
)
from broker.web.as_pages import as_pages
from broker.web.auditing import (
    charting,
    proving,
    reporting,
    reviewing,
    reviewing_entries,
    searching,
    team,
    tracing,
)
from broker.web.family_context import going_on
from broker.web.family_context import search as fc_search
from broker.web.family_context import services as fc_services
from broker.web.family_context import sign_in as fc_sign_in
from broker.web.owning import approving as own_approving
from broker.web.owning import changes as own_changes
from broker.web.owning import explorer as own_explorer
from broker.web.owning import figures as own_figures
from broker.web.owning import policy as own_policy
from broker.web.owning import services as own_services

SAFE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Server": "broker",  # aiohttp would name itself, its version and Python's
}

ONLY_OVER_TLS = "max-age=31536000; includeSubDomains"
"""For a year. Where a proxy speaks TLS, it says this itself."""

ROUTES: Sequence[web.AbstractRouteDef] = (
    *queries.routes,
    *match_feedback.routes,
    *contact_requests.routes,
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
    *sign_in.routes,
    *check.routes,
    *answer.routes,
    *opened.routes,
    *call_back.routes,
    *taking_up.routes,
    *recent.routes,
    *searching.routes,
    *tracing.routes,
    *proving.routes,
    *reporting.routes,
    *reviewing_entries.routes,
    *reviewing.routes,
    *charting.routes,
    *team.routes,
    *own_services.routes,
    *own_policy.routes,
    *own_explorer.routes,
    *own_figures.routes,
    *own_changes.routes,
    *own_approving.routes,
    *asset_files.routes,
    *going_on.routes,
    *fc_sign_in.routes,
    *fc_search.routes,
    *fc_services.routes,
)
"""Every address of the broker. Who may call which stands in ``authorisation``."""


def make_server(front: Front, listen: Listen | None = None) -> web.Application:
    """The broker over HTTP. ``front`` is everything that the resources need."""
    limits = listen or Listen()
    server = web.Application(
        client_max_size=LARGEST_BODY,
        middlewares=[keeps_time, as_pages, problems.problems, refused_early, authorisation.authorised],
        handler_args=handler_arguments(limits),
    )
    server.on_response_prepare.append(safe_headers)
    server[FRONT] = front
    server[ADMISSION] = front.admission
    server[BODY_SECONDS] = limits.body_seconds
    server[problems.DESKS] = front.desks()
    page.set_up(server, front.face)
    server.add_routes(ROUTES)
    return server


def handler_arguments(listen: Listen) -> dict[str, Any]:
    """What aiohttp's protocol of one connection is made with; another's may wait longer for a body."""
    return {
        "access_log": None,  # it would hold who asked when
        "logger": NothingQuoted(logging.getLogger(__name__)),
        "lingering_time": apart(listen.body_seconds),  # the rest of a body is read, so that the answer can be
        "max_headers": listen.header_lines,
        "max_line_size": listen.header_line_bytes,
        "max_field_size": listen.header_line_bytes,
    }


class UnquotingHandler(web.RequestHandler):
    """aiohttp's protocol of one connection; but what can't be read as HTTP isn't quoted in the answer either."""

    __slots__ = ()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Writes the answer, and tells the connection that it is written."""
        written = await super().finish_response(request, resp, start_time)
        connection = request.transport.get_protocol() if request.transport else None
        if isinstance(connection, Connection):
            connection.answered()
        return written

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Logs it, and answers 400 as a problem. Raises ConnectionError when an answer had begun already."""
        super().handle_error(request, status, exc, message)
        response = problems.unreadable()
        response.headers.update(SAFE_HEADERS)
        response.force_close()
        return response


async def safe_headers(request: web.Request, response: web.StreamResponse) -> None:
    """No answer is kept by a browser or a proxy, and none is taken for what it is not."""
    response.headers.update(SAFE_HEADERS)
    if authorisation.is_page(request):
        response.headers.update(headers.of_page(request.app[FRONT].pages))
        response.headers.update(asset_files.kept(request, response.status))
    if request.secure:
        response.headers["Strict-Transport-Security"] = ONLY_OVER_TLS
