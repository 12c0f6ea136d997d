"""Finding our marked statements in PostgreSQL's own log: csvlog, jsonlog, or stderr with its log_line_prefix.

Such a log may hold everything that was typed of people. Of each line only the time, the session and our mark
are kept.

The mark is set within the statement itself. So a line that PostgreSQL writes before a statement runs (its parse
and bind, or all that ``log_statement`` writes) still has the mark of the statement before, in
``application_name``: there the statement's own parameter counts, where the log has it, and nothing else. A line
of ``log_min_duration_statement`` about an execution is written behind it, and its ``application_name`` is
right.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import partial
from typing import Literal
from zoneinfo import ZoneInfo

from broker.audit.asking.reconcile import DatabaseLog, Statement
from connectors.marks import PREFIX

Format = Literal["csvlog", "jsonlog", "stderr"]
Moment = Callable[[str], datetime]

_EXECUTED = re.compile(r"duration: [0-9.]+ ms  (?:execute|statement)\b")
_MARK = re.compile(rf"{PREFIX} (\S+)")
_IN_A_COMMENT = re.compile(rf"/\* {PREFIX} (\S+) \*/")
_SETS_THE_MARK = re.compile(r"set_config\('application_name', \$(\d+)")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) (\S+)")
_OFFSET = re.compile(r"([+-])(\d\d)(?::?(\d\d))?")
_ZONES = {"UTC": timedelta(0), "GMT": timedelta(0), "Z": timedelta(0), "BST": timedelta(hours=1)}

_TIME, _PID, _MESSAGE, _DETAIL, _APPLICATION = 0, 3, 13, 14, 22


class NotALog(Exception):
    """The file cannot be read as such a log; the sentence says what to do, and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One message of the log. ``detail`` has the statement's parameters, where they are logged."""

    at: datetime
    session: str
    message: str = field(repr=False)
    detail: str = field(repr=False)
    application: str


def marked_statements(
    text: Iterable[str], kind: Format, prefix: str | None = None, zone: str | None = None
) -> DatabaseLog:
    """The statements that bear our mark, and the time from the first to the last line. Raises NotALog.

    ``prefix`` is the ``log_line_prefix`` of a stderr log. ``zone`` names the zone of its times where they have an
    abbreviation that could be several.
    """
    moment = partial(_moment, zone=ZoneInfo(zone) if zone else None)
    first: datetime | None = None
    last: datetime | None = None
    found: list[Statement] = []
    for line in _lines(text, kind, prefix, moment):
        first = line.at if first is None else min(first, line.at)
        last = line.at if last is None else max(last, line.at)
        if (query_id := _marked(line)) is not None:
            found.append(Statement(query_id, line.at, line.session))
    if first is None or last is None:
        raise NotALog(
            f"No line of it is of a {kind} log. Say with --log-format and --log-line-prefix what it is."
        )
    return DatabaseLog(found, first, last)


def _marked(line: Line) -> str | None:
    """The query whose statement the line is about, where that is certain."""
    if (comment := _IN_A_COMMENT.search(line.message)) is not None:
        return comment[1]
    place = _SETS_THE_MARK.search(line.message)
    if place is not None and re.match(r"(?:duration: [0-9.]+ ms  )?(?:parse|bind)\b", line.message):
        return None  # not run yet; the line of its execution follows
    if place is not None and (bound := re.search(rf"\${place[1]} = '{PREFIX} ([^\s']+)'", line.detail)):
        return bound[1]
    named = _MARK.fullmatch(line.application) if _EXECUTED.match(line.message) else None
    return named[1] if named else None


def _lines(text: Iterable[str], kind: Format, prefix: str | None, moment: Moment) -> Iterator[Line]:
    match kind:
        case "csvlog":
            return _of_csv(text, moment)
        case "jsonlog":
            return _of_json(text, moment)
        case "stderr":
            if prefix is None:
                raise NotALog(
                    "Say with --log-line-prefix what log_line_prefix is there: SHOW log_line_prefix"
                )
            return _of_stderr(text, pattern_of(prefix), moment)


