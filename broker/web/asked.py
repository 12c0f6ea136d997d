"""From a form to a query: everything that is wrong with it at once, and then the same query as the API's."""

from __future__ import annotations

from collections.abc import Iterator

from aiohttp import web

from broker.api.bodies import as_model
from broker.api.front import FRONT, traceparent
from broker.api.query_body import QueryBody, query_of
from broker.errors import Complaint, Incomplete, NotPermitted
from broker.permitting import permitted
from broker.questions import Query, Requester
from broker.web.check import view_of
from broker.web.forms import CheckForm, body_of, complaints
from consent_rules.model import Purpose

_ORDER = ("purpose", "journey", "role", "case_reference", "reason", "conversation", "conflict")
_CONFLICT = Complaint(
    "conflict_of_interest",
    "You know somebody in this check yourself, so a colleague has to make it. Ask your team manager.",
)


def query_asked(request: web.Request, form: CheckForm, requester: Requester, purpose: Purpose) -> Query:
    """The query of a form. Raises Incomplete with all that is wrong, and NotPermitted."""
    refuse_conflict(form)
    wrong = tuple(complaints(form))
    at = {one.pointer for one in wrong}
    query = None
    try:
        query = _query(request, form, purpose)
        permitted(query, requester, request.app[FRONT].broker.around)
    except Incomplete as incomplete:
        wrong += tuple(one for one in incomplete.complaints if one.pointer not in at)
    if wrong or query is None:
        raise Incomplete(*_in_order(wrong))
    return query


def refuse_conflict(form: CheckForm) -> None:
    """Raises NotPermitted for who knows somebody in the check."""
    if form.typed.get("conflict") == "yes":
        raise NotPermitted(_CONFLICT)


def _query(request: web.Request, form: CheckForm, purpose: Purpose) -> Query:
    front = request.app[FRONT]
    body = as_model(QueryBody, body_of(form, view_of(purpose), next(iter(purpose.about), "child")))
    around = front.broker.around
    return query_of(
        body, front.seconds(request, body.purpose), around.today(around.now()), traceparent(request)
    )


def _in_order(wrong: tuple[Complaint, ...]) -> Iterator[Complaint]:
    """In the order of the form: why, then about whom, one after the other."""
    return iter(sorted(wrong, key=_place))


def _place(one: Complaint) -> tuple[int, str]:
    about_people = one.pointer.startswith("/people")
    first = one.pointer.strip("/").partition("/")[0]
    of_person = one.pointer.split("/")[2:3]
    if about_people:
        return len(_ORDER), "".join(of_person).zfill(2)
    return _ORDER.index(first) if first in _ORDER else 0, ""
