"""Problem details (RFC 9457): every error that leaves the broker, in one shape and in plain English.

A problem never quotes what was sent. Where several things are to be mended, all are named at once, each with a
JSON pointer into the body.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.errors import (
    Complaint,
    Incomplete,
    NotPermitted,
    NotRecorded,
    NotSignedIn,
    NotWitnessed,
    Overloaded,
    ReferenceLapsed,
    Refused,
    StepUpNeeded,
    TokenEnded,
    TooManyAsked,
)

log = logging.getLogger(__name__)
TYPE = "urn:family-context:problem:"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATUS: Mapping[type[Refused], tuple[int, str]] = {
    NotSignedIn: (401, "Not signed in"),
    TokenEnded: (401, "Signed out"),
    StepUpNeeded: (401, "Sign in more strongly"),
    NotPermitted: (403, "Not permitted"),
    Incomplete: (422, "Something is missing or cannot be"),
    ReferenceLapsed: (410, "This reference no longer opens anything"),
    TooManyAsked: (429, "Too much asked"),
}
_LEAVES_TO_RING = frozenset(
    {
        "identity_provider_unreachable",
        "no_call_backs",
        "no_case_system",
        "step_up_needed",
        "too_many_call_backs",
        "too_many_people",
        "too_many_queries",
        "too_often_about_one_person",
    }
)
"""Codes of refusals that are nobody's fault, or may come at night: whoever is refused so can still ring."""

_HTTP: Mapping[int, tuple[str, str]] = {
    404: ("not_found", "There is nothing at this address. GET /openapi.json lists what there is."),
    405: (
        "method_not_allowed",
        "This address does not take this method. GET /openapi.json lists what there is.",
    ),
    400: ("unreadable", "The request could not be read. Send it again, as GET /openapi.json describes it."),
    408: ("too_slow", "The body did not arrive in time. Send it again, all at once."),
    413: ("too_large", "The body is over 24 KiB. Ask about at most twelve people at once."),
    415: ("not_json", "Send the body as application/json, not compressed."),
    417: ("expectation", "Send the request without an Expect header."),
}

NOT_RECORDED = (
    "not_recorded",
    "Nothing can be shown just now",
    "The audit log cannot be written, so nothing may be shown. Ring the services' desks.",
)
NOT_WITNESSED = (
    "not_witnessed",
    "Nothing can be shown just now",
    "No witness cosigned the audit log for too long, so nothing may be shown. Ring the services' desks.",
)
_OVERLOADED = ("overloaded", "Too many checks at once", "Try again in a moment, or ring the desks.")

DESKS = web.AppKey("desks", Sequence[Mapping[str, Any]])
"""Every service with its desk number, for the problem that is shown when nothing may be disclosed."""


def said(status: int, code: str, title: str, detail: str, **more: Any) -> Mapping[str, Any]:
    """A problem's own JSON."""
    return {"type": TYPE + code, "title": title, "status": status, "detail": detail, **more}


def broken_off(desks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is told when the rest of an answer can't be."""
    return said(503, *NOT_RECORDED, desks=desks)


def too_many(desks: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What is told to a client for whom there is no place, or to a query while there are too many."""
    return said(503, *_OVERLOADED, desks=desks)


def problem(status: int, code: str, title: str, detail: str, **more: Any) -> web.Response:
    body = said(status, code, title, detail, **more)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}  # noqa: PLR2004 -- HTTP's own number
    return web.Response(
        status=status,
        body=json.dumps(body).encode(),
        content_type="application/problem+json",
        headers=headers,
    )


def unreadable() -> web.Response:
    """The problem of what can't be read as HTTP."""
    return problem(400, _HTTP[400][0], "Bad Request", _HTTP[400][1])


def refusal(refused: Refused, desks: Sequence[Mapping[str, Any]]) -> web.Response:
    """The problem of a refusal: its first complaint above, all of them in ``errors``."""
    status, title = next(said for kind, said in _STATUS.items() if isinstance(refused, kind))
    first, errors = refused.complaints[0], [_listed(one) for one in refused.complaints]
    whom_to_ring = {"desks": desks} if first.code in _LEAVES_TO_RING else {}
    response = problem(status, first.code, title, first.sentence, errors=errors, **whom_to_ring)
    if isinstance(refused, StepUpNeeded):
        response.headers["WWW-Authenticate"] = refused.challenge
    if isinstance(refused, TooManyAsked):
        response.headers["Retry-After"] = _seconds(refused.seconds)
    return response


def _listed(complaint: Complaint) -> Mapping[str, str]:
    return {"code": complaint.code, "detail": complaint.sentence, "pointer": complaint.pointer}


def not_now(request: web.Request, code: str, title: str, detail: str, again_in: float = 30) -> web.Response:
    """503, with every service's desk number: whoever asked can still ring. ``again_in`` is in seconds."""
    response = problem(503, code, title, detail, desks=request.app[DESKS])
    response.headers["Retry-After"] = _seconds(again_in)
    return response


def _seconds(again_in: float) -> str:
    return str(max(1, math.ceil(again_in)))


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns everything that can be raised below into a problem."""
    try:
        return await handler(request)
    except Refused as refused:
        return refusal(refused, request.app[DESKS])
    except (NotRecorded, NotWitnessed) as kept_back:
        return not_now(request, *(NOT_RECORDED if isinstance(kept_back, NotRecorded) else NOT_WITNESSED))
    except Overloaded as overloaded:
        return not_now(request, *_OVERLOADED, again_in=overloaded.seconds)
    except web.HTTPRedirection:  # to where a browser signs in
        raise
    except web.HTTPException as http:
        code, detail = _HTTP.get(http.status, ("http", "The request could not be read."))
        response = problem(http.status, code, http.reason, detail)
        if "Allow" in http.headers:
            response.headers["Allow"] = http.headers["Allow"]
        return response
    except Exception as fault:  # noqa: BLE001 -- the last net: nothing of a fault's text may leave
        log.error(  # noqa: TRY400 -- a traceback would quote values
            "fault %s while answering %s", type(fault).__name__, request.match_info.route.name
        )
        return not_now(
            request, "fault", "Something broke on our side", "It has been logged. Ring the services' desks."
        )
