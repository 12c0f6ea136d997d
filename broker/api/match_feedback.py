"""``POST /v1/match-feedback``: saying whether a match was the right person."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from broker.api.bodies import read_body
from broker.api.front import FRONT, Whom, traceparent
from broker.api.query_body import FeedbackBody
from broker.questions import Requester

routes = web.RouteTableDef()
RECEIVED = b'{"received":true}'


@routes.post("/v1/match-feedback", name="match_feedback")
async def match_feedback(request: web.Request) -> web.Response:
    """Say whether what a service showed was about the right person, by the sealed reference of a flags answer.

    The reply is the same whatever is said, and whatever the service holds. It comes when what was said is in the
    audit log. A wrong person is looked into by the service's owner and the data protection officer.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        body = await read_body(request, FeedbackBody)
        await receive(request, body, requester, whom)
    return web.Response(status=202, body=RECEIVED, content_type="application/json")


async def receive(request: web.Request, body: FeedbackBody, requester: Requester, whom: Whom) -> None:
    """Record what is said of a match. Raises what refuses it, NotRecorded and Overloaded."""
    front = request.app[FRONT]
    front.refuse_ended(whom.token)
    around = front.broker.around
    sealed = around.sealer.open(body.reference, requester.subject, around.now())
    whom.purpose = sealed.purpose
    query = replace(sealed, seconds=front.limits.seconds, traceparent=traceparent(request))
    async with front.admission.place(requester.subject):
        await front.feedback.receive(query, body.verdict, requester)
