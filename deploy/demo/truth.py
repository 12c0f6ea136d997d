"""The ground truth of Northshire: who everyone is, what every record says, and what may be shown of it.

What may be shown is stated by hand in ``agreements``, which shares nothing with the policy engine or the
matcher: it is what they are held against.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from deploy.demo import agreements
from deploy.demo.agreements import Asked, Shown
from deploy.demo.people import Person
from deploy.demo.records import Record
from deploy.demo.services import Services
from deploy.demo.town import Town

RELATIONS: Mapping[str, str] = {
    "child": "child",
    "sibling": "sibling",
    "mother": "parent",
    "partner": "household_adult",
}
"""Of the story family to the case."""


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

    def person(self, person_id: str) -> Person:
        """Raises KeyError."""
        for person in self.people:
            if person.person_id == person_id:
                return person
        raise KeyError(person_id)

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
    record: Record, person: Person, purpose: str, today: date, *, agreed: bool = False, verified: bool = False
) -> Shown | None:
    """What may be shown of a record of the story family, for the relations of the referral.

    For anyone else: ``expected``, or ``agreements``.
    """
    asked = Asked(purpose, RELATIONS[person.part], today, person.age_on(today), agreed, verified)
    return agreements.may_be_shown(record, asked)


def expected(
    truth: Truth,
    person_id: str,
    service: str,
    purpose: str,
    relation: str,
    today: date,
    *,
    agreed: bool = False,
    verified: bool = False,
) -> list[Shown]:
    """Every involvement that may be shown of a person, whose birth date was typed; each once, newest first.

    Empty: as if the service had nothing. Whether the matcher can find each record is another question.
    Raises KeyError for nobody's ``person_id``.
    """
    person = truth.person(person_id)
    asked = Asked(purpose, relation, today, person.age_on(today), agreed=agreed, verified=verified)
    told = (agreements.may_be_shown(record, asked) for record in truth.of(person, service))
    once = {json.dumps(one, sort_keys=True): one for one in told if one is not None}
    return sorted(once.values(), key=_newest, reverse=True)


def _newest(shown: Shown) -> str:
    return max(filter(None, (shown["last_contact"], shown["ended"], shown["started"])), default="")
