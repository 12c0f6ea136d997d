"""Writing records: keys that are new, dates that can be, and whoever is rung."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

from deploy.demo.clerks import carelessly
from deploy.demo.people import Person
from deploy.demo.records import Record, Worker
from deploy.demo.staff import Staff

_PREFIX: Mapping[str, str] = {
    "school": "S",
    "adult_social_care": "A",
    "housing": "T",
    "housing_asb": "B",
    "police": "N",
    "childrens_cases": "L",
}
_SEEN_LATELY = 0.85
"""The share of open records with a contact in the last two months: judgement."""


class Pen:
    """Writes one record after another, with its clerk's errors. No date lies in the future."""

    def __init__(self, chance: random.Random, today: date) -> None:
        self.chance = chance
        self.today = today
        self.staff = Staff(chance)
        self._serial = 0

    def record(
        self, service: str, person: Person, months: int, *, over: bool, kind: str = "", party: str = ""
    ) -> Record:
        """A record begun about so many months ago (two or more); ``over``: it has ended since."""
        started = self.ago(months)
        ended = self.between(started, self.ago(0)) if over else None
        made = self.spell(service, person, started, ended, self.chance.choice(self.staff.workers[service]))
        return replace(made, kind=kind, party=party)

    def spell(
        self, service: str, person: Person, started: date, ended: date | None, worker: Worker
    ) -> Record:
        """A record between two days; one that ends later than today is open still."""
        ended = ended if ended and ended <= self.today else None
        self._serial += 1
        key = f"{_PREFIX[service]}{self._serial:07d}"
        return Record(
            service=service,
            local_key=key,
            person_key=f"P{key}",
            case_key=f"NS-{self._serial:07d}" if service == "childrens_cases" else f"C{key}",
            person_id=person.person_id,
            written=carelessly(person, self.chance),
            status="closed" if ended else "current",
            started=started,
            ended=ended,
            last_contact=ended or self._last_seen(started),
            worker=worker,
        )

    def ago(self, months: int) -> date:
        """Some day about so many months ago, never today."""
        return self.today - timedelta(days=months * 30 + self.chance.randint(2, 20))

    def between(self, first: date, last: date) -> date:
        """Some day from the first to the last."""
        return first + timedelta(days=self.chance.randint(0, max(0, (last - first).days)))

    def _last_seen(self, started: date) -> date:
        lately = max(started, self.today - timedelta(days=60))
        return self.between(lately if self.chance.random() < _SEEN_LATELY else started, self.today)


def same_person(record: Record, other: Record) -> Record:
    """The record, of a person whom the service has already, as it has them in the other one."""
    return replace(record, person_key=other.person_key, written=other.written)


def same_matter(record: Record, other: Record) -> Record:
    """The record, as another person's part in the matter of the other one."""
    return replace(
        record,
        case_key=other.case_key,
        status=other.status,
        started=other.started,
        ended=other.ended,
        last_contact=other.last_contact,
        worker=other.worker,
    )
