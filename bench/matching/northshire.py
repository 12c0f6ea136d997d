"""Northshire's people, asked about through the real candidate queries: by kind of error, and of twins apart.

What is typed is wrong in one way each time; what is stored is right. Found is whoever is possible or better; shown
is probable or better, and a stranger is whoever is shown but was not meant.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bench.register import faithfully_written, in_sqlite
from broker.matching.grades import Grade
from broker.matching.match import match
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from connectors.contract import Connector, Identifiers, Search
from deploy.demo.clerks import slip
from deploy.demo.names import SHORT_FORMS
from deploy.demo.people import Person
from deploy.demo.town import Town

PEOPLE, EACH = 100_000, 300
SHOWN = frozenset({Grade.CERTAIN, Grade.PROBABLE})


@dataclass(slots=True)
class Tally:
    """Of so many asked about: found, shown, and of how many a stranger was shown, certain ones apart."""

    asked: int = 0
    found: int = 0
    shown: int = 0
    strangers: int = 0
    certain_strangers: int = 0
    rows: int = 0

    def count(self, hits: Sequence[tuple[Grade, bool]], rows: int) -> None:
        """``hits``: grade, and whether it is whoever was meant."""
        self.asked += 1
        self.rows += rows
        self.found += any(right for _, right in hits)
        self.shown += any(right and grade in SHOWN for grade, right in hits)
        self.strangers += any(not right and grade in SHOWN for grade, right in hits)
        self.certain_strangers += any(not right and grade is Grade.CERTAIN for grade, right in hits)


async def answer(source: Connector, typed: Identifiers, ref: str, *tallies: Tally) -> None:
    """Ask the source about one person, whose row is ``ref`` (one that is not there: nobody), and count."""
    forms = tuple(other_forms_of(fold(typed.given_name or "")))
    brought = (await source.candidates(Search("bench", (typed,), frozenset(), 30.0, (forms,)))).rows
    (hits,) = match([typed], brought, source.source.population)
    told = [(hit.grade, any(row.local_key == ref for row in hit.rows)) for hit in hits]
    for tally in tallies:
        tally.count(told, len(brought))


def typed(person: Person) -> Identifiers:
    """As a requester knows somebody: no number, no former name."""
    return Identifiers(
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        sex=person.sex,
        address=person.address,
        postcode=person.postcode,
    )


Spoil = Callable[[Identifiers, random.Random], Identifiers | None]
"""One kind of error; None where it can't happen to this person."""


def _typo(one: Identifiers, chance: random.Random) -> Identifiers | None:
    name = slip(one.given_name or "", chance)
    return None if name == one.given_name else replace(one, given_name=name)


def _typos(one: Identifiers, chance: random.Random) -> Identifiers | None:
    spoilt, name = _typo(one, chance), slip(one.family_name or "", chance)
    return None if spoilt is None or name == one.family_name else replace(spoilt, family_name=name)


def _exchanged(one: Identifiers, _: random.Random) -> Identifiers | None:
    born = one.birth_date or date.min
    if born.day > 12 or born.day == born.month:
        return None
    return replace(one, birth_date=born.replace(day=born.month, month=born.day))


def _typo_and_exchanged(one: Identifiers, chance: random.Random) -> Identifiers | None:
    spoilt = _typo(one, chance)
    return spoilt and _exchanged(spoilt, chance)


def _nickname(one: Identifiers, _: random.Random) -> Identifiers | None:
    short = SHORT_FORMS.get(one.given_name or "")
    return replace(one, given_name=short) if short else None


def _swapped(one: Identifiers, _: random.Random) -> Identifiers:
    return replace(one, given_name=one.family_name, family_name=one.given_name)


_SPELT = {
    "Mohammed": "Mohamad", "Muhammad": "Mohammed", "Fatima": "Fatema", "Aisha": "Ayesha",
    "Yusuf": "Youssef", "Ahmed": "Ahmad", "Hussain": "Hussein", "Abdullah": "Abdallah", "Zainab": "Zaynab",
    "Ibrahim": "Ebrahim", "Khadija": "Khadijah", "Hassan": "Hasan", "Maryam": "Mariam",
    "Oleksandr": "Aleksandr", "Siobhan": "Shivaun", "Niamh": "Neve", "Caoimhe": "Keeva", "Sean": "Shaun",
    "Mykola": "Nikola", "Dmytro": "Dmitri", "Hamza": "Hamzah", "Bilal": "Belal", "Usman": "Osman",
    "Umar": "Omar", "Amina": "Aminah", "Sofia": "Sophia", "Katarzyna": "Katarina", "Gurpreet": "Gurprit",
    "Harpreet": "Harprit", "Yousuf": "Yusuf", "Cian": "Kian", "Aoife": "Eefa", "Nikita": "Mykyta",
    "Andriy": "Andrei", "Iryna": "Irina", "Olena": "Elena", "Tetiana": "Tatiana", "Serhiy": "Sergei",
    "Abdi": "Cabdi", "Hodan": "Hodhan", "Asha": "Casha", "Khalid": "Khaled", "Nasra": "Nasrah",
    "Sumaya": "Sumayyah", "Iman": "Eman",
}  # fmt: skip
"""How somebody who hears a name may spell it. None of it is taken from the matcher's lists."""


