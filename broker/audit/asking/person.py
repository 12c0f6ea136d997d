"""Who looked a person up: every entry that may be about them, with what it shares with them and how sure it is.

Their keys are found by tags, which meet across spellings and left-out identifiers, and the entries by the keys;
so what is found may be about somebody else, and who was destroyed is not found. How sure it is, the matcher
says, as if what was typed were looked for in a source that knows the person as they say they are. A human
decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from broker.audit.call_events import CallRequested
from broker.audit.change_events import AgreementRecorded
from broker.audit.entry import opened
from broker.audit.events import ASKED, CASE_CHECKED, OPENED
from broker.audit.match_events import MatchFeedback
from broker.audit.reader import AuditReader
from broker.matching.match import match
from connectors.contract import Candidate, Identifiers

Surety = Literal["certain", "probable", "possible", "unlikely", "unreadable"]

LOOK_UPS = (ASKED, OPENED, CASE_CHECKED, MatchFeedback.kind, AgreementRecorded.kind, CallRequested.kind)
"""The types of entry by which somebody looked at a person, or wrote something of them."""

_POPULATION = 300_000
"""How many people could have been meant: about as many as a council has."""

_IDENTIFIERS = TypeAdapter(Identifiers)


@dataclass(frozen=True, slots=True)
class LookUp:
    """One entry that may be about the person: as which people of it (by number), by which tags, and how sure.

    ``facts`` is the entry, and ``asked`` the request that it belongs to, None where that can't be read.
    """

    index: int
    at: str
    kind: str
    query_id: str | None
    numbers: tuple[int, ...]
    matched: tuple[str, ...]
    surety: Surety
    asked: Mapping[str, Any] | None = field(repr=False)

    @property
    def requester(self) -> Mapping[str, Any]:
        """Subject, name, organisation and role; empty where they can't be read."""
        return (self.asked or {}).get("requester") or {}

    def as_json(self) -> Mapping[str, Any]:
        """For the reviewer's programs. Nobody's identifiers are in it."""
        asked = self.asked or {}
        return {
            "entry": self.index,
            "at": self.at,
            "type": self.kind,
            "query_id": self.query_id,
            "sure": self.surety,
            "matched": list(self.matched),
            "requester": dict(self.requester) or None,
            "purpose": asked.get("purpose"),
            "case_reference": asked.get("case_reference"),
            "reason": asked.get("reason"),
            "sources": list(asked.get("sources") or ()),
        }


def looked_up(reader: AuditReader, person: Identifiers, before: int) -> list[LookUp]:
    """The entries that may be about a person, oldest first, of those before the entry ``before``."""
    found: dict[int, bytes] = {}
    for epoch in reader.keys.ring.epochs:
        for key_id in reader.keys.keystore.ids(epoch.tags.person(person), epoch.name):
            found.update(reader.store.bearing(key_id))
    return [
        look_up
        for index, raw in sorted(found.items())
        if index < before and (look_up := _look_up(reader, person, index, raw))
    ]


def _look_up(reader: AuditReader, person: Identifiers, index: int, raw: bytes) -> LookUp | None:
    facts = opened(raw, reader.keys)
    if facts["type"] not in LOOK_UPS:
        return None
    matched: set[str] = set()
    meant = dict(_meant(facts, person, reader, matched))
    if not matched:
        return None  # by another query about somebody of this key, perhaps with a name that is theirs alone
    return LookUp(
        index=index,
        at=facts["at"],
        kind=facts["type"],
        query_id=facts["query_id"],
        numbers=tuple(sorted(meant)),
        matched=tuple(sorted(matched)),
        surety=min(meant.values(), key=_SURER.index, default="unreadable"),
        asked=_request(reader, facts),
    )


_SURER: tuple[Surety, ...] = ("certain", "probable", "possible", "unlikely", "unreadable")


def _meant(
    facts: Mapping[str, Any], person: Identifiers, reader: AuditReader, matched: set[str]
) -> Iterator[tuple[int, Surety]]:
    """The people of an entry who share a tag with the person, by number; who can't be read may be anybody.

    ``matched`` is given the types of the tags that are shared.
    """
    theirs = reader.keys.tags.person_by_type(person)
    for name, part in facts.items():
        if not name.startswith("person "):
            continue
        number = int(name.removeprefix("person "))
        if part is None:
            yield number, "unreadable"
            continue
        typed = _IDENTIFIERS.validate_python(part["identifiers"])
        if shared := theirs.keys() & set(reader.keys.tags.person(typed)):
            matched.update(theirs[tag] for tag in shared)
            yield number, _surety(typed, person)


def _surety(typed: Identifiers, person: Identifiers) -> Surety:
    hits = match([typed], [Candidate("the person", person)], _POPULATION)[0]
    grades: Mapping[str, Surety] = {"certain": "certain", "probable": "probable", "possible": "possible"}
    return grades.get(str(hits[0].grade), "unlikely") if hits else "unlikely"


def _request(reader: AuditReader, facts: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What the entry's query asked; of an entry that says so itself, that."""
    if facts["type"] != CASE_CHECKED:
        own: Mapping[str, Any] | None = facts.get("request")
        return own
    begun = reader.store.of_query(str(facts["query_id"]))[0][1]
    asked: Mapping[str, Any] | None = opened(begun, reader.keys).get("request")
    return asked
