"""``/audit/queries/{query_id}``: one query through every service that it asked, with the proof of each entry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from aiohttp import web

from broker.api.audit.queries import traced
from broker.api.audit.who_may_read import reader_of
from broker.api.front import FRONT
from broker.audit.events import CASE_CHECKED
from broker.audit.reader import Trace, TracedEntry
from broker.catalogue import Catalogue
from broker.surroundings import LONDON
from broker.web.auditing.searching import services_of, titles_of, who_of
from broker.web.auditing.timeline import clock, rows_of, scale_of
from broker.web.page import page, texts_for
from broker.web.shown import moment
from broker.web.texts import Texts

routes = web.RouteTableDef()
Facts = Mapping[str, Any]
Line = tuple[str, str]


@routes.get("/audit/queries/{query_id}", name="page_audit_trace")
async def trace(request: web.Request) -> web.Response:
    """The whole trace of one query. The same whether a record was withheld or not there."""
    front, query_id = request.app[FRONT], request.match_info["query_id"]
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        found, through = await traced(request, reader, query_id)
    catalogue, texts = front.broker.around.catalogue, texts_for(request)
    services = services_of(catalogue)
    return page(
        request,
        "audit/trace.html",
        query_id=query_id,
        asked=[(texts(label), said) for label, said in _asked(found, catalogue, texts) if said],
        people=list(people_of(found.entries, texts)),
        rows=list(rows_of(found, through, services, texts)),
        scale=scale_of(through),
        entries=[_entry(one, found.entries[0], services, texts) for one in found.entries],
    )


def people_of(entries: tuple[TracedEntry, ...], texts: Texts) -> Iterator[Line]:
    """Everybody whom a query is about, as they were typed, or as the case system named them."""
    for entry in entries:
        for name, part in entry.facts.items():
            if name.startswith("person "):
                number = name.removeprefix("person ")
                yield texts("check.person", number=number), _person(part, entry.destroyed.get(name), texts)


def _person(part: Facts | None, destroyed: str | None, texts: Texts) -> str:
    if part is None:
        return destroyed or texts("trace.destroyed")
    known = {name: value for name, value in part["identifiers"].items() if value not in (None, [], "")}
    typed = [f"{texts(f'typed.{name}')} {_plain(value)}" for name, value in known.items()]
    relation = [texts(f"relation.{part['relation']}")] if part.get("relation") else []
    return ", ".join([*relation, *typed])


def _plain(value: object) -> str:
    return " - ".join(map(str, value)) if isinstance(value, list) else str(value)


def _asked(found: Trace, catalogue: Catalogue, texts: Texts) -> Iterator[Line]:
    """Who asked what and why, as far as it can be read."""
    first = found.entries[0]
    yield "trace.began", moment(first.at, texts)
    if "request" not in first.facts:
        return
    asked = first.facts["request"]
    if asked is None:
        yield "trace.who", first.destroyed.get("request") or texts("trace.destroyed")
        return
    yield from _who(asked.get("requester"))
    yield "answer.purpose", titles_of(catalogue).get(asked.get("purpose") or "", asked.get("purpose") or "")
    if asked.get("view"):
        yield "trace.view", texts.where_known(f"view.{asked['view']}", asked["view"])
    if asked.get("case_reference"):
        case = _case_of(found) or asked["case"]
        yield "answer.case", f"{asked['case_reference']} ({texts.where_known(f'case_is.{case}', case)})"
    yield "recent.reason", asked.get("reason") or ""
    yield "check.conversation", asked.get("conversation") or ""
    yield (
        "trace.not_asked",
        ", ".join(services_of(catalogue).get(one, one) for one in asked.get("not_asked") or ()),
    )
    if asked.get("repeats"):
        yield "trace.repeats", texts("trace.repeated", times=asked["repeats"])
    yield "trace.opened_from", first.facts.get("opened_from") or ""


def _case_of(found: Trace) -> str | None:
    """What the case system said, where it was asked after the first entry: that one could not know it yet."""
    said = (one.facts.get("case") for one in found.entries if one.kind == CASE_CHECKED)
    return next((str(one["state"]) for one in said if one), None)


def _who(who: Facts | None) -> Iterator[Line]:
    if who:
        yield (
            "trace.who",
            ", ".join(filter(None, (who_of(who), who["role"], who["organisation"], who.get("team")))),
        )


def _entry(one: TracedEntry, first: TracedEntry, services: Mapping[str, str], texts: Texts) -> Facts:
    source = one.facts.get("source")
    return {
        "index": one.index,
        "at": _when(datetime.fromisoformat(one.at), datetime.fromisoformat(first.at), texts),
        "what": texts.where_known(f"kind.{one.kind}", one.kind),
        "service": services.get(source, source) if source else "",
        "destroyed": list(one.destroyed.values()),
    }


def _when(at: datetime, began: datetime, texts: Texts) -> str:
    """The time of day; and the day, where it is another than that on which all began: a desk may answer later."""
    day = at.astimezone(LONDON).date()
    return (
        clock(at) if day == began.astimezone(LONDON).date() else f"{texts.day(day.isoformat())}, {clock(at)}"
    )
