"""A query's entries in the audit log, as a table that an auditor reads from top to bottom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from broker.audit.reader import Trace, TracedEntry
from broker.cli import trace_calls, trace_keys, trace_watching

Facts = Mapping[str, Any]
_DESTROYED = "can no longer be read: the key was destroyed"


def trace_table(found: Trace) -> Table:
    """When, what, and what the log's keys open of it."""
    return entries_table(f"Query {found.query_id}", found.entries)


def entries_table(title: str, entries: Iterable[TracedEntry]) -> Table:
    """The same for any entries of the log."""
    made = Table(
        title=Text(printable(title)),
        title_justify="left",
        header_style="bold",
        show_lines=True,
    )
    for heading in ("Entry", "Time", "What", "What it holds"):
        made.add_column(heading, overflow="fold")
    for one in entries:
        told = [*_LINES.get(one.kind, _closed)(one.facts), *_destroyed(one)]
        lines = Text("\n".join(map(printable, told)))
        made.add_row(str(one.index), Text(one.at[:19].replace("T", " ")), Text(one.kind), lines)
    return made


def _destroyed(one: TracedEntry) -> Iterator[str]:
    return (f"{name.capitalize()}: {said}" for name, said in one.destroyed.items())


def printable(line: str) -> str:
    """Without what paints a terminal: an identity provider, or an older log, may hold it."""
    return "".join(letter for letter in line if letter.isprintable())


def _intent(facts: Facts) -> Iterator[str]:
    request = facts["request"]
    if request is None:
        yield f"The request {_DESTROYED}"
    else:
        who = request["requester"]
        yield f"{who['name']} ({who['subject']}), {who['role']}, {who['organisation']}"
        yield f"{request['purpose']}, {request['view']}, case {request['case_reference']} ({request['case']})"
        yield f"Reason: {request['reason']}"
        if request.get("conversation"):  # not in the entries of earlier versions
            yield f"Conversation with the family: {request['conversation']}"
        if request.get("conflict"):
            yield f"Conflict of interest, as they said: {request['conflict']}"
        if request.get("ties"):
            yield f"Tied to somebody in it: {', '.join(request['ties']).replace('_', ' ')}"
        yield f"Asked: {', '.join(request['sources']) or 'no service'}"
        if request["not_asked"]:
            yield f"Not asked: {', '.join(request['not_asked'])}"
        if request["repeats"]:
            yield _repeated(request["repeats"])
    yield from (_person(name, part) for name, part in facts.items() if name.startswith("person "))


def _repeated(times: int) -> str:
    return f"Their earlier questions about one of these people, within a day: {times}"


def _person(name: str, part: Facts | None) -> str:
    if part is None:
        return f"{name.capitalize()} {_DESTROYED}"
    typed = {key: value for key, value in part["identifiers"].items() if value not in (None, [], "")}
    told = ", ".join(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in typed.items())
    return f"{name.capitalize()}, {part['relation']}: {told}"


def _plain(value: Any) -> str:
    return " to ".join(map(str, value)) if isinstance(value, list) else str(value)


def _case(facts: Facts) -> Iterator[str]:
    checked = facts["case"]
    if checked is None:
        yield f"{facts['source']}: {_DESTROYED}"
        return
    yield f"{facts['source']}, policy version {checked['policy_version']}, {checked['milliseconds']} ms"
    yield f"The case is {checked['state']}" + (
        "" if checked["complete"] else "; more people are linked to it"
    )
    if checked["repeats"]:
        yield _repeated(checked["repeats"])
    people = [(name, part) for name, part in facts.items() if name.startswith("person ")]
    for (name, part), shown in zip(people, checked["shown"], strict=True):
        yield f"{_person(name, part)} (shown: {shown.replace('_', ' ')})"


def _disclosure(facts: Facts) -> Iterator[str]:
    disclosed = facts["disclosed"]
    if disclosed is None:
        yield f"{facts['source']}: {_DESTROYED}"
        return
    yield f"{facts['source']}, policy version {disclosed['policy_version']}, {disclosed['milliseconds']} ms"
    for one in disclosed["outcomes"]:
        yield f"Person {one['number']}: {one['outcome']}"
        by_lines = one.get("lines") or [{}] * len(one["grades"])
        for grade, levels, lines in zip(one["grades"], one["levels"], by_lines, strict=True):
            shown = (_field(name, level, lines) for name, level in levels.items() if level != "nothing")
            yield f"  {grade}: {', '.join(shown)}"


