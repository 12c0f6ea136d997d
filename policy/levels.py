"""Level names as they stand in a policy file, and the order of the levels."""

from __future__ import annotations

from typing import Literal

from policy.facts import LEVELS

ShownName = Literal["nothing", "yes"]
StatusName = Literal["nothing", "exact"]
DateName = Literal["nothing", "year", "month", "full_date"]
RosterName = Literal["nothing", "relation", "relation_and_name"]
ContactName = Literal["nothing", "desk", "team", "named"]


def level(field: str, name: str) -> int:
    """The level of a field by its name in a file."""
    return int(LEVELS[field][name.upper()])


def level_name(field: str, at: int) -> str:
    """How a level is called in a file."""
    return LEVELS[field](at).name.lower()


def most(field: str) -> int:
    """The highest level of a field."""
    return int(max(LEVELS[field]))
