"""Children's case management: whose family has a case, who is linked to it and how, and who holds it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from deploy.demo.people import Person
from deploy.demo.records import Record
from deploy.demo.writing import Pen, same_matter

SERVICE = "childrens_cases"
_CATEGORIES = ("assessment", "child_in_need", "child_protection", "looked_after", "adoption")
_CATEGORY_SHARES = (38, 30, 18, 10, 4)
_FAMILIES = 0.08
"""The share of families with children that have, or had, a case: judgement, near the count of children in need."""


class ChildrensServices:
    """Writes the case of a family."""

    def __init__(self, pen: Pen, grown_up: int = 18) -> None:
        self._pen = pen
        self._grown_up = grown_up

    def case(self, members: Sequence[Person]) -> Iterator[Record]:
        """Now and then a case: a part in it for everyone of the household, by how they are linked to the child."""
        chance = self._pen.chance
        children = sorted(
            (one for one in members if one.age_on(self._pen.today) < self._grown_up),
            key=lambda one: one.birth_date,
            reverse=True,
        )
        if not children or chance.random() > _FAMILIES:
            return
        kind = chance.choices(_CATEGORIES, _CATEGORY_SHARES)[0]
        oldest = max(2, children[0].age_on(self._pen.today) * 12 - 3)
        months, over = chance.randint(2, min(70, oldest) + 1), chance.random() < 0.5
        first: Record | None = None
        for person, link in self.links(children, members):
            record = self._pen.record(SERVICE, person, months, over=over, kind=kind, party=link)
            yield same_matter(record, first) if first else record
            first = first or record

    def links(self, children: Sequence[Person], members: Sequence[Person]) -> Iterator[tuple[Person, str]]:
        """The youngest child first; the first adult of each sex as mother or father, others as relatives."""
        yield children[0], "CHILD"
        yield from ((one, "SIBLING") for one in children[1:])
        free = {"female": "MOTHER", "male": "FATHER"}
        for adult in (one for one in members if one not in children):
            yield adult, free.pop(adult.sex, "RELATIVE")
