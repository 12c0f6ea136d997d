"""Who may call what: one table, held in one place, before anything else of a request is read.

What is not in the table is closed to everybody, and each refusal is an entry of the audit log. The table says
which address is open to whom; for which purpose somebody may then ask about whom is for the purpose rules to say,
and what is shown for the owners' policies. Roles are those of the token.

``authorised`` is the middleware that holds it. ``docs/reference/who-may-call-what.md`` is printed from the table.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web
from aiohttp.web_urldispatcher import SystemRoute

from broker.api.front import FRONT, Front, Whom
from broker.api.problems import Handler
from broker.catalogue import Service
from broker.errors import Complaint, NotPermitted, NotSignedIn
from broker.questions import Requester
from broker.web.family_context.letting_in import by_cookie
from broker.web.letting_in import by_session, refuse_forged

AUDITORS = ("auditor", "data_protection_officer")
GOVERNANCE = "information_governance"
OWNERS = ("data_owner", GOVERNANCE)
TEAM_MANAGER = "team_manager"

_NOT_YOURS = Complaint(
    "role_may_not_read_log",
    "None of your roles may read this of the audit log. GET /v1/audit/mine has your own.",
)
_NO_TEAM = Complaint(
    "no_team", "Your account says of no team that it is yours. Ask whoever manages accounts."
)
_NO_SOURCE = Complaint("no_source", "There is no service of this name. GET /v1/sources lists them.")
_NO_KEY = Complaint("no_key", "Send the key of telemetry.metrics_key as a bearer token.")
_CLOSED = Complaint("closed", "Nobody may call this address. GET /openapi.json lists what there is.")

Brings = Literal["nothing", "metrics_key", "token", "role", "session", "session_alone", "family_context"]
_BY_SESSION = ("session", "session_alone")
_IN_A_ROLE = ("role", "session")


@dataclass(frozen=True, slots=True)
class Rule:
    """To whom an address is open: what a caller ``brings``, and in which ``roles`` (none: in any).

    A ``session`` is a browser's, of who signed in to the pages; ``session_alone``: with a role or without.
    ``of_team``: whose team the token names. ``of_source``: of the roles, an owner's are open for the sources of
    their own organisation alone. ``page``: it is there only where ``broker.yaml`` has pages, and what goes wrong
    is shown as one. ``family_context``: it is there only where ``broker.yaml`` has ``family_context_api``; what a
    caller brings there is the cookie of such a session, with a role or without: the answer tells that one lacks.
    """

    brings: Brings
    roles: tuple[str, ...] = ()
    of_team: bool = False
    of_source: bool = False
    page: bool = False
    family_context: bool = False


_ANYBODY, _MONITORING, _TOKEN = Rule("nothing"), Rule("metrics_key"), Rule("token")
_ANY_ROLE, _AUDITORS = Rule("role"), Rule("role", AUDITORS)
_OPEN_PAGE = Rule("nothing", page=True)
_A_PAGE = Rule("session", page=True)
_AUDIT_PAGE = Rule("session", AUDITORS, page=True)
_OWN_PAGE = Rule("session", OWNERS, of_source=True, page=True)
_OPEN_CALL, _A_CALL = (
    Rule("nothing", family_context=True),
    Rule("family_context", family_context=True),
)

TABLE: Mapping[str, Rule] = {
    "ask": _ANY_ROLE,
    "open_details": _ANY_ROLE,
    "go_on": _ANY_ROLE,
    "match_feedback": _ANY_ROLE,
    "contact_request": _ANY_ROLE,
    "record_agreement": _ANY_ROLE,
    "sources": _ANY_ROLE,
    "purposes": _ANY_ROLE,
    "sign_out": _TOKEN,
    "audit_mine": _ANY_ROLE,
    "audit_checkpoint": _ANY_ROLE,
    "audit_proof": _ANY_ROLE,
    "audit_team": Rule("role", (TEAM_MANAGER,), of_team=True),
    "audit_queries": _AUDITORS,
    "audit_queries_of": _AUDITORS,
    "audit_trace": _AUDITORS,
    "audit_person": _AUDITORS,
    "audit_person_report": _AUDITORS,
    "audit_person_review": _AUDITORS,
    "audit_person_release": _AUDITORS,
    "audit_verify": _AUDITORS,
    "audit_verify_against": _AUDITORS,
    "audit_owner": Rule("role", (*AUDITORS, *OWNERS), of_source=True),
    "audit_owner_entries": Rule("role", (GOVERNANCE,), of_source=True),
    "alive": _ANYBODY,
    "ready": _ANYBODY,
    "openapi": _ANYBODY,
    "metrics": _MONITORING,
    "page_sign_in": _OPEN_PAGE,
    "page_signed_in": _OPEN_PAGE,
    "page_sign_out": Rule("session_alone", page=True),
    "page_signed_out": _OPEN_PAGE,
    "page_back_channel_logout": _OPEN_PAGE,
    "page_asset": _OPEN_PAGE,
    "page_taking_up": _OPEN_PAGE,
    "page_taken_up": _OPEN_PAGE,
    "page_start": _A_PAGE,
    "page_check": _A_PAGE,
    "page_check_changed": _A_PAGE,
    "page_answer": _A_PAGE,
    "page_answer_gone": _A_PAGE,
    "page_details": _A_PAGE,
    "page_feedback": _A_PAGE,
    "page_call_back": _A_PAGE,
    "page_recent": _A_PAGE,
    "page_audit": _AUDIT_PAGE,
    "page_audit_found": _AUDIT_PAGE,
    "page_audit_trace": _AUDIT_PAGE,
    "page_audit_proof": _AUDIT_PAGE,
    "page_audit_entry": _AUDIT_PAGE,
    "page_audit_log": _AUDIT_PAGE,
    "page_audit_checkpoint": _AUDIT_PAGE,
    "page_audit_verified": _AUDIT_PAGE,
    "page_audit_person": _AUDIT_PAGE,
    "page_audit_person_begun": _AUDIT_PAGE,
    "page_audit_person_report": _AUDIT_PAGE,
    "page_audit_person_entry": _AUDIT_PAGE,
    "page_audit_person_reviewed": _AUDIT_PAGE,
    "page_audit_person_release": _AUDIT_PAGE,
    "page_audit_reviews": _AUDIT_PAGE,
    "page_audit_review": _AUDIT_PAGE,
    "page_audit_decided": _AUDIT_PAGE,
    "page_audit_charts": _AUDIT_PAGE,
    "page_team": Rule("session", (TEAM_MANAGER,), of_team=True, page=True),
    "page_owners": Rule("session", OWNERS, page=True),
    "page_owner": _OWN_PAGE,
    "page_owner_explorer": _OWN_PAGE,
    "page_owner_explored": _OWN_PAGE,
    "page_owner_figures": _OWN_PAGE,
    "page_owner_changes": _OWN_PAGE,
    "page_owner_change": _OWN_PAGE,
    "page_owner_approve": _OWN_PAGE,
    "page_family_context": Rule("session", page=True, family_context=True),
    "fc_status": _OPEN_CALL,
    "fc_login": _OPEN_CALL,
    "fc_logout": _A_CALL,
    "fc_search_there": _A_CALL,
    "fc_search": _A_CALL,
    "fc_person": _A_CALL,
    "fc_related_there": _A_CALL,
    "fc_related_there_slash": _A_CALL,
    "fc_related": _A_CALL,
    "fc_related_slash": _A_CALL,
    "fc_services": _A_CALL,
    "fc_service": _A_CALL,
}
"""By the name of the route."""


@web.middleware
async def authorised(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let a request in, or refuse it. An address that there is none of is for aiohttp to say."""
    if not is_nowhere(request):
        await _let_in(request, TABLE.get(request.match_info.route.name or ""))
    return await handler(request)


