"""What the rules look at: look-ups, refusals and decisions, without anything that was typed of anybody.

People are keyed tags; what ties a requester to one of them was found out while the entry was open. So a watch that
keeps a week of this in memory keeps nobody's name but those of the staff who asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeVar

from broker.audit.event import Who
from broker.audit.watching.pace import Pace, Paced, at_once

Home = Literal["dwelling", "postcode"]


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who was asked about.

    ``who`` is the id of the person's key, which findings are kept by; ``tags`` all that spellings share;
    ``typed`` tells ways of typing apart. ``own_surname`` is the share of people who have the requester's
    surname, where it is theirs too. ``home``: as far as their address is the requester's own.
    """

    who: bytes
    tags: frozenset[bytes] = frozenset()
    typed: bytes = b""
    family: bytes | None = None
    place: bytes | None = None
    own_surname: float | None = None
    home: Home | None = None
    colleague: bool = False
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class LookUp:
    """One query, with everybody whom it is about. ``index`` is its first entry's."""

    index: int
    at: datetime
    query_id: str
    requester: Who = field(repr=False)
    purpose: str
    people: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """One entry of a refusal, which may stand for several (``count``)."""

    index: int
    at: datetime
    requester: Who | None = field(repr=False)
    code: str
    count: int = 1


One = TypeVar("One", LookUp, Refusal)
Weeks = Mapping[str, int]
"""How many by ISO week, such as 2026-W23."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a stretch of the log holds for the rules, which ask for it in order of time (``in_order``).

    ``decided``: when a query was reviewed first, by its id.

    ``close_matches`` are by source, of whole weeks that are over.
    """

    look_ups: Sequence[LookUp] = ()
    refusals: Sequence[Refusal] = ()
    decided: Mapping[str, datetime] = field(default_factory=dict)
    close_matches: Mapping[str, Weeks] = field(default_factory=dict)


def in_order(facts: Facts, pace: Pace = at_once) -> Facts:
    """The same in order of time, and whoever goes through it keeps that pace."""
    return replace(facts, look_ups=_in_order(facts.look_ups, pace), refusals=_in_order(facts.refusals, pace))


def _in_order(happened: Sequence[One], pace: Pace) -> Sequence[One]:
    return Paced(sorted(pace(happened), key=lambda one: (one.at, one.index)), pace)
