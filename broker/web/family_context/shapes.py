"""What a service said, in the shapes that the old front end draws: made of a closed type, the ``SourcePart``.

That front end writes "No records found" wherever ``recordsAvailable`` is false. So what that means stands in the
title beside it, in the words of the pages, and with the desk to ring in the explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broker.answers import Outcome, SourcePart
from broker.catalogue import Service
from policy.facts import Involvement, LeadPractitioner

_NOT_KNOWN = "a day that is not known"
_DATE = len("2026-06-01")
Row = tuple[str, str, str]
"""The key, title and text of a field that is shown."""


def summary(part: SourcePart, asked_at: str) -> Mapping[str, Any]:
    """One service of the list. ``asked_at``: ISO date-time."""
    person, live = part.people[0], part.as_of == "live"
    known = person.outcome is Outcome.INVOLVED
    day = asked_at[:_DATE] if live else part.as_of or ""
    means = f"{part.problem.detail}" if part.problem else person.hint or part.nothing_means
    return {
        "id": part.source,
        "title": part.service if known else f"{part.service}: {person.means}",
        "dataSource": part.system,
        "lastSynchronised": asked_at if live else part.as_of or _NOT_KNOWN,
        "coverageStartDate": part.covers_since,
        "coverageEndDate": day,
        "recordsAvailable": known,
        "coverageExplanation": _explained(part.covers_area, means, part.desk.name, part.desk.phone),
    }


def refused_summary(service: Service, why: str) -> Mapping[str, Any]:
    """One service that nobody asked, because the question was refused."""
    source = service.source
    return {
        "id": source.source,
        "title": f"{source.service}: Not asked",
        "dataSource": source.system,
        "lastSynchronised": _NOT_KNOWN,
        "coverageStartDate": source.coverage.since.isoformat(),
        "coverageEndDate": "",
        "recordsAvailable": False,
        "coverageExplanation": _explained(source.coverage.area, why, source.desk.name, source.desk.phone),
    }


def content(part: SourcePart | None, why: str = "") -> Mapping[str, Any]:
    """``schema`` and ``data`` of what one service shows of one person. What is not shown is in neither."""
    person = part.people[0] if part else None
    if part is None or person is None or person.outcome is not Outcome.INVOLVED:
        return {"schema": _object({}), "data": {}}
    rows: list[Row] = [("serviceInvolvement", "Service involvement", person.means)]
    if why:
        rows.append(("explanation", "Why no more is shown", why))
    properties, shown = _texts(rows)
    for number, one in enumerate(person.involvements, start=1):
        drawn, said = _involvement(one.involvement, number if len(person.involvements) > 1 else 0)
        if said:
            properties[f"involvement{number}"], shown[f"involvement{number}"] = drawn, said
    desk = [("name", "Name", part.desk.name), ("phone", "Phone", part.desk.phone)]
    drawn, said = _texts(desk)
    properties["desk"], shown["desk"] = {**_object(drawn), "title": "The service's desk"}, said
    return {"schema": _object(_in_order(properties)), "data": shown}


def _involvement(one: Involvement, number: int) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """One involvement, field by field: an object of its own, since two may not show the same fields."""
    behind = f" ({number})" if number else ""
    properties, shown = _texts((key, title + behind, text) for key, title, text in _rows(one))
    if one.lead_practitioner is not None:
        drawn, said = _texts(_contact(one.lead_practitioner))
        if said:
            properties["contact"] = {**_object(drawn), "title": f"Lead practitioner{behind}"}
            shown["contact"] = said
    return _object(_in_order(properties)), shown


def _rows(one: Involvement) -> Iterator[Row]:
    yield "status", "Status", one.status or ""
    yield "statusMeans", "What the status means", one.status_means or ""
    yield "started", "Since", one.started or ""
    yield "ended", "Until", one.ended or ""
    yield "lastContact", "Last contact", one.last_contact or ""


def _contact(one: LeadPractitioner) -> Iterator[Row]:
    yield "name", "Name", one.name or ""
    yield "role", "Role", one.role or ""
    yield "team", "Team", one.team or ""
    yield "phone", "Phone", one.phone or ""
    yield "email", "Email", one.email or ""


def _texts(rows: Iterator[Row] | list[Row]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Fields that have a text. A whole date is told to be one; of a year the front end would make 1 January."""
    properties, shown = {}, {}
    for key, title, text in rows:
        if text:
            whole_date = key in ("started", "ended", "lastContact") and len(text) == _DATE
            properties[key] = {"type": "string", "title": title} | ({"format": "date"} if whole_date else {})
            shown[key] = text
    return _in_order(properties), shown


def _in_order(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Each with its place, from 1: the front end draws nothing without."""
    return {key: {**one, "x-item-seq": n} for n, (key, one) in enumerate(properties.items(), start=1)}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties)}


def _explained(area: str, means: str, desk: str, phone: str) -> str:
    return f"{area}. {means} {desk}: {phone}"
