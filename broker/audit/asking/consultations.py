"""What one log says of the consultations of one source, in a form that another log can be held against.

One JSON object a line: first what the lines are of, then one for each consultation. Nobody is named in it.

    {"format": "family-context-consultations/1", "log": "...", "source": "housing", "entries": 4711, ...}
    {"query_id": "q-...", "source": "housing", "at": "...", "policy_digest": "...", "outcomes": [...], ...}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from broker.audit.asking.questions import Question
from broker.audit.asking.search import Criteria, Progress, search
from broker.audit.events import ASKED, CASE_CHECKED, OPENED, Disclosure
from broker.audit.reader import AuditReader

FORMAT = "family-context-consultations/1"

Asked = Literal["yes", "perhaps", "no"]
"""Whether the source itself was asked. Perhaps: it failed, or did not answer in time."""

_ANSWERED = frozenset({"involved", "nothing_to_share", "ambiguous", "verified", "unverified"})
_FAILED = frozenset({"timed_out", "unavailable"})


class NotConsultations(Exception):
    """The file is no list of consultations; the sentence says on which line, and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """One entry about one query and source, as one log has it.

    ``outcomes`` are what was answered, or the state of a case; empty where the part's key was destroyed. A hash of
    the bytes that were sent can be held against another of the same salt alone.
    """

    entry: int
    query_id: str
    source: str
    kind: str
    begun_at: str
    at: str
    policy_digest: str
    outcomes: tuple[str, ...]
    content_salt: str | None = field(default=None, repr=False)
    content_hash: str | None = None

    @property
    def asked(self) -> Asked:
        """Whether the source itself has to have seen the query."""
        said = {one.rpartition(" ")[2] for one in self.outcomes}
        if said & _ANSWERED:
            return "yes"
        return "perhaps" if said & _FAILED or not said else "no"

    @property
    def begun(self) -> datetime:
        return datetime.fromisoformat(self.begun_at)

    @property
    def ended(self) -> datetime:
        return datetime.fromisoformat(self.at)


_LINE = TypeAdapter(Consultation)


def consultations(
    reader: AuditReader,
    source: str,
    before: int,
    since: date | None = None,
    until: date | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Consultation]:
    """Every consultation of a source that the log has, newest query first, of those before the entry
    ``before``.
    """
    wanted = Criteria(source=source, since=since, until=until, kinds=frozenset({ASKED, OPENED}))
    for question in search(reader, wanted, before, progress):
        yield from _of(question, source, before)


def written(origin: str, source: str, entries: int, found: Iterable[Consultation]) -> Iterator[str]:
    """The lines of a file of consultations."""
    yield json.dumps({"format": FORMAT, "log": origin, "source": source, "entries": entries}) + "\n"
    for one in found:
        yield _LINE.dump_json(one).decode() + "\n"


def read(lines: Iterable[str]) -> tuple[str, str, list[Consultation]]:
    """The log's origin, the source and the consultations of such a file. Raises NotConsultations."""
    numbered = enumerate(lines, start=1)
    try:
        head = json.loads(next(numbered)[1])
        if head["format"] != FORMAT:
            raise NotConsultations(f"It is of the format {FORMAT}, and this is another.")
        origin, source = str(head["log"]), str(head["source"])
    except (StopIteration, ValueError, LookupError, TypeError):
        raise NotConsultations(
            f"Its first line has to name the format {FORMAT}, the log and the source."
        ) from None
    return origin, source, [_consultation(number, line) for number, line in numbered if line.strip()]


def _consultation(number: int, line: str) -> Consultation:
    try:
        found = _LINE.validate_json(line)
        zoned = found.begun.tzinfo is not None and found.ended.tzinfo is not None
    except (ValidationError, ValueError):
        zoned = False
    if not zoned:
        raise NotConsultations(f"Line {number} is no consultation.")
    return found


def _of(question: Question, source: str, before: int) -> Iterator[Consultation]:
    for index, facts in question.entries:
        if (
            facts["type"] not in (Disclosure.kind, CASE_CHECKED)
            or facts["source"] != source
            or index >= before
        ):
            continue
        told: Mapping[str, Any] = facts.get("disclosed") or facts.get("case") or {}
        yield Consultation(
            entry=index,
            query_id=facts["query_id"],
            source=source,
            kind=facts["type"],
            begun_at=question.at,
            at=facts["at"],
            policy_digest=facts["policy_digest"],
            outcomes=tuple(_outcomes(told)),
            content_salt=told.get("content_salt"),
            content_hash=told.get("content_hash"),
        )


def _outcomes(told: Mapping[str, Any]) -> Iterator[str]:
    if "state" in told:
        yield str(told["state"])
    yield from (f"person {one['number']}: {one['outcome']}" for one in told.get("outcomes", ()))
