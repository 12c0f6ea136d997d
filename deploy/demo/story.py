"""The records of the story family, designed so that each rule of the shipped policies shows, for any seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from deploy.demo.clerks import Written, faithfully, slip
from deploy.demo.people import Person
from deploy.demo.records import Record, Worker
from deploy.demo.staff import OF_THE_STORY
from deploy.demo.writing import Pen

CASE = "NS-1042"
"""The number of the story family's case. It is open, and the asking social worker holds it."""

LINKS: Mapping[str, str] = {"child": "CHILD", "sibling": "SIBLING", "mother": "MOTHER", "partner": "PARTNER"}


class Story:
    """Writes what the services hold of the child, the sibling, the mother and her partner."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        staff = pen.staff
        self._with_lead = next(one for one in staff.primary_schools if one.name)
        self._with_desk = next(one for one in staff.secondary_schools if not one.name)

    def of(self, person: Person) -> Iterator[Record]:
        """One part's records."""
        parts: Mapping[str, Callable[[Person], Iterator[Record]]] = {
            "child": self._child, "sibling": self._sibling, "mother": self._mother, "partner": self._partner,
        }  # fmt: skip
        yield from parts[person.part](person)
        yield self._linked(person)

    def _child(self, person: Person) -> Iterator[Record]:
        # The birth date has to bridge the slip: there is no number to help.
        misspelt = slip(person.family_name, self._pen.chance)
        written = replace(faithfully(person), family_name=misspelt, upn=None)
        yield self._attends(person, "attends, misspelt", self._with_lead, written)

    def _sibling(self, person: Person) -> Iterator[Record]:
        yield self._attends(person, "attends a school with only a desk", self._with_desk, faithfully(person))
        yield self._told("police", person, "too young for this policy", kind="missing", party="subject")

    def _mother(self, person: Person) -> Iterator[Record]:
        plan = self._told("adult_social_care", person, "a plan in force", kind="in_force")
        yield plan
        planned = self._told("adult_social_care", person, "planned, never in scope", kind="planned")
        yield replace(planned, person_key=plan.person_key)
        yield self._told("housing", person, "a tenancy", months=30)
        parked = self._told("police", person, "irrelevant", kind="parking", party="suspect")
        yield parked
        reported = self._told(
            "police",
            person,
            "who reported is never told",
            kind="domestic_abuse",
            party="reporting_person",
            months=5,
        )
        yield replace(reported, person_key=parked.person_key)
        yield self._told(
            "housing_asb", person, "who suffered is never told", kind="harassment", party="victim", months=6
        )

    def _partner(self, person: Person) -> Iterator[Record]:
        relevant = self._told("police", person, "relevant", kind="domestic_abuse", party="suspect", months=3)
        others = (
            self._told(
                "police",
                person,
                "would prejudice an investigation",
                kind="under_investigation",
                party="suspect",
            ),
            self._told("police", person, "irrelevant", kind="parking", party="suspect"),
            self._told(
                "police",
                person,
                "beyond the look-back",
                kind="domestic_abuse",
                party="suspect",
                months=44,
                ended=43,
            ),
        )
        yield relevant
        yield from (replace(one, person_key=relevant.person_key) for one in others)
        moved = replace(faithfully(person), address=person.former_address, postcode=person.former_postcode)
        yield self._told("housing", person, "a former tenancy", months=40, ended=14, written=moved)
        yield self._told(
            "housing_asb", person, "complained of", kind="violence", party="perpetrator", months=4
        )

    def _linked(self, person: Person) -> Record:
        """A part in the family's own case, by which it can be asked about."""
        link = LINKS[person.part]
        made = self._told("childrens_cases", person, "the case", kind="assessment", party=link, months=2)
        opened = self._pen.today - timedelta(days=24)
        return replace(made, case_key=CASE, worker=OF_THE_STORY, started=opened, last_contact=self._pen.today)

    def _attends(self, person: Person, designed: str, school: Worker, written: Written) -> Record:
        return replace(self._told("school", person, designed, written=written), worker=school)

    def _told(
        self, service: str, person: Person, designed: str, *, months: int = 9, ended: int | None = None,
        kind: str = "", party: str = "", written: Written | None = None,
    ) -> Record:  # fmt: skip
        """Begun so many months ago, and ended so many ago or else seen lately; without a clerk's error."""
        pen = self._pen
        over = pen.ago(ended) if ended else None
        made = pen.spell(
            service, person, pen.ago(months), over, pen.chance.choice(pen.staff.workers[service])
        )
        return replace(
            made,
            written=written or faithfully(person),
            kind=kind,
            party=party,
            last_contact=over or pen.ago(0),
            designed=designed,
        )
