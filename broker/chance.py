"""Clock and chance: the one place where they come in. Tests give their own."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return f"q-{secrets.token_hex(12)}"


@dataclass(frozen=True, slots=True)
class Chance:
    """What the time is, what a new query is called, and random bytes."""

    now: Callable[[], datetime] = _now
    new_id: Callable[[], str] = _new_id
    random: Callable[[int], bytes] = field(default=secrets.token_bytes, repr=False)
