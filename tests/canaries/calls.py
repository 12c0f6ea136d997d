"""For every route of the broker a call that is right, with the words of ``people`` wherever text is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from broker.api.authorisation import GOVERNANCE, TEAM_MANAGER
from broker.api.authorised_page import addresses
from broker.api.server import ROUTES
from broker.web.asset_files import read_assets
from tests.canaries.people import (
    CASE,
    EVIDENCE,
    FORM,
    NOTE,
    PHONE,
    REASON,
    STRAY,
    TIMES,
    TYPED,
    question,
    typed_into_form,
)
from tests.fakes.family_context import PASSWORD

SESSION, SPARE_SESSION, COOKIE, SPARE_COOKIE = "session", "spare session", "cookie", "spare cookie"
MONITORING, NOBODY = "monitoring", "nobody"
AUDITS, MANAGES, OWNS = "auditor's session", "team manager's session", "owner's session"
IN_ROLES: Mapping[str, str] = {AUDITS: "auditor", MANAGES: TEAM_MANAGER, OWNS: GOVERNANCE}
"""Sessions of the pages of those who don't ask, by their roles."""
ADDRESSES: Mapping[str, str] = dict(addresses(ROUTES))
"""The method and the path of every route, by its name."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is sent. ``who``: a role, or how else one is let in. ``body`` is JSON, ``form`` a page's fields."""

    who: str
    path: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None
    search: Mapping[str, str] = field(default_factory=dict)
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What a broker told before, and the calls begin with. Nothing of the pages where there are none."""

    reference: str
    call_back: str
    query_id: str
    streaming: str
    report: str
    entry: int
    reviewed: str
    checkpoint: str
    reviewed_on_pages: str = ""
    taking_up: str = ""
    person: str = ""
    linked: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it goes onto the wire; its address is without the host."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: bytes | None = field(default=None, repr=False)

    def bearing(self, **headers: str) -> Sent:
        """The same with these headers, too."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return replace(self, headers={**self.headers, **named})


JSON, URLENCODED = "application/json", "application/x-www-form-urlencoded"


def sent(route: str, call: Call, letting_in: Mapping[str, str], csrf: str = "") -> Sent:
    """A call to a route. ``letting_in``: the headers that its caller brings."""
    method, path = ADDRESSES[route].split(" ")
    for name, value in call.path.items():
        path = path.replace(f"{{{name}}}", quote(value, safe=""))
    address = f"{path}?{urlencode(call.search)}" if call.search else path
    request = Sent(method, address, letting_in)
    if call.body is not None:
        return replace(request.bearing(Content_Type=JSON), payload=json.dumps(call.body).encode())
    if call.form is not None:
        fields = urlencode({**call.form, "csrf": csrf})
        return replace(request.bearing(Content_Type=URLENCODED), payload=fields.encode())
    return request


def reviewing(entry: int) -> Mapping[str, Any]:
    """The body of a review."""
    kept = {"serious_harm": False, "third_party": False, "reason": REASON}
    return {"entry": entry, "verdict": "released", **kept}


def _subject() -> Mapping[str, Any]:
    return {"person": TYPED, "reason": REASON}


def _agreement() -> Mapping[str, Any]:
    names = ("given_name", "family_name", "birth_date", "nhs_number", "upn")
    return {
        "purpose": "early_help_assessment",
        "person": {name: TYPED[name] for name in names},
        "state": "given",
        "standing": "the_adult",
        "evidence": EVIDENCE,
        "agreed_on": "2026-05-20",
        "until": "2026-08-01",
    }


def ring_me(sealed: str) -> Mapping[str, str]:
    return {"reference": sealed, "phone": PHONE, "times": TIMES, "note": NOTE}


def _of_entry(told: Told) -> Mapping[str, str]:
    return {"report": told.report, "index": str(told.entry)}


def _typed_of_subject() -> Mapping[str, str]:
    names = ("given_name", "family_name", "address", "postcode", "uprn", "nhs_number", "upn")
    born = dict(zip(("year", "month", "day"), TYPED["birth_date"].split("-"), strict=True))
    return {
        **{name: TYPED[name] for name in names},
        "other_family_names-1": TYPED["other_family_names"][0],
        **{f"birth_date-{part}": number for part, number in born.items()},
        "reason": REASON,
    }