def _transliterated(one: Identifiers, _: random.Random) -> Identifiers | None:
    other = _SPELT.get(one.given_name or "")
    return replace(one, given_name=other) if other else None


def _kinds(people: Sequence[Person]) -> Mapping[str, Spoil]:
    def renamed(one: Identifiers, chance: random.Random) -> Identifiers:
        return replace(one, family_name=chance.choice(people).family_name)

    return {
        "exact": lambda one, _: one,
        "typo": _typo,
        "two_typos": _typos,
        "exchanged_date": _exchanged,
        "typo_and_exchanged_date": _typo_and_exchanged,
        "nickname": _nickname,
        "changed_surname": renamed,
        "names_swapped": _swapped,
        "transliterated": _transliterated,
    }


async def by_kind_of_error(seed: int, today: date, directory: Path) -> dict[tuple[str, str], Tally]:
    """By kind of error, and by what else was typed: ``whole``, ``no_postcode``, ``no_birth_date``, ``neither``."""
    people = Town(seed, today).people(PEOPLE)
    source = in_sqlite(directory / "faithful.db", faithfully_written(people), population=PEOPLE)
    tallies: dict[tuple[str, str], Tally] = {}
    for kind, spoil in _kinds(people).items():
        spoilt = _spoilt(people, spoil, random.Random(f"{kind} {seed}"))
        for left_out, without in _LEFT_OUT.items():
            tally = tallies[kind, left_out] = Tally()
            for ref, one in spoilt:
                await answer(source, without(one), ref, tally)
    await source.close()
    return tallies


def _spoilt(people: Sequence[Person], spoil: Spoil, chance: random.Random) -> list[tuple[str, Identifiers]]:
    found: list[tuple[str, Identifiers]] = []
    for place in chance.sample(range(len(people)), len(people)):
        one = spoil(typed(people[place]), chance)
        if one is not None:
            found.append((str(place), one))
        if len(found) == EACH:
            break
    return found


_LEFT_OUT: Mapping[str, Callable[[Identifiers], Identifiers]] = {
    "whole": lambda one: one,
    "no_postcode": lambda one: replace(one, postcode=None, address=None),
    "no_birth_date": lambda one: replace(one, birth_date=None),
    "neither": lambda one: replace(one, postcode=None, address=None, birth_date=None),
}

_TWINS = 1000
_RHYMING = (
    ("Jayden", "Hayden"),
    ("Amina", "Amira"),
    ("Ella", "Bella"),
    ("Tia", "Mia"),
    ("Hassan", "Hussain"),
)


async def of_twins(seed: int, directory: Path) -> Tally:
    """A twin is asked about of whom only the other is in the source; names of a fifth of them rhyme."""
    today = date(2026, 6, 1)
    chance = random.Random(f"twins {seed}")
    children = [one for one in Town(seed, today).people(PEOPLE // 4) if one.age_on(today) < 18]
    stored, asked = [], []
    for number, one in enumerate(children[:_TWINS]):
        pair = (
            chance.choice(_RHYMING) if number % 5 == 0 else (one.given_name, _another(one, children, chance))
        )
        mine, other = (replace(one, given_name=name, former_family_name=None) for name in pair)
        stored.append(replace(other, nhs_number="", upn=None))
        asked.append(mine)
    source = in_sqlite(
        directory / "twins.db", faithfully_written([*stored, *children[_TWINS:]]), population=len(children)
    )
    tally = Tally()
    for one in asked:
        await answer(source, typed(one), "nobody", tally)
    await source.close()
    return tally


def _another(one: Person, children: Sequence[Person], chance: random.Random) -> str:
    """A name for a sibling, of either sex."""
    return min({chance.choice(children).given_name for _ in range(4)} - {one.given_name})
