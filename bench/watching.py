"""``make bench-watching``: what each shipped watching rule finds in generated months, and how often it is wrong.

Four months of a council's look-ups (SEED=n, or one is drawn), each written to a real log and read back from it.
Every finding without a planted act behind it is a false alarm. The figures are quoted by the rules'
explanations.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.figures import Figure, held, report
from broker.audit.keys import create_keys, load_keys
from broker.audit.log import AuditLog
from broker.audit.reader import AuditReader
from broker.audit.tags import TagKeys
from broker.audit.watching.evaluate import evaluate
from broker.audit.watching.facts import Facts
from broker.audit.watching.finding import Finding
from broker.audit.watching.load import load_watching, shipped_path
from broker.audit.watching.model import WatchingRules, thresholds
from broker.audit.watching.reading import Gathering
from broker.audit.watching.ties import Ties, staff_tags
from broker.registers.flags import Flag, Of, flags_of, home_tags, person_tags
from deploy.demo.misuse import GeneratedMonth, Planted, generate
from deploy.demo.month import EMERGENCY, typed
from deploy.demo.workforce import Workforce

MONTHS = 4
FIRST = date(2026, 6, 1)
ORIGIN = "northshire.example/generated-month"
REVIEW_WITHIN = {EMERGENCY: timedelta(days=3)}
"""As the rules that are shipped for England have it."""
_AT_ONCE = 256


@dataclass(slots=True)
class Score:
    """What one rule did in all months."""

    alarms: int = 0
    false_alarms: int = 0
    planted: int = 0
    found: int = 0


@dataclass(slots=True)
class Scores:
    """What all rules did, and in how much work."""

    by_rule: dict[str, Score]
    look_ups: int = 0
    requesters: int = 0
    entries: int = 0
    seconds_to_look: float = 0
    false_without_misuse: Counter[str] = field(default_factory=Counter)


async def written(events: Sequence[Any], directory: Path) -> None:
    """Write a month's events to a log of its own, in order."""
    create_keys(directory / "keys")
    now = events[-1].at
    log = await AuditLog.open(directory / "audit.db", load_keys(directory / "keys"), ORIGIN, now=lambda: now)
    try:
        for first in range(0, len(events), _AT_ONCE):
            await asyncio.gather(*map(log.record, events[first : first + _AT_ONCE]))
    finally:
        await log.close()


def ties_of(workforce: Workforce, tags: TagKeys) -> Ties:
    """All that a council knows: its staff, their homes, and whom it flagged."""
    homes = [
        _flag("home", home_tags(one.subject, typed(one.who), tags), number)
        for number, one in enumerate(workforce.workers)
    ]
    people = [
        _flag("person", person_tags(typed(one), tags), number)
        for number, one in enumerate(person for family in workforce.flagged for person in family)
    ]
    staff = staff_tags((one.name for one in workforce.workers), tags)
    return Ties(tags, staff, flags_of([*homes, *people]))


def _flag(of: Of, tags: Mapping[bytes, str], number: int) -> Flag:
    return Flag(f"{of} {number}", of, "Generated", FIRST, "bench", tags)


def facts_of(month: GeneratedMonth, directory: Path) -> tuple[Facts, int]:
    """What the rules look at, as it is read back from the log; and how many entries there are."""
    keys = load_keys(directory / "keys")
    with AuditReader.open(directory / "audit.db", keys, ORIGIN) as reader:
        gathered = Gathering(ties_of(month.workforce, keys.tags))
        gathered.take(reader)
        return gathered.facts(month.close_matches), reader.store.size()


def culprit_of(one: Finding, planted: Iterable[Planted], query_of: Mapping[int, str]) -> Planted | None:
    """The act behind a finding; None: it is a false alarm."""
    queries = {query_of[index] for index in one.entries if index in query_of}
    for act in planted:
        together = act.begins <= one.ends and one.begins <= act.ends
        same = act.about == one.about if one.requester is None else act.subject == one.subject
        if same and (queries & act.queries if act.queries else together and not queries):
            return act
    return None


def scored(
    month: GeneratedMonth, facts: Facts, found: Sequence[Finding], rules: WatchingRules, scores: Scores
) -> None:
    """Add what the rules found in one month."""
    query_of = {one.index: one.query_id for one in facts.look_ups}
    acts_found: set[tuple[str, int]] = set()
    for one in found:
        its, act = scores.by_rule[one.rule], culprit_of(one, month.planted, query_of)
        its.alarms += 1
        its.false_alarms += act is None
        if act is not None:
            acts_found.add((one.rule, month.planted.index(act)))
    for name, rule in rules.rules.items():
        mine = [number for number, act in enumerate(month.planted) if act.kind == rule.watches]
        scores.by_rule[name].planted += len(mine)
        scores.by_rule[name].found += sum((name, number) in acts_found for number in mine)


