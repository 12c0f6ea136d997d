"""What goes wrong where a person reads it is shown as a page: what to do, and the services' desks.

It is made of the problem (RFC 9457) that a program would get, so that it says the same. What can be mended in the
form of a check stands beside its fields, in the form as it was sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from broker.api.authorisation import is_page
from broker.api.problems import DESKS, Handler
from broker.errors import Complaint
from broker.web import sessions
from broker.web.answer import FORM
from broker.web.check import check_page
from broker.web.faults import on_page
from broker.web.page import page, texts_for
from broker.web.signing_in import strong_sign_in

_PROBLEM = "application/problem+json"
_NOT_SIGNED_IN, _TO_MEND = 401, 422
_NOTHING_THERE = (404, 405)
"""Of an address that names nothing; or that is only ever sent a form, and was typed, kept or loaded again."""
_OWN_TAB = ("page_details", "page_feedback", "page_call_back")
"""What an answer's rows send: without the script in a tab of its own, so that the answer stays where it is."""
_KEPT = ("Retry-After", "WWW-Authenticate", "Allow")


@web.middleware
async def as_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns the problem of a page into a page, with the services' desks: whoever reads it can still ring."""
    response = await handler(request)
    if isinstance(response, web.Response) and response.content_type == _PROBLEM and is_page(request):
        return _as_page(request, response)
    return response


def _as_page(request: web.Request, response: web.Response) -> web.Response:
    assert isinstance(response.body, bytes)  # noqa: S101 -- problems are made of bytes
    made = _made(request, response.status, json.loads(response.body))
    made.headers.update({name: response.headers[name] for name in _KEPT if name in response.headers})
    return made


def _made(request: web.Request, status: int, told: Mapping[str, Any]) -> web.Response:
    texts = texts_for(request)
    wrong = on_page(_complaints(told), texts)
    session, form = sessions.of(request), request.get(FORM)
    if status in _NOTHING_THERE:
        return page(request, "nothing_there.html", status)
    if status == _TO_MEND and session and form:
        return check_page(request, session.token.requester, form, wrong, _TO_MEND)
    return page(
        request,
        "refused.html",
        status,
        heading=texts.where_known(f"refused.{status}", told["title"]),
        errors=[replace(one, field="", elsewhere=one.field) for one in wrong],
        own_tab=request.match_info.route.name in _OWN_TAB,
        sign_in=_sign_in(request, told) if status == _NOT_SIGNED_IN else "",
        desks=request.app[DESKS],
    )


def _sign_in(request: web.Request, told: Mapping[str, Any]) -> str:
    """Where to sign in: for emergency access and to approve, more strongly; and then back to what is approved."""
    if not told["type"].endswith(":step_up_needed"):
        return "/sign-in"
    back = request.path if request.match_info.route.name == "page_owner_approve" else "/"
    return strong_sign_in(back)


def _complaints(told: Mapping[str, Any]) -> list[Complaint]:
    """All that a problem complains of; at least what it says itself."""
    listed = [Complaint(one["code"], one["detail"], one["pointer"]) for one in told.get("errors", ())]
    return listed or [Complaint(told["type"].rpartition(":")[2], told["detail"])]
