"""Policies, questions and records drawn at random, with every construct of the language and every fact unknown."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from handwritten import Positions
from policy.facts import Ask, Record
from policy.load import LoadedPolicy
from policy.model import SharingPolicy
from tests.oracle.as_cedar import LEVELS

PURPOSES, ROLES = ("enquiry", "help", "danger"), ("worker", "lead", "duty")
RELATIONS = ("child", "parent", "carer", "other_adult")
CODES = ("a", "b", "c", "C ", "d", "")
TODAY = date(2026, 3, 31)
HOURS = ({"from": "08:00", "to": "18:00"}, {"from": "22:30", "to": "06:00"})
MINUTES = (time(0), time(6), time(7, 59), time(8), time(17, 59), time(18), time(22, 30))
A_SIXTH = 1 / 6
AGES = (None, None, 0, 4, 15, 16, 17, 18, 19, 40, 41, 90)


def content(chance: random.Random) -> dict[str, Any]:
    """What stands in a whole policy."""
    return {
        "format": "sharing-policy/1",
        "policy": "p",
        "source": "p",
        "owner": {"organisation": "o", "contact": "c"},
        "controller": "c",
        "discloses_under": {"gateway": "g", "lawful_basis": "public_task"},
        "version": 1,
        "effective": chance.choice([_IN_FORCE] * 20 + _ON_ITS_EDGES),
        "sharing_agreement": {"dsa": "d", "dpia": "d", "agreed": "2026-01-01"},
        "discloses": chance.choice(["records"] * 30 + ["by_request"]),
        "record_date": chance.choice(["last_contact", "started", "ended"]),
        "look_back": chance.choice(["unlimited", "1 month", "13 months", "2 years"]),
        "nothing_means": "Nothing.",
        "people": chance.choice([None, None, {"age": {"from": 16}}, {"age": {"from": 4, "to": 40}}]),
        "roster": _roster(chance),
        "gates": chance.choice(
            [{}, {}, {"kind": {"only": ["a", "b"]}}, {"kind": {"never": {"c": "No."}}}, _BOTH]
        ),
        "fields": {
            field: _rules(chance, field) for field in LEVELS if field == "involved" or chance.random() < 0.9
        },
    }


def policy(content: dict[str, Any]) -> LoadedPolicy:
    """The policy in which this stands."""
    path = Path("p.yaml")
    return LoadedPolicy(SharingPolicy.model_validate(content), "0", Positions(path, (), {}, {}), path)


_IN_FORCE = {"from": "2026-01-01", "until": "2026-12-31"}
_ON_ITS_EDGES = [
    _IN_FORCE | edge
    for edge in (
        {"from": "2026-03-31"},
        {"from": "2026-04-01"},
        {"until": "2026-03-31"},
        {"until": "2026-03-30"},
    )
]
_BOTH = {"kind": {"only": ["a", "d"], "never": {"b": "No."}}, "other": {"never": {"b": "No."}}}


def _rules(chance: random.Random, field: str) -> dict[str, Any]:
    names, several = LEVELS[field], chance.randint(1, 4)
    share = [_rule(chance, limit=False, show=chance.choice(names)) for _ in range(several)]
    drawn = chance.random()
    if drawn < 0.75:
        share.append({"purpose": list(PURPOSES), "show": names[-1]})
    elif drawn < 0.9:
        share += _by_age(chance, names)
    below = ("nothing", *names[:-1])
    limits = chance.randint(0, 2 if field != "involved" else 1)
    at_most = [_rule(chance, limit=True, show=chance.choice(below)) for _ in range(limits)]
    codes = {"codes": {"open": {"label": "Open", "meaning": "Open."}}} if field == "status" else {}
    return {"justification": "Because.", "share": share, "at_most": at_most, **codes}


def _by_age(chance: random.Random, names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The older, the more, or the less."""
    ages: list[dict[str, Any]] = chance.sample([{"to": 17}, {"from": 18, "to": 40}, {"from": 41}], 3)
    return [{"purpose": list(PURPOSES), "when": {"age": age}, "show": chance.choice(names)} for age in ages]


