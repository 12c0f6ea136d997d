"""Northshire's workforce, who they are and which families they work with: for a generated month of look-ups.

Staff are townspeople: they have relatives, neighbours and namesakes in the town. Nobody here exists.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from deploy.demo.people import Person
from deploy.demo.town import Town

Family = Sequence[Person]
TOWNSPEOPLE = 9_000
_TEAMS: Mapping[str, tuple[int, int]] = {
    "social_worker": (24, 15),
    "mash_practitioner": (6, 0),
    "duty_worker": (4, 0),
    "out_of_hours_worker": (4, 0),
    "early_help_lead": (8, 12),
    "education_welfare_officer": (4, 20),
    "adult_social_worker": (6, 14),
    "marac_coordinator": (1, 0),
}
"""By role: how many there are, and how many families each works with; 0 for those whom each day brings others."""

_STAFF_AMONG_FAMILIES = 0.05
"""A town of 9,000 stands for a council of 200,000: of staff who have children, so many live in the town itself."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A member of staff. ``home`` is the family that they live with; ``caseload`` changes through the month."""

    subject: str
    who: Person
    role: str
    team: int
    home: Family = field(repr=False)
    caseload: list[Family] = field(repr=False)

    @property
    def name(self) -> str:
        return f"{self.who.given_name} {self.who.family_name}"


@dataclass(frozen=True, slots=True)
class Workforce:
    """Everybody who asks, and everybody whom they may ask about. ``flagged`` are families in the public eye."""

    workers: Sequence[Worker]
    families: Sequence[Family] = field(repr=False)
    flagged: Sequence[Family] = field(repr=False)

    def of_role(self, role: str) -> list[Worker]:
        return [one for one in self.workers if one.role == role]


def make_workforce(chance: random.Random, seed: int, today: date) -> Workforce:
    """The workforce of a seed's town. The first social worker has the town's most common family name."""
    households = [members for _, members in Town(seed, today).households(TOWNSPEOPLE)]
    with_children = [one for one in households if any(person.age_on(today) < 18 for person in one)]
    chance.shuffle(with_children)
    flagged, rest = with_children[:10], iter(with_children[10:])
    workers = list(_workers(chance, households, rest, today))
    # Two of the flagged families are somebody's ordinary work.
    for worker, family in zip(chance.sample(workers[:24], 2), flagged, strict=False):
        worker.caseload.append(family)
    homes = {one.who.household for one in workers}
    asked_about = [
        family
        for family in with_children[10:]
        if family[0].household not in homes or chance.random() < _STAFF_AMONG_FAMILIES
    ]
    return Workforce(workers, asked_about, flagged)


def _workers(
    chance: random.Random, households: Sequence[Family], families: Iterator[Family], today: date
) -> Iterator[Worker]:
    adults = [(person, home) for home in households for person in home if 23 <= person.age_on(today) <= 64]
    chance.shuffle(adults)
    common, _ = Counter(person.family_name for person, _ in adults).most_common(1)[0]
    adults.insert(0, adults.pop(next(n for n, (one, _) in enumerate(adults) if one.family_name == common)))
    people, number = iter(adults), 0
    for role, (count, families_each) in _TEAMS.items():
        for place in range(count):
            who, home = next(people)
            number += 1
            caseload = [next(families) for _ in range(families_each)]
            yield Worker(f"ns-{5000 + number}", who, role, place // 8, home, caseload)
