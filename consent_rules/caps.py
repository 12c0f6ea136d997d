"""Caps: the most that may be shown of each field, and the least of several.

A cap is a level's name. A field without a cap is not capped here: the data owner's sharing policy still
decides whether anything of it is shown at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

ShownLevel = Literal["nothing", "yes"]
StatusLevel = Literal["nothing", "exact"]
DateLevel = Literal["nothing", "year", "month", "full_date"]
ContactLevel = Literal["nothing", "desk", "team", "named"]

_DATE: tuple[str, ...] = ("nothing", "year", "month", "full_date")

LEVELS: Mapping[str, tuple[str, ...]] = {
    "involved": ("nothing", "yes"),
    "status": ("nothing", "exact"),
    "started": _DATE,
    "ended": _DATE,
    "last_contact": _DATE,
    "lead_practitioner": ("nothing", "desk", "team", "named"),
}
"""The fields that may leave, and the levels of each, from least to most."""

NOTHING: Mapping[str, str] = dict.fromkeys(LEVELS, "nothing")
"""The caps that show nothing at all."""

ONLY_INVOLVED: Mapping[str, str] = {field: "nothing" for field in LEVELS if field != "involved"}
"""The caps of a flag: whether the service is involved, and no more."""


def least(*caps: Mapping[str, str]) -> dict[str, str]:
    """The strictest of several caps, field by field. Their order makes no difference.

    When that leaves nothing of ``involved``, it leaves nothing of any field: a date alone would tell that
    there is an involvement.
    """
    merged = {field: _lowest(field, caps) for field in LEVELS if any(field in each for each in caps)}
    return dict(NOTHING) if merged.get("involved") == "nothing" else merged


def _lowest(field: str, caps: tuple[Mapping[str, str], ...]) -> str:
    return min((each[field] for each in caps if field in each), key=LEVELS[field].index)