def _roster(chance: random.Random) -> dict[str, Any] | None:
    """Who is linked to a case, and what may be searched with."""
    if chance.random() < A_SIXTH:
        return None
    names, several, limits = ("relation", "relation_and_name"), chance.randint(1, 3), chance.randint(0, 1)
    limited = (_rule(chance, limit=True, show=chance.choice(("nothing", "relation"))) for _ in range(limits))
    travels = (_rule(chance, limit=False, show="") for _ in range(chance.randint(0, 2)))
    return {
        "justification": "Because.",
        "share": [_rule(chance, limit=False, show=chance.choice(names)) for _ in range(several)],
        "at_most": list(limited),
        "search_with": [
            {**_but(one, "show"), "identifiers": chance.choice((["birth_date"], ["birth_date", "postcode"]))}
            for one in travels
        ],
    }


def _but(rule: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in rule.items() if key != name}


def _rule(chance: random.Random, *, limit: bool, show: str) -> dict[str, Any]:
    purposes = chance.sample(PURPOSES, chance.randint(1, 3))
    return {
        "purpose": None if limit and chance.random() < 0.4 else purposes,
        "roles": chance.sample(ROLES, 2) if chance.random() < 0.3 else None,
        "when": _when(chance) or None,
        "show": show,
        **({"why": "Because."} if limit else {}),
    }


def _when(chance: random.Random) -> dict[str, Any]:
    facts = {
        "relation": chance.sample(RELATIONS, chance.randint(1, 2)),
        "case": chance.choice(["verified", "unverified"]),
        "family_agreement": chance.choice(["given", "refused", "withdrawn"]),
        "age": chance.choice([{"from": 16}, {"to": 17}, {"from": 16, "to": 40}, {"from": 41}, {"to": 15}]),
        "time": chance.choice(HOURS),
        "restriction": chance.choice(["staff", "location"]),
    }
    names = chance.sample(sorted(facts), chance.choice([0, 0, 1, 1, 2]))
    return {name: facts[name] for name in [*names, *(["restriction"] if chance.random() < A_SIXTH else [])]}


def met(chance: random.Random, count: int) -> Iterator[tuple[Ask, Record]]:
    """Questions and records, most of which policies let pass."""
    for _ in range(count):
        typed = chance.choice((None, 16, 17, 18, 40) * 6 + AGES)
        ask = Ask(
            purpose=chance.choice((*PURPOSES * 9, "curiosity")),
            role=chance.choice((*ROLES * 6, "nobody")),
            relation=chance.choice(RELATIONS),
            today=chance.choice((TODAY,) * 19 + (date(2026, 12, 31),)),
            typed_age=typed,
            case=chance.choice(("verified", "verified", "unverified", None)),
            family_agreement=chance.choice(("given", "given", "refused", "withdrawn", None)),
            look_back_months=chance.choice((None, None, None, None, 1, 14, 36)),
            caps=_caps(chance),
            time=chance.choice((None, *MINUTES)),
        )
        yield ask, _record(chance, ask)


def _caps(chance: random.Random) -> dict[str, int]:
    if chance.random() < 0.8:
        return {}
    field = chance.choice(sorted(LEVELS))
    return {field: chance.randint(0, len(LEVELS[field]))}


def _record(chance: random.Random, ask: Ask) -> Record:
    return Record(
        age=chance.choice((16, 17, 18, 19, 40) * 6 + AGES),
        started=_day(chance, ask),
        ended=_day(chance, ask),
        last_contact=_day(chance, ask),
        gates={name: chance.choice((*"a" * 24, None, *CODES)) for name in ("kind", "other")},
        restriction=chance.choice(
            ("none",) * 22 + ("location", "location", "staff", "staff", "staff", "shielded", None)
        ),
    )


def _day(chance: random.Random, ask: Ask) -> date | None:
    exact = (date(2026, 2, 28), date(2026, 2, 27), date(2025, 2, 28), date(2025, 2, 27), date(2024, 3, 31))
    back = ask.today - timedelta(
        days=chance.choice((0, 1, 5, 20, 27) * 4 + (28, 30, 31, 32, 200, 365, 729, 731))
    )
    return chance.choice((back,) * 20 + (chance.choice(exact), ask.today + timedelta(days=1), None))
