"""The answer of a check, as a page: whole, or filled in as the services answer.

It is the reply to a POST and stays nowhere. A reload of it is the browser's own question whether to send the form
again, which is a new check with entries of its own; the address alone leads back to the first page. With the
script, the form stays in the page's memory, so that "back" shows it again as it was typed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from broker.api.front import FRONT
from broker.api.queries import as_json, begun, whole
from broker.api.streams import Form, Sent, Stream, heartbeat
from broker.web.asked import query_asked
from broker.web.check import purpose_open_to
from broker.web.forms import CheckForm, check_form, read_form
from broker.web.page import html, page
from broker.web.shown import Answered, answered_of

routes = web.RouteTableDef()

FORM = web.RequestKey("form", CheckForm)
"""What a request sent: a refusal shows it again."""

_LIVE: Form = "text/event-stream"


@routes.get("/check/answer", name="page_answer_gone")
async def answer_gone(_: web.Request) -> web.StreamResponse:
    """An answer that was left: nothing of it is kept, so nothing of it can be shown."""
    raise web.HTTPSeeOther("/")


@routes.post("/check/answer", name="page_answer")
async def answer(request: web.Request) -> web.StreamResponse:
    """Ask, and show what each service says: part by part to a script, else whole."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        request[FORM] = form = check_form(await read_form(request))
        front.refuse_ended(whom.token)
        purpose = purpose_open_to(request, form.typed["purpose"], requester)
        front.asks_for(form.typed["purpose"], whom)
        query = query_asked(request, form, requester, purpose)
        if _LIVE in request.headers.get("Accept", ""):
            return await _live(request, await begun(request, query, requester), form)
        said = json.loads(as_json(await whole(request, query, requester)))
    answered = answered_of(request, form, said)
    return page(request, "answer.html", **answered.content())


async def _live(request: web.Request, stream: Stream, form: CheckForm) -> web.StreamResponse:
    """The answer as events, each of which bears the very markup that the whole page would have."""
    response = web.StreamResponse(headers={"Content-Type": _LIVE, "X-Accel-Buffering": "no"})
    await response.prepare(request)
    answered: Answered | None = None
    with suppress(ConnectionError):  # whoever went away asks again
        async for one in stream.after(0):
            if one is None:
                await response.write(heartbeat(_LIVE))
                continue
            if one.name == "opening":
                answered = answered_of(request, form, json.loads(one.content), whole=False)
            if answered is not None:
                await response.write(_event(one, _piece(request, one, answered)))
    return response


def _piece(request: web.Request, one: Sent, answered: Answered) -> Mapping[str, Any]:
    """What the script has to put where."""
    if one.name == "service":
        rows = answered.heard(json.loads(one.content))
        said = {row["id"]: html(request, "row.html", **row) for row in rows}
        return {"rows": {**said, **_known(request, answered)}, "progress": answered.progress}
    if one.name == "opening":
        content = answered.content()
        return {"main": html(request, "answer_main.html", **content), "title": answered.title}
    if one.name == "end":
        answered.ended()
        notes = html(request, "notes.html", notes=answered.notes())
        return {"rows": _known(request, answered), "notes": notes, "progress": answered.progress}
    answered.broken()
    return {"progress": answered.progress}


def _known(request: web.Request, answered: Answered) -> Mapping[str, str]:
    """Who is known to whom so far, in a sentence for each person."""
    awaited = answered.awaited()
    return {
        f"known-{n}": html(request, "known.html", id=f"known-{n}", known=answered.known(n), awaited=awaited)
        for n in answered.names
    }


def _event(one: Sent, piece: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (one.name.encode(), json.dumps(piece).encode())