def _reviewed_on_page() -> Mapping[str, str]:
    tests = {"serious_harm": "no", "third_party": "no"}
    return {"verdict": "released", **tests, "reason": REASON, "name": FORM}


def _version() -> Mapping[str, str]:
    return {"source": "school", "digest": f"sha256:{0:064x}"}


def _style() -> Mapping[str, str]:
    _, _, digest, name = next(iter(read_assets().values())).address.split("/")
    return {"digest": digest, "name": name}


_API: Mapping[str, Callable[[Told], Call]] = {
    "ask": lambda _: Call("social_worker", body=question()),
    "open_details": lambda told: Call("social_worker", body={"reference": told.reference}),
    "go_on": lambda told: Call("social_worker", {"query_id": told.streaming}),
    "match_feedback": lambda told: Call(
        "social_worker", body={"reference": told.reference, "verdict": "right_person"}
    ),
    "contact_request": lambda told: Call("social_worker", body=ring_me(told.call_back)),
    "record_agreement": lambda _: Call("early_help_lead", body=_agreement()),
    "sources": lambda _: Call("social_worker"),
    "purposes": lambda _: Call("social_worker"),
    "sign_out": lambda _: Call("social_worker"),
    "audit_mine": lambda _: Call("social_worker"),
    "audit_team": lambda _: Call(TEAM_MANAGER),
    "audit_queries": lambda _: Call("auditor", search={"purpose": "section_47_enquiry"}),
    "audit_queries_of": lambda _: Call("auditor", body={"case_reference": CASE, "reason": REASON}),
    "audit_trace": lambda told: Call("auditor", {"query_id": told.query_id}),
    "audit_owner": lambda _: Call(GOVERNANCE, {"source": "school"}),
    "audit_owner_entries": lambda _: Call(GOVERNANCE, {"source": "school"}, {"reason": REASON}),
    "audit_person": lambda _: Call("auditor", body=_subject()),
    "audit_person_report": lambda told: Call("auditor", {"report": told.report}),
    "audit_person_review": lambda told: Call(
        "auditor",
        {"report": told.report},
        reviewing(told.entry),
    ),
    "audit_person_release": lambda told: Call("auditor", {"report": told.reviewed}),
    "audit_checkpoint": lambda _: Call("social_worker"),
    "audit_proof": lambda _: Call("social_worker", {"index": "0"}),
    "audit_verify": lambda _: Call("auditor"),
    "audit_verify_against": lambda told: Call("auditor", body={"against": told.checkpoint}),
    "alive": lambda _: Call(NOBODY),
    "ready": lambda _: Call(NOBODY),
    "openapi": lambda _: Call(NOBODY),
    "metrics": lambda _: Call(MONITORING),
}

