"""Starting a check: for what purpose, why, and about whom.

Nothing that is typed is kept here or in the browser: it travels in bodies, from the form to the answer and back,
and an address holds the purpose alone. So a reload of the form shows it empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.api.front import FRONT
from broker.errors import Complaint, NotPermitted
from broker.questions import Requester
from broker.web.faults import OnPage, on_page
from broker.web.forms import MOST_PEOPLE, CheckForm, changed, check_form, empty_form, read_form
from broker.web.page import page, texts_for
from broker.web.texts import Texts
from consent_rules.model import Purpose

routes = web.RouteTableDef()

AGREEMENTS = ("given", "refused", "withdrawn")
_NO_PURPOSE = Complaint("purpose_missing", "Choose why you are asking.", "/purpose")
_UNKNOWN = Complaint("unknown_purpose", "There is no such purpose, or it is not open to you.", "/purpose")


@routes.get("/", name="page_start")
async def start(request: web.Request) -> web.Response:
    """The first page: choose a purpose."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
    return _start(request, requester, ())


@routes.get("/check", name="page_check")
async def check(request: web.Request) -> web.Response:
    """The empty form of a check, for the purpose that the address names."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        named = request.query.get("purpose", "")
        if not named:
            return _start(request, requester, on_page([_NO_PURPOSE], texts_for(request)), status=422)
        purpose = purpose_open_to(request, named, requester)
    wanted = request.query.get("journey", "people")
    journey = wanted if wanted in purpose.journeys else purpose.journeys[0]
    return check_page(request, requester, empty_form(named, journey))


@routes.post("/check", name="page_check_changed")
async def check_changed(request: web.Request) -> web.Response:
    """The form again, with one person more or less, or with what an answer was asked by."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        requester = front.requester(request, whom)
        form = changed(check_form(await read_form(request)))
        purpose_open_to(request, form.typed["purpose"], requester)
    return check_page(request, requester, form)


def purpose_open_to(request: web.Request, named: str, requester: Requester) -> Purpose:
    """The purpose of this name. Raises NotPermitted where none of the requester's roles may ask for it."""
    rules = request.app[FRONT].broker.around.catalogue.purposes.rules
    purpose = rules.purposes.get(named)
    if purpose is None or not requester.roles & set(purpose.who_may_ask):
        raise NotPermitted(_UNKNOWN)
    return purpose


def check_page(
    request: web.Request,
    requester: Requester,
    form: CheckForm,
    errors: Sequence[OnPage] = (),
    status: int = 200,
) -> web.Response:
    """The form of a check, with what is wrong with it."""
    purpose, texts = purpose_open_to(request, form.typed["purpose"], requester), texts_for(request)
    step, _, which = form.do.partition("-")
    view = view_of(purpose)
    return page(
        request,
        "check.html",
        status,
        form=form,
        purpose=purpose,
        errors=errors,
        must_record=purpose.must_record,
        conversation=_wants_conversation(purpose, view),
        agreement=any(one.needed for one in purpose.agreements(view)),
        agreements=[(one, texts(f"agreement.{one}")) for one in AGREEMENTS],
        relations=[(one, _capital(texts(f"relation.{one}"))) for one in purpose.about],
        roles=_roles(purpose, requester),
        by_case=request.app[FRONT].broker.around.case_lane is not None,
        most_people=MOST_PEOPLE,
        family_context=request.app[FRONT].family_context is not None,
        focus_on=int(which) if step == "birth" and which.isdecimal() and not errors else 0,
        added=len(form.people) if step == "add" else 0,
    )


def view_of(purpose: Purpose) -> str:
    """What a check of this purpose shows first."""
    return "flags" if "flags" in purpose.views else "details"


def _start(
    request: web.Request, requester: Requester, errors: Sequence[OnPage], status: int = 200
) -> web.Response:
    front = request.app[FRONT]
    rules = front.broker.around.catalogue.purposes.rules
    open_to = [
        {"purpose": name, "title": one.title, "duty": one.duty}
        for name, one in rules.purposes.items()
        if requester.roles & set(one.who_may_ask)
    ]
    return page(request, "start.html", status, purposes=open_to, errors=errors, desks=front.desks())


def _wants_conversation(purpose: Purpose, view: str) -> bool:
    return "conversation" in purpose.must_record or any(
        one.record_conversation for one in purpose.agreements(view)
    )


def _roles(purpose: Purpose, requester: Requester) -> Sequence[tuple[str, str]]:
    held = sorted(requester.roles & set(purpose.who_may_ask))
    return [(one, _capital(one.replace("_", " "))) for one in held]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def names_of(form: CheckForm, texts: Texts) -> Mapping[int, str]:
    """How each person is called on a page, by number: as they were typed, surname first."""
    return {n: _name(n, one, texts) for n, one in enumerate(form.people, start=1)}


def _name(number: int, typed: Mapping[str, Any], texts: Texts) -> str:
    parts = [typed.get("family_name"), typed.get("given_name")]
    return ", ".join(filter(None, parts)) or texts("check.person", number=number)
