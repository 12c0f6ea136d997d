"""The ground truth of Northshire: who everyone is, what every record says, and what may be shown of it.

``may_be_shown`` states the shipped policies once more, by hand and in plain Python. It shares nothing with the
policy engine or the matcher: it is what they are held against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from deploy.demo.people import Person, Town
from deploy.demo.records import Record, Services, Worker

Shown = Mapping[str, Any]
"""An involvement as an answer's JSON has it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that was made, for one seed on one day."""

    seed: int
    made_on: date
    people: tuple[Person, ...]
    records: tuple[Record, ...]

    def story(self, part: str) -> Person:
        """The child, the sibling, the mother or the partner of the story family."""
        return next(person for person in self.people if person.part == part)

    def of(self, person: Person, service: str) -> list[Record]:
        """What a service truly holds of a person."""
        return [one for one in self.records if one.person_id == person.person_id and one.service == service]


_TRUTH = TypeAdapter(Truth)


def make_truth(seed: int, people: int, today: date) -> Truth:
    """About so many people, with the records of every service. The same for the same arguments."""
    made = Town(seed, today).people(people)
    return Truth(seed, today, tuple(made), tuple(Services(seed, today).records(made)))


def save(truth: Truth, path: Path) -> None:
    path.write_text(json.dumps(_TRUTH.dump_python(truth, mode="json"), ensure_ascii=False), encoding="utf-8")


def load(path: Path) -> Truth:
    return _TRUTH.validate_json(path.read_bytes())


def may_be_shown(
    record: Record, person: Person, purpose: str, today: date, *, agreed: bool = False
) -> Shown | None:
    """What the owner's agreement lets out of a record; None: as if there were no record.

    The case is taken to be unverified, so that the last contact is known to the month only.
    """
    age = person.age_on(today)
    if record.restricted or purpose not in ("section_47_enquiry", "early_help_assessment"):
        return None
    early_help = purpose == "early_help_assessment"
    if early_help and not agreed:
        return None
    decide = {
        "school": _school,
        "adult_social_care": _adult_social_care,
        "housing": _housing,
        "police": _police,
    }[record.service]
    return decide(record, age, today, early_help)


def _school(record: Record, age: int, today: date, early_help: bool) -> Shown | None:
    if not 4 <= age <= 20 or _older(record.last_contact, today, 24):
        return None
    label = "On roll" if record.status == "current" else "Left"
    if early_help:
        return _shown(label, lead=_lead(record.worker, "team"))
    return _shown(
        label,
        started=record.started.isoformat(),
        ended=_day(record.ended),
        last_contact=_month(record.last_contact),
        lead=_lead(record.worker, "named"),
    )


def _adult_social_care(record: Record, age: int, today: date, early_help: bool) -> Shown | None:
    if (
        age < 15
        or record.kind not in ("in_force", "ended")
        or _older(record.last_contact, today, 60)
        or early_help
    ):
        return None
    label = "Support in place" if record.status == "current" else "Support ended"
    return _shown(
        label,
        started=_month(record.started),
        ended=_month(record.ended),
        last_contact=_month(record.last_contact),
        lead=_lead(record.worker, "named"),
    )


def _housing(record: Record, age: int, today: date, early_help: bool) -> Shown | None:
    if age < 16 or _older(record.last_contact, today, 36):
        return None
    label = "Tenant" if record.status == "current" else "Former tenant"
    if early_help:
        return _shown(label, lead=_lead(record.worker, "desk"))
    return _shown(
        label,
        started=_month(record.started),
        ended=_month(record.ended),
        last_contact=_month(record.last_contact),
        lead=_lead(record.worker, "named"),
    )


def _police(record: Record, age: int, today: date, early_help: bool) -> Shown | None:
    relevant = record.kind in ("domestic_abuse", "missing", "exploitation")
    if age < 18 or not relevant or _older(record.last_contact, today, 24) or early_help:
        return None
    label = "Matter open" if record.status == "current" else "Matter closed"
    return _shown(label, last_contact=_month(record.last_contact), lead=_lead(record.worker, "named"))


def _shown(
    status: str,
    *,
    started: str | None = None,
    ended: str | None = None,
    last_contact: str | None = None,
    lead: Shown,
) -> Shown:
    return {
        "status": status,
        "started": started,
        "ended": ended,
        "last_contact": last_contact,
        "lead_practitioner": lead,
    }


def _lead(worker: Worker, level: str) -> Shown:
    blank = dict.fromkeys(("name", "role", "team", "phone", "email"))
    if level == "desk":
        return {"shown": "desk", **blank}
    if level == "team" or worker.name is None:
        return {"shown": "team", **blank, "team": worker.team, "phone": None if worker.name else worker.phone}
    return {
        "shown": "named",
        "name": worker.name,
        "role": worker.role,
        "team": worker.team,
        "phone": worker.phone,
        "email": worker.email,
    }


def _older(day: date, today: date, months: int) -> bool:
    """Whether a day lies more than so many months back. No demo date lies within days of the border."""
    return day < today - timedelta(days=months * 365.25 / 12)


def _month(day: date | None) -> str | None:
    return day.isoformat()[:7] if day else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
