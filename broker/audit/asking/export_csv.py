"""The log as CSV: a row for each entry, or for each person of one that tells outcomes. For a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from broker.audit.asking.export import Exported
from broker.audit.tags import TagKeys
from broker.spreadsheet import csv_line

COLUMNS = (
    *("entry", "at", "type", "query_id", "source", "purpose", "view", "role", "organisation", "requester"),
    *("person", "person_key", "relation", "outcome", "levels", "policy_digest", "policy_version", "code"),
)
NAMED = (
    "requester_name",
    "reason",
    "case_reference",
    "given_name",
    "family_name",
    "birth_date",
    "nhs_number",
)
"""The further columns of an export with identifiers."""


def csv_rows(found: Iterable[Exported], tags: TagKeys, *, named: bool) -> Iterator[str]:
    """The lines of the file, headings first. ``named``: with whoever asked, and whoever was asked about."""
    columns = (*COLUMNS, *(NAMED if named else ()))
    yield csv_line(columns)
    for one in found:
        for row in _rows(one, tags, named=named):
            yield csv_line(row.get(name) for name in columns)


def _rows(one: Exported, tags: TagKeys, *, named: bool) -> Iterator[Mapping[str, Any]]:
    row = _of_entry(one, tags, named=named)
    told = one.facts.get("disclosed") or {}
    numbers = {it["number"]: it for it in told.get("outcomes", ())} or dict.fromkeys(
        number for number in one.keys if f"person {number}" in one.facts
    )
    for number, outcome in numbers.items():
        yield {**row, **_of_person(one, number, named=named), **_of_outcome(outcome)}
    if not numbers:
        yield row


def _of_entry(one: Exported, tags: TagKeys, *, named: bool) -> dict[str, Any]:
    who, asked = one.requester or {}, one.facts.get("request") or one.request
    told = one.facts.get("disclosed") or one.facts.get("case") or {}
    row = {
        "entry": one.index,
        "at": one.at,
        "type": one.kind,
        "query_id": one.facts["query_id"],
        "source": one.facts.get("source"),
        "purpose": asked.get("purpose"),
        "view": told.get("view") or asked.get("view"),
        "role": who.get("role"),
        "organisation": who.get("organisation"),
        "requester": tags.requester(who["subject"]).hex() if who else None,
        "policy_digest": one.facts.get("policy_digest"),
        "policy_version": told.get("policy_version") or one.facts.get("version"),
        "outcome": told.get("state") or one.facts.get("state"),
        "code": asked.get("code") or one.facts.get("code"),
    }
    if named:
        row |= {"requester_name": who.get("name"), "reason": asked.get("reason")}
        row |= {"case_reference": asked.get("case_reference")}
    return row


def _of_person(one: Exported, number: int, *, named: bool) -> dict[str, Any]:
    person = one.people.get(number) or {}
    row = {"person": number, "person_key": one.keys.get(number), "relation": person.get("relation")}
    if named:
        typed = person.get("identifiers") or {}
        row |= {name: typed.get(name) for name in ("given_name", "family_name", "birth_date", "nhs_number")}
    return row


def _of_outcome(outcome: Mapping[str, Any] | None) -> dict[str, Any]:
    if outcome is None:
        return {}
    shown = (f"{name} {level}" for levels in outcome["levels"] for name, level in levels.items())
    return {
        "outcome": outcome["outcome"],
        "levels": "; ".join(it for it in shown if not it.endswith(" nothing")),
    }
