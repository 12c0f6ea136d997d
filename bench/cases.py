"""Queries as requesters type them, about people of Northshire and about people who are not there."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from deploy.demo.clerks import slip
from deploy.demo.people import Person
from deploy.demo.town import Town as People
from deploy.demo.truth import Truth
from tests.fakes.northshire import Town

ADULT = 18
Born = Literal["date", "age", "neither"]


@dataclass(frozen=True, slots=True)
class Case:
    """One query: about whom, what was typed, and whether the person is in Northshire at all."""

    person: Person
    typed: Mapping[str, Any]
    born: Born
    present: bool


def cases(truth: Truth, seed: int, today: date, *, queries: int, absent: int) -> list[Case]:
    """About people of whom some source holds something, but for ``absent`` of them: those live elsewhere.

    One in six with an age instead of a birth date, one in twelve with neither; now and then a slip.
    """
    chance = random.Random(f"queries {seed}")
    strangers = People(seed + 1_000_003, today).people(absent * 3) if absent else []
    in_a_source = {one.person_id for one in truth.records}
    known = [one for one in truth.people if one.person_id in in_a_source]
    people = [(one, True) for one in chance.sample(known, queries - absent)]
    people += [(one, False) for one in chance.sample(strangers, absent)]
    return [case_about(person, present, chance, today) for person, present in people]


def case_about(person: Person, present: bool, chance: random.Random, today: date) -> Case:
    """As a requester types it."""
    born: Born = chance.choices(("date", "age", "neither"), (9, 2, 1))[0]
    typed: dict[str, Any] = {
        "relation": "parent" if person.age_on(today) >= ADULT else "child",
        "given_name": slip(person.given_name, chance) if chance.random() < 0.02 else person.given_name,
        "family_name": slip(person.family_name, chance) if chance.random() < 0.02 else person.family_name,
        "sex": person.sex,
    }
    typed |= {"postcode": person.postcode, "address": person.address} if chance.random() < 0.8 else {}
    if born == "date":
        typed["birth_date"] = person.birth_date.isoformat()
    elif born == "age":
        typed["age"] = person.age_on(today)
    return Case(person, typed, born, present)


async def answered(town: Town, case: Case) -> tuple[Mapping[str, Any], float]:
    """The answer to a case, and how long it took, in milliseconds. The case is not the requester's own."""
    query = {
        "purpose": "section_47_enquiry",
        "reason": "Benchmark",
        "case_reference": "NS-1",
        "view": "details",
        "conflict_of_interest": "none",
        "people": [case.typed],
    }
    began = time.perf_counter()
    status, answer = await town.post("/v1/queries", query)
    if status != 200:
        raise RuntimeError(f"{status}: {answer}")
    return answer, (time.perf_counter() - began) * 1000
