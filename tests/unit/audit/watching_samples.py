"""Invented look-ups for watching rules, in tables that are read from left to right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from broker.audit.event import Who
from broker.audit.watching.evaluate import evaluate
from broker.audit.watching.facts import Facts, LookUp, Refusal, Seen
from broker.audit.watching.finding import Finding, Known
from broker.audit.watching.model import WatchingRules

MONDAY = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
"""Ten o'clock in London."""
SAID = {"means": "It may be.", "does_not_mean": "It need not be.", "what_to_do": "Ask."}
REVIEW_WITHIN = {"immediate_danger": timedelta(days=3)}


def rules(**of_one: Any) -> WatchingRules:
    """One rule, called ``it``."""
    return WatchingRules.model_validate({"format": "watching/1", "rules": {"it": {**SAID, **of_one}}})


def who(name: str, role: str = "social_worker") -> Who:
    return Who(name.lower(), f"{name} Sample", "Northshire", role)


def seen(name: str, **more: Any) -> Seen:
    """Somebody; with tags that nobody else has, unless they are given."""
    tags = more.pop("tags", (name,))
    return Seen(
        who=name.encode(),
        tags=frozenset(tag.encode() for tag in tags),
        typed=str(more.pop("typed", name)).encode(),
        family=str(more.pop("family", name)).encode(),
        place=str(more.pop("place", name)).encode(),
        **more,
    )


def looked(
    index: int,
    minute: float,
    name: str = "Ann",
    *people: Seen | str,
    purpose: str = "s47",
    role: str = "social_worker",
) -> LookUp:
    """A look-up so many minutes after ten on Monday."""
    asked = tuple(seen(one) if isinstance(one, str) else one for one in people or (f"p{index}",))
    return LookUp(index, MONDAY + timedelta(minutes=minute), f"q-{index}", who(name, role), purpose, asked)


def refused(
    index: int, minute: float, name: str | None = "Ann", code: str = "not_permitted", count: int = 1
) -> Refusal:
    return Refusal(index, MONDAY + timedelta(minutes=minute), who(name) if name else None, code, count)


def found(
    watching: WatchingRules,
    happened: Iterable[LookUp | Refusal],
    *,
    days: float = 30,
    known: Known | None = None,
    decided: Mapping[str, datetime] | None = None,
    close_matches: Mapping[str, Mapping[str, int]] | None = None,
) -> list[Finding]:
    """What the rules find in what happened, so many days after Monday."""
    every = list(happened)
    facts = Facts(
        tuple(one for one in every if isinstance(one, LookUp)),
        tuple(one for one in every if isinstance(one, Refusal)),
        decided or {},
        close_matches or {},
    )
    return evaluate(watching, facts, MONDAY + timedelta(days=days), REVIEW_WITHIN, known or Known())


def entries(findings: Iterable[Finding]) -> list[tuple[int, ...]]:
    return [one.entries for one in findings]


def written(directory: Path, text: str) -> Path:
    """A partnership's directory with this watching.yaml."""
    (directory / "watching.yaml").write_text(text, encoding="utf-8")
    return directory
