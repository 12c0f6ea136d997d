"""What the demo's tests share: a day, and one town that is made once."""

from __future__ import annotations

from datetime import date
from functools import cache

from deploy.demo.people import Person
from deploy.demo.truth import Truth, make_truth

TODAY = date(2026, 11, 23)


@cache
def town(seed: int = 1, people: int = 3_000) -> Truth:
    """A town of TODAY. It is frozen, so every test may have the same."""
    return make_truth(seed, people, TODAY)


def by_id(truth: Truth) -> dict[str, Person]:
    return {person.person_id: person for person in truth.people}


def households(truth: Truth) -> list[list[Person]]:
    """The people of each household."""
    homes: dict[int, list[Person]] = {}
    for person in truth.people:
        homes.setdefault(person.household, []).append(person)
    return list(homes.values())
