"""``make bench-policy``: what a decision costs, beside Cedar and Casbin on the same rules, in the same run.

196 rules of four sources, six fields each, drawn from a seed (SEED=n, or one is drawn). Cedar and Casbin get their
batch calls, what they can parse beforehand parsed, and one question a field, where a level may take three: so they
are flattered. Cedar has the whole meaning; Casbin, whose language lacks the unknown, roles, purposes and levels.
"""

from __future__ import annotations

import os
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import casbin
import cedarpy
import yaml

from bench.figures import Peer, held, report
from policy.compile import CompiledPolicy, compile_policy
from policy.diff import diff
from policy.facts import Ask, Record
from policy.load import LoadedPolicy, load_policy
from tests.oracle import drawn
from tests.oracle.as_cedar import LEVELS, context_of, translated

RULES, SOURCES, PURPOSES, ROLES = 196, 4, 12, 10
A_QUESTION = 50
"""Records that a question meets: a person with a common name."""
ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Rules:
    """One source's policy as a file, loaded and compiled."""

    loaded: LoadedPolicy
    compiled: CompiledPolicy


def content(chance: random.Random, rules: int, source: str) -> dict[str, Any]:
    """A policy of so many rules; each third field limited, every condition met."""
    purposes, roles = [f"purpose_{n}" for n in range(PURPOSES)], [f"role_{n}" for n in range(ROLES)]
    fields: dict[str, dict[str, Any]] = {name: {"justification": "Because.", "share": []} for name in LEVELS}
    fields["status"]["codes"] = {"open": {"label": "Open", "meaning": "Somebody works on it."}}
    names = list(LEVELS)
    for number in range(rules):
        name = names[number % len(names)]
        rule: dict[str, Any] = {"purpose": chance.sample(purposes, 2), "show": chance.choice(LEVELS[name])}
        rule |= {"roles": chance.sample(roles, 5)} if chance.random() < 0.3 else {}
        if number % 5 or name == "involved":
            condition: dict[str, Any] = (
                {"relation": ["child", "parent", "carer"]} if chance.random() < 0.3 else {}
            )
            condition |= {"age": {"from": chance.choice([14, 16, 18])}} if chance.random() < 0.2 else {}
            fields[name]["share"].append(rule | ({"when": condition} if condition else {}))
        else:
            limit = {
                "show": "nothing" if len(LEVELS[name]) == 1 else LEVELS[name][0],
                "why": "Proportionate.",
            }
            condition = chance.choice([{"relation": "other_adult"}, {"case": "unverified"}])
            fields[name].setdefault("at_most", []).append(rule | limit | {"when": condition})
    return {
        "format": "sharing-policy/1",
        "policy": source,
        "source": source,
        "owner": {"organisation": "Northshire", "contact": "sharing@northshire.example"},
        "controller": "Northshire",
        "discloses_under": {"gateway": "Children Act 2004 s.10", "lawful_basis": "public_task"},
        "version": 1,
        "effective": {"from": "2026-01-01", "until": "2026-12-31"},
        "sharing_agreement": {"dsa": "DSA-1", "dpia": "DPIA-1", "agreed": "2026-01-01"},
        "look_back": "24 months",
        "record_date": "last_contact",
        "nothing_means": "Nothing that is shared.",
        "people": {"age": {"from": 4}},
        "gates": {"kind": {"only": ["a", "b"], "never": {"c": "Never."}}},
        "fields": fields,
    }


def made(chance: random.Random, rules: int, source: str, folder: Path) -> Path:
    """The policy as a file that somebody wrote."""
    path = folder / f"{source}.yaml"
    path.write_text(yaml.safe_dump(content(chance, rules, source), sort_keys=False), encoding="utf-8")
    return path


def met(chance: random.Random, questions: int) -> list[tuple[Ask, list[Record]]]:
    """Questions, each with the records that it meets; nearly all pass the gates."""
    found = []
    for _ in range(questions):
        ask = Ask(
            purpose=f"purpose_{chance.randrange(PURPOSES)}",
            role=f"role_{chance.randrange(ROLES)}",
            relation=chance.choice(drawn.RELATIONS),
            today=drawn.TODAY,
            typed_age=chance.choice([None, 17, 35]),
            case=chance.choice(["verified", "unverified"]),
        )
        found.append((ask, [_record(chance) for _ in range(A_QUESTION)]))
    return found


def _record(chance: random.Random) -> Record:
    day = drawn.TODAY.replace(month=chance.choice([1, 2, 3]), day=chance.randint(1, 28))
    return Record(
        age=chance.randint(4, 60),
        status="open",
        started=day.replace(year=2025),
        ended=None,
        last_contact=day,
        gates={"kind": chance.choice("aaaab")},
        contact_name="Pat Quayle",
        contact_team="North patch",
        contact_phone="0161 496 0000",
    )


