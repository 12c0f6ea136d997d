"""One look at the log: what is new in it is read, the rules are held against it, and what they find is told.

It blocks, so it runs in a thread of its own, beside a broker or in a command. It opens files for itself: SQLite's
connections are for one thread each.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from broker.audit.reader import AuditReader
from broker.audit.watching import queue
from broker.audit.watching.digest import Digest, digest_of
from broker.audit.watching.evaluate import by_the_clock, evaluate, look_back
from broker.audit.watching.facts import Weeks
from broker.audit.watching.finding import Finding, Known, known_of
from broker.audit.watching.load import LoadedWatching
from broker.audit.watching.model import EmergencyNotReviewed
from broker.audit.watching.overdue import EmergencyAccess, ReviewWithin, emergencies
from broker.audit.watching.pace import Pace, at_once
from broker.audit.watching.queue import Decision, Item, decisions
from broker.audit.watching.reading import Gathering, close_matches_of, first_since, last_at
from broker.audit.watching.ties import Ties, staff_tags
from broker.log_place import log_place
from broker.opening_keys import open_keys
from broker.registers.flags import flags_of, in_force
from broker.registers.store import RegisterUnavailable, Store
from broker.settings import Partnership
from broker.staff.exports import DirectoryUnfit
from broker.staff.names import as_it_is, staff_names
from broker.surroundings import LONDON
from consent_rules.model import PurposeRules

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, and by which rules. ``sources`` are those whose close matches are counted."""

    of: Partnership
    loaded: LoadedWatching
    review_within: ReviewWithin
    sources: tuple[str, ...]

    def notify(self, rule: str) -> tuple[str, ...]:
        """Who is told of what a rule finds, of those whom broker.yaml knows."""
        notices = self.of.settings.notices
        wanted = self.loaded.rules.rules[rule].notify
        return tuple(one for one in wanted if notices and one in notices.to)


def review_within(rules: PurposeRules) -> ReviewWithin:
    """How soon emergency access is reviewed, by purpose."""
    return {
        name: purpose.emergency.review_within for name, purpose in rules.purposes.items() if purpose.emergency
    }


