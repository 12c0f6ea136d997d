"""Searching the log: by who asked, why, which source, when, with what outcome, and for which case.

What bears a tag (the requester, the case) is found through the index; anything else by reading the log from its
end, and opening only what can be meant. Newest first; a page goes on where the one before ended, also when the log
has grown meanwhile.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from broker.audit.asking.questions import Question, question_of
from broker.audit.reader import AuditReader
from broker.matching.normalise import fold
from broker.surroundings import LONDON

Progress = Callable[[int, int], None]
Rows = Iterator[tuple[int, bytes]]

_BLOCK = 1000
_LATE = timedelta(days=1)
"""Entries are in the order in which they were written. One may be older than those before, by less than this."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What is searched for; None is anything. ``requester`` is a subject, or part of a name; ``subject`` a subject
    and nothing else, ``team`` a whole team, and ``organisation`` that of who asked, by its whole name.

    ``since`` and ``until`` are days in London, both included. ``outcome`` is one of a source, or a refusal's code.
    ``kinds``: only what begins with an entry of one of these types.
    """

    requester: str | None = field(default=None, repr=False)
    purpose: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None
    outcome: str | None = None
    case_reference: str | None = field(default=None, repr=False)
    kind: str | None = None
    subject: str | None = field(default=None, repr=False)
    team: str | None = None
    organisation: str | None = None
    kinds: frozenset[str] | None = None

    def first(self) -> str:
        """The first moment, as entries write it."""
        return _moment(self.since) if self.since else ""

    def end(self) -> str:
        """The first moment that is too late, as entries write it."""
        return _moment(self.until + timedelta(days=1)) if self.until and self.until < date.max else "~"

    def fits(self, one: Question) -> bool:
        """Whether a question is one that is searched for."""
        return (
            self.first() <= one.at < self.end()
            and (self.kind is None or self.kind in one.kinds)
            and (self.kinds is None or one.kind in self.kinds)
            and (self.subject is None or self.subject == (one.requester or {}).get("subject"))
            and (self.team is None or _is_called(one, "team", self.team))
            and (self.organisation is None or _is_called(one, "organisation", self.organisation))
            and (self.purpose is None or self.purpose == one.purpose)
            and (self.source is None or self.source in one.sources)
            and (self.requester is None or _is(one, self.requester))
            and (self.case_reference is None or _of_case(one, self.case_reference))
            and (self.outcome is None or _came_out(one, self.outcome, self.source))
        )


def search(
    reader: AuditReader,
    wanted: Criteria,
    before: int,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Question]:
    """The questions that fit, newest first, of those that begin before the entry ``before``."""
    for one in _begun(reader, _rows(reader, wanted, before, progress), wanted):
        if wanted.fits(one):
            yield one


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what fits, newest first. The next page is of what begins before the entry ``before``; None: all was
    read. A page may be empty and not the last: ``most_read`` entries were read for it, and none fitted.
    """

    found: tuple[Question, ...]
    before: int | None


def page(reader: AuditReader, wanted: Criteria, before: int, most: int, most_read: int) -> Page:
    """At most so many of the questions that fit, reading at most so many entries (both at least one)."""
    found: list[Question] = []
    rows = _Counted(_rows(reader, wanted, before, lambda _done, _total: None), most_read)
    for one in _begun(reader, rows, wanted):
        if wanted.fits(one):
            found.append(one)
            if len(found) == most:
                break
    last = rows.last if rows.last is not None and not rows.ended else None
    return Page(tuple(found), last or None)


@dataclass(slots=True)
class _Counted:
    """So many rows and no more; ``last`` is the index of the one that came last, ``ended`` whether there were no
    others.
    """

    rows: Rows
    most: int
    last: int | None = None
    ended: bool = False

    def __iter__(self) -> Rows:
        for _ in range(self.most):
            row = next(self.rows, None)
            if row is None:
                self.ended = True
                return
            self.last = row[0]
            yield row


