"""Our engine and Cedar, asked the same: how many decisions, of which kinds, and where they disagree."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any

from policy.compile import compile_policy
from policy.facts import Ask, Record
from policy.load import LoadedPolicy
from tests.oracle import drawn
from tests.oracle.answers_again import levels_of
from tests.oracle.as_cedar import decided, translated

A_POLICY = 40
"""So many questions and records meet each policy."""
MAY_BE_UNKNOWN = (
    "typed_age",
    "case",
    "family_agreement",
    "time",
    "age",
    "restriction",
    "last_contact",
    "started",
    "ended",
    "kind",
)


Round = tuple[dict[str, Any], list[tuple[Ask, Record]], list[dict[str, int]]]
"""What stands in a policy, those that it meets, and the level of everything for each of them, by Cedar."""


@dataclass(slots=True)
class Compared:
    """Counted: questions, decisions (one a field), those that show something, levels and unknowns."""

    decisions: int = 0
    requests: int = 0
    shown: int = 0
    levels: Counter[tuple[str, int]] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    disagreements: list[tuple[LoadedPolicy, Ask, Record, dict[str, int], dict[str, int]]] = field(
        default_factory=list
    )


def rounds(seed: int) -> Iterator[Round]:
    """Policies with those that they meet, and what Cedar decides, for ever."""
    chance = random.Random(seed)  # noqa: S311 -- drawn again from its seed, not secret
    while True:
        content, pairs = drawn.content(chance), list(drawn.met(chance, A_POLICY))
        yield content, pairs, decided(translated(drawn.policy(content).policy), pairs)


def compared(seed: int, requests: int) -> Compared:
    """So many questions about records, put to both."""
    found = Compared()
    for content, pairs, theirs in rounds(seed):
        if found.requests >= requests:
            return found
        policy = drawn.policy(content)
        ours = compile_policy(policy)
        for (ask, record), their in zip(pairs, theirs, strict=True):
            _count(found, ask, record, their)
            our = levels_of(ours, ask, record)
            if our != their:
                found.disagreements.append((policy, ask, record, our, their))
    raise AssertionError


def _count(found: Compared, ask: Ask, record: Record, levels: dict[str, int]) -> None:
    found.requests += 1
    found.decisions += len(levels)
    found.shown += bool(levels["involved"])
    found.levels.update(levels.items())
    known: dict[str, Any] = {one.name: getattr(ask, one.name) for one in fields(ask)}
    known |= {one.name: getattr(record, one.name) for one in fields(record)} | {"kind": record.gates["kind"]}
    found.unknown.update(name for name in MAY_BE_UNKNOWN if known[name] is None)
