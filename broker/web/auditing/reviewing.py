"""``/audit/reviews``: what a human has still to decide on: look-ups out of pattern, and emergency access.

What rules find is a question, never an accusation; each is shown with what its rule means and does not mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from broker import recording
from broker.api.audit.who_may_read import Reader, account_of, reader_of, recorded, refuse_own
from broker.api.bodies import Note, Strict, as_model
from broker.api.front import FRONT, Front
from broker.audit.reader import AuditReader
from broker.audit.review_events import ReviewDecided, Verdict
from broker.audit.stores.contract import StoreFault, UnsafeStore
from broker.errors import Incomplete, NotRecorded
from broker.registers.store import RegisterUnavailable
from broker.web.auditing.matters import Matter, matters, undecided, words_of
from broker.web.auditing.typed import Typed, filled, on_form, typed_in
from broker.web.faults import OnPage
from broker.web.page import page, texts_for
from broker.web.shown import moment

routes = web.RouteTableDef()

MOST_TRACES = 20
"""Queries of one finding that are linked."""


class DecisionForm(Strict):
    """What a human decided, and why."""

    verdict: Verdict
    reason: Annotated[Note, Field(min_length=1)]


@routes.get("/audit/reviews", name="page_audit_reviews")
async def reviews(request: web.Request) -> web.Response:
    """Emergency access and findings that nobody decided on."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        every = await _matters(front, reader_of(request, whom))
    return page(request, "audit/reviews.html", found=[_shown(request, one) for one in undecided(every)])


@routes.get("/audit/reviews/{review}", name="page_audit_review")
async def review(request: web.Request) -> web.Response:
    """One of them: what its rule means, the queries that it is about, and the form to decide on it."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        one = await _matter(front, reader_of(request, whom), request.match_info["review"])
    return await _page(request, one, {})


@routes.post("/audit/reviews/{review}", name="page_audit_decided")
async def decided(request: web.Request) -> web.StreamResponse:
    """Write down what was decided: an entry of the log, with who decided and why."""
    front = request.app[FRONT]
    typed: Typed = {}
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            one = await _matter(front, reader, request.match_info["review"])
            refuse_own(reader, one.requester.subject if one.requester else None)
            typed = await typed_in(request, whom, DecisionForm.model_fields)
            await _decide(front, reader, one, typed)
    except Incomplete as wrong:
        return await _page(request, one, typed, on_form(wrong.complaints, texts_for(request)))
    raise web.HTTPSeeOther("/audit/reviews")


async def _decide(front: Front, reader: Reader, one: Matter, typed: Typed) -> None:
    made = as_model(DecisionForm, filled(typed))
    now, who = front.broker.around.now(), account_of(reader)
    await recording.durable(front.broker.log, ReviewDecided(one.id, now, who, made.verdict, made.reason))


async def _matters(front: Front, reader: Reader, its: str | None = None) -> Mapping[str, Matter]:
    """Everything that is to be reviewed, or was: the reading is an entry first. Raises NotRecorded."""
    await recorded(front, reader, "audit review queue", query_id=its)
    try:
        return matters(await front.looks.waiting())
    except (StoreFault, UnsafeStore, RegisterUnavailable):
        raise NotRecorded from None


async def _matter(front: Front, reader: Reader, its: str) -> Matter:
    every = await _matters(front, reader, its)
    if its not in every:
        raise web.HTTPNotFound
    return every[its]


async def _page(
    request: web.Request, one: Matter, typed: Typed, errors: Sequence[OnPage] = ()
) -> web.Response:
    entries, front = one.entries[:MOST_TRACES], request.app[FRONT]
    return page(
        request,
        "audit/review.html",
        422 if errors else 200,
        one=_shown(request, one),
        queries=await front.readings.read(partial(_queries, entries=entries)),
        more=len(one.entries) - len(entries),
        typed=typed,
        errors=errors,
    )


def _shown(request: web.Request, one: Matter) -> Mapping[str, Any]:
    front, texts = request.app[FRONT], texts_for(request)
    who, now = one.requester, front.broker.around.now()
    used = texts("reviews.used", who=f"{who.name} ({who.subject})") if who else ""
    return {
        "id": one.id,
        "at": moment(one.at.isoformat(), texts),
        "rule": one.rule.replace("_", " ").capitalize() if one.rule else texts("reviews.access"),
        "sentence": one.sentence or used,
        "words": words_of(one, front.looks.watched.loaded.rules),
        "due": moment(one.due.isoformat(), texts) if one.due else "",
        "late": one.due is not None and one.due <= now,
        "decided": one.decided,
        "decided_at": moment(one.decided.at, texts) if one.decided else "",
    }


def _queries(log: AuditReader, *, entries: Sequence[int]) -> Sequence[str]:
    """The queries that entries belong to, each once."""
    traced = (one for index in entries for one in log.entries(index, index + 1))
    return list(dict.fromkeys(str(one.facts["query_id"]) for one in traced if one.facts["query_id"]))