def counts(found: Iterable[Question]) -> Mapping[str, Mapping[str, int]]:
    """How many questions there are in all, by purpose, by requester, by month, and how often each outcome came."""
    by: dict[str, Counter[str]] = {
        name: Counter() for name in ("all", "purpose", "requester", "month", "outcome")
    }
    for one in found:
        by["all"]["questions"] += 1
        by["purpose"][one.purpose or "none"] += 1
        by["requester"][str((one.requester or {}).get("subject", "nobody known"))] += 1
        by["month"][datetime.fromisoformat(one.at).astimezone(LONDON).strftime("%Y-%m")] += 1
        by["outcome"].update(f"{it.source}: {it.outcome}" if it.source else it.outcome for it in one.outcomes)
    return {name: dict(counter.most_common()) for name, counter in by.items()}


def _rows(reader: AuditReader, wanted: Criteria, before: int, progress: Progress) -> Rows:
    """Entries among which all are that can be meant, newest first."""
    every = reader.keys.every_tags
    if wanted.subject:
        return _bearing(reader, [tags.requester(wanted.subject) for tags in every], before)
    if wanted.team:
        return _bearing(reader, [tags.team(wanted.team) for tags in every], before)
    if wanted.case_reference:
        return _bearing(reader, [tags.case(wanted.case_reference) for tags in every], before)
    if wanted.requester:
        theirs = [tags.requester(wanted.requester) for tags in every]
        # A name is no subject: nothing bears its tag, and the log has to be read.
        if any(True for tag in theirs for _ in reader.store.bearing(tag)):
            return _bearing(reader, theirs, before)
    return _backwards(reader, wanted, before, progress)


def _bearing(reader: AuditReader, tags: Iterable[bytes], before: int) -> Rows:
    """Newest first, where the tags are: each is of another epoch."""
    return ((index, raw) for tag in tags for index, raw in reader.store.bearing(tag) if index < before)


def _backwards(reader: AuditReader, wanted: Criteria, before: int, progress: Progress) -> Rows:
    """The log from its end; until all that is left is too old."""
    too_old = _moment(wanted.since - _LATE) if wanted.since and wanted.since > date.min else ""
    for end in range(before, 0, -_BLOCK):
        block = [(index, raw) for index, _, raw in reader.store.rows(max(0, end - _BLOCK), end)]
        yield from reversed(block)
        progress(before - end + len(block), before)
        if max((_clear(raw)["at"] for _, raw in block), default="") < too_old:
            break
    progress(before, before)


def _begun(reader: AuditReader, rows: Iterable[tuple[int, bytes]], wanted: Criteria) -> Iterator[Question]:
    """The questions that begin in these rows. One is opened only when its time fits."""
    first_of: dict[str, int] = {}
    for index, raw in rows:
        clear = _clear(raw)
        query_id = clear["query_id"]
        entries = [(index, raw)]
        if query_id is not None:
            if first_of.get(query_id, index) != index:
                continue
            entries = reader.store.of_query(query_id)
            first_of[query_id] = entries[0][0]
            if entries[0][0] != index:
                continue
            del first_of[query_id]
        if wanted.first() <= clear["at"] < wanted.end():
            yield question_of(reader, entries)


def _clear(raw: bytes) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(raw[: raw.index(b"\n")])
    return found


def _moment(day: date) -> str:
    begins = datetime.combine(day, time(), LONDON).astimezone(UTC)
    return begins.isoformat(timespec="milliseconds")


def _is(one: Question, requester: str) -> bool:
    who = one.requester or {}
    return requester == who.get("subject") or (
        bool(fold(requester)) and fold(requester) in fold(str(who.get("name", "")))
    )


def _is_called(one: Question, what: str, name: str) -> bool:
    return fold(name) == fold(str((one.requester or {}).get(what) or ""))


def _of_case(one: Question, reference: str) -> bool:
    return fold(str(one.request.get("case_reference") or "")) == fold(reference)


def _came_out(one: Question, outcome: str, source: str | None) -> bool:
    return any(it.outcome == outcome and source in (None, it.source) for it in one.outcomes)
