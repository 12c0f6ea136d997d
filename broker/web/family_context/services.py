"""``/api/person/detail/{person}/service`` and ``.../service/{source}``: flags of all services, details of one.

They are asked by the API's own functions, and recorded as theirs: opening one service asks for its flag, and by
the reference of that answer for its details.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any

from aiohttp import web

from broker.answers import Answer, Outcome, SourcePart
from broker.api.front import FRONT, traceparent
from broker.api.queries import whole
from broker.errors import ReferenceLapsed, Refused
from broker.questions import Query
from broker.web.family_context.letting_in import HELD
from broker.web.family_context.people import found_by
from broker.web.family_context.search import REFUSALS, away
from broker.web.family_context.shapes import content, refused_summary, summary

routes = web.RouteTableDef()

FAILED = (Outcome.TIMED_OUT, Outcome.UNAVAILABLE, Outcome.MAINTENANCE)


@routes.get("/api/person/detail/{person}/service", name="fc_services")
async def services(request: web.Request) -> web.Response:
    """Every service, with its flag: what one says that was not asked, or did not answer, stands in its title."""
    found = found_by(request, request.match_info["person"])
    try:
        answered = await _answered(request, found.query)
    except REFUSALS as refused:
        return web.json_response([refused_summary(one, _why(refused)) for one in _catalogue(request)])
    if nobody := _about_nobody(answered):
        return nobody
    return web.json_response([summary(one, answered.asked_at) for one in answered.services])


@routes.get("/api/person/detail/{person}/service/{source}", name="fc_service")
async def service(request: web.Request) -> web.Response:
    """One service: dates and contact of the involvement; or its flag alone, where the session is for no more."""
    found, source = found_by(request, request.match_info["person"]), request.match_info["source"]
    of_source = next((one for one in _catalogue(request) if one.source.source == source), None)
    if of_source is None:
        raise web.HTTPNotFound
    try:
        flags = await _answered(request, replace(found.query, only_source=source))
    except REFUSALS as refused:
        return web.json_response(_detail(refused_summary(of_source, _why(refused)), content(None)))
    if nobody := _about_nobody(flags):
        return nobody
    try:
        part, why = await _opened(request, flags)
    except web.HTTPRequestTimeout:  # its flag took all the time that there was
        return _away(flags.services[0])
    if part.people[0].outcome in FAILED:
        return _away(part)
    return web.json_response(_detail(summary(part, flags.asked_at), content(part, why)))


async def _opened(request: web.Request, flags: Answer) -> tuple[SourcePart, str]:
    """The details, where the flag opens them; else the flag, and why there is no more."""
    part = flags.services[0]
    reference = part.people[0].reference
    if reference is None or request[HELD].grounds.flags_only:
        return part, ""
    around, subject = request.app[FRONT].broker.around, request[HELD].subject
    details = around.sealer.open(reference, subject, around.now())
    seconds = request.app[FRONT].seconds(request, details.purpose)
    try:
        query = replace(details, seconds=seconds, traceparent=traceparent(request))
        return (await _answered(request, query)).services[0], ""
    except REFUSALS as refused:
        return part, _why(refused)


async def _answered(request: web.Request, query: Query) -> Answer:
    """The answer about one person. Raises what ``broker.errors`` lists; a refusal is recorded by then."""
    front = request.app[FRONT]
    with suppress(ReferenceLapsed):  # the service, or the person in the case, has left since
        async with front.recorded() as whom:
            requester = front.requester(request, whom)
            front.asks_for(query.purpose, whom)
            return await whole(request, query, requester)
    raise web.HTTPNotFound


def _about_nobody(answered: Answer) -> web.Response | None:
    """What is told where the case system, asked again, names this person no more; None where it does.

    Raises HTTPNotFound.
    """
    if answered.people:
        return None
    if answered.roster and answered.roster.problem:
        return away()
    raise web.HTTPNotFound


def _catalogue(request: web.Request) -> Any:
    return request.app[FRONT].broker.around.catalogue.services.values()


def _detail(said: Mapping[str, Any], shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"summary": said, **shown}


def _why(refused: Refused) -> str:
    return " ".join(one.sentence for one in refused.complaints)


def _away(part: SourcePart) -> web.Response:
    """That a service did not answer: whom to ring instead."""
    problem = asdict(part.problem) if part.problem else {"title": "Did not answer in time"}
    return web.json_response({**problem, "status": 503, "desk": asdict(part.desk)}, status=503)
