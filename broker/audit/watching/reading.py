"""Entries of the log made into facts: what is opened is closed again at once, and tags are kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from broker.audit.entry import opened, people_of
from broker.audit.event import Who
from broker.audit.events import ASKED, CASE_CHECKED, Refused
from broker.audit.reader import AuditReader
from broker.audit.review_events import ReviewDecided, ReviewFound
from broker.audit.watching.facts import Facts, LookUp, Refusal, Seen, Weeks
from broker.audit.watching.pace import Pace, at_once
from broker.audit.watching.ties import Ties
from broker.learning.misses import FEW, CountsUnfit, read, told
from broker.surroundings import LONDON
from connectors.contract import Identifiers

_IDENTIFIERS = TypeAdapter(Identifiers)
_TOGETHER = 256
"""Entries that are read from the store at once: it is not held open while the work rests."""
_LOOKED_AT = frozenset({ASKED, CASE_CHECKED, Refused.kind, ReviewDecided.kind})


@dataclass(slots=True)
class Gathering:
    """Facts of the entries that were taken, in the log's order. ``ties`` may change: it holds for what comes
    next.
    """

    ties: Ties
    next: int = 0
    findings: int = 0
    """How many entries of findings there were among those that were taken."""
    taken: int = 0
    """How many there were that facts are made of."""
    _look_ups: dict[str, LookUp] = field(default_factory=dict, repr=False)
    _refusals: list[Refusal] = field(default_factory=list, repr=False)
    _decided: dict[str, datetime] = field(default_factory=dict, repr=False)

    def take(self, reader: AuditReader, end: int | None = None, pace: Pace = at_once) -> None:
        """Read on, to the log's end or before the entry ``end``."""
        last = reader.store.size() if end is None else end
        for first in range(self.next, last, _TOGETHER):
            for index, _, raw in pace(list(reader.store.rows(first, min(first + _TOGETHER, last)))):
                kind = _kind(raw)
                self.findings += kind == ReviewFound.kind
                if kind in _LOOKED_AT:
                    self.taken += 1
                    self._take(index, opened(raw, reader.keys), people_of(raw))
                self.next = index + 1

    def forget(self, before: datetime, pace: Pace = at_once) -> None:
        """Keep nothing that is older."""
        self._look_ups = {key: one for key, one in pace(self._look_ups.items()) if one.at >= before}
        self._refusals = [one for one in pace(self._refusals) if one.at >= before]
        self._decided = {key: at for key, at in self._decided.items() if at >= before}

    def facts(self, close_matches: Mapping[str, Weeks] | None = None) -> Facts:
        """What is known now."""
        return Facts(
            tuple(self._look_ups.values()), tuple(self._refusals), dict(self._decided), close_matches or {}
        )

    def _take(self, index: int, entry: Mapping[str, Any], key_ids: Mapping[str, bytes]) -> None:
        at = datetime.fromisoformat(entry["at"])
        match entry["type"]:
            case Refused.kind if entry["request"]:
                said = entry["request"]
                who = Who(**said["requester"]) if said["requester"] else None
                self._refusals.append(Refusal(index, at, who, said["code"], said["count"]))
            case ReviewDecided.kind:
                self._decided.setdefault(entry["query_id"], at)
            case kind if kind == ASKED and entry["request"]:
                said = entry["request"]
                who = Who(**said["requester"])
                people = self._people(entry, key_ids, who, at)
                one = LookUp(index, at, entry["query_id"], who, said["purpose"], people)
                self._look_ups[one.query_id] = one
            case kind if kind == CASE_CHECKED and (begun := self._look_ups.get(entry["query_id"])):
                people = (*begun.people, *self._people(entry, key_ids, begun.requester, at))
                self._look_ups[begun.query_id] = replace(begun, people=people)

    def _people(
        self, entry: Mapping[str, Any], key_ids: Mapping[str, bytes], who: Who, at: datetime
    ) -> tuple[Seen, ...]:
        """Everybody of an entry who can still be read."""
        day = at.astimezone(LONDON).date()
        return tuple(
            self.ties.seen(key_id, _IDENTIFIERS.validate_python(entry[name]["identifiers"]), who, day)
            for name, key_id in key_ids.items()
            if entry[name]
        )


def first_since(reader: AuditReader, moment: datetime) -> int:
    """The index of an entry at or before which everything is older; found by halving, not by reading."""
    low, high = 0, reader.store.size()
    while low < high:
        middle = (low + high) // 2
        if _at(reader, middle) < moment:
            low = middle + 1
        else:
            high = middle
    return low


def last_at(reader: AuditReader) -> datetime | None:
    """When the last entry was written; None in an empty log."""
    size = reader.store.size()
    return _at(reader, size - 1) if size else None


def close_matches_of(directory: Path, sources: Iterable[str], today: date) -> Mapping[str, Weeks]:
    """Close matches that were not shown, by source and week: those that may be told, in round numbers.

    A source whose counts can't be read has none.
    """
    found = {}
    for source in sources:
        try:
            weeks = told(read(directory / "state" / "misses" / f"{source}.json"), today)
        except (OSError, CountsUnfit):
            continue
        found[source] = {week: sum(map(_number, counts.values())) for week, counts in weeks.items()}
    return found


def _number(said: str) -> int:
    return 0 if said == FEW else int(said.removeprefix("about "))


def _clear(raw: bytes) -> Mapping[str, Any]:
    clear: Mapping[str, Any] = json.loads(raw[: raw.index(b"\n")])
    return clear


def _kind(raw: bytes) -> str:
    return str(_clear(raw)["type"])


def _at(reader: AuditReader, index: int) -> datetime:
    ((_, _, raw),) = reader.store.rows(index, index + 1)
    return datetime.fromisoformat(_clear(raw)["at"])
