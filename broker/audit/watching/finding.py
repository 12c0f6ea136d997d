"""What a rule found, and what was found before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from broker.audit.event import Who
from broker.surroundings import LONDON

NOBODY = ""
"""Stands for requesters who are not known: they count as one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a human should look at. ``key`` is the same whenever it is found again.

    ``entries`` are indexes in the log; ``about`` is a query's id or a source, where it is about one.
    ``sentence`` names the requester, and never who was looked up.
    """

    rule: str
    key: str
    requester: Who | None = field(repr=False)
    begins: datetime
    ends: datetime
    entries: tuple[int, ...]
    count: int
    sentence: str = field(repr=False)
    about: str | None = None

    @property
    def subject(self) -> str:
        return self.requester.subject if self.requester else NOBODY


@dataclass(frozen=True, slots=True)
class Known:
    """What was found before: by key, and until which entry, by rule and requester. What was counted once counts
    no more.
    """

    keys: frozenset[str] = frozenset()
    until: Mapping[tuple[str, str], tuple[datetime, int]] = field(default_factory=dict, repr=False)

    def counted(self, rule: str, subject: str, at: datetime, index: int) -> bool:
        """Whether an entry of this requester is part of an earlier finding. Two may be of one moment."""
        last = self.until.get((rule, subject))
        return last is not None and (at, index) <= last


def known_of(findings: Iterable[Finding]) -> Known:
    """What these findings make known."""
    found = list(findings)
    until: dict[tuple[str, str], tuple[datetime, int]] = {}
    for one in found:
        where, last = (one.rule, one.subject), (one.ends, max(one.entries, default=0))
        until[where] = max(last, until.get(where, last))
    return Known(frozenset(one.key for one in found), until)


def named(who: Who | None) -> str:
    """A requester in a sentence."""
    return f"{who.name} ({who.subject})" if who else "Somebody who was not signed in"


def moment(at: datetime) -> str:
    """A moment in a sentence, in London."""
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"


def window(begins: datetime, ends: datetime) -> str:
    """A window in a sentence, in London."""
    first, last = begins.astimezone(LONDON), ends.astimezone(LONDON)
    if first.date() == last.date():
        return f"between {first:%H:%M} and {last:%H:%M} on {last.day} {last:%B %Y}"
    return f"between {moment(begins)} and {moment(ends)}"


def many(count: int, one: str, more: str | None = None) -> str:
    """A count with its word: 1 person, 3 people."""
    return f"{count} {one if count == 1 else more or one + 's'}"
