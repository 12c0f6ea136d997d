"""What the services of Northshire hold of its people: who is known where, since when, and to whom."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from deploy.demo.childrens_services import ChildrensServices
from deploy.demo.neighbours import Neighbours
from deploy.demo.people import Person
from deploy.demo.records import Record
from deploy.demo.story import Story
from deploy.demo.writing import Pen, same_matter, same_person

_PLANS, _PLAN_SHARES = ("in_force", "ended", "planned", "cancelled"), (45, 35, 12, 8)
_OFFENCES = ("domestic_abuse", "missing", "exploitation", "parking", "under_investigation", "theft")
_OFFENCE_SHARES = (24, 8, 6, 34, 12, 16)
_PARTIES = ("suspect", "victim", "witness", "reporting_person")
_ANEW = 0.12
"""The share of further records for which a clerk did not find the person, and entered them a second time."""
_SHIELDED = 0.008
"""The share of the people known to any service whom one of them shields: judgement."""


class Services:
    """Makes the records of a town, the same for the same seed."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(f"northshire records {seed}")  # nosec B311  # invented records, the same for the same seed
        self.today = today
        self.pen = Pen(self.chance, today)
        self._story = Story(self.pen)
        self._neighbours = Neighbours(self.pen)
        self._childrens = ChildrensServices(self.pen)
        self._next_door: list[Person] = []

    def records(self, people: Sequence[Person]) -> list[Record]:
        """The story's records and everyone else's, in no telling order."""
        made: list[Record] = []
        for _, members in groupby(people, key=lambda person: person.household):
            made.extend(self._of_household(list(members)))
        made = self._shielded(made)
        self.chance.shuffle(made)
        return made

    def _of_household(self, members: Sequence[Person]) -> Iterator[Record]:
        if members[0].part:
            for person in members:
                yield from self._story.of(person)
            return
        adults = [one for one in members if one.age_on(self.today) >= 18]
        yield from self._tenancies(adults)
        yield from self._quarrel(adults)
        yield from self._neighbours.quarrel(adults, self._next_door)
        yield from self._childrens.case(members)
        self._next_door = adults
        for person in members:
            age = person.age_on(self.today)
            yield from self._schooling(person, age)
            yield from self._plans(person, age)
            yield from self._occurrences(person, age)

    def _schooling(self, person: Person, age: int) -> Iterator[Record]:
        """Primary school from the September after the fourth birthday, the next school seven years later."""
        first, moves = _september_after(person.birth_date, 4), _september_after(person.birth_date, 11)
        if first > self.today or age > 20 or self.chance.random() < 0.06:
            return
        staff, chance = self.pen.staff, self.chance
        primary = self.pen.spell("school", person, first, moves, chance.choice(staff.primary_schools))
        yield primary
        if moves <= self.today:
            leaves = _september_after(person.birth_date, 16 if chance.random() < 0.6 else 18)
            next_school = self.pen.spell(
                "school", person, moves, leaves, chance.choice(staff.secondary_schools)
            )
            yield self._again(next_school, primary)

    def _plans(self, person: Person, age: int) -> Iterator[Record]:
        """Adult social care knows one in fourteen adults, and a quarter of the old."""
        if age < 16 or self.chance.random() > (0.25 if age >= 78 else 0.07):
            return
        first: Record | None = None
        for _ in range(self.chance.choice((1, 1, 1, 2))):
            kind = self.chance.choices(_PLANS, _PLAN_SHARES)[0]
            over = kind in ("ended", "cancelled")
            plan = self.pen.record(
                "adult_social_care", person, self.chance.randint(3, 80), over=over, kind=kind
            )
            yield self._again(plan, first)
            first = first or plan

    def _tenancies(self, adults: Sequence[Person]) -> Iterator[Record]:
        """Three households in ten rent from Northshire Homes; couples are joint tenants."""
        if self.chance.random() < 0.3:
            yield from self._tenancy(adults[:2], over=False)
        elif self.chance.random() < 0.08:
            yield from self._tenancy(adults[:1], over=True)

    def _tenancy(self, tenants: Sequence[Person], *, over: bool) -> Iterator[Record]:
        months = self.chance.randint(4, 120)
        first: Record | None = None
        for person in tenants:
            tenant = self.pen.record("housing", person, months, over=over)
            yield same_matter(tenant, first) if first else tenant
            first = first or tenant

    def _quarrel(self, adults: Sequence[Person]) -> Iterator[Record]:
        """In some couples police were called by one against the other: one occurrence with two parties."""
        if len(adults) < 2 or self.chance.random() > 0.05:
            return
        victim, suspect = self.chance.sample(adults[:2], 2)
        months, over = self.chance.randint(3, 60), self.chance.random() < 0.6
        first = self.pen.record("police", victim, months, over=over, kind="domestic_abuse", party="victim")
        other = self.pen.record("police", suspect, months, over=over, kind="domestic_abuse", party="suspect")
        yield from (first, same_matter(other, first))

    def _occurrences(self, person: Person, age: int) -> Iterator[Record]:
        """Police know one in thirteen people from 14, by up to three occurrences."""
        if age < 14 or self.chance.random() > 0.08:
            return
        first: Record | None = None
        for _ in range(self.chance.choice((1, 1, 1, 2, 3))):
            kind = self.chance.choices(_OFFENCES, _OFFENCE_SHARES)[0]
            party = "subject" if kind == "missing" else self.chance.choices(_PARTIES, (45, 30, 15, 10))[0]
            over, months = self.chance.random() < 0.5, self.chance.randint(3, 60)
            found = self.pen.record("police", person, months, over=over, kind=kind, party=party)
            yield self._again(found, first)
            first = first or found

    def _again(self, record: Record, first: Record | None) -> Record:
        """A further record of the same person, whom a clerk now and then enters anew."""
        return record if first is None or self.chance.random() < _ANEW else same_person(record, first)

    def _shielded(self, records: Iterable[Record]) -> list[Record]:
        """The same records, with some people restricted at one of the services that know them."""
        known: dict[str, list[str]] = defaultdict(list)
        for one in records:
            if not one.designed:
                known[one.person_id].append(one.service)
        shielded = {
            (person_id, self.chance.choice(services))
            for person_id, services in known.items()
            if self.chance.random() < _SHIELDED
        }
        return [replace(one, restricted=(one.person_id, one.service) in shielded) for one in records]


def _september_after(born: date, age: int) -> date:
    """The start of the school year after a birthday."""
    birthday = born + timedelta(days=round(age * 365.25))
    return date(birthday.year + (birthday.month >= 9), 9, 3)