def _of_csv(text: Iterable[str], moment: Moment) -> Iterator[Line]:
    try:
        for row in csv.reader(text):
            if len(row) > _APPLICATION:
                yield Line(moment(row[_TIME]), row[_PID], row[_MESSAGE], row[_DETAIL], row[_APPLICATION])
    except csv.Error:
        raise NotALog("It is no csvlog: a line of it is not CSV.") from None


def _of_json(text: Iterable[str], moment: Moment) -> Iterator[Line]:
    for line in text:
        try:
            said: Mapping[str, object] = json.loads(line)
            at, session = moment(str(said["timestamp"])), str(said["pid"])
        except (ValueError, LookupError, TypeError):
            continue  # cut off where the log was rotated
        words = (str(said.get(name, "")) for name in ("message", "detail", "application_name"))
        yield Line(at, session, *words)


def _of_stderr(text: Iterable[str], pattern: re.Pattern[str], moment: Moment) -> Iterator[Line]:
    """A statement's line, with the DETAIL that follows it. Lines that go on begin with a tab."""
    held: dict[str, Line] = {}
    for whole in _whole(text):
        found = pattern.match(whole)
        if found is None:
            continue
        said = found.groupdict()
        session = said.get("session") or ""
        if said["severity"] == "DETAIL" and session in held:
            one = held.pop(session)
            yield Line(one.at, session, one.message, said["message"], one.application)
            continue
        if session in held:
            yield held.pop(session)
        at = moment(said["at"]) if said.get("at") else datetime.fromtimestamp(float(said["epoch"]), UTC)
        held[session] = Line(at, session, said["message"], "", said.get("application") or "")
    yield from held.values()


def _whole(text: Iterable[str]) -> Iterator[str]:
    kept: list[str] = []
    for line in text:
        if kept and not line.startswith("\t"):
            yield "".join(kept)
            kept = []
        kept.append(line)
    if kept:
        yield "".join(kept)


_AT = r"(?P<at>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+)"
_ESCAPES: Mapping[str, tuple[str, str]] = {
    "m": ("time", _AT),
    "t": ("time", _AT),
    "n": ("time", r"(?P<epoch>\d+\.\d+)"),
    "p": ("session", r"\s*(?P<session>\d+)\s*"),
    "c": ("session", r"(?P<session>[0-9a-f]+\.[0-9a-f]+)"),
    "a": ("application", r"(?P<application>.*?)"),
}
"""What each escape that is needed stands for, and what it looks like. The first of each counts."""


def pattern_of(prefix: str) -> re.Pattern[str]:
    """What a line with this ``log_line_prefix`` looks like. Raises NotALog where it lacks what is needed."""
    made, closing, seen = "", "", set()
    for escape, literal in re.findall(r"%-?\d*(.)|([^%]+)", prefix):
        meaning, looks = _ESCAPES.get(escape, ("", r".*?"))
        if literal or escape == "%":
            made += re.escape(literal or "%")
        elif escape == "q":  # what is behind it, background processes leave out
            made, closing = f"{made}(?:", ")?"
        else:
            made += looks if meaning not in seen else ".*?"
            seen |= {meaning} if meaning else set()
    if seen != {"time", "session", "application"}:
        raise NotALog(
            "The prefix needs the time (%m, %t or %n), the session (%p or %c) and the application's name (%a)."
        )
    return re.compile(rf"{made}{closing}(?P<severity>[^\s:]+):  (?P<message>.*)", re.DOTALL)


def _moment(text: str, zone: tzinfo | None) -> datetime:
    """A time of the log, in UTC. Raises NotALog where nobody can tell which zone it is of."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise NotALog("A time of the log is none that PostgreSQL writes.")
    at = datetime.fromisoformat(found[1])
    if zone is not None:
        return at.replace(tzinfo=zone).astimezone(UTC)
    if found[2] in _ZONES:
        return at.replace(tzinfo=timezone(_ZONES[found[2]])).astimezone(UTC)
    if (offset := _OFFSET.fullmatch(found[2])) is not None:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        apart = timedelta(hours=hours, minutes=minutes) * (-1 if offset[1] == "-" else 1)
        return at.replace(tzinfo=timezone(apart)).astimezone(UTC)
    raise NotALog(f"Say with --time-zone which zone {found[2]} is, such as Europe/London.")
