"""The shipped policies and purposes once more, stated by hand in plain Python.

It shares nothing with the policy engine, the purpose rules or the matcher: it is what they are held against.
Who changes a file of the partnership changes this one too, or a test says so.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from deploy.demo.people import age
from deploy.demo.records import Record, Worker
from deploy.demo.staff import TEAM_NUMBERS

Shown = Mapping[str, Any]
"""An involvement as an answer's JSON has it, without what its status means."""


@dataclass(frozen=True, slots=True)
class Asked:
    """For what, about whom, and when. ``typed_age``: of the person as typed, where a record has no birth date.

    ``agreed``: the person gave the family agreement. ``verified``: the case system confirmed the case.
    """

    purpose: str
    relation: str
    today: date
    typed_age: int
    agreed: bool = False
    verified: bool = False


_ABOUT: Mapping[str, tuple[str, ...]] = {
    "section_47_enquiry": (
        "child", "unborn_child", "other_child", "parent", "carer", "sibling", "household_adult", "other_adult",
    ),
    "section_17_child_in_need": ("child", "unborn_child", "parent", "carer", "sibling", "household_adult"),
    "early_help_assessment": ("child", "parent", "carer", "sibling"),
    "immediate_danger": (
        "child", "unborn_child", "other_child", "parent", "carer", "sibling", "household_adult", "other_adult",
        "adult_at_risk",
    ),
}  # fmt: skip
_PURPOSE_LOOKS_BACK: Mapping[str, int] = {
    "section_17_child_in_need": 60,
    "early_help_assessment": 24,
    "immediate_danger": 60,
}
_OWNER_LOOKS_BACK: Mapping[str, int] = {
    "school": 24,
    "adult_social_care": 60,
    "housing": 36,
    "housing_asb": 24,
    "police": 24,
    "childrens_cases": 60,
}
_AGES: Mapping[str, range] = {
    "school": range(4, 21),
    "adult_social_care": range(15, 150),
    "housing": range(16, 150),
    "housing_asb": range(16, 150),
    "police": range(18, 150),
    "childrens_cases": range(150),
}
_LABELS: Mapping[tuple[str, str], str] = {
    ("school", "current"): "On roll",
    ("school", "closed"): "Left",
    ("adult_social_care", "current"): "Support in place",
    ("adult_social_care", "closed"): "Support ended",
    ("housing", "current"): "Tenant",
    ("housing", "closed"): "Former tenant",
    ("housing_asb", "current"): "Case open",
    ("housing_asb", "closed"): "Case closed",
    ("childrens_cases", "current"): "Open case",
    ("childrens_cases", "closed"): "Closed case",
    ("police", "current"): "Matter open",
    ("police", "closed"): "Matter closed",
}
_NOT, _YEAR, _MONTH, _DAY = 0, 4, 7, 10  # how many characters of an ISO date
_DESK, _TEAM, _NAMED = 1, 2, 3


@dataclass(frozen=True, slots=True)
class _Most:
    """How much is shown of the dates and of the contact."""

    started: int
    ended: int
    last_contact: int
    contact: int

    def but_at_most(self, other: _Most) -> _Most:
        return _Most(
            min(self.started, other.started),
            min(self.ended, other.ended),
            min(self.last_contact, other.last_contact),
            min(self.contact, other.contact),
        )


_SHARED: Mapping[tuple[str, str], _Most] = {
    ("school", "section_47_enquiry"): _Most(_DAY, _DAY, _DAY, _NAMED),
    ("school", "section_17_child_in_need"): _Most(_DAY, _DAY, _MONTH, _NAMED),
    ("school", "early_help_assessment"): _Most(_NOT, _NOT, _NOT, _TEAM),
    ("school", "immediate_danger"): _Most(_NOT, _NOT, _DAY, _NAMED),
    ("adult_social_care", "section_47_enquiry"): _Most(_MONTH, _MONTH, _DAY, _NAMED),
    ("adult_social_care", "section_17_child_in_need"): _Most(_MONTH, _MONTH, _MONTH, _NAMED),
    ("adult_social_care", "immediate_danger"): _Most(_NOT, _NOT, _DAY, _NAMED),
    ("housing", "section_47_enquiry"): _Most(_MONTH, _MONTH, _MONTH, _NAMED),
    ("housing", "section_17_child_in_need"): _Most(_MONTH, _MONTH, _MONTH, _NAMED),
    ("housing", "early_help_assessment"): _Most(_NOT, _NOT, _NOT, _DESK),
    ("housing", "immediate_danger"): _Most(_NOT, _NOT, _NOT, _NAMED),
    ("housing_asb", "section_47_enquiry"): _Most(_NOT, _NOT, _MONTH, _NAMED),
    ("housing_asb", "section_17_child_in_need"): _Most(_NOT, _NOT, _NOT, _TEAM),
    ("housing_asb", "immediate_danger"): _Most(_NOT, _NOT, _NOT, _NAMED),
    ("childrens_cases", "section_47_enquiry"): _Most(_MONTH, _MONTH, _DAY, _NAMED),
    ("childrens_cases", "section_17_child_in_need"): _Most(_MONTH, _MONTH, _MONTH, _NAMED),
    ("childrens_cases", "early_help_assessment"): _Most(_NOT, _NOT, _NOT, _TEAM),
    ("childrens_cases", "immediate_danger"): _Most(_NOT, _NOT, _DAY, _NAMED),
    ("police", "section_47_enquiry"): _Most(_NOT, _NOT, _DAY, _NAMED),
    ("police", "immediate_danger"): _Most(_NOT, _NOT, _DAY, _NAMED),
}


