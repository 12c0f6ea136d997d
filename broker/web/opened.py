"""Opening one service's details, and saying that a match or a contact is wrong: each by a sealed reference."""

from __future__ import annotations

import json
from dataclasses import replace

from aiohttp import web

from broker.api.bodies import as_model
from broker.api.front import FRONT, traceparent
from broker.api.match_feedback import receive
from broker.api.queries import as_json, whole
from broker.api.query_body import FeedbackBody, ReferenceBody
from broker.web.forms import read_form
from broker.web.page import html, page

routes = web.RouteTableDef()


@routes.post("/check/details", name="page_details")
async def details(request: web.Request) -> web.Response:
    """One service's dates and contact of one person: a fresh consultation, with entries of its own.

    Without the script it is a page of its own, in a new tab: the answer stays where it is.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        fields = await read_form(request)
        body = as_model(ReferenceBody, {"reference": fields.get("reference", "")})
        around = front.broker.around
        sealed = around.sealer.open(body.reference, requester.subject, around.now())
        front.asks_for(sealed.purpose, whom)
        query = replace(
            sealed, seconds=front.seconds(request, sealed.purpose), traceparent=traceparent(request)
        )
        said = json.loads(as_json(await whole(request, query, requester)))
    number = fields.get("number", "")
    service = said["services"][0]
    content = {
        "id": f"says-{number if number.isdecimal() else 1}-{service['source']}",
        "number": number if number.isdecimal() else 1,
        "name": fields.get("name", ""),
        "service": service,
        "part": service["people"][0],
        "opened": body.reference,
    }
    if "part" in fields:
        return web.Response(
            text=html(request, "row.html", **content), content_type="text/html", charset="utf-8"
        )
    return page(request, "details.html", **content)


@routes.post("/check/feedback", name="page_feedback")
async def feedback(request: web.Request) -> web.Response:
    """Say that it is the right person, the wrong one, or the wrong contact: in one step."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        fields = await read_form(request)
        body = as_model(
            FeedbackBody, {"reference": fields.get("reference", ""), "verdict": fields.get("verdict")}
        )
        await receive(request, body, requester, whom)
    return page(request, "told.html", verdict=body.verdict, id=fields.get("part") or "told")
