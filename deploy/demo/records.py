"""What each service of Northshire holds of its people: records with dates, a status, gates and a contact."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from deploy.demo.clerks import Written, carelessly, faithfully, slip
from deploy.demo.names import BRITISH, CELTIC
from deploy.demo.people import Person

SERVICES = ("school", "adult_social_care", "housing", "police")


@dataclass(frozen=True, slots=True)
class Worker:
    """Whom to ring. ``name`` is None where there is only a desk."""

    name: str | None
    role: str
    team: str
    phone: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """One record of one service, with the person whom it is truly about.

    ``kind`` is what gates test: a plan's state, a category of offence; empty where the service has none.
    """

    service: str
    local_key: str
    person_id: str
    written: Written
    status: str
    kind: str
    started: date
    ended: date | None
    last_contact: date
    worker: Worker
    restricted: bool = False
    designed: str = field(default="")
    """Why it is in the story; empty for everyone else's."""


class Services:
    """Makes the records of a town."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(f"northshire records {seed}")
        self.today = today
        self._count = 0
        self._schools = [self._school(number) for number in range(14)]
        self._workers = {service: self._team(service) for service in SERVICES if service != "school"}

    def records(self, people: Sequence[Person]) -> list[Record]:
        """The story's records, then those of everyone else, in no telling order."""
        made = [record for person in people for record in self._of(person)]
        self.chance.shuffle(made)
        return made

    def _of(self, person: Person) -> Iterator[Record]:
        yield from self._story(person) if person.part else self._ordinary(person)

    def _ordinary(self, person: Person) -> Iterator[Record]:
        age, chance = person.age_on(self.today), self.chance
        if 4 <= age <= 18 and chance.random() < 0.94:
            yield self._record("school", person, months=chance.randint(2, 60))
        if age >= 16 and chance.random() < 0.07:
            kind = chance.choices(("in_force", "ended", "planned", "cancelled"), (45, 35, 12, 8))[0]
            yield self._record("adult_social_care", person, months=chance.randint(1, 70), kind=kind)
        if age >= 18 and chance.random() < 0.28:
            yield self._record("housing", person, months=chance.randint(1, 120))
        if age >= 14 and chance.random() < 0.08:
            for _ in range(chance.choice((1, 1, 1, 2, 3))):
                kind = chance.choices(_OFFENCES, (22, 10, 6, 44, 18))[0]
                yield self._record("police", person, months=chance.randint(1, 60), kind=kind)
        if chance.random() < 0.004:
            yield replace(self._record("housing", person, months=8), restricted=True)

    def _story(self, person: Person) -> Iterator[Record]:
        """Designed so that each rule of the shipped policies shows, for any seed."""
        known = faithfully(person)
        if person.part == "child":
            # A slip in the family name, which the birth date has to bridge.
            slipped = replace(known, family_name=slip(person.family_name, self.chance), nhs_number=None)
            yield self._told("school", person, "attends, misspelt", written=slipped, worker=self._schools[0])
        elif person.part == "sibling":
            yield self._told("school", person, "attends a school with only a desk", worker=self._schools[1])
            yield self._told("police", person, "too young for this policy", kind="missing")
        elif person.part == "mother":
            yield self._told("adult_social_care", person, "a plan in force", kind="in_force")
            yield self._told("adult_social_care", person, "planned, never in scope", kind="planned")
            yield self._told("housing", person, "a tenancy", months=30)
            yield self._told("police", person, "irrelevant", kind="parking")
        else:
            moved = replace(known, address=person.former_address, postcode=person.former_postcode)
            yield self._told("police", person, "relevant", kind="domestic_abuse", months=3)
            yield self._told("police", person, "would prejudice an investigation", kind="under_investigation")
            yield self._told("police", person, "irrelevant", kind="parking")
            yield self._told(
                "police", person, "beyond the look-back", kind="domestic_abuse", months=44, over=True
            )
            yield self._told(
                "housing", person, "a former tenancy", written=moved, months=40, over=True, ended_months=14
            )

    def _told(
        self,
        service: str,
        person: Person,
        designed: str,
        *,
        written: Written | None = None,
        worker: Worker | None = None,
        kind: str = "",
        months: int = 9,
        over: bool = False,
        ended_months: int | None = None,
    ) -> Record:
        made = self._record(service, person, months=months, kind=kind)
        started = self._ago(months)
        ended = self._ago(ended_months if ended_months is not None else months - 1) if over else None
        return replace(
            made,
            written=written or faithfully(person),
            worker=worker or made.worker,
            designed=designed,
            started=started,
            ended=ended,
            last_contact=ended or self._ago(0),
            status="closed" if over else "current",
        )

    def _record(self, service: str, person: Person, *, months: int, kind: str = "") -> Record:
        self._count += 1
        started = self._ago(months)
        over = kind == "ended" or self.chance.random() < 0.3
        ended = self._between(started) if over and months > 2 else None
        return Record(
            service=service,
            local_key=f"{_PREFIX[service]}{self._count:07d}",
            person_id=person.person_id,
            written=carelessly(person, self.chance),
            status="closed" if ended else "current",
            kind=kind,
            started=started,
            ended=ended,
            last_contact=ended or self._between(max(started, self._ago(2))),
            worker=self.chance.choice(self._schools if service == "school" else self._workers[service]),
        )

    def _ago(self, months: int) -> date:
        """Some day about so many months ago, never in the future."""
        return self.today - timedelta(days=months * 30 + self.chance.randint(2, 20))

    def _between(self, start: date) -> date:
        return start + timedelta(days=self.chance.randint(0, max(0, (self.today - start).days)))

    def _school(self, number: int) -> Worker:
        place = ("Weir", "Ropewalk", "Priory", "Larch", "Canalside", "Viaduct", "Harebell")[number % 7]
        name = f"{place} {'Primary School' if number % 2 == 0 else 'Academy'}"
        desk_only = number % 3 == 1  # as in the real product, many schools have only an office number
        return Worker(
            name=None if desk_only else self._name(),
            role="School office" if desk_only else "Designated safeguarding lead",
            team=name,
            phone=f"01632 960{100 + number}",
            email=None if desk_only else f"safeguarding@{place.lower()}.northshire.example",
        )

    def _team(self, service: str) -> list[Worker]:
        role, teams = _TEAMS[service]
        workers = []
        for number in range(12):
            name = self._name()
            address = f"{name.lower().replace(' ', '.')}@{service.replace('_', '-')}.northshire.example"
            email = address if number % 2 else None  # half of the records lack one, as a council found
            workers.append(
                Worker(name, role, teams[number % len(teams)], f"01632 961{_SHIFT[service] + number}", email)
            )
        return workers

    def _name(self) -> str:
        naming = self.chance.choice((BRITISH, CELTIC))
        return f"{self.chance.choice(naming.girls)} {self.chance.choice(naming.families)}".replace("'", "’")


_OFFENCES = ("domestic_abuse", "missing", "exploitation", "parking", "under_investigation")
_PREFIX: Mapping[str, str] = {"school": "S", "adult_social_care": "A", "housing": "T", "police": "N"}
_SHIFT: Mapping[str, int] = {"adult_social_care": 100, "housing": 200, "police": 300}
_TEAMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "adult_social_care": ("Social worker", ("North locality team", "South locality team", "Hospital team")),
    "housing": ("Neighbourhood officer", ("Tannery patch", "Moss Side patch", "Canal patch")),
    "police": ("Officer in charge", ("Public protection unit", "Neighbourhood policing team")),
}