_PAGES: Mapping[str, Callable[[Told], Call]] = {
    "page_sign_in": lambda _: Call(NOBODY, search={"to": f"/checks?{FORM}"}),
    "page_signed_in": lambda _: Call(NOBODY, search={"code": FORM, "state": STRAY}, refused=True),
    "page_sign_out": lambda _: Call(SPARE_SESSION, form={}),
    "page_signed_out": lambda _: Call(NOBODY),
    "page_back_channel_logout": lambda _: Call(NOBODY, form={"logout_token": FORM}, refused=True),
    "page_asset": lambda _: Call(NOBODY, _style()),
    "page_start": lambda _: Call(SESSION),
    "page_check": lambda _: Call(SESSION, search={"purpose": "section_47_enquiry"}),
    "page_check_changed": lambda _: Call(SESSION, form=typed_into_form(do="add")),
    "page_answer": lambda _: Call(SESSION, form=typed_into_form()),
    "page_answer_gone": lambda _: Call(SESSION),
    "page_details": lambda told: Call(
        SESSION, form={"reference": told.reference, "number": "1", "name": TYPED["family_name"]}
    ),
    "page_feedback": lambda told: Call(
        SESSION, form={"reference": told.reference, "verdict": "wrong_person"}
    ),
    "page_call_back": lambda told: Call(SESSION, form=ring_me(told.call_back)),
    "page_taking_up": lambda told: Call(NOBODY, {"reference": told.taking_up}),
    "page_taken_up": lambda told: Call(NOBODY, {"reference": told.taking_up}, form={}),
    "page_recent": lambda _: Call(SESSION),
    "page_audit": lambda _: Call(AUDITS),
    "page_audit_found": lambda _: Call(
        AUDITS, form={"case_reference": CASE, "reason": REASON, "type": "query.intent", "name": FORM}
    ),
    "page_audit_trace": lambda told: Call(AUDITS, {"query_id": told.query_id}),
    "page_audit_proof": lambda _: Call(AUDITS, {"index": "0"}),
    "page_audit_entry": lambda _: Call(AUDITS, {"index": "0"}),
    "page_audit_log": lambda _: Call(AUDITS),
    "page_audit_checkpoint": lambda _: Call(AUDITS),
    "page_audit_verified": lambda told: Call(AUDITS, form={"against": told.checkpoint, "name": FORM}),
    "page_audit_person": lambda _: Call(AUDITS),
    "page_audit_person_begun": lambda _: Call(AUDITS, form=_typed_of_subject()),
    "page_audit_person_report": lambda told: Call(AUDITS, {"report": told.report}),
    "page_audit_person_release": lambda told: Call(
        AUDITS, {"report": told.reviewed_on_pages}, form={"as": "json", "name": FORM}
    ),
    "page_audit_person_entry": lambda told: Call(AUDITS, _of_entry(told)),
    "page_audit_person_reviewed": lambda told: Call(AUDITS, _of_entry(told), form=_reviewed_on_page()),
    "page_audit_reviews": lambda _: Call(AUDITS),
    "page_audit_review": lambda _: Call(AUDITS, {"review": STRAY}, refused=True),
    "page_audit_decided": lambda _: Call(
        AUDITS, {"review": STRAY}, form={"verdict": "justified", "reason": REASON}, refused=True
    ),
    "page_audit_charts": lambda _: Call(AUDITS),
    "page_team": lambda _: Call(MANAGES),
    "page_owners": lambda _: Call(OWNS),
    "page_owner": lambda _: Call(OWNS, {"source": "school"}),
    "page_owner_explorer": lambda _: Call(OWNS, {"source": "school"}),
    "page_owner_explored": lambda _: Call(OWNS, {"source": "school"}, form={"role": FORM}, refused=True),
    "page_owner_figures": lambda _: Call(OWNS, {"source": "school"}),
    "page_owner_changes": lambda _: Call(OWNS, {"source": "school"}),
    "page_owner_change": lambda _: Call(OWNS, _version(), refused=True),
    "page_owner_approve": lambda _: Call(OWNS, _version(), form={"read": FORM}, refused=True),
    "page_family_context": lambda _: Call(SESSION, form=typed_into_form()),
    "fc_status": lambda _: Call(COOKIE),
    "fc_login": lambda _: Call(NOBODY, body={"userid": "e.rees", "password": PASSWORD, "name": FORM}),
    "fc_logout": lambda _: Call(SPARE_COOKIE),
    "fc_search_there": lambda _: Call(COOKIE),
    "fc_search": lambda _: Call(COOKIE, body=searched()),
    "fc_person": lambda _: Call(COOKIE, {"person": f"cms:{CASE}"}),
    "fc_related_there": lambda told: Call(COOKIE, {"person": told.linked}),
    "fc_related_there_slash": lambda told: Call(COOKIE, {"person": told.linked}),
    "fc_related": lambda told: Call(COOKIE, {"person": told.linked}),
    "fc_related_slash": lambda told: Call(COOKIE, {"person": told.linked}),
    "fc_services": lambda told: Call(COOKIE, {"person": told.person}),
    "fc_service": lambda told: Call(COOKIE, {"person": told.person, "source": "school"}),
}

RIGHT: Mapping[str, Callable[[Told], Call]] = {**_API, **_PAGES}
"""By the name of the route."""
OF_API = frozenset(_API)
"""Those that need no session of the pages."""


def searched() -> Mapping[str, Any]:
    """The person, as the old front end searches."""
    return {
        "firstName": TYPED["given_name"],
        "lastName": TYPED["family_name"],
        "dateOfBirth": f"{TYPED['birth_date']}T00:00:00.000Z",
        "cmsId": FORM,
    }
