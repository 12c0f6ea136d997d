"""``/v1/audit/person``: who looked somebody up, reviewed by a human before it is released to them."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Annotated

from aiohttp import web
from pydantic import Field

from broker import recording
from broker.api.audit.who_may_read import Reader, reader_of, recorded
from broker.api.bodies import Line, Note, Strict, read_body, read_search
from broker.api.family_agreements import Day
from broker.api.front import FRONT
from broker.audit.asking.person import LookUp, looked_up
from broker.audit.asking.report import NoSuchReport, Report, canonical, digest, faults_of, report_of, written
from broker.audit.reader import AuditReader
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed, Verdict
from broker.errors import Complaint, Incomplete
from connectors.contract import Identifiers

routes = web.RouteTableDef()
_WHO = Complaint("too_little", "Say who it is: by name and birth date or address, or by a number.", "/person")
_RELEASE = "Entries are still to be reviewed. GET the report lists them."


class SubjectBody(Strict):
    """Who asks, or is asked for, as they write themselves. The more is given, the more is found."""

    given_name: Line | None = None
    family_name: Line | None = None
    other_family_names: Annotated[tuple[Line, ...], Field(max_length=5)] = ()
    birth_date: Day | None = None
    address: Line | None = None
    postcode: Line | None = None
    uprn: Line | None = None
    nhs_number: Line | None = None
    upn: Line | None = None


class ReportBody(Strict):
    """The body of ``POST /v1/audit/person``: whom it is about, and who asks why."""

    person: SubjectBody
    reason: Annotated[Note, Field(min_length=1, description="Who asks, and why. It is kept encrypted.")]


class ReviewBody(Strict):
    """The body of a review: the verdict on one entry, with both tests answered."""

    entry: Annotated[int, Field(ge=0, strict=True)]
    verdict: Verdict
    serious_harm: Annotated[
        bool, Field(strict=True, description="Would telling it be likely to cause serious harm to anybody?")
    ]
    third_party: Annotated[
        bool, Field(strict=True, description="Does it tell of somebody else, who has not agreed?")
    ]
    withhold_name: Annotated[
        bool, Field(strict=True, description="Tell the entry, and not who looked. It needs a reason.")
    ] = False
    reason: Note | None = None


class ReportSearch(Strict):
    """Which page of a report: at most so many of its entries, of those after one."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    after: Annotated[int, Field(ge=-1)] = -1


@routes.post("/v1/audit/person", name="audit_person")
async def audit_person(request: web.Request) -> web.Response:
    """Find who looked a person up, and begin a report. Check first that whoever asks is that person."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        body = await read_body(request, ReportBody)
        front.refuse_ended(whom.token)
        person = Identifiers(**dict(body.person))
        size, found = await front.readings.read(partial(_found, person=person))
        report_id = f"r-{secrets.token_hex(6)}"
        begun = ReportStarted(
            report_id, front.broker.around.now(), _who(reader), body.reason, person, size, len(found)
        )
        await recording.durable(front.broker.log, begun)
    return web.json_response({"report": report_id, "found": len(found)}, status=201)


@routes.get("/v1/audit/person/{report}", name="audit_person_report")
async def audit_person_report(request: web.Request) -> web.Response:
    """What a report found, entry by entry, with the reviews that were made."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        asked = read_search(request, ReportSearch)
        await recorded(front, reader, "audit person review", query_id=report_id)
        report = await _report(request, report_id)
    some = [one for one in report.look_ups if one.index > asked.after]
    told = [{**one.as_json(), "review": report.reviews.get(one.index)} for one in some[: asked.limit]]
    after = some[asked.limit - 1].index if len(some) > asked.limit else None
    return web.json_response(
        {"report": report_id, "found": told, "after": after, "unreviewed": len(report.unreviewed)}
    )


@routes.post("/v1/audit/person/{report}/reviews", name="audit_person_review")
async def audit_person_review(request: web.Request) -> web.Response:
    """Review one entry of a report. The latest review of an entry holds."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        body = await read_body(request, ReviewBody)
        front.refuse_ended(whom.token)
        report = await _report(request, report_id)
        made = SubjectReviewed(
            report_id,
            front.broker.around.now(),
            _who(reader),
            body.entry,
            body.verdict,
            body.reason,
            serious_harm=body.serious_harm,
            third_party=body.third_party,
            withholds_name=body.withhold_name,
        )
        _fit(made, report)
        await recording.durable(front.broker.log, made)
    left = len([index for index in report.unreviewed if index != body.entry])
    return web.json_response({"report": report_id, "entry": body.entry, "unreviewed": left}, status=201)


@routes.post("/v1/audit/person/{report}/release", name="audit_person_release")
async def audit_person_release(request: web.Request) -> web.Response:
    """The report for the person whom it is about, once every entry was reviewed. Its SHA-256 is in the log."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        reader, now = reader_of(request, whom), front.broker.around.now()
        report = await _report(request, report_id)
        if report.unreviewed:
            raise Incomplete(Complaint("unreviewed", _RELEASE))
        origin, checkpoint = await front.readings.read(lambda log: (log.origin, log.checkpoint()))
        raw = canonical(written(report, origin, checkpoint, now))
        told, withheld = len(report.told), len(report.withheld)
        released = SubjectReleased(report_id, now, _who(reader), digest(raw), told, withheld)
        await recording.durable(front.broker.log, released)
    return web.Response(body=raw, content_type="application/json")


async def _report(request: web.Request, report_id: str) -> Report:
    """Raises HTTP's 404 for one that is not there, or whose person's key was destroyed."""
    try:
        return await request.app[FRONT].readings.read(partial(report_of, report_id=report_id))
    except NoSuchReport:
        raise web.HTTPNotFound from None


def _fit(made: SubjectReviewed, report: Report) -> None:
    if faults := [Complaint("review", sentence) for sentence in faults_of(made, report)]:
        raise Incomplete(*faults)


def _found(log: AuditReader, *, person: Identifiers) -> tuple[int, Sequence[LookUp]]:
    if not log.keys.tags.person(person):
        raise Incomplete(_WHO)
    size = log.store.size()
    return size, looked_up(log, person, size)


def _who(reader: Reader) -> str:
    """As the log names who made a report: a command line has the machine's account there."""
    return f"{reader.requester.name} ({reader.requester.subject})"
