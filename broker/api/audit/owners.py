"""``/v1/audit/owners/{source}``: what a source's owner may know of who asked it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import partial
from itertools import islice
from typing import Annotated, Any

from aiohttp import web
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from broker.api.audit.who_may_read import Reader, of_source, recorded
from broker.api.bodies import Note, Strict, read_body, read_search
from broker.api.front import FRONT, Front
from broker.audit.asking.owner import OwnerCounts, own_entries, owner_counts
from broker.audit.reader import AuditReader
from broker.errors import Complaint, Incomplete

routes = web.RouteTableDef()

MOST_READ = 200_000
"""Entries that are read for one answer at most."""

_TOO_MUCH = Complaint(
    "too_much_to_read",
    "That is too much of the log at once. Ask for fewer months, from a since that is nearer.",
)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


class _TooMuch(Exception):
    """The reading would go on for too long."""


def _month(value: object) -> date:
    found = _MONTH.fullmatch(value) if isinstance(value, str) else None
    try:
        return date(int(found[1]), int(found[2]), 1) if found else date.min.replace(month=0)
    except ValueError:
        raise PydanticCustomError("month_form", "Write a month as 2026-05.") from None


Month = Annotated[date, BeforeValidator(_month, json_schema_input_type=str)]
"""A whole month: of less, nothing is counted."""


class MonthsSearch(Strict):
    """Which months, both included."""

    since: Month | None = None
    until: Month | None = None


class OwnEntriesBody(MonthsSearch):
    """The body of ``POST /v1/audit/owners/{source}/entries``: single entries are read for a reason."""

    reason: Annotated[Note, Field(min_length=1, description="Why. It is kept encrypted, for auditors.")]
    limit: Annotated[int, Field(ge=1, le=100, strict=True)] = 20
    before: Annotated[int | None, Field(ge=0, strict=True)] = None


@routes.get("/v1/audit/owners/{source}", name="audit_owner")
async def audit_owner(request: web.Request) -> web.Response:
    """How often people were asked about at a source: rounded counts, small ones not told."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader, service = of_source(request, whom)
        asked = read_search(request, MonthsSearch)
        told = await counts_of(front, reader, service.source.source, asked)
    return web.json_response(told.as_json())


async def counts_of(front: Front, reader: Reader, source: str, asked: MonthsSearch) -> OwnerCounts:
    """The counts of a source, once their reading is an entry. Raises NotRecorded, Overloaded and Incomplete."""
    before = await recorded(front, reader, "audit owner", {"source": source, **dict(asked)})
    try:
        return await front.readings.read(partial(_counts, source=source, before=before, asked=asked))
    except _TooMuch:
        raise Incomplete(_TOO_MUCH) from None


@routes.post("/v1/audit/owners/{source}/entries", name="audit_owner_entries")
async def audit_owner_entries(request: web.Request) -> web.Response:
    """Single entries of a source, for whoever governs its owner's information. They name nobody."""
    front = request.app[FRONT]
    async with front.recorded() as whom:
        reader, service = of_source(request, whom)
        body, source = await read_body(request, OwnEntriesBody), service.source.source
        front.refuse_ended(whom.token)
        asked = {"source": source, "since": body.since, "until": body.until, "before": body.before}
        end = await recorded(front, reader, "audit owner entries", asked, reason=body.reason)
        before = end if body.before is None else min(end, body.before)
        try:
            told = await front.readings.read(partial(_entries, source=source, before=before, asked=body))
        except _TooMuch:
            raise Incomplete(_TOO_MUCH) from None
    return web.json_response(told)


def _counts(log: AuditReader, *, source: str, before: int, asked: MonthsSearch) -> OwnerCounts:
    return owner_counts(log, source, before, asked.since, asked.until, _not_too_much)


def _entries(log: AuditReader, *, source: str, before: int, asked: OwnEntriesBody) -> Mapping[str, Any]:
    found = own_entries(log, source, before, asked.since, asked.until, _not_too_much)
    some = list(islice(found, asked.limit + 1))
    more = len(some) > asked.limit
    return {
        "found": [one.as_json() for one in some[: asked.limit]],
        "before": some[asked.limit - 1].begun if more else None,
    }


def _not_too_much(read: int, _: int) -> None:
    if read > MOST_READ:
        raise _TooMuch