def best_of(rounds: int, work: Callable[[], object]) -> float:
    """Seconds of CPU that the work takes, the median of several rounds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _decide(rules: list[Rules], asked: list[tuple[Ask, list[Record]]]) -> int:
    """As a query does: what depends on the question is decided once, then every record is decided and reduced."""
    shown = 0
    for one in rules:
        for ask, records in asked:
            about = one.compiled.about(ask)
            if about is not None:
                shown += sum(about.reduce(record) is not None for record in records)
    return shown


def _decide_anew(rules: list[Rules], asked: list[tuple[Ask, list[Record]]]) -> None:
    for one in rules:
        for ask, records in asked:
            one.compiled.reduce(ask, records[0])


def _cedar(rules: list[Rules], asked: list[tuple[Ask, list[Record]]]) -> tuple[float, int]:
    """Seconds, and fields decided."""
    one = rules[0]
    cedar = translated(one.loaded.policy)
    actions = [f'Action::"{name}:{len(levels)}"' for name, levels in LEVELS.items()]
    requests = [
        {"principal": 'R::"r"', "action": action, "resource": 'R::"r"', "context": context}
        for ask, records in asked[:4]
        for context in (context_of(one.loaded.policy, ask, record) for record in records)
        for action in actions
    ]
    work = lambda: cedarpy.is_authorized_batch(requests, cedar.parsed, cedar.entities)  # noqa: E731 -- one call
    return best_of(3, work), len(requests)


_MODEL = """
[request_definition]
r = role, purpose, field, level
[policy_definition]
p = role, purpose, field, level
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.purpose == p.purpose && (p.role == "*" || r.role == p.role) && r.field == p.field && r.level <= p.level
"""


def _casbin(rules: list[Rules], asked: list[tuple[Ask, list[Record]]]) -> tuple[float, int]:
    """Seconds, and fields decided."""
    enforcer = casbin.Enforcer(casbin.Enforcer.new_model(text=_MODEL))
    for name, of_field in rules[0].loaded.policy.rules():
        for rule in of_field.share:
            for purpose in rule.purpose:
                for role in rule.roles or ("*",):
                    enforcer.add_policy(role, purpose, name, str(LEVELS[name].index(rule.show) + 1))
    requests = [
        [ask.role, ask.purpose, name, str(len(levels))]
        for ask, _ in asked[:8]
        for name, levels in LEVELS.items()
    ]
    return best_of(3, lambda: enforcer.batch_enforce(requests)), len(requests)


def measured(seed: int) -> tuple[dict[str, tuple[float, str]], dict[str, Peer]]:
    """Every figure (value and unit), and what the others took."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = [made(chance, RULES // SOURCES, f"source_{n}", Path(folder)) for n in range(SOURCES)]
        load = best_of(ROUNDS, lambda: [compile_policy(load_policy(path)) for path in paths])
        rules = [Rules(one, compile_policy(one)) for one in map(load_policy, paths)]
        pair = [
            compile_policy(load_policy(made(chance, 200, f"two_hundred_{n}", Path(folder)))) for n in (0, 1)
        ]
        compared = best_of(ROUNDS, lambda: diff(*pair))
        same = best_of(ROUNDS, lambda: diff(pair[0], pair[0]))
    asked = met(chance, 120)
    shown = _decide(rules, asked)
    fields, questions = len(LEVELS), len(asked) * SOURCES
    each = best_of(ROUNDS, lambda: _decide(rules, asked)) / (questions * A_QUESTION * fields) * 1e6
    anew = best_of(ROUNDS, lambda: _decide_anew(rules, asked)) / (questions * fields) * 1e6
    theirs = {"cedarpy 4.12": _cedar(rules, asked), "pycasbin": _casbin(rules, asked)}
    us = {name: seconds / count * 1e6 for name, (seconds, count) in theirs.items()}
    figures = {
        "policy.us_a_field": (each, "us of CPU, decided and reduced, of a record that a question meets"),
        "policy.us_a_field_anew": (anew, "us of CPU, of a question that meets one record"),
        "policy.shown_share": (shown / (questions * A_QUESTION), "of the records"),
        "policy.times_cedar": (us["cedarpy 4.12"] / each, "times as fast"),
        "policy.times_casbin": (us["pycasbin"] / each, "times as fast"),
        "policy.times_cedar_anew": (us["cedarpy 4.12"] / anew, "times as fast"),
        "policy.ms_to_load_196_rules": (load * 1000, "ms, four files, read to active"),
        "policy.s_to_compare_200_rules": (compared, "s, two files of 200 rules that have nothing in common"),
        "policy.s_to_compare_the_same": (same, "s, 200 rules with themselves"),
    }
    peers = {
        "policy.us_a_field": Peer("cedarpy 4.12", us["cedarpy 4.12"]),
        "policy.us_a_field_anew": Peer("pycasbin", us["pycasbin"]),
    }
    return figures, peers


def main() -> int:
    """Measure, print and write down; 1 where a target is missed."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    figures, peers = measured(seed)
    return (
        0 if report("policy", held(figures, peers), {"seed": seed, "rules": RULES, "sources": SOURCES}) else 1
    )


if __name__ == "__main__":
    sys.exit(main())