@dataclass(slots=True)
class Looking:
    """The log, open to be looked at again and again. ``gathered`` is what the rules need of it; ``pace`` is how it
    is gone through.
    """

    watched: Watched
    reader: AuditReader = field(repr=False)
    registers: Store = field(repr=False)
    gathered: Gathering = field(repr=False)
    pace: Pace = at_once
    _known: Known = field(default_factory=Known, repr=False)
    _staff_file: object = field(default=None, repr=False)
    _findings_read: int = -1
    _findings_told: int = -1
    _found_nothing_in: tuple[int, int, Mapping[str, Weeks]] | None = field(default=None, repr=False)

    def look(self, now: datetime) -> list[Finding]:
        """What the rules find that the log does not have yet."""
        self.gathered.ties = self._ties(self.gathered.ties)
        self._read_on()
        today = now.astimezone(LONDON).date()
        counted = close_matches_of(self.watched.of.directory, self.watched.sources, today)
        rules, within = self.watched.loaded.rules, self.watched.review_within
        seen = (self.gathered.taken, self._findings_read, counted)
        to_hold = by_the_clock(rules) if seen == self._found_nothing_in else rules
        found = evaluate(to_hold, self.gathered.facts(counted), now, within, self._known, self.pace)
        # Whether what was found comes into the log is not sure: then the next look finds it again.
        self._found_nothing_in = None if found else seen
        self.gathered.forget(now - look_back(rules, within), self.pace)
        return found

    def _ties(self, before: Ties) -> Ties:
        """What ties requesters to people now; what can't be read stays as it was."""
        of, tags, staff, flags = self.watched.of, self.reader.keys.register_tags, before.staff, before.flags
        directory = of.settings.staff_directory, of.directory
        file = (as_it_is(*directory), tags)
        try:
            if file != self._staff_file:
                staff = staff_tags(self.pace(staff_names(*directory)), tags)
                self._staff_file = file
        except DirectoryUnfit as fault:
            log.warning("watching: colleagues are not looked for: %s", fault)
        with suppress(RegisterUnavailable):
            flags = flags_of(in_force(self.registers))
        return Ties(tags, staff, flags)

    def items_now(self) -> list[Item]:
        """Every finding of the log, and what came since the last look is read too."""
        self._read_on()
        return self.items()

    def changed_items(self) -> list[Item]:
        """Every finding of the log, when somebody has recorded another since the last call; else none."""
        self._read_on()
        if self._findings_told == self.gathered.findings:
            return []
        self._findings_told = self.gathered.findings
        return self.items()

    def _read_on(self) -> None:
        self.reader.keys.take_up()
        self.gathered.take(self.reader, pace=self.pace)
        if self._findings_read != self.gathered.findings:
            self._findings_read = self.gathered.findings
            self._known = known_of(one.finding for one in self.items())

    def id_of(self, finding: Finding) -> str:
        """Under which id the finding is recorded."""
        return queue.id_of(finding.key, self.reader.keys.register_tags)

    def items(self) -> list[Item]:
        """Every finding of the log, with what became of it."""
        return queue.items(self.reader, self.pace)

    def emergencies(self, items: Iterable[Item]) -> list[EmergencyAccess]:
        """Emergency access of late, and of any time where its finding waits, oldest first.

        One whose finding was decided counts as reviewed.
        """
        every, queries = list(items), decisions(self.reader, self.pace)
        by_finding = {one.finding.about: one.decision for one in every if one.decision}
        of_late = {
            one.query_id: one for one in emergencies(self.gathered.facts(), self.watched.review_within)
        }
        overdue = (_as_access(one.finding) for one in every if self._is_overdue(one))
        known = {**{one.query_id: one for one in overdue}, **of_late}
        decided = {its: queries.get(its) or by_finding.get(its) for its in known}
        found = (
            replace(one, reviewed=_moment(decided[its]), decision=decided[its]) for its, one in known.items()
        )
        return sorted(found, key=lambda one: (one.at, one.entry))

    def _is_overdue(self, one: Item) -> bool:
        rule = self.watched.loaded.rules.rules.get(one.finding.rule)
        return isinstance(rule, EmergencyNotReviewed) and one.finding.requester is not None

    def digest(self, until: datetime, length: timedelta) -> Digest:
        """What the time before ``until`` brought."""
        every = self.items()
        return digest_of(every, self.emergencies(every), until, length)

    def close(self) -> None:
        self.reader.store.close()
        self.reader.keys.close()
        self.registers.close()
        self.registers.keys.close()


def opened(watched: Watched, since: datetime | None = None, pace: Pace = at_once) -> Looking:
    """Open the log to look at it; from ``since``, or from as far back as the rules need.

    Raises what starting raises: KeysMissing, UnsafeStore, RegisterUnavailable.
    """
    of = watched.of
    audit = of.settings.audit
    keys = open_keys(of)
    registers = Store.open(of.path(of.settings.registers), open_keys(of))
    reader = AuditReader.open(log_place(of), keys, audit.origin)
    looking = Looking(watched, reader, registers, Gathering(Ties(keys.register_tags)), pace)
    back = look_back(watched.loaded.rules, watched.review_within)
    if (last := last_at(reader)) is not None:
        begins = min(last - back, since or last)
        looking.gathered.next = first_since(reader, begins)
    return looking


@contextmanager
def looking_at(watched: Watched, since: datetime | None = None) -> Iterator[Looking]:
    """The log, open to be looked at within this."""
    with closing(opened(watched, since)) as looking:
        yield looking


def _as_access(one: Finding) -> EmergencyAccess:
    """The access that an overdue review is about."""
    assert one.requester is not None  # noqa: S101 -- nobody has emergency access without an account
    entry = one.entries[0]
    return EmergencyAccess(one.about or "", entry, one.begins, one.ends, one.requester, None, None)


def _moment(decision: Decision | None) -> datetime | None:
    return datetime.fromisoformat(decision.at) if decision else None
