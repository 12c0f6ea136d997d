"""What the log says of what was asked lately: of whoever was asked about, no more than the ids of their keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AskedAbout:
    """A query about somebody: when, and whether it was the requester's own."""

    at: datetime
    own: bool


@dataclass(frozen=True, slots=True)
class AskedBy:
    """An entry of what a requester asked. ``begins``: with it a query began; else it says whom a case led to.

    ``people``: the ids of their keys.
    """

    at: datetime
    begins: bool
    people: frozenset[bytes] = field(repr=False)
