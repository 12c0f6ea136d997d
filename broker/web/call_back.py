"""Asking a service to ring back, from its row in an answer."""

from __future__ import annotations

from aiohttp import web

from broker.api.bodies import as_model
from broker.api.contact_requests import receive
from broker.api.front import FRONT
from broker.api.query_body import ContactRequestBody
from broker.web.forms import read_form
from broker.web.page import page

routes = web.RouteTableDef()


@routes.post("/check/call-back", name="page_call_back")
async def call_back(request: web.Request) -> web.Response:
    """Ask a service to ring the requester about one person. The page is the same whatever the service holds."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        fields = await read_form(request)
        typed = {name: fields[name] for name in ("phone", "times", "note") if fields.get(name)}
        body = as_model(ContactRequestBody, {"reference": fields.get("reference", ""), **typed})
        await receive(request, body, requester, whom)
    return page(request, "told.html", verdict="call_back", id=fields.get("part") or "told")