def run_month(seed: int, rules: WatchingRules, scores: Scores) -> None:
    """Generate, write, read, look, and score one month."""
    month = generate(seed, FIRST)
    with tempfile.TemporaryDirectory(prefix="watching-") as folder:
        asyncio.run(written(month.events, Path(folder)))
        facts, entries = facts_of(month, Path(folder))
    began = time.process_time()
    found = evaluate(rules, facts, month.ends, REVIEW_WITHIN)
    scores.seconds_to_look += time.process_time() - began
    scored(month, facts, found, rules, scores)
    scores.look_ups += len(facts.look_ups)
    scores.requesters += len({one.requester.subject for one in facts.look_ups})
    scores.entries += entries


def measured(seed: int, months: int = MONTHS) -> tuple[Scores, WatchingRules]:
    """What the shipped rules did in so many months."""
    rules = load_watching(shipped_path().parent).rules
    scores = Scores({name: Score() for name in rules.rules})
    for number in range(months):
        run_month(seed + number, rules, scores)
    return scores, rules


def figures_of(scores: Scores, months: int) -> dict[str, tuple[float, str]]:
    """Every figure, with its unit."""
    figures: dict[str, tuple[float, str]] = {}
    for name, one in scores.by_rule.items():
        figures |= {
            f"watching.{name}.alarms_a_month": (one.alarms / months, "alarms"),
            f"watching.{name}.false_alarms_a_month": (one.false_alarms / months, "alarms"),
            f"watching.{name}.false_per_1000_look_ups": (1000 * one.false_alarms / scores.look_ups, "alarms"),
            f"watching.{name}.false_per_requester_month": (one.false_alarms / scores.requesters, "alarms"),
            f"watching.{name}.planted": (one.planted, "acts"),
            f"watching.{name}.found": (one.found, "acts"),
        }
    false, planted = (
        sum(getattr(one, it) for one in scores.by_rule.values()) for it in ("false_alarms", "planted")
    )
    found = sum(one.found for one in scores.by_rule.values())
    return figures | {
        "watching.found_share": (found / planted, "of the planted acts"),
        "watching.false_alarms_a_month": (false / months, "alarms of all rules"),
        "watching.false_per_1000_look_ups": (1000 * false / scores.look_ups, "alarms of all rules"),
        "watching.look_ups_a_month": (scores.look_ups / months, "look-ups"),
        "watching.s_to_look_at_a_month": (scores.seconds_to_look / months, "s of CPU, all rules"),
    }


def quoted(figures: Iterable[Mapping[str, Any]], rules: WatchingRules) -> Mapping[str, Mapping[str, Any]]:
    """What the rules' explanations quote, of figures as bench/watching.json has them."""
    values = {one["figure"]: one["value"] for one in figures}
    return {
        name: {
            "thresholds": thresholds(rule),
            **{
                what: round(values[f"watching.{name}.{what}"], 3)
                for what in ("alarms_a_month", "false_alarms_a_month", "false_per_1000_look_ups",
                             "false_per_requester_month", "planted", "found")
            },
        }
        for name, rule in rules.rules.items()
    }  # fmt: skip


def write_quoted(figures: Sequence[Figure], rules: WatchingRules) -> None:
    """Write them beside the shipped rules, where `broker audit rules` finds them."""
    told = quoted([{"figure": one.figure, "value": one.value} for one in figures], rules)
    path = shipped_path().with_name("measured.json")
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def main() -> int:
    """Measure, print and write down; 1 where a target is missed."""
    seed = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
    scores, rules = measured(seed)
    figures = held(figures_of(scores, MONTHS))
    _print(scores)
    write_quoted(figures, rules)
    return 0 if report("watching", figures, {"seed": seed, "months": MONTHS}) else 1


def _print(scores: Scores) -> None:
    made = Table(title="Each rule, in a month of Northshire", title_justify="left")
    for heading in ("Rule", "Alarms", "False", "a 1,000 look-ups", "a requester-month", "Planted found"):
        made.add_column(heading, overflow="fold")
    for name, one in scores.by_rule.items():
        made.add_row(
            name,
            f"{one.alarms / MONTHS:.1f}",
            f"{one.false_alarms / MONTHS:.1f}",
            f"{1000 * one.false_alarms / scores.look_ups:.2f}",
            f"{one.false_alarms / scores.requesters:.4f}",
            f"{one.found} of {one.planted}",
        )
    Console(width=110).print(made)


if __name__ == "__main__":
    sys.exit(main())
