"""How long the log has had entries that not enough witnesses cosigned, and whether that is too long.

What counts is the age of the oldest such entry. So an idle night costs nothing, and a restart gains nothing: the
entry's time stands in the entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from broker.audit.witness.cosignature import Cosigner


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who has to cosign: ``enough`` of these witnesses, each entry within ``limit``."""

    witnesses: tuple[Cosigner, ...]
    enough: int
    limit: timedelta


@dataclass(frozen=True, slots=True)
class Standing:
    """How the log stands with its witnesses, as of one look.

    ``since``: the time of the oldest entry that not enough of them cosigned; where there was none, of the look:
    what came after it was not looked at. None: no witness is wanted.
    """

    wanted: Wanted
    since: datetime | None = None

    def lapsed(self, now: datetime) -> bool:
        """Whether an entry waits for longer than the limit: then nothing may be disclosed."""
        return self.since is not None and now - self.since > self.wanted.limit

    def looked(self, oldest_uncovered: datetime | None, now: datetime) -> Standing:
        """The standing after a look."""
        return replace(self, since=min(oldest_uncovered or now, now))


def alone() -> Standing:
    """The standing of a log without witnesses: it never lapses."""
    return Standing(Wanted((), 0, timedelta.max))


def standing(witnesses: Sequence[Cosigner], enough: int, limit: timedelta, now: datetime) -> Standing:
    """The standing of a log that has witnesses, before the first look."""
    return Standing(Wanted(tuple(witnesses), enough, limit), now)
