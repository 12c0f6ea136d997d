"""Who is asked about: invented people known to every service of Littleworth, one after the other.

Nobody asks about one person a thousand times a day. A benchmark that does measures how the limits count that
person's earlier questions, and little else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from connectors.contract import Candidate
from deploy.demo.people import Person
from deploy.demo.town import Town
from tests.fakes.littleworth import row

SEED = 20_261
_YOUNGEST = 18


def grown_ups(count: int, today: date | None = None) -> list[Person]:
    """So many people of whom no two share a family name and a birth date: none is taken for another."""
    today = today or datetime.now(UTC).date()
    found: dict[tuple[str, date], Person] = {}
    for _, members in Town(SEED, today).households(4 * count):
        for one in members:
            if one.age_on(today) >= _YOUNGEST:
                found.setdefault((one.family_name, one.birth_date), one)
        if len(found) >= count:
            break
    return list(found.values())[:count]


def known(people: Iterable[Person]) -> list[Candidate]:
    """The record of each, as every service has it."""
    return [
        row(
            f"known-{one.person_id}",
            identifiers={
                "given_name": one.given_name,
                "family_name": one.family_name,
                "birth_date": one.birth_date,
                "sex": one.sex,
                "address": one.address,
                "postcode": one.postcode,
            },
        )
        for one in people
    ]


def typed(one: Person) -> dict[str, str]:
    """What is typed of a person."""
    return {
        "relation": "parent",
        "given_name": one.given_name,
        "family_name": one.family_name,
        "birth_date": one.birth_date.isoformat(),
        "postcode": one.postcode,
    }
