"""The log as other programs read it: which entries, of which time, and with whose names left out.

``facts`` of an entry are what the keys open of it. What is personal in them leaves only where ``named`` says
so; else a requester is told by their tag and a person by the name of their key: the same one each time, and
nobody's name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from broker.audit.asking.search import Criteria
from broker.audit.entry import opened
from broker.audit.events import ASKED, OPENED
from broker.audit.reader import AuditReader

Facts = Mapping[str, Any]
_BLOCK = 1000


@dataclass(frozen=True, slots=True)
class Exported:
    """One entry to be exported. ``request`` is what its query asked, as far as it can be read."""

    index: int
    facts: Facts = field(repr=False)
    request: Facts = field(repr=False)
    people: Mapping[int, Facts] = field(repr=False)
    keys: Mapping[int, str] = field(repr=False)
    """The names of the people's keys, by their number in the query."""

    def with_more(self, one: Exported) -> Exported:
        """A later entry of the same query, with whom and what the query is about."""
        return replace(
            one,
            request=one.request or self.request,
            people={**self.people, **one.people},
            keys={**self.keys, **one.keys},
        )

    @property
    def kind(self) -> str:
        return str(self.facts["type"])

    @property
    def at(self) -> str:
        return str(self.facts["at"])

    @property
    def requester(self) -> Facts | None:
        """Subject, name, organisation and role; an account of the machine has the first two alone."""
        said = self.facts.get("request") or self.request
        who = said.get("requester") or said.get("reader") or _account(self.facts)
        return {"subject": who, "name": who} if isinstance(who, str) else who


def exported(
    reader: AuditReader, before: int, since: date | None = None, until: date | None = None
) -> Iterator[Exported]:
    """The entries of these days in London (both included), oldest first, of those before the entry ``before``."""
    days = Criteria(since=since, until=until)
    asking: Exported | None = None
    for start in range(0, before, _BLOCK):
        for index, _, raw in reader.store.rows(start, min(start + _BLOCK, before)):
            if not days.first() <= json.loads(raw[: raw.index(b"\n")])["at"] < days.end():
                continue
            one = _exported(reader, index, raw)
            query_id = one.facts["query_id"]
            if query_id is not None and one.kind not in (ASKED, OPENED):
                if asking is None or asking.facts["query_id"] != query_id:
                    asking = _begun(reader, query_id)
                one = asking.with_more(one)
            asking = one if query_id is not None else asking
            yield one


def _begun(reader: AuditReader, query_id: str) -> Exported:
    """The beginning of a query, with everyone whom a case system named for it."""
    first, *others = (_exported(reader, index, raw) for index, raw in reader.store.of_query(query_id))
    for one in others:
        first = replace(first, people={**first.people, **one.people}, keys={**first.keys, **one.keys})
    return first


def _exported(reader: AuditReader, index: int, raw: bytes) -> Exported:
    facts, named = opened(raw, reader.keys), json.loads(raw.splitlines()[2])
    numbered = [(int(name.removeprefix("person ")), name) for name in facts if name.startswith("person ")]
    return Exported(
        index,
        facts,
        facts.get("request") or {},
        {number: facts[name] for number, name in numbered if facts[name]},
        {number: named[name]["key"] for number, name in numbered},
    )


def _account(facts: Facts) -> str | None:
    """The account of the machine that did it, in the parts of those who are not requesters."""
    parts = (facts.get(name) or {} for name in ("report", "review", "release", "finding", "request"))
    return next((str(who) for part in parts if (who := part.get("who") or part.get("by"))), None)
