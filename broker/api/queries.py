"""``POST /v1/queries`` and ``POST /v1/details``: asking, and opening one service's details."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import get_args

from aiohttp import web
from pydantic import TypeAdapter

from broker.answers import Answer
from broker.api.admission import seconds_left
from broker.api.bodies import read_body
from broker.api.front import FRONT, traceparent
from broker.api.query_body import QueryBody, ReferenceBody, query_of
from broker.api.streams import Form, Stream, heartbeat
from broker.leaving import TOGETHER, Leaving
from broker.query import answer
from broker.questions import Query, Requester

TOO_LATE_TO_ASK = 0.2
"""Seconds: whose body took so long that no more is left can only be told that every source timed out."""

routes = web.RouteTableDef()
_ANSWER = TypeAdapter(Answer)


@routes.post("/v1/queries", name="ask")
async def ask(request: web.Request) -> web.StreamResponse:
    """Ask every service that the purpose allows about one to twelve people.

    ``Accept: text/event-stream`` or ``application/x-ndjson``: what each service says, as soon as it says it.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        body = await read_body(request, QueryBody)
        front.refuse_ended(whom.token)
        front.asks_for(body.purpose, whom)
        around = front.broker.around
        query = query_of(
            body, front.seconds(request, body.purpose), around.today(around.now()), traceparent(request)
        )
        return await _answered(request, query, requester)


@routes.post("/v1/details", name="open_details")
async def open_details(request: web.Request) -> web.StreamResponse:
    """Open one service's details of one person, by the sealed reference of a flags answer.

    It is a fresh consultation under the policy of this moment, with its own entries in the audit log.
    """
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        body = await read_body(request, ReferenceBody)
        front.refuse_ended(whom.token)
        around = front.broker.around
        sealed = around.sealer.open(body.reference, requester.subject, around.now())
        front.asks_for(sealed.purpose, whom)
        query = replace(
            sealed, seconds=front.seconds(request, sealed.purpose), traceparent=traceparent(request)
        )
        return await _answered(request, query, requester)


@routes.get("/v1/queries/{query_id}/events", name="go_on")
async def go_on(request: web.Request) -> web.StreamResponse:
    """Take an answer up again that leaves part by part, behind the event that ``Last-Event-ID`` names."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
    stream = front.streams.taken_up(request.match_info["query_id"], requester.subject)
    if stream is None:
        raise web.HTTPNotFound
    last = request.headers.get("Last-Event-ID", "0")
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < len("1000") else 0
    return await _sent(request, stream, _form(request) or "text/event-stream", seen)


async def _answered(request: web.Request, query: Query, requester: Requester) -> web.StreamResponse:
    """The answer, whole or part by part as the requester accepts it."""
    if form := _form(request):
        return await _sent(request, await begun(request, query, requester), form, 0)
    answered = await whole(request, query, requester)
    return web.Response(body=as_json(answered), content_type="application/json")


async def whole(request: web.Request, query: Query, requester: Requester) -> Answer:
    """The whole answer. Raises what ``broker.errors`` lists, and HTTPRequestTimeout."""
    return await _answering(request, query, requester)(TOGETHER)


async def begun(request: web.Request, query: Query, requester: Requester) -> Stream:
    """The answer part by part, of a query that was let in and has an opening. Raises as ``whole`` does."""
    answered, left = _answering(request, query, requester), seconds_left(request, query.seconds)
    return await request.app[FRONT].streams.begin(requester.subject, left, answered)


def as_json(answered: Answer) -> bytes:
    """An answer as it leaves."""
    return _ANSWER.dump_json(answered)


def _answering(
    request: web.Request, query: Query, requester: Requester
) -> Callable[[Leaving], Awaitable[Answer]]:
    """What answers a query, once it has a place. The time that it may take counts from its arrival."""
    front = request.app[FRONT]
    left = partial(seconds_left, request, query.seconds)
    if left() < TOO_LATE_TO_ASK:
        raise web.HTTPRequestTimeout

    async def answered(leaving: Leaving) -> Answer:
        tracing = front.broker.around.tracing
        attributes = {"people": len(query.people), "view": query.view}
        async with front.admission.place(requester.subject, left()):
            with tracing.span("query", traceparent=query.traceparent, **attributes):
                return await answer(replace(query, seconds=left()), requester, front.broker, leaving)

    return answered


async def _sent(request: web.Request, stream: Stream, form: Form, seen: int) -> web.StreamResponse:
    """Send the events behind the last that was seen, as they come."""
    response = web.StreamResponse(headers={"Content-Type": form, "X-Accel-Buffering": "no"})
    await response.prepare(request)
    with suppress(ConnectionError):  # whoever went away may come back
        async for one in stream.after(seen):
            await response.write(one.in_form(form) if one else heartbeat(form))
    return response


def _form(request: web.Request) -> Form | None:
    """How the requester wants an answer that leaves part by part; None: whole."""
    accepted = {one.partition(";")[0].strip().lower() for one in request.headers.get("Accept", "").split(",")}
    return next((form for form in get_args(Form) if form in accepted), None)
