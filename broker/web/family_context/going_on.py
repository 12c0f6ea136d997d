"""From the broker's own "start a check" into the old front end, which has no field for purpose, reason or case."""

from __future__ import annotations

from aiohttp import web

from broker.api.bodies import as_model
from broker.api.front import FRONT, traceparent
from broker.api.query_body import QueryBody, query_of
from broker.errors import Complaint, Incomplete
from broker.permitting import permitted
from broker.questions import Query, Requester
from broker.web.answer import FORM
from broker.web.asked import refuse_conflict
from broker.web.check import purpose_open_to
from broker.web.family_context.sessions import Grounds
from broker.web.family_context.sign_in import remember
from broker.web.forms import CheckForm, body_of, check_form, complaints, read_form
from broker.web.sessions import KEPT

routes = web.RouteTableDef()

_LACKING = ("/conflict", "/people/0/relation")
"""What of the form has to be there besides what the purpose has recorded: the people are typed over there."""


@routes.post("/check/family-context", name="page_family_context")
async def go_on(request: web.Request) -> web.Response:
    """Begin a session of the old front end on the grounds that were typed, and lead to it."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        ours = front.the_family_context()
        requester = front.requester(request, whom)
        request[FORM] = form = check_form(await read_form(request))
        purpose_open_to(request, form.typed["purpose"], requester)
        front.asks_for(form.typed["purpose"], whom)
        refuse_conflict(form)
        grounds = _grounds(request, form, requester)
    name = ours.begin(grounds, request[KEPT], front.broker.around.now())
    response = web.Response(status=303, headers={"Location": ours.settings.front_end})
    remember(response, front.the_pages(), name)
    return response


def _grounds(request: web.Request, form: CheckForm, requester: Requester) -> Grounds:
    """The grounds of a form. Raises Incomplete with all that is wrong, and NotPermitted."""
    wrong = [one for one in complaints(form) if one.pointer in _LACKING]
    query = _query(request, form)
    try:
        permitted(query, requester, request.app[FRONT].broker.around)
    except Incomplete as incomplete:
        wrong += [one for one in incomplete.complaints if _is_of_grounds(one)]
    if wrong:
        raise Incomplete(*wrong)
    relation = form.people[0]["relation"] if form.journey == "people" else "child"
    return Grounds(
        query.purpose,
        relation,
        query.role,
        query.reason,
        query.case_reference,
        query.conversation,
        conflict="none",  # else the form is not complete
    )


def _query(request: web.Request, form: CheckForm) -> Query:
    """What would be asked about somebody whose name is not known yet."""
    front = request.app[FRONT]
    body = body_of(form, "flags", "child")
    if form.journey == "people":
        body = {**body, "people": [{"relation": form.people[0]["relation"] or "child"}]}
    around = front.broker.around
    return query_of(as_model(QueryBody, body), 1.0, around.today(around.now()), traceparent(request))


def _is_of_grounds(one: Complaint) -> bool:
    return not one.pointer.startswith("/people/") or one.pointer.endswith("/relation")