def may_be_shown(record: Record, asked: Asked) -> Shown | None:
    """What the owner's agreement lets out of a record; None: as if there were no record."""
    shared = _SHARED.get((record.service, asked.purpose))
    if shared is None or asked.relation not in _ABOUT[asked.purpose]:
        return None
    if asked.purpose == "early_help_assessment" and not asked.agreed:
        return None
    born = record.written.birth_date
    years = age(born, asked.today) if born else asked.typed_age
    # Who was typed as too young or too old is not even asked about.
    if not {years, asked.typed_age} <= set(_AGES[record.service]):
        return None
    if record.restricted or not _relevant(record) or not _recent(record, asked):
        return None
    return _shown(record, _limited(shared, record.service, asked))


def _relevant(record: Record) -> bool:
    if record.service == "adult_social_care":
        return record.kind in ("in_force", "ended")
    if record.service == "police":
        harm = record.kind in ("domestic_abuse", "missing", "exploitation")
        return harm and record.party in ("suspect", "victim", "subject")
    if record.service == "housing_asb":
        return record.kind in ("violence", "harassment", "drugs") and record.party == "perpetrator"
    return record.kind != "adoption"


def _recent(record: Record, asked: Asked) -> bool:
    """The shorter look-back counts, the owner's or the purpose's; its first day is included."""
    owners = _OWNER_LOOKS_BACK[record.service]
    months = min(owners, _PURPOSE_LOOKS_BACK.get(asked.purpose, owners))
    return _months_before(asked.today, months) <= record.last_contact <= asked.today


def _months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last."""
    year, month = day.year - months // 12, day.month - months % 12
    if month < 1:
        year, month = year - 1, month + 12
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _limited(shared: _Most, service: str, asked: Asked) -> _Most:
    """What the case check and the relation take away again."""
    if asked.relation == "other_adult" and service in ("adult_social_care", "police", "housing_asb"):
        shared = shared.but_at_most(_Most(_DAY, _DAY, _YEAR, _TEAM))
    if asked.relation == "other_adult" and service == "childrens_cases":
        shared = shared.but_at_most(_Most(_DAY, _DAY, _DAY, _TEAM))
    if asked.purpose == "section_47_enquiry" and not asked.verified:
        return shared.but_at_most(_Most(_DAY, _DAY, _MONTH, _NAMED))
    if asked.purpose == "section_17_child_in_need" and not asked.verified:
        return shared.but_at_most(_Most(_YEAR, _YEAR, _YEAR, _TEAM))
    return shared


def _shown(record: Record, most: _Most) -> Shown:
    return {
        "status": _LABELS[record.service, record.status],
        "started": _cut(record.started, most.started),
        "ended": _cut(record.ended, most.ended),
        "last_contact": _cut(record.last_contact, most.last_contact),
        "lead_practitioner": _lead(record.worker, most.contact),
    }


def _cut(day: date | None, characters: int) -> str | None:
    return day.isoformat()[:characters] if day and characters else None


def _lead(worker: Worker, most: int) -> Shown:
    parts = dict.fromkeys(("name", "role", "team", "phone", "email"))
    blank: dict[str, Any] = {**parts, "from_directory": [], "has_left": False}
    if most == _DESK:
        return {"shown": "desk", **blank}
    if worker.name is None:  # the number is the desk's own
        return {"shown": "team", **blank, "team": worker.team, "phone": worker.phone}
    if most == _TEAM:
        return {"shown": "team", **blank, "team": worker.team}
    if worker.listed is not None and worker.listed.has_left:
        instead = {"team": worker.team, "phone": TEAM_NUMBERS[worker.team]}
        return {"shown": "team", **blank, **instead, "from_directory": ["phone"], "has_left": True}
    completed = worker.listed is not None and worker.email is None
    return {
        "shown": "named",
        "name": worker.name,
        "role": worker.role,
        "team": worker.team,
        "phone": worker.phone,
        "email": worker.listed.email if worker.listed else worker.email,
        "from_directory": ["email"] if completed else [],
        "has_left": False,
    }
