"""``/v1/audit/queries``, ``mine`` and ``team``: which questions were asked, by whom, why, and what came of
them.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field

from broker.api.audit.who_may_read import Reader, of_team, reader_of, recorded
from broker.api.bodies import Line, Note, Strict, read_body, read_search
from broker.api.family_agreements import Day
from broker.api.front import FRONT
from broker.audit.asking.search import Criteria, Page, page
from broker.audit.asking.trace import AtSource, through_sources
from broker.audit.call_events import CallRequested
from broker.audit.change_events import AgreementRecorded
from broker.audit.events import ASKED, OPENED, Refused
from broker.audit.match_events import MatchFeedback
from broker.audit.reader import AuditReader, Trace

routes = web.RouteTableDef()

READ_FOR_A_PAGE = 20_000
"""Entries that are read for one page at most: half a second's work. A page that has less goes on with the next."""

QUESTIONS = frozenset(
    {ASKED, OPENED, Refused.kind, MatchFeedback.kind, CallRequested.kind, AgreementRecorded.kind}
)
"""What a requester did, as their own history and their team's have it."""


_OF_ITSELF = ("subject", "organisation", "kinds")


class PageSearch(Strict):
    """Which page: at most so many, of what begins before an entry."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    before: Annotated[int | None, Field(ge=0, description="The before of the page that came last.")] = None


class TimeSearch(PageSearch):
    """The days of a history, in London, both included."""

    since: Day | None = None
    until: Day | None = None


class LogSearch(TimeSearch):
    """What is searched for that is about nobody, and so may stand in an address."""

    purpose: Line | None = None
    source: Line | None = None
    outcome: Line | None = None
    type: Annotated[Line | None, Field(description="With an entry of this type, such as details.opened.")] = (
        None
    )


class LogSearchBody(LogSearch):
    """The body of ``POST /v1/audit/queries``: the same, and whom a search is about."""

    requester: Annotated[Line | None, Field(description="Who asked: a subject, or part of a name.")] = None
    case_reference: Line | None = None
    team: Line | None = None
    reason: Annotated[Note | None, Field(description="Why the log is searched.")] = None


@routes.get("/v1/audit/queries", name="audit_queries")
async def audit_queries(request: web.Request) -> web.Response:
    """Search the log, by what is about nobody."""
    async with request.app[FRONT].recorded() as whom:
        reader = reader_of(request, whom)
        return _as_json(await searched(request, reader, read_search(request, LogSearch)))


@routes.post("/v1/audit/queries", name="audit_queries_of")
async def audit_queries_of(request: web.Request) -> web.Response:
    """Search the log, also by who asked and for which case: in a body, never in an address."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        body = await read_body(request, LogSearchBody)
        front.refuse_ended(whom.token)
        return _as_json(await searched(request, reader, body))


@routes.get("/v1/audit/mine", name="audit_mine")
async def audit_mine(request: web.Request) -> web.Response:
    """One's own history: what one asked, why, and what came of it."""
    async with request.app[FRONT].recorded() as whom:
        reader = reader_of(request, whom)
        asked = read_search(request, TimeSearch)
        return await _page(request, reader, "audit mine", own(reader, asked), asked)


def own(reader: Reader, asked: TimeSearch) -> Criteria:
    """One's own history."""
    return Criteria(since=asked.since, until=asked.until, subject=reader.requester.subject, kinds=QUESTIONS)


@routes.get("/v1/audit/team", name="audit_team")
async def audit_team(request: web.Request) -> web.Response:
    """What one's team asked, for its manager."""
    async with request.app[FRONT].recorded() as whom:
        reader, team = of_team(request, whom)
        asked = read_search(request, TimeSearch)
        return await _page(request, reader, "audit team", of_the_team(reader, team, asked), asked)


def of_the_team(reader: Reader, team: str, asked: TimeSearch) -> Criteria:
    """What a team asked. Two organisations may each have one of its name: it is that of the manager's own."""
    own = reader.requester.organisation
    return Criteria(since=asked.since, until=asked.until, team=team, organisation=own, kinds=QUESTIONS)


@routes.get("/v1/audit/queries/{query_id}", name="audit_trace")
async def audit_trace(request: web.Request) -> web.Response:
    """Trace one query through every source that it asked. The same whether a record was withheld or not there."""
    front, query_id = request.app[FRONT], request.match_info["query_id"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        found, through = await traced(request, reader, query_id)
    return web.json_response({**found.as_json(), "sources": [one.as_json() for one in through]})


async def traced(request: web.Request, reader: Reader, query_id: str) -> tuple[Trace, tuple[AtSource, ...]]:
    """A query's entries, and its way through the sources: the reading is an entry first. Raises HTTPNotFound."""
    front = request.app[FRONT]
    before = await recorded(front, reader, "audit trace", query_id=query_id)
    sources = {name: one.source for name, one in front.broker.around.catalogue.services.items()}

    def read(log: AuditReader) -> tuple[Trace, tuple[AtSource, ...]]:
        whole = log.trace(query_id).entries
        found = Trace(query_id, tuple(one for one in whole if one.index < before))
        return found, through_sources(found, sources)

    found, through = await front.readings.read(read)
    if not found.entries:
        raise web.HTTPNotFound
    return found, through


async def searched(request: web.Request, reader: Reader, asked: LogSearch) -> Page:
    """A page of what is searched for: the reading is an entry first."""
    wanted = Criteria(
        purpose=asked.purpose,
        source=asked.source,
        since=asked.since,
        until=asked.until,
        outcome=asked.outcome,
        kind=asked.type,
    )
    reason = None
    if isinstance(asked, LogSearchBody):
        wanted = replace(
            wanted, requester=asked.requester, case_reference=asked.case_reference, team=asked.team
        )
        reason = asked.reason
    return await found_page(request, reader, "audit search", wanted, asked, reason)


async def _page(
    request: web.Request, reader: Reader, command: str, wanted: Criteria, asked: PageSearch
) -> web.Response:
    return _as_json(await found_page(request, reader, command, wanted, asked))


def _as_json(found: Page) -> web.Response:
    return web.json_response({"found": [one.as_json() for one in found.found], "before": found.before})


async def found_page(
    request: web.Request,
    reader: Reader,
    command: str,
    wanted: Criteria,
    asked: PageSearch,
    reason: str | None = None,
) -> Page:
    """A page of what is searched for: the reading is an entry first. Raises NotRecorded or Overloaded."""
    front = request.app[FRONT]
    # What follows of itself stands in the entry as who read.
    said = {name: value for name, value in asdict(wanted).items() if name not in _OF_ITSELF}
    end = await recorded(front, reader, command, {**said, "before": asked.before}, reason=reason)
    before = end if asked.before is None else min(end, asked.before)
    return await front.readings.read(partial(_read, wanted=wanted, before=before, most=asked.limit))


def _read(log: AuditReader, *, wanted: Criteria, before: int, most: int) -> Page:
    return page(log, wanted, before, most, READ_FOR_A_PAGE)
