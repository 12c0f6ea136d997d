"""The first page of the console: searching the log. Who is searched for is sent in a body, never in an address."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from aiohttp import web

from broker.answers import Outcome
from broker.api.audit.queries import LogSearchBody, searched
from broker.api.audit.who_may_read import reader_of
from broker.api.bodies import as_model
from broker.api.front import FRONT
from broker.audit.asking.questions import Question
from broker.audit.asking.search import Page
from broker.catalogue import Catalogue
from broker.errors import Incomplete
from broker.web.auditing.typed import PARTS_OF_A_DAY, Typed, day_of, filled, on_form, typed_in
from broker.web.faults import OnPage
from broker.web.page import page, texts_for
from broker.web.shown import moment
from broker.web.texts import Texts

routes = web.RouteTableDef()

KINDS = (
    "query.intent",
    "details.opened",
    "refusal",
    "match.feedback",
    "call_back.requested",
    "agreement.recorded",
    "audit.read",
    "policy.activated",
    "subject.report_started",
    "review.decided",
)
"""Types of entry that are searched for by name."""
_TYPED = ("requester", "case_reference", "purpose", "source", "outcome", "type", "reason")
_DAYS = ("since", "until")
_FIELDS = (*_TYPED, *(f"{name}-{part}" for name in _DAYS for part in PARTS_OF_A_DAY))
_EMPTY: Typed = dict.fromkeys(_FIELDS, "") | {"type": "query.intent"}


@routes.get("/audit", name="page_audit")
async def search_form(request: web.Request) -> web.Response:
    """The empty form: nothing is read yet."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        front.requester(request, whom)
    return _page(request, _EMPTY)


@routes.post("/audit", name="page_audit_found")
async def search_found(request: web.Request) -> web.Response:
    """What the log has of it, newest first."""
    front, typed = request.app[FRONT], _EMPTY
    try:
        async with front.recorded() as whom:
            reader = reader_of(request, whom)
            sent = await typed_in(request, whom, (*_FIELDS, "before"))
            typed = {name: sent[name] for name in _FIELDS}  # the next page begins elsewhere
            wanted = as_model(LogSearchBody, _body(sent))
            found = await searched(request, reader, wanted)
    except Incomplete as wrong:
        return _page(request, typed, errors=on_form(wrong.complaints, texts_for(request)))
    return _page(request, typed, found)


def _body(typed: Typed) -> Mapping[str, object]:
    days = {name: day_of(typed, name) for name in _DAYS}
    return filled({**{name: typed[name] for name in _TYPED}, **days, "before": typed["before"]})


def _page(
    request: web.Request, typed: Typed, found: Page | None = None, errors: Sequence[OnPage] = ()
) -> web.Response:
    catalogue, texts = request.app[FRONT].broker.around.catalogue, texts_for(request)
    return page(
        request,
        "audit/search.html",
        422 if errors else 200,
        typed=typed,
        errors=errors,
        purposes=list(titles_of(catalogue).items()),
        services=list(services_of(catalogue).items()),
        outcomes=[(str(one), texts(f"outcome.{one}")) for one in Outcome],
        kinds=[(one, texts(f"kind.{one}")) for one in KINDS],
        found=None if found is None else [found_row(one, catalogue, texts) for one in found.found],
        before=found.before if found else None,
    )


def titles_of(catalogue: Catalogue) -> Mapping[str, str]:
    """What each purpose is called."""
    return {name: one.title for name, one in catalogue.purposes.rules.purposes.items()}


def services_of(catalogue: Catalogue) -> Mapping[str, str]:
    """What each source's service is called; where a service has several sources, with their system."""
    sources = {name: one.source for name, one in catalogue.services.items()}
    named = [one.service for one in sources.values()]
    return {
        name: one.service if named.count(one.service) == 1 else f"{one.service}, {one.system}"
        for name, one in sources.items()
    }


def found_row(one: Question, catalogue: Catalogue, texts: Texts) -> Mapping[str, Any]:
    """One question of the log, as lists of them show it: nobody who was asked about is named."""
    return {
        "at": moment(one.at, texts),
        "what": texts.where_known(f"kind.{one.kind}", one.kind),
        "who": who_of(one.requester) or texts("found.nobody"),
        "query_id": one.query_id,
        "facts": [(texts(label), said) for label, said in _facts(one, catalogue) if said],
        "outcomes": list(_outcomes(one, services_of(catalogue), texts)),
    }


def who_of(who: Mapping[str, Any] | None) -> str:
    """Somebody's name with their account; empty for nobody known."""
    if not who:
        return ""
    return who["name"] if who["name"] == who["subject"] else f"{who['name']} ({who['subject']})"


def _facts(one: Question, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    yield "answer.purpose", titles_of(catalogue).get(one.purpose or "", one.purpose or "")
    yield "answer.case", str(one.request.get("case_reference") or "")
    yield "recent.reason", str(one.request.get("reason") or "")
    yield "found.command", str(one.request.get("command") or "")


def _in_words(code: str) -> str:
    """The code of a refusal as it can be read: Conflict of interest."""
    return code.replace("_", " ").capitalize()


def _outcomes(one: Question, services: Mapping[str, str], texts: Texts) -> Iterator[tuple[str, str]]:
    """Each outcome in words, with the services that had it: both always in the same order."""
    by: dict[str, set[str]] = {str(outcome): set() for outcome in Outcome}
    for it in one.outcomes:
        by.setdefault(it.outcome, set()).add(services.get(it.source or "", it.source or ""))
    for outcome, named in by.items():
        if named:
            yield (
                texts.where_known(f"outcome.{outcome}", _in_words(outcome)),
                ", ".join(sorted(filter(None, named))),
            )
