"""Who is missed, by the origin of their names: records by careless clerks, people as requesters type them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from bench.matching.northshire import Tally, answer, typed
from bench.register import carelessly_written, in_sqlite
from connectors.contract import Identifiers
from deploy.demo import names
from deploy.demo.clerks import slip
from deploy.demo.people import Person
from deploy.demo.town import Town

PEOPLE, EACH = 150_000, 2_000
_SLIPS, _WITHOUT_PLACE, _FORMER_NAME_KNOWN = 0.02, 0.2, 0.5
ORIGINS = {
    "british": names.BRITISH, "welsh": names.WELSH, "irish": names.IRISH, "scottish": names.SCOTTISH,
    "pakistani": names.PAKISTANI, "bangladeshi": names.BANGLADESHI, "indian": names.INDIAN,
    "nigerian": names.NIGERIAN, "west_and_southern_african": names.WEST_AND_SOUTHERN_AFRICAN,
    "somali": names.SOMALI, "arabic": names.ARABIC, "polish": names.POLISH, "ukrainian": names.UKRAINIAN,
    "southern_and_eastern_european": names.SOUTHERN_AND_EASTERN_EUROPEAN, "chinese": names.CHINESE,
    "vietnamese": names.VIETNAMESE,
}  # fmt: skip


async def by_origin(
    seed: int, today: date, directory: Path
) -> tuple[Mapping[str, Tally], Mapping[str, Tally]]:
    """Of each origin as many people as there are, at most ``EACH``: all of them, and those of one family name all
    their lives. A name that changed, at an address that changed, is shown only where the former one is known.
    """
    called = {id(naming): name for name, naming in ORIGINS.items()}
    people: list[Person] = []
    places: dict[str, list[int]] = defaultdict(list)
    for naming, members in Town(seed, today).households(PEOPLE):
        places[called[id(naming)]].extend(range(len(people), len(people) + len(members)))
        people.extend(members)
    source = in_sqlite(directory / "careless.db", carelessly_written(people, seed), population=PEOPLE)
    chance = random.Random(f"fairness {seed}")
    everyone, unchanged = ({origin: Tally() for origin in places} for _ in range(2))
    for origin, own in places.items():
        for place in chance.sample(own, min(EACH, len(own))):
            also = () if people[place].former_family_name else (unchanged[origin],)
            typed_ = as_typed(people[place], chance)
            await answer(source, typed_, str(place), everyone[origin], *also)
    await source.close()
    return everyone, unchanged


def as_typed(person: Person, chance: random.Random) -> Identifiers:
    """With a slip now and then, without the place of a fifth, and with every other former name."""
    one = typed(person)
    given, family = (
        slip(name or "", chance) if chance.random() < _SLIPS else name
        for name in (one.given_name, one.family_name)
    )
    one = replace(one, given_name=given, family_name=family)
    if person.former_family_name and chance.random() < _FORMER_NAME_KNOWN:
        one = replace(one, other_family_names=(person.former_family_name,))
    return replace(one, address=None, postcode=None) if chance.random() < _WITHOUT_PLACE else one


def missed(tallies: Mapping[str, Tally]) -> dict[str, float]:
    """The share who were not shown, by origin."""
    return {origin: 1 - tally.shown / tally.asked for origin, tally in tallies.items()}
