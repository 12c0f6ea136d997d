"""``/audit/person/{report}/entries/{index}``: one entry of a report, with both tests that a human has to make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

from aiohttp import web

from broker.api.audit.person import ReviewBody, read_report, reviewed
from broker.api.audit.proofs import index_of
from broker.api.audit.who_may_read import reader_of
from broker.api.bodies import as_model
from broker.api.front import FRONT
from broker.audit.asking.report import Report
from broker.errors import Incomplete
from broker.web.auditing.reporting import look_up_row
from broker.web.auditing.typed import Typed, filled, on_form, typed_in
from broker.web.faults import OnPage
from broker.web.page import page, texts_for

routes = web.RouteTableDef()

_TESTS = ("serious_harm", "third_party")
_FIELDS = (*_TESTS, "verdict", "withhold_name", "reason")
"""In the order of the page."""


@routes.get("/audit/person/{report}/entries/{index}", name="page_audit_person_entry")
async def person_entry(request: web.Request) -> web.Response:
    """One entry to be reviewed, with its latest review."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        index = index_of(request.match_info["index"])
        report = await read_report(front, reader, report_id)
    return _page(request, report, index, _of_review(report.reviews.get(index)))


@routes.post("/audit/person/{report}/entries/{index}", name="page_audit_person_reviewed")
async def person_reviewed(request: web.Request) -> web.StreamResponse:
    """Record a review, and go on with the next entry that has none; or back to the report."""
    front, report_id = request.app[FRONT], request.match_info["report"]
    typed: Typed = {}
    async with front.recorded() as whom:
        front.requester(request, whom)
        index = index_of(request.match_info["index"])
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            typed = await typed_in(request, whom, _FIELDS)
            left = await reviewed(front, reader, report_id, _body(typed, index))
    except Incomplete as wrong:
        report = await read_report(front, reader, report_id)
        errors = sorted(on_form(wrong.complaints, texts_for(request)), key=_place)
        return _page(request, report, index, typed, errors)
    after = next((one for one in left if one > index), left[0] if left else None)
    onwards = f"/entries/{after}" if after is not None else ""
    raise web.HTTPSeeOther(quote(f"/audit/person/{report_id}{onwards}"))


def _place(one: OnPage) -> int:
    return _FIELDS.index(one.field) if one.field in _FIELDS else len(_FIELDS)


def _body(typed: Typed, index: int) -> ReviewBody:
    tests = {name: typed[name] == "yes" for name in _TESTS if typed[name]}
    named = {"withhold_name": typed["withhold_name"] == "yes"}
    said = filled({"verdict": typed["verdict"], "reason": typed["reason"]})
    return as_model(ReviewBody, {"entry": index, **said, **tests, **named})


def _of_review(review: Mapping[str, object] | None) -> Typed:
    """The form as the latest review has it; empty where there is none. Nobody's decision is made for them."""
    if review is None:
        return {}
    answered = {name: "yes" if review[name] else "no" for name in _TESTS}
    named = {"withhold_name": "yes" if review["withholds_name"] else ""}
    return {"verdict": str(review["verdict"]), "reason": str(review["reason"] or ""), **answered, **named}


def _page(
    request: web.Request, report: Report, index: int, typed: Typed, errors: Sequence[OnPage] = ()
) -> web.Response:
    found = next((one for one in report.look_ups if one.index == index), None)
    if found is None:
        raise web.HTTPNotFound
    catalogue, texts = request.app[FRONT].broker.around.catalogue, texts_for(request)
    return page(
        request,
        "audit/review_entry.html",
        422 if errors else 200,
        report=report,
        row=look_up_row(found, report, catalogue, texts),
        number=report.look_ups.index(found) + 1,
        typed=typed,
        errors=errors,
    )