def is_page(request: web.Request) -> bool:
    """Whether a person is to read what comes back: of a broker that has pages, a page; and where there is nothing,
    whatever a browser asks for.
    """
    if request.app[FRONT].pages is None:
        return False
    if is_nowhere(request):
        return "text/html" in request.headers.get("Accept", "").lower()
    rule = TABLE.get(request.match_info.route.name or "")
    return rule is not None and rule.page


def is_nowhere(request: web.Request) -> bool:
    """Whether there is nothing at the address, or nothing by this method: for everybody alike."""
    return isinstance(request.match_info.route, SystemRoute)


def role_in(request: web.Request, requester: Requester) -> str:
    """In which role somebody calls: the first of the table's that they hold. Raises NotPermitted."""
    rule = TABLE[request.match_info.route.name or ""]
    held = [role for role in rule.roles or sorted(requester.roles) if role in requester.roles]
    if not held:
        raise NotPermitted(_NOT_YOURS)
    return held[0]


async def _let_in(request: web.Request, rule: Rule | None) -> None:
    """Raises Refused, which is recorded by then; and HTTPNotFound for metrics that nobody may read."""
    front = request.app[FRONT]
    if rule is not None:
        _refuse_missing(front, rule)
    if rule is not None and rule.brings == "nothing":
        return
    if rule is not None and rule.brings == "metrics_key" and front.metrics_key is None:
        raise web.HTTPNotFound
    async with front.recorded() as whom:
        if rule is None:
            raise NotPermitted(_CLOSED)
        if rule.brings == "metrics_key":
            _brings_key(request, front.metrics_key or "")
        elif rule.brings == "family_context":
            await by_cookie(request, front, front.the_family_context(), whom)
        elif rule.brings in _BY_SESSION:
            await by_session(request, front, front.the_pages(), whom)
        else:
            await front.signed_in(request, whom)
        if rule.brings in _IN_A_ROLE:
            _in_a_role(request, rule, front, whom)
        if rule.brings in _BY_SESSION:
            await refuse_forged(request, front, front.the_pages())


def _refuse_missing(front: Front, rule: Rule) -> None:
    """Raises HTTPNotFound for what this broker doesn't have."""
    if rule.page:
        front.the_pages()
    if rule.family_context:
        front.the_family_context()


def _brings_key(request: web.Request, key: str) -> None:
    sent = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
    if not hmac.compare_digest(sent, f"Bearer {key}".encode()):
        raise NotSignedIn(_NO_KEY)


def _in_a_role(request: web.Request, rule: Rule, front: Front, whom: Whom) -> None:
    requester = front.requester(request, whom)
    role = role_in(request, requester)
    if rule.of_team and requester.team is None:
        raise NotPermitted(_NO_TEAM)
    if rule.of_source:
        service = front.broker.around.catalogue.services.get(request.match_info["source"])
        if role not in AUDITORS and not (service and owns(requester, service)):
            raise NotPermitted(_NOT_YOURS)
        if service is None:
            raise NotPermitted(_NO_SOURCE)


def owns(requester: Requester, service: Service) -> bool:
    """Whether a source is the requester's: an owner is known by the organisation of the token, which has to be the
    owner's in the source's policy.
    """
    return _written(requester.organisation) == _written(service.loaded.policy.owner.organisation)


def _written(name: str) -> str:
    """An organisation's name, however it is capitalised and spaced."""
    return " ".join(name.casefold().split())
