"""``/v1/audit/person``: who looked somebody up, reviewed by a human before it is released to them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from broker import recording
from broker.api.audit.who_may_read import Reader, account_of, reader_of, recorded, refuse_own
from broker.api.bodies import Line, Note, Strict, read_body, read_search
from broker.api.family_agreements import Day
from broker.api.front import FRONT, Front
from broker.audit.asking.person import LookUp, looked_up
from broker.audit.asking.report import (
    Begun,
    NoSuchReport,
    Report,
    begun_reports,
    canonical,
    digest,
    faults_of,
    report_of,
    written,
)
from broker.audit.reader import AuditReader
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed, Verdict
from broker.errors import Complaint, Incomplete
from connectors.contract import Identifiers

routes = web.RouteTableDef()

MOST_REPORTS = 20
"""Reports that are listed, newest first."""
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


@dataclass(frozen=True, slots=True)
class Written:
    """A report as it was released, and its bytes."""

    content: Mapping[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)


@routes.post("/v1/audit/person", name="audit_person")
async def audit_person(request: web.Request) -> web.Response:
    """Find who looked a person up, and begin a report. Check first that whoever asks is that person."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        body = await read_body(request, ReportBody)
        front.refuse_ended(whom.token)
        report_id, found = await begun(front, reader, body)
    return web.json_response({"report": report_id, "found": found}, status=201)


@routes.get("/v1/audit/person/{report}", name="audit_person_report")
async def audit_person_report(request: web.Request) -> web.Response:
    """What a report found, entry by entry, with the reviews that were made."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        asked = read_search(request, ReportSearch)
        report = await read_report(front, reader, report_id)
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
        left = await reviewed(front, reader, report_id, body)
    return web.json_response({"report": report_id, "entry": body.entry, "unreviewed": len(left)}, status=201)


@routes.post("/v1/audit/person/{report}/release", name="audit_person_release")
async def audit_person_release(request: web.Request) -> web.Response:
    """The report for the person whom it is about, once every entry was reviewed. Its SHA-256 is in the log."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        release = await released(front, reader_of(request, whom), report_id)
    return web.Response(body=release.raw, content_type="application/json")


async def begun(front: Front, reader: Reader, body: ReportBody) -> tuple[str, int]:
    """Begin a report: its id, and how many entries it found. Raises Incomplete for too little."""
    person = Identifiers(**dict(body.person))
    size, found = await front.readings.read(partial(_found, person=person))
    report_id, now = f"r-{secrets.token_hex(6)}", front.broker.around.now()
    started = ReportStarted(report_id, now, account_of(reader), body.reason, person, size, len(found))
    await recording.durable(front.broker.log, started)
    return report_id, len(found)


async def started_reports(front: Front, reader: Reader) -> Sequence[Begun]:
    """The reports that were begun last: the reading is an entry first."""
    before = await recorded(front, reader, "audit person reports")
    return await front.readings.read(lambda log: list(begun_reports(log, before, MOST_REPORTS)))


async def read_report(front: Front, reader: Reader, report_id: str) -> Report:
    """A report as far as it has come: the reading is an entry first. Raises HTTPNotFound."""
    await recorded(front, reader, "audit person review", query_id=report_id)
    return await _report(front, report_id)


async def reviewed(front: Front, reader: Reader, report_id: str, body: ReviewBody) -> Sequence[int]:
    """Record a review; which entries are left to be reviewed. Raises Incomplete and HTTPNotFound; and NotPermitted
    to who looked: else they could withhold it themselves.
    """
    report = await _report(front, report_id)
    looked = next((one.requester for one in report.look_ups if one.index == body.entry), {})
    refuse_own(reader, looked.get("subject"))
    made = SubjectReviewed(
        report_id,
        front.broker.around.now(),
        account_of(reader),
        body.entry,
        body.verdict,
        body.reason,
        serious_harm=body.serious_harm,
        third_party=body.third_party,
        withholds_name=body.withhold_name,
    )
    _fit(made, report)
    await recording.durable(front.broker.log, made)
    return [index for index in report.unreviewed if index != body.entry]


async def released(front: Front, reader: Reader, report_id: str) -> Written:
    """A report for the person whom it is about: its SHA-256 is in the log first.

    Raises Incomplete while entries are unreviewed, and HTTPNotFound.
    """
    now, report = front.broker.around.now(), await _report(front, report_id)
    if report.unreviewed:
        raise Incomplete(Complaint("unreviewed", _RELEASE))
    origin, checkpoint = await front.readings.read(lambda log: (log.origin, log.checkpoint()))
    content = written(report, origin, checkpoint, now)
    raw = canonical(content)
    told, withheld = len(report.told), len(report.withheld)
    entry = SubjectReleased(report_id, now, account_of(reader), digest(raw), told, withheld)
    await recording.durable(front.broker.log, entry)
    return Written(content, raw)


async def _report(front: Front, report_id: str) -> Report:
    """Raises HTTP's 404 for one that is not there, or whose person's key was destroyed."""
    try:
        return await front.readings.read(partial(report_of, report_id=report_id))
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
