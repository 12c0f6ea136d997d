"""``/api/search/person``, ``/api/person/detail/{person}`` and ``/api/person/related/{person}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from broker.answers import CASE_ON_PAGES, FAILURES
from broker.api.bodies import Line, as_model, read_body
from broker.api.front import FRONT, traceparent
from broker.api.query_body import QueryBody, query_of
from broker.errors import Incomplete, NotPermitted, StepUpNeeded, TooManyAsked
from broker.permitting import Plan
from broker.questions import Query
from broker.surroundings import LONDON
from broker.web.family_context.letting_in import HELD
from broker.web.family_context.people import Found, asked_on, found_by, in_json, linked_person
from broker.web.family_context.presented import presented

routes = web.RouteTableDef()

REFUSALS = (NotPermitted, Incomplete, StepUpNeeded, TooManyAsked)
"""What is recorded and then told in words: a 401 or 403 would throw the front end to its login."""

_SHORT_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class CaseSystemAway(Exception):
    """The case system did not answer: that says nothing of who is linked to the case."""


class Pagination(BaseModel):
    """Which of the results are wanted; there is never more than one."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    resultsPerPage: Annotated[int, Field(ge=1, le=1000)] = 10  # noqa: N815 -- the front end's own word
    pageNumber: Annotated[int, Field(ge=0, le=1000)] = 1  # noqa: N815 -- the front end's own word


class PersonQuery(BaseModel):
    """What the front end searches by. ``dateOfBirth``: an ISO date-time, or empty."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    firstName: Line = ""  # noqa: N815 -- the front end's own word
    lastName: Line = ""  # noqa: N815 -- the front end's own word
    dateOfBirth: Line = ""  # noqa: N815 -- the front end's own word
    paginationDetails: Pagination = Pagination()  # noqa: N815 -- the front end's own word


@routes.head("/api/search/person", name="fc_search_there")
async def search_there(_: web.Request) -> web.Response:
    """That people can be searched for here."""
    return web.Response()


@routes.post("/api/search/person", name="fc_search")
async def search(request: web.Request) -> web.Response:
    """The person who was typed, and nobody else: with an id by which the services are asked about them.

    A refusal is recorded, and told where the services are listed.
    """
    sent = await read_body(request, PersonQuery)
    query = _query(request, sent)
    with suppress(*REFUSALS):
        query = replace(query, opened_from=(await _presented(request, query)).query_id)
    first = sent.paginationDetails.pageNumber <= 1
    results = [in_json(request, Found(query, query.people[0]))] if first else []
    pages = {"totalResults": 1, **sent.paginationDetails.model_dump()}
    return web.json_response({"results": results, "paginationInfo": pages})


@routes.get("/api/person/detail/{person}", name="fc_person")
async def person(request: web.Request) -> web.Response:
    """A person again, by an id of ours; or by ``cms:`` and a case, the child whom it is about."""
    named = request.match_info["person"]
    if not named.startswith("cms:"):
        return web.json_response(in_json(request, found_by(request, named)))
    try:
        linked = await _linked(request, _case_query(request, named.removeprefix("cms:")))
    except CaseSystemAway:
        return away()
    children = [one for one in linked if one.person.relation in ("child", "unborn_child")]
    if not linked:
        raise web.HTTPNotFound
    return web.json_response(in_json(request, (children or linked)[0]))


@routes.head("/api/person/related/{person}", name="fc_related_there")
@routes.head("/api/person/related/{person}/", name="fc_related_there_slash")
async def related_there(request: web.Request) -> web.Response:
    """Whether anybody says who is related: the case system does, of whom it named."""
    return web.Response(status=200 if found_by(request, request.match_info["person"]).case else 501)


@routes.get("/api/person/related/{person}", name="fc_related", allow_head=False)
@routes.get("/api/person/related/{person}/", name="fc_related_slash", allow_head=False)
async def related(request: web.Request) -> web.Response:
    """The others who are linked to the same case, as far as its owner shows them."""
    found = found_by(request, request.match_info["person"])
    if not found.case:
        return web.json_response({"detail": "Nobody says here who is related to whom."}, status=501)
    try:
        everyone = await _linked(request, replace(found.query, linked=None))
    except CaseSystemAway:
        return away()
    others = [one for one in everyone if one.query.linked != found.query.linked]
    return web.json_response([_with_relation(request, one) for one in others])


def away() -> web.Response:
    """That the case system did not answer."""
    return web.json_response({"status": 503, "detail": CASE_ON_PAGES["unavailable"]}, status=503)


def _with_relation(request: web.Request, one: Found) -> Mapping[str, Any]:
    relation = one.person.relation.replace("_", " ")
    return {**in_json(request, one), "relationship": relation, "relationshipToId": ""}


async def _linked(request: web.Request, query: Query) -> Sequence[Found]:
    """Who is linked to a case; nobody, where that is refused, or it is not an open one of theirs.

    Raises CaseSystemAway.
    """
    try:
        plan = await _presented(request, query)
    except REFUSALS:
        return ()
    if plan.found and plan.found.state in FAILURES:
        raise CaseSystemAway
    first = query.opened_from or plan.query_id
    people = plan.found.people if plan.found else ()
    return [linked_person(one, replace(query, opened_from=first)) for one in people]


async def _presented(request: web.Request, query: Query) -> Plan:
    """Raises what ``broker.errors`` lists; a refusal is recorded by then."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        front.asks_for(query.purpose, whom)
        async with front.admission.place(requester.subject, query.seconds):
            return await presented(query, requester, front.broker)


def _query(request: web.Request, sent: PersonQuery) -> Query:
    """A query about whom was typed. Raises Incomplete for what can't be."""
    typed = {
        "relation": request[HELD].grounds.relation,
        "given_name": sent.firstName or None,
        "family_name": sent.lastName or None,
        "birth_date": _day(sent.dateOfBirth),
    }
    return _of_body(request, {"people": [typed]})


def _case_query(request: web.Request, case: str) -> Query:
    return _of_body(request, {"journey": "case", "case_reference": case})


def _of_body(request: web.Request, about: Mapping[str, Any]) -> Query:
    front, grounds = request.app[FRONT], request[HELD].grounds
    body = as_model(QueryBody, {"purpose": grounds.purpose, "view": "flags", **about})
    around = front.broker.around
    seconds = front.seconds(request, grounds.purpose)
    return asked_on(query_of(body, seconds, around.today(around.now()), traceparent(request)), grounds)


def _day(sent: str) -> str | None:
    """The day that was meant: midnight in London is sent, which in summer is the evening before in UTC."""
    if not sent or _SHORT_DATE.fullmatch(sent):
        return sent or None
    try:
        moment = datetime.fromisoformat(sent)
    except ValueError:
        return sent  # which is told to be no date
    return (moment.astimezone(LONDON) if moment.tzinfo else moment).date().isoformat()
