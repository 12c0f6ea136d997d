"""The people of Northshire, household by household, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date

from deploy.demo.homes import Homes
from deploy.demo.households import Household, Member
from deploy.demo.names import BRITISH, NAMINGS, Naming
from deploy.demo.numbers import nhs_number, upn
from deploy.demo.people import Person


class Town:
    """Makes people, one household after another, until there are enough."""

    def __init__(self, seed: int, today: date) -> None:
        self.chance = random.Random(f"northshire {seed}")  # nosec B311  # invented people, the same for the same seed
        self.today = today
        self._homes = Homes(self.chance)
        self._people = 0
        self._households = 0

    def people(self, count: int) -> list[Person]:
        """The story family first, then others, household by household, until there are ``count`` or a few more."""
        return [person for _, members in self.households(count) for person in members]

    def households(self, count: int) -> Iterator[tuple[Naming, Sequence[Person]]]:
        """The same people by household, each with how its families are named."""
        story = tuple(self._moved_in(Household(self.chance, self.today, BRITISH).of_the_story()))
        yield BRITISH, story
        made = len(story)
        while made < count:
            naming = self.chance.choices(NAMINGS, [one.share for one in NAMINGS])[0]
            members = tuple(self._moved_in(Household(self.chance, self.today, naming).members()))
            made += len(members)
            yield naming, members

    def _moved_in(self, members: Sequence[Member]) -> Iterator[Person]:
        """The members with an address now and one before, and with their numbers."""
        home, before, elsewhere = self._homes.another(), self._homes.another(), self._homes.another()
        surname = members[0].family_name
        for member in members:
            self._people += 1
            came_from = before if member.family_name == surname else elsewhere
            yield Person(
                person_id=f"p{self._people:06d}",
                household=self._households,
                given_name=member.given_name,
                family_name=member.family_name,
                former_family_name=member.former_family_name,
                birth_date=member.birth_date,
                sex=member.sex,
                address=home.address,
                postcode=home.postcode,
                former_address=came_from.address,
                former_postcode=came_from.postcode,
                nhs_number=nhs_number(self._people),
                upn=upn(self._people) if member.birth_date.year > self.today.year - 21 else None,
                part=member.part,
            )
        self._households += 1
