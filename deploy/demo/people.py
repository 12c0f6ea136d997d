"""The people of Northshire: households of invented families, the same for the same seed.

Nobody here exists. NHS numbers are from the range that is never given out (999), postcodes from an area that
does not exist (NX), telephone numbers from those that are kept for fiction.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Literal

from deploy.demo.names import NAMINGS, STREETS, Naming

Sex = Literal["female", "male"]
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Person:
    """One invented person, as they truly are."""

    person_id: str
    household: int
    given_name: str
    family_name: str
    former_family_name: str | None
    birth_date: date
    sex: Sex
    address: str
    postcode: str
    former_address: str
    former_postcode: str
    nhs_number: str
    upn: str | None
    part: str = field(default="")
    """``child``, ``sibling``, ``mother`` or ``partner`` in the story family; empty for everyone else."""

    def age_on(self, day: date) -> int:
        return (
            day.year
            - self.birth_date.year
            - ((day.month, day.day) < (self.birth_date.month, self.birth_date.day))
        )


class Town:
    """Makes people, one household after another, until there are enough."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(f"northshire {seed}")
        self.today = today
        self._people = 0
        self._households = 0

    def people(self, count: int) -> list[Person]:
        """The story family first, then others until there are about ``count``."""
        made = list(self._story_family())
        while len(made) < count:
            made.extend(self._household())
        return made

    def _story_family(self) -> Iterator[Person]:
        """A child, a sibling, their mother, and her partner of another name."""
        naming = NAMINGS[0]
        surname, others = self._two(naming.families)
        home, before = self._home(), self._home()
        mother = self._person(naming, "female", self._born(31), surname, home, before, part="mother")
        yield replace(mother, former_family_name=None)
        yield self._person(naming, "male", self._born(35), others, home, self._home(), part="partner")
        yield self._person(naming, "female", self._born(8), surname, home, before, part="child")
        yield self._person(naming, "male", self._born(12), surname, home, before, part="sibling")
        self._households += 1

    def _household(self) -> Iterator[Person]:
        chance = self.chance
        naming = chance.choices(NAMINGS, [one.share for one in NAMINGS])[0]
        surname = self._family_name(naming)
        home, before = self._home(), self._home()
        first_age = int(chance.triangular(20, 92, 38))
        first_sex: Sex = chance.choice(("female", "male"))
        adults = [self._person(naming, first_sex, self._born(first_age), surname, home, before)]
        if chance.random() < 0.6:
            second_sex: Sex = "male" if first_sex == "female" else "female"
            name = surname if chance.random() < 0.7 else self._family_name(naming)
            adults.append(
                self._person(
                    naming, second_sex, self._born(first_age - chance.randint(-3, 6)), name, home, before
                )
            )
        yield from adults
        if first_age < 55:
            yield from self._children(naming, surname, first_age, home, before)
        self._households += 1

    def _children(
        self, naming: Naming, surname: str, parent_age: int, home: tuple[str, str], before: tuple[str, str]
    ) -> Iterator[Person]:
        count = self.chance.choices((0, 1, 2, 3, 4), (25, 28, 30, 12, 5))[0]
        ages = sorted(self.chance.randint(0, min(22, parent_age - 17)) for _ in range(count))
        for place, age in enumerate(ages):
            sex: Sex = self.chance.choice(("female", "male"))
            child = self._person(naming, sex, self._born(age), surname, home, before)
            yield child
            if place == 0 and self.chance.random() < 0.03:  # twins
                twin = self._person(
                    naming, self.chance.choice(("female", "male")), child.birth_date, surname, home, before
                )
                yield twin

    def _person(
        self,
        naming: Naming,
        sex: Sex,
        born: date,
        surname: str,
        home: tuple[str, str],
        before: tuple[str, str],
        part: str = "",
    ) -> Person:
        self._people += 1
        married = sex == "female" and self.chance.random() < 0.15
        return Person(
            person_id=f"p{self._people:06d}",
            household=self._households,
            given_name=self.chance.choice(naming.girls if sex == "female" else naming.boys),
            family_name=surname,
            former_family_name=self.chance.choice(naming.families) if married else None,
            birth_date=born,
            sex=sex,
            address=home[0],
            postcode=home[1],
            former_address=before[0],
            former_postcode=before[1],
            nhs_number=_nhs_number(self._people),
            upn=_upn(self._people) if born.year > self.today.year - 21 else None,
            part=part,
        )

    def _two(self, names: Sequence[str]) -> tuple[str, str]:
        one, other = self.chance.sample(names, 2)
        return one, other

    def _family_name(self, naming: Naming) -> str:
        if self.chance.random() < 0.03:
            return "-".join(self._two(naming.families))
        return self.chance.choice(naming.families)

    def _born(self, age: int) -> date:
        """A birthday of someone who is ``age`` today."""
        return self.today - timedelta(days=int(age * 365.25) + 20 + self.chance.randint(0, 320))

    def _home(self) -> tuple[str, str]:
        street = self.chance.choice(STREETS).replace("_", " ")
        letters = "".join(self.chance.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
        return (
            f"{self.chance.randint(1, 180)} {street}",
            f"NX{self.chance.randint(1, 24)} {self.chance.randint(1, 9)}{letters}",
        )


def _nhs_number(number: int) -> str:
    """The ``number``-th of the range 999, with its check digit (Modulus 11); those without one are passed over."""
    while True:
        digits = f"999{number:06d}"
        check = -sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{digits}{check}"
        number += 500_000


def _upn(number: int) -> str:
    """A unique pupil number with its check letter (the DfE's guide: weights 2 to 13, modulus 23)."""
    digits = f"999{number:09d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(2, 14), strict=True))
    return _UPN_LETTERS[total % 23] + digits
