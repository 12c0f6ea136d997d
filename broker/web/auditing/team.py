"""``/team``: what a manager's own team asked. Nobody who was asked about is named."""

from __future__ import annotations

from aiohttp import web

from broker.api.audit.queries import TimeSearch, found_page, of_the_team
from broker.api.audit.who_may_read import of_team
from broker.api.bodies import read_search
from broker.api.front import FRONT
from broker.web.auditing.searching import found_row
from broker.web.page import page, texts_for

routes = web.RouteTableDef()


@routes.get("/team", name="page_team")
async def team(request: web.Request) -> web.Response:
    """What the team asked, newest first."""
    front, texts = request.app[FRONT], texts_for(request)
    async with front.recorded() as whom:
        reader, named = of_team(request, whom)
        asked = read_search(request, TimeSearch)
        found = await found_page(request, reader, "audit team", of_the_team(reader, named, asked), asked)
    catalogue = front.broker.around.catalogue
    rows = [found_row(one, catalogue, texts) for one in found.found]
    return page(request, "audit/team.html", team=named, found=rows, before=found.before)
