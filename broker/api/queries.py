"""``POST /v1/queries`` and ``POST /v1/details``: asking, and opening one service's details."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web
from pydantic import TypeAdapter

from broker.answers import Answer
from broker.api.bodies import read_body
from broker.api.front import FRONT, traceparent
from broker.api.query_body import QueryBody, ReferenceBody, query_of
from broker.query import answer
from broker.questions import Query, Requester

routes = web.RouteTableDef()
_ANSWER = TypeAdapter(Answer)


@routes.post("/v1/queries", name="ask")
async def ask(request: web.Request) -> web.Response:
    """Ask every service that the purpose allows about one to twelve people."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = await front.requester(request, whom)
        body = await read_body(request, QueryBody)
        front.refuse_ended(whom.token)
        whom.purpose = body.purpose
        around = front.broker.around
        query = query_of(body, front.seconds(request), around.today(around.now()), traceparent(request))
        return await _answered(request, query, requester)


@routes.post("/v1/details", name="open_details")
async def open_details(request: web.Request) -> web.Response:
    """Open one service's details of one person, by the sealed reference of a flags answer.

    It is a fresh consultation under the policy of this moment, with its own entries in the audit log.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = await front.requester(request, whom)
        body = await read_body(request, ReferenceBody)
        front.refuse_ended(whom.token)
        around = front.broker.around
        sealed = around.sealer.open(body.reference, requester.subject, around.now())
        whom.purpose = sealed.purpose
        query = replace(sealed, seconds=front.seconds(request), traceparent=traceparent(request))
        return await _answered(request, query, requester)


async def _answered(request: web.Request, query: Query, requester: Requester) -> web.Response:
    front = request.app[FRONT]
    tracing = front.broker.around.tracing
    async with front.place():
        with tracing.span("query", traceparent=query.traceparent, people=len(query.people), view=query.view):
            answered = await answer(query, requester, front.broker)
    return web.Response(body=_ANSWER.dump_json(answered), content_type="application/json")
