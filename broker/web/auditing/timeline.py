"""One query's way through the services, as bars on one scale and as rows that say the same in words.

Made of the entries alone, which are the same whether a record was withheld or was not there: so this is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from broker.audit.asking.trace import AtSource
from broker.audit.events import CASE_CHECKED
from broker.audit.reader import Trace
from broker.surroundings import LONDON
from broker.web.texts import Texts
from policy.facts import LEVELS

SHORTEST = 1.0
"""Per cent of the scale: a bar that is shorter would not be seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """From when to when a service was asked, in per cent of the scale. The scale begins with the intent."""

    begins: float
    length: float


@dataclass(frozen=True, slots=True)
class Row:
    """One service's consultation. ``asked``, ``took`` and ``bar`` are None where the key of its part was
    destroyed.
    """

    entry: int
    service: str
    asked: str | None
    answered: str
    took: int | None
    bar: Bar | None
    policy_digest: str
    policy_version: int | None
    view: str | None
    said: tuple[str, ...] = field(repr=False)
    own_log: str


def scale_of(through: Sequence[AtSource]) -> int:
    """Milliseconds from the intent to the last service's entry, in whole tens: at least ten."""
    longest = max((one.waited or 0 for one in through), default=0)
    return max(10, -(-longest // 10) * 10)


def rows_of(
    found: Trace, through: Sequence[AtSource], services: Mapping[str, str], texts: Texts
) -> Iterator[Row]:
    """A row for each consultation, in the order of the log. ``services``: what their sources are called."""
    facts = {one.index: one.facts for one in found.entries}
    scale = scale_of(through)
    for one in through:
        recorded, service = datetime.fromisoformat(one.recorded), services.get(one.source, one.source)
        yield Row(
            entry=one.entry,
            service=texts("trace.of_case", service=service) if one.what == CASE_CHECKED else service,
            asked=None if one.took is None else clock(recorded - timedelta(milliseconds=one.took)),
            answered=clock(recorded),
            took=one.took,
            bar=_bar(one, scale),
            policy_digest=one.policy_digest,
            policy_version=one.policy_version,
            view=one.view,
            said=tuple(_said(facts[one.entry], texts)),
            own_log=one.own_log,
        )


def clock(at: datetime) -> str:
    """A moment of a day in London, to the millisecond: 07:05:03.120."""
    return at.astimezone(LONDON).isoformat(timespec="milliseconds")[11:23]


def _bar(one: AtSource, scale: int) -> Bar | None:
    if one.waited is None or one.took is None:
        return None
    until = min(100.0, 100 * one.waited / scale)
    length = max(SHORTEST, min(until, 100 * one.took / scale))
    return Bar(round(max(0.0, until - length), 2), round(length, 2))


def _said(facts: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    """What the service answered of each person, in the words of an answer's page, and what of it was shown."""
    if case := facts.get("case"):
        yield texts("trace.case", state=texts.where_known(f"case_is.{case['state']}", case["state"]))
    for one in (facts.get("disclosed") or {}).get("outcomes", ()):
        outcome = texts.where_known(f"outcome.{one['outcome']}", one["outcome"])
        shown = "; ".join(_shown(levels, texts) for levels in one["levels"])
        yield texts("trace.person_said", number=one["number"], outcome=outcome) + (
            " " + texts("trace.shown", fields=shown) if shown else ""
        )


def _shown(levels: Mapping[str, str], texts: Texts) -> str:
    shown = [(name, levels[name]) for name in LEVELS if levels.get(name, "nothing") != "nothing"]
    return ", ".join(
        texts(f"field.{name}") + (f" ({texts(f'level.{level}')})" if level != "yes" else "")
        for name, level in shown
    )
