"""My recent checks: the log's own reading of one's own history, which is an entry itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

from broker.api.audit.queries import TimeSearch, found_page, own
from broker.api.audit.who_may_read import reader_of
from broker.api.bodies import read_search
from broker.api.front import FRONT
from broker.audit.asking.questions import Question
from broker.web.page import page, texts_for
from broker.web.shown import moment
from broker.web.texts import Texts

routes = web.RouteTableDef()


@routes.get("/checks", name="page_recent")
async def recent(request: web.Request) -> web.Response:
    """What one asked lately, newest first."""
    front, texts = request.app[FRONT], texts_for(request)
    async with front.recorded() as whom:
        reader = reader_of(request, whom)
        asked = read_search(request, TimeSearch)
        found = await found_page(request, reader, "audit mine", own(reader, asked), asked)
    catalogue = front.broker.around.catalogue
    titles = {name: one.title for name, one in catalogue.purposes.rules.purposes.items()}
    services = {name: one.source.service for name, one in catalogue.services.items()}
    checks = [_check(one, titles, services, texts) for one in found.found]
    return page(request, "recent.html", checks=checks, before=found.before)


def _check(
    one: Question, titles: Mapping[str, str], services: Mapping[str, str], texts: Texts
) -> Mapping[str, Any]:
    return {
        "at": moment(one.at, texts),
        "what": texts.where_known(f"recent.{one.kind}", one.kind),
        "facts": [
            *((texts(label), text) for label, text in _facts(one, titles, services) if text),
            *_call_back(one, texts),
        ],
    }


def _call_back(one: Question, texts: Texts) -> Iterator[tuple[str, str]]:
    """What became of a request to ring back."""
    if one.call_back:
        taken_up = moment(one.acknowledged_at, texts) if one.acknowledged_at else ""
        yield texts("recent.request"), texts(f"call.{one.call_back}", at=taken_up)


def _facts(
    one: Question, titles: Mapping[str, str], services: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    yield "answer.purpose", titles.get(one.purpose or "", one.purpose or "")
    yield "answer.case", str(one.request.get("case_reference") or "")
    yield "recent.reason", str(one.request.get("reason") or "")
    yield "recent.asked", ", ".join(dict.fromkeys(services.get(name, name) for name in one.sources))
    yield "answer.id", one.query_id or ""
