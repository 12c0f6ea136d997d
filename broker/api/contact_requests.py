"""``POST /v1/contact-requests``: asking a service to ring back."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from broker.api.bodies import read_body
from broker.api.front import FRONT, Whom, traceparent
from broker.api.query_body import ContactRequestBody, said
from broker.calling.asking import WayBack
from broker.questions import Requester
from broker.references import CALL_BACK

routes = web.RouteTableDef()
RECEIVED = b'{"received":true}'


@routes.post("/v1/contact-requests", name="contact_request")
async def contact_request(request: web.Request) -> web.Response:
    """Ask a service to ring you about one person, by the ``call_back`` of an answer.

    The reply is the same whatever the service holds: nobody looks. It comes when the request is in the audit log;
    the service's desk is told after it.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        body = await read_body(request, ContactRequestBody)
        await receive(request, body, requester, whom)
    return web.Response(status=202, body=RECEIVED, content_type="application/json")


async def receive(request: web.Request, body: ContactRequestBody, requester: Requester, whom: Whom) -> None:
    """Record a request, and have it delivered. Raises what refuses it, NotRecorded and Overloaded."""
    front = request.app[FRONT]
    front.refuse_ended(whom.token)
    around = front.broker.around
    sealed = around.sealer.apart(CALL_BACK).open(body.reference, requester.subject, around.now())
    front.asks_for(sealed.purpose, whom)
    query = replace(sealed, traceparent=traceparent(request))
    async with front.admission.place(requester.subject):
        await front.calls.receive(query, WayBack(body.phone, said(body.times), said(body.note)), requester)