def _field(name: str, level: str, lines: Mapping[str, Sequence[int]]) -> str:
    """A field's level, and the lines of the policy that decided it."""
    decided = " and ".join(map(str, lines.get(name, ())))
    return f"{name} {level}{f' (line {decided})' if decided else ''}"


def _closed(facts: Facts) -> Iterator[str]:
    if "state" in facts:
        yield str(facts["state"])


def _refusal(facts: Facts) -> Iterator[str]:
    request = facts["request"]
    if request is None:
        yield f"The request {_DESTROYED}"
        return
    who = request["requester"]
    yield f"{who['name']} ({who['subject']}), {who['organisation']}" if who else "Someone not signed in"
    yield f"Refused: {request['code']}" + (f", {request['count']} times" if request["count"] > 1 else "")
    if request["purpose"]:
        yield f"Purpose: {request['purpose']}"


def _session_begun(facts: Facts) -> Iterator[str]:
    request = facts["request"]
    if request is None:
        yield f"Who signed in {_DESTROYED}"
        return
    who = request["requester"]
    yield f"{who['name']} ({who['subject']}), {who['organisation']}, signed in to the pages"
    if request["acr"]:
        yield f"In the way that the provider calls {_plain(request['acr'])}"


def _token_ended(facts: Facts) -> Iterator[str]:
    yield f"Would have lapsed at {facts['expires'][:19].replace('T', ' ')}"
    yield f"SHA-256 {facts['token']}"


def _match_feedback(facts: Facts) -> Iterator[str]:
    said, request = facts["feedback"], facts["request"]
    yield f"{facts['source']}: {said['verdict'].replace('_', ' ') if said else _DESTROYED}"
    if request:
        yield f"Said by {request['requester']['name']} ({request['requester']['subject']})"
    yield f"Of what {facts['opened_from']} showed"


def _triage(facts: Facts) -> Iterator[str]:
    yield f"{facts['source']}: a wrong person may have been shown"
    if found := facts.get("finding"):
        yield f"Closed by {found['who']}: {found['finding']}"


def _read(facts: Facts) -> Iterator[str]:
    request = facts["request"]
    if request is None:
        yield f"Who read {_DESTROYED}"
        return
    who = request["reader"]
    yield f"{who if isinstance(who, str) else who['name']} read this: {request['command']}"
    asked = request.get("asked") or {}  # not in the entries of earlier versions
    if asked:
        yield "Asked for: " + ", ".join(f"{name} {value}" for name, value in asked.items())
    if request.get("reason"):
        yield f"Reason: {request['reason']}"


def _report(facts: Facts) -> Iterator[str]:
    report = facts["report"]
    if report is None:
        yield f"The report {_DESTROYED}"
        return
    yield f"{report['who']} asked who looked a person up; {report['found']} entries found"
    yield f"Reason: {report['reason']}"


def _review(facts: Facts) -> Iterator[str]:
    review = facts["review"]
    if review is None:
        yield f"The review {_DESTROYED}"
        return
    yield f"{review['who']}: entry {review['entry']} {review['verdict'].replace('_', ' ')}"
    yield f"Serious harm: {_yes(review['serious_harm'])}. Third party: {_yes(review['third_party'])}."
    if review["withholds_name"]:
        yield "Who looked is not named"
    if review["reason"]:
        yield f"Reason: {review['reason']}"


def _released(facts: Facts) -> Iterator[str]:
    release = facts["release"]
    if release is None:
        yield f"The release {_DESTROYED}"
        return
    yield f"{release['who']} released the report: {release['told']} told, {release['withheld']} withheld"
    yield f"SHA-256 {release['sha256']}"


def _yes(met: bool) -> str:
    return "yes" if met else "no"


_LINES = {
    **trace_keys.LINES,
    **trace_watching.LINES,
    **trace_calls.LINES,
    "audit.read": _read,
    "subject.report_started": _report,
    "subject.reviewed": _review,
    "subject.released": _released,
    "query.intent": _intent,
    "details.opened": _intent,
    "case.checked": _case,
    "disclosure": _disclosure,
    "query.closed": _closed,
    "match.feedback": _match_feedback,
    "match.triage_opened": _triage,
    "match.triage_closed": _triage,
    "refusal": _refusal,
    "session.begun": _session_begun,
    "token.ended": _token_ended,
}
