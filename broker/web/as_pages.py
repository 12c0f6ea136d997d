"""What goes wrong where a person reads it is shown as a page."""

from __future__ import annotations

from aiohttp import web

from broker.api.authorisation import is_page
from broker.api.problems import DESKS, Handler
from broker.web.plain_page import PROBLEM, of_problem


@web.middleware
async def as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns the problem of a page into a page, with the services' desks: whoever reads it can still ring."""
    response = await handler(request)
    if isinstance(response, web.Response) and response.content_type == PROBLEM and is_page(request):
        return of_problem(response, request.app[DESKS])
    return response
