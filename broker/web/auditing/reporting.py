"""``/audit/person``: who looked somebody up. Begun with what was typed, which goes into no address; then reviewed
entry by entry (``reviewing_entries``), and released.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.api.audit.person import ReportBody, begun, read_report, released, started_reports
from broker.api.audit.who_may_read import reader_of
from broker.api.bodies import as_model
from broker.api.front import FRONT
from broker.audit.asking.person import LookUp
from broker.audit.asking.report import Begun, Report, in_words
from broker.catalogue import Catalogue
from broker.errors import Incomplete
from broker.web.auditing.proving import as_file
from broker.web.auditing.searching import services_of, titles_of, who_of
from broker.web.auditing.typed import PARTS_OF_A_DAY, Typed, day_of, filled, on_form, typed_in
from broker.web.faults import OnPage
from broker.web.forms import read_form
from broker.web.page import page, texts_for
from broker.web.shown import moment
from broker.web.texts import Texts

routes = web.RouteTableDef()

OTHER_NAMES = tuple(f"other_family_names-{number}" for number in (1, 2, 3))
_NAMED = ("family_name", "given_name", "address", "postcode", "uprn", "nhs_number", "upn")
_BORN = tuple(f"birth_date-{part}" for part in PARTS_OF_A_DAY)
_FIELDS = (*_NAMED, *OTHER_NAMES, *_BORN, "reason")
_EMPTY: Typed = dict.fromkeys(_FIELDS, "")


@routes.get("/audit/person", name="page_audit_person")
async def person_form(request: web.Request) -> web.Response:
    """The empty form, and the reports that were begun."""
    front, texts = request.app[FRONT], texts_for(request)
    async with front.recorded() as whom:
        started = await started_reports(front, reader_of(request, whom))
    reports = [(one, moment(one.at, texts)) for one in started]
    return _form(request, _EMPTY, reports=reports)


@routes.post("/audit/person", name="page_audit_person_begun")
async def person_begun(request: web.Request) -> web.StreamResponse:
    """Find who looked the person up, and begin a report."""
    front, typed = request.app[FRONT], _EMPTY
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            typed = await typed_in(request, whom, _FIELDS)
            report_id, _ = await begun(front, reader, as_model(ReportBody, _body(typed)))
    except Incomplete as wrong:
        return _form(request, typed, on_form(wrong.complaints, texts_for(request)))
    raise web.HTTPSeeOther(f"/audit/person/{report_id}")


@routes.get("/audit/person/{report}", name="page_audit_person_report")
async def person_report(request: web.Request) -> web.Response:
    """What a report found, with the reviews that were made."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        report = await read_report(front, reader_of(request, whom), report_id)
    return report_page(request, report)


@routes.post("/audit/person/{report}/release", name="page_audit_person_release")
async def person_release(request: web.Request) -> web.Response:
    """The report, once every entry was reviewed: as a letter, or as JSON whose SHA-256 is in the log."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            form = (await read_form(request)).get("as", "letter")
            front.refuse_ended(whom.token)
            release = await released(front, reader, report_id)
    except Incomplete as wrong:
        errors = on_form(wrong.complaints, texts_for(request))
        return report_page(request, await read_report(front, reader, report_id), errors)
    if form == "json":
        return as_file(release.raw, f"{report_id}.json", "application/json")
    letter = in_words(release.content).encode("utf-8", "replace")
    return as_file(letter, f"{report_id}.txt", "text/plain")


def report_page(request: web.Request, report: Report, errors: Sequence[OnPage] = ()) -> web.Response:
    """The page of a report."""
    catalogue, texts = request.app[FRONT].broker.around.catalogue, texts_for(request)
    return page(
        request,
        "audit/report.html",
        422 if errors else 200,
        report=report,
        errors=errors,
        began=moment(report.began, texts),
        rows=[look_up_row(one, report, catalogue, texts) for one in report.look_ups],
    )


def look_up_row(one: LookUp, report: Report, catalogue: Catalogue, texts: Texts) -> Mapping[str, Any]:
    """One entry that may be about the person, with its review. Nobody's identifiers are in it."""
    review = report.reviews.get(one.index)
    return {
        "entry": one.index,
        "at": moment(one.at, texts),
        "what": texts.where_known(f"kind.{one.kind}", one.kind),
        "who": who_of(one.requester) or texts("trace.destroyed"),
        "query_id": one.query_id,
        "facts": [(texts(label), said) for label, said in _facts(one, catalogue, texts) if said],
        "verdict": texts(f"verdict.{review['verdict']}") if review else "",
        "reason": (review or {}).get("reason") or "",
        "withholds_name": bool(review and review["withholds_name"]),
    }


def _facts(one: LookUp, catalogue: Catalogue, texts: Texts) -> Iterator[tuple[str, str]]:
    asked, services = one.asked or {}, services_of(catalogue)
    matched = ", ".join(texts.where_known(f"matched.{tag.replace(' ', '_')}", tag) for tag in one.matched)
    yield "person.sure", texts("person.because", sure=texts(f"sure.{one.surety}"), matched=matched)
    yield (
        "report.role",
        ", ".join(filter(None, (one.requester.get("role"), one.requester.get("organisation")))),
    )
    yield "answer.purpose", titles_of(catalogue).get(asked.get("purpose") or "", asked.get("purpose") or "")
    yield "answer.case", asked.get("case_reference") or ""
    yield "recent.reason", asked.get("reason") or ""
    yield "recent.asked", ", ".join(services.get(name, name) for name in asked.get("sources") or ())


def _body(typed: Typed) -> Mapping[str, object]:
    person = {name: typed[name] for name in _NAMED}
    others = [typed[name] for name in OTHER_NAMES if typed[name]]
    known = filled({**person, "other_family_names": others, "birth_date": day_of(typed, "birth_date")})
    return {"person": known, **filled({"reason": typed["reason"]})}


def _form(
    request: web.Request,
    typed: Typed,
    errors: Sequence[OnPage] = (),
    reports: Sequence[tuple[Begun, str]] = (),
) -> web.Response:
    status = 422 if errors else 200
    content = {"typed": typed, "errors": errors, "reports": reports, "others": OTHER_NAMES}
    return page(request, "audit/person.html", status, **content)
