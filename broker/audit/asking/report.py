"""A report to a person of who looked them up: begun, reviewed entry by entry, and released when all are.

All of it is in the log: ``subject.report_started`` has whom it is about and how far the log went, each
``subject.reviewed`` a verdict. So a report is made again from the log alone, always the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic import TypeAdapter

from broker.audit.asking.person import LookUp, looked_up
from broker.audit.reader import AuditReader
from broker.audit.reading_events import ReportStarted, SubjectReleased, SubjectReviewed
from broker.surroundings import LONDON
from connectors.contract import Identifiers

FORMAT = "family-context-subject-report/1"
NOT_NAMED = "A member of staff who is not named here"
LEFT_OUT = (
    "The law allows a council to leave out what would be likely to cause serious harm to somebody, or what is"
    " about other people. Where that was so, nothing here says it. You may ask the council to look at this report"
    " again, and you may complain to the Information Commissioner."
)

_IDENTIFIERS = TypeAdapter(Identifiers)


class NoSuchReport(Exception):
    """There is no report of this id, or whom it is about can no longer be read; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as the log has it. ``reviews`` are the latest of each entry, by its index."""

    id: str
    began: str
    by: str = field(repr=False)
    entries: int
    look_ups: tuple[LookUp, ...]
    reviews: Mapping[int, Mapping[str, Any]] = field(repr=False)

    @property
    def unreviewed(self) -> tuple[int, ...]:
        """The entries that a human has still to look at."""
        return tuple(one.index for one in self.look_ups if one.index not in self.reviews)

    @property
    def told(self) -> tuple[LookUp, ...]:
        """The entries that are released."""
        return tuple(one for one in self.look_ups if self._verdict(one) == "released")

    @property
    def withheld(self) -> tuple[LookUp, ...]:
        """The entries that are withheld; those that are of somebody else are neither."""
        return tuple(one for one in self.look_ups if self._verdict(one) == "withheld")

    def _verdict(self, one: LookUp) -> str | None:
        return self.reviews.get(one.index, {}).get("verdict")


def report_of(reader: AuditReader, report_id: str) -> Report:
    """A report, as far as it has come. Raises NoSuchReport."""
    entries = reader.trace(report_id).entries
    if not entries or entries[0].kind != ReportStarted.kind:
        raise NoSuchReport(f"The log has no report {report_id}.")
    started = entries[0].facts
    if started["report"] is None or started["person 1"] is None:
        raise NoSuchReport(f"Whom {report_id} is about can no longer be read: the key was destroyed.")
    person = _IDENTIFIERS.validate_python(started["person 1"]["identifiers"])
    reviews = [one.facts["review"] for one in entries if one.kind == SubjectReviewed.kind]
    return Report(
        id=report_id,
        began=entries[0].at,
        by=started["report"]["who"],
        entries=started["report"]["entries"],
        look_ups=tuple(looked_up(reader, person, started["report"]["entries"])),
        reviews={review["entry"]: review for review in reviews if review},
    )


@dataclass(frozen=True, slots=True)
class Begun:
    """A report that was begun: by whom, how much it found, and whether it was released."""

    id: str
    at: str
    by: str = field(repr=False)
    found: int
    released: bool


def begun_reports(reader: AuditReader, before: int, most: int) -> Iterator[Begun]:
    """The reports that were begun last, newest first, as far as they can be read; before the entry ``before``."""
    started = (one for one in reader.of_kind(ReportStarted.kind) if one["report"])
    for one in islice(started, most):
        entries = [entry for entry in reader.trace(str(one["query_id"])).entries if entry.index < before]
        released = any(entry.kind == SubjectReleased.kind for entry in entries)
        said = one["report"]
        yield Begun(str(one["query_id"]), str(one["at"]), said["who"], said["found"], released)


def faults_of(review: SubjectReviewed, report: Report) -> Iterator[str]:
    """What is wrong with a review, in sentences."""
    if review.entry not in {one.index for one in report.look_ups}:
        yield f"{report.id} did not find this entry."
    if review.serious_harm and review.verdict == "released":
        yield "What would be likely to cause serious harm is withheld, not released."
    if review.third_party and review.verdict == "released" and not review.reason:
        yield "It tells of somebody else: give a reason why it may be released all the same."
    if review.verdict == "withheld" and not review.reason:
        yield "Give a reason why it is withheld."
    if review.withholds_name and (review.verdict != "released" or not review.reason):
        yield "A name is left out of an entry that is released, and with a reason."


def written(report: Report, origin: str, checkpoint: str, now: datetime) -> Mapping[str, Any]:
    """The report as it is released: who looked, when and why, and where they asked; nothing of anybody else.

    What services hold is not told: each of them answers for itself.
    """
    return {
        "format": FORMAT,
        "report": report.id,
        "written": now.astimezone(LONDON).date().isoformat(),
        "log": origin,
        "entries_of_the_log": report.entries,
        "checkpoint": checkpoint,
        "looked_up": [_released(one, report.reviews[one.index]) for one in report.told],
        "left_out": LEFT_OUT,
    }


def canonical(released: Mapping[str, Any]) -> bytes:
    """The bytes of a released report."""
    return (json.dumps(released, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def digest(raw: bytes) -> str:
    """SHA-256 of a released report, in hex, as the log keeps it."""
    return hashlib.sha256(raw).hexdigest()


def in_words(released: Mapping[str, Any]) -> str:
    """The same as a letter's text."""
    entries: Sequence[Mapping[str, Any]] = released["looked_up"]
    head = [
        "Who looked you up",
        "=================",
        "",
        f"Report {released['report']}, written on {released['written']}.",
        f"It is of the first {released['entries_of_the_log']} entries of the log {released['log']}.",
        "",
        f"{len(entries)} entries of the log are about you." if entries else "Nothing is told here.",
        "",
    ]
    return "\n".join([*head, *(line for one in entries for line in _lines(one)), LEFT_OUT, ""])


def _released(one: LookUp, review: Mapping[str, Any]) -> Mapping[str, Any]:
    who, asked = one.requester, one.asked or {}
    named = not review["withholds_name"]
    return {
        "entry": one.index,
        "at": one.at,
        "what": _WHAT[one.kind],
        "who": who.get("name") if named else None,
        "role": who.get("role") if named else None,
        "organisation": who.get("organisation"),
        "purpose": asked.get("purpose"),
        "services_asked": list(asked.get("sources") or ()),
    }


_WHAT = {
    "query.intent": "asked which services know you",
    "details.opened": "opened what one service holds",
    "case.checked": "asked which services know the people of a case",
    "match.feedback": "said whether a record that was found is yours",
    "call_back.requested": "asked a service to ring them about you",
    "agreement.recorded": "recorded what was agreed with you, or with your family",
}


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    at = datetime.fromisoformat(one["at"]).astimezone(LONDON)
    who = f"{one['who']}, {one['role']}" if one["who"] else NOT_NAMED
    yield f"{at:%d %B %Y, %H:%M}  (entry {one['entry']})"
    yield f"  {who}, {one['organisation'] or 'of an organisation that can no longer be read'}"
    yield f"  {one['what']}"
    if one["purpose"]:
        yield f"  Purpose: {one['purpose'].replace('_', ' ')}"
    if one["services_asked"]:
        yield f"  Services asked: {', '.join(one['services_asked'])}"
    yield ""
