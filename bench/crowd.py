"""A Northshire in which everyone is known to every service: as many people a source as are asked for."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date

from deploy.demo.town import Town
from deploy.demo.truth import Truth
from deploy.demo.writing import Pen

_RECORDS: Mapping[str, tuple[str, str]] = {
    "school": ("", ""),
    "adult_social_care": ("in_force", ""),
    "housing": ("", ""),
    "housing_asb": ("violence", "perpetrator"),
    "police": ("domestic_abuse", "suspect"),
    "childrens_cases": ("assessment", "RELATIVE"),
}
"""Kind and party of the one record that each service has of everyone: such as its policy lets pass."""


def crowd(seed: int, people: int, today: date) -> Truth:
    """So many people, or a few more, and a record of each at every service. For measuring time, not truth."""
    made = Town(seed, today).people(people)
    chance = random.Random(f"crowd {seed}")
    pen = Pen(chance, today)
    records = (
        pen.record(service, person, chance.randint(2, 20), over=False, kind=kind, party=party)
        for person in made
        for service, (kind, party) in _RECORDS.items()
    )
    return Truth(seed, today, tuple(made), tuple(records))
