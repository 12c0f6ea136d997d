"""Anti-social behaviour, as a housing association's officers write it down: who did it, to whom, and who told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy.demo.people import Person
from deploy.demo.records import Record
from deploy.demo.writing import Pen, same_matter

SERVICE = "housing_asb"
_CATEGORIES = ("violence", "harassment", "drugs", "noise", "parking_dispute")
_CATEGORY_SHARES = (14, 18, 14, 38, 16)
_HOUSEHOLDS = 0.035
"""The share of households about which somebody complained: judgement."""


class Neighbours:
    """Writes the cases between one household and the one next door."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen

    def quarrel(self, adults: Sequence[Person], next_door: Sequence[Person]) -> Iterator[Record]:
        """Now and then a case: who is complained of, who complains, and often a victim and a witness."""
        chance = self._pen.chance
        if not adults or not next_door or chance.random() > _HOUSEHOLDS:
            return
        kind = chance.choices(_CATEGORIES, _CATEGORY_SHARES)[0]
        months, over = chance.randint(2, 40), chance.random() < 0.6
        culprit = self._pen.record(
            SERVICE, chance.choice(adults), months, over=over, kind=kind, party="perpetrator"
        )
        yield culprit
        for person, party in zip(
            chance.sample(next_door, len(next_door)), ("complainant", "victim", "witness"), strict=False
        ):
            record = self._pen.record(SERVICE, person, months, over=over, kind=kind, party=party)
            yield same_matter(record, culprit)
