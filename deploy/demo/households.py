"""A household of Northshire: who lives together, how old they are, and what they are called."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from deploy.demo.names import Naming
from deploy.demo.people import Sex

_NAMED_AS_BEFORE = 1995
_YEAR = 365.25
_RARE_NAME = 0.55
_ANOTHER_CHILD, _MOST_BIRTHS, _TAKES_HIS_NAME = 0.55, 4, 0.75
_TWINS, _NAMED_AFTER_FATHER, _HYPHENATED = 0.015, 0.02, 0.03
"""One birth in 65 is of twins (ONS, Birth characteristics); the others are judgement."""


@dataclass(frozen=True, slots=True)
class Member:
    """Someone of a household, before it has a home."""

    given_name: str
    family_name: str
    former_family_name: str | None
    birth_date: date
    sex: Sex
    part: str = ""


class Household:
    """Makes the members of one household. No two have the same given name, but a father and his namesake."""

    def __init__(self, chance: random.Random, today: date, naming: Naming) -> None:
        self.chance, self.today, self.naming = chance, today, naming
        self._taken: set[str] = set()

    def members(self) -> list[Member]:
        """One of the kinds of households, as often as it occurs (judgement, after the 2021 census)."""
        kinds: Mapping[Callable[[], list[Member]], int] = {
            self._single: 29, self._couple: 27, self._family: 25, self._lone_parent: 10, self._blended: 6,
            self._grandparents: 3,
        }  # fmt: skip
        return self.chance.choices(list(kinds), list(kinds.values()))[0]()

    def of_the_story(self) -> list[Member]:
        """A child, a sibling, their mother, and her partner of another name."""
        mother = self._adult("female", 31, part="mother")
        partner = self._adult("male", 35, part="partner", other_than=mother.family_name)
        child = self._child(self._born(8), mother.family_name, "female", part="child")
        sibling = self._child(self._born(12), mother.family_name, "male", part="sibling")
        return [mother, partner, child, sibling]

    def _single(self) -> list[Member]:
        return [self._adult(self._sex(), int(self.chance.triangular(18, 94, 60)))]

    def _couple(self) -> list[Member]:
        return list(self._pair(int(self.chance.triangular(20, 92, 62))))

    def _family(self) -> list[Member]:
        father, mother = self._pair(int(self.chance.triangular(22, 60, 40)))
        return [father, mother, *self._children(mother.birth_date, father=father)]

    def _lone_parent(self) -> list[Member]:
        mother = self._adult("female", int(self.chance.triangular(18, 55, 34)))
        surname = self._family_name("male") if self.naming.women else mother.family_name
        return [mother, *self._children(mother.birth_date, surname=surname)]

    def _blended(self) -> list[Member]:
        """Her children of an earlier family, hers and her partner's names, and now and then a child of both."""
        mother = self._adult("female", int(self.chance.triangular(24, 50, 36)))
        age = (self.today - mother.birth_date).days // _YEAR + self.chance.randint(-4, 8)
        partner = self._adult("male", int(age), other_than=mother.family_name)
        earlier = (
            mother.family_name
            if self.chance.random() < 0.5
            else self._family_name("male", mother.family_name)
        )
        children = self._children(mother.birth_date, surname=earlier)
        if children and self.chance.random() < 0.4:
            youngest = children[-1]
            name = self._childs_name(partner, "", youngest.sex)
            children = [*children[:-1], replace(youngest, family_name=name)]
        return [mother, partner, *children]

    def _grandparents(self) -> list[Member]:
        """Three generations under one roof."""
        father, *others = self._family()
        grandmother = self._adult("female", int((self.today - father.birth_date).days // _YEAR) + 26)
        return [father, *others, self._married(grandmother, father)]

    def _pair(self, his_age: int) -> tuple[Member, Member]:
        husband = self._adult("male", his_age)
        her_age = max(18, his_age - self.chance.randint(-3, 6))
        wife = self._adult("female", her_age, other_than=husband.family_name)
        return husband, self._married(wife, husband) if self.chance.random() < _TAKES_HIS_NAME else wife

    def _married(self, woman: Member, man: Member) -> Member:
        """The woman under the man's family name, where that is the custom and it is another one."""
        name = self._ending(man.family_name, "female")
        if self.naming.passed_on not in ("shared", "gendered") or name == woman.family_name:
            return woman
        return replace(woman, family_name=name, former_family_name=woman.family_name)

    def _children(
        self, mother_born: date, *, father: Member | None = None, surname: str = ""
    ) -> list[Member]:
        """Oldest first, born between the mother's 17th and 45th year, ten months and more apart."""
        children: list[Member] = []
        born = mother_born + timedelta(days=int(self.chance.triangular(17, 40, 27) * _YEAR))
        last = min(
            self.today - timedelta(days=20), mother_born + timedelta(days=round(45 * _YEAR)), _plus(born, 14)
        )
        while born <= last and len(children) < _MOST_BIRTHS:
            children.extend(self._births(born, father, surname))
            if self.chance.random() > _ANOTHER_CHILD:
                break
            born += timedelta(days=self.chance.randint(310, 2_200))
        return [one for one in children if one.birth_date > _plus(self.today, -24)]

    def _births(self, born: date, father: Member | None, surname: str) -> Iterator[Member]:
        twins = self.chance.random() < _TWINS
        for _ in range(2 if twins else 1):
            sex = self._sex()
            child = self._child(born, self._childs_name(father, surname, sex), sex)
            after_father = sex == "male" and not twins and self.chance.random() < _NAMED_AFTER_FATHER
            yield replace(child, given_name=father.given_name) if father and after_father else child

    def _child(self, born: date, surname: str, sex: Sex, part: str = "") -> Member:
        return Member(self._given_name(sex, born), self._ending(surname, sex), None, born, sex, part)

    def _adult(self, sex: Sex, age: int, *, part: str = "", other_than: str = "") -> Member:
        born = self._born(age)
        return Member(self._given_name(sex, born), self._family_name(sex, other_than), None, born, sex, part)

    def _childs_name(self, father: Member | None, surname: str, sex: Sex) -> str:
        if self.naming.passed_on == "own":
            return self._family_name(sex)
        if father is None:
            return surname
        name = father.given_name if self.naming.passed_on == "father" else father.family_name
        return self._ending(name, sex)

    def _given_name(self, sex: Sex, born: date) -> str:
        girls, boys = self.naming.girls, self.naming.boys
        if self.naming.before and born.year < _NAMED_AS_BEFORE:
            girls, boys = self.naming.before
        free = [name for name in (girls if sex == "female" else boys) if name not in self._taken]
        name = self._often(free)
        self._taken.add(name)
        return name

    def _family_name(self, sex: Sex, other_than: str = "") -> str:
        names = self.naming.women if sex == "female" and self.naming.women else self.naming.families
        if self.naming.rarer and self.chance.random() < _RARE_NAME:
            names = self.naming.rarer
        free = [name for name in names if name != self._ending(other_than, "male")]
        one = self._often(free)
        other = self.chance.choice([name for name in free if name != one])
        hyphenated = (
            self.naming.passed_on == "shared" and self.chance.random() < _HYPHENATED and not other_than
        )
        return self._ending(f"{one}-{other}" if hyphenated else one, sex)

    def _often(self, names: Sequence[str]) -> str:
        """One of these names, the first of them more often than the last, as fashion has it."""
        return names[min(self.chance.randrange(len(names)), self.chance.randrange(len(names)))]

    def _ending(self, family_name: str, sex: Sex) -> str:
        """Kowalski's wife and daughters are Kowalska, where that is the custom."""
        if self.naming.passed_on != "gendered" or family_name[-3:-1] not in ("sk", "ck"):
            return family_name
        return family_name[:-1] + ("a" if sex == "female" else "i")

    def _sex(self) -> Sex:
        return self.chance.choice(("female", "male"))

    def _born(self, age: int) -> date:
        """A birthday of someone who is ``age`` today."""
        return self.today - timedelta(days=int(age * _YEAR) + 20 + self.chance.randint(0, 320))


def _plus(day: date, years: int) -> date:
    return day + timedelta(days=round(years * _YEAR))
