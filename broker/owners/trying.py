"""One question to one source, step by step and timed, without any outcome.

Nothing is recorded, so nothing about anybody may be told. What is told depends on what was typed, on the owner's
files and on the catalogue; and on the rows only in two ways, which are both made too coarse to tell of one person:
how many were read is a band whose lowest runs from none to ninety-nine, and times are rounded up to a grid, like
those of answers (law 5).
"""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date

from broker.consulting.searching import needed_columns
from broker.matching.enough import too_little
from broker.matching.nicknames import other_forms_of
from broker.matching.normalise import fold
from broker.questions import typed_age
from connectors.candidate_query import selected_columns
from connectors.contract import Connector, Identifiers, Search, SourceFault, SourceTimedOut
from connectors.rules import Comparison, Probe, probes
from connectors.source_file import SourceFile
from consent_rules.model import PurposeRules
from policy.compile import CompiledPolicy
from policy.facts import Ask

GRID_SECONDS = 0.025
_BANDS = ((100, "fewer than 100"), (1_000, "100 to 999"), (10_000, "1,000 to 9,999"))
_MOST = "10,000 or more"
ALL_COLUMNS = frozenset({"started", "ended", "last_contact", "status", "contact"})
_TOO_LONG = "It took too long."
_NOT_SO = "It did not answer as its source file says. `broker source check` finds the fault."
"""A connector's own sentence may speak of a row that was found."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step: what it did, how long it took (seconds, on the grid; None where nothing was waited for)."""

    step: str
    says: str
    seconds: float | None = None
    well: bool = True


@dataclass(frozen=True, slots=True)
class Purposed:
    """A purpose, and as whom about whom it is asked; ``policy`` None when the source has none that can be read."""

    rules: PurposeRules
    policy: CompiledPolicy
    purpose: str
    role: str
    relation: str
    today: date


async def tried(
    connector: Connector, person: Identifiers, purposed: Purposed | None, seconds: float
) -> AsyncIterator[Taken]:
    """Each step as it is taken. The first that is not well is the last."""
    source = connector.source
    lacking = too_little(person)
    if lacking:
        yield Taken(
            "typed", f"Too little to ask about anyone: add a {lacking.replace('_', ' ')}.", well=False
        )
        return
    wanted = ALL_COLUMNS
    if purposed is not None:
        opened = _opens(purposed, source, person)
        yield opened
        if not opened.well:
            return
        wanted = needed_columns(purposed.policy, [_ask(purposed, person)])
    search = Search("try", (person,), wanted, seconds, ((*other_forms_of(fold(person.given_name or "")),),))
    yield _asks_for(source, search)
    for one in probes(search, source):
        yield Taken("probe", _in_words(one))
    for step, work in (("connect", connector.open), ("ask", lambda: _asked(connector, search))):
        taken = await _timed(step, work)
        yield taken
        if not taken.well:
            return


def _opens(purposed: Purposed, source: SourceFile, person: Identifiers) -> Taken:
    """By request facts alone: what the purpose rules and the policy say before any record is looked at."""
    rules = purposed.rules.purposes.get(purposed.purpose)
    if rules is None:
        known = ", ".join(purposed.rules.purposes)
        return Taken("purpose", f"There is no purpose {purposed.purpose}. There are: {known}.", well=False)
    if purposed.role not in rules.who_may_ask:
        may = ", ".join(rules.who_may_ask)
        return Taken("purpose", f"The role {purposed.role} may not ask for it. These may: {may}.", well=False)
    if purposed.relation not in rules.about:
        return Taken("purpose", f"It is not about a {purposed.relation}.", well=False)
    sensitive = source.sensitive or purposed.policy.sensitive
    if not rules.sources.permit(source.source, sensitive):
        return Taken("purpose", "The purpose rules do not let this source be asked.", well=False)
    opened = purposed.policy.opens(_ask(purposed, person))
    if "involved" not in opened:
        return Taken(
            "policy", "The policy shares nothing for that: the source is not even asked.", well=False
        )
    return Taken(
        "policy",
        f"With a verified case and the family's agreement, the policy could show: {', '.join(sorted(opened))}.",
    )


def _ask(purposed: Purposed, person: Identifiers) -> Ask:
    return Ask(
        purpose=purposed.purpose,
        role=purposed.role,
        relation=purposed.relation,
        today=purposed.today,
        typed_age=typed_age(person, purposed.today),
        case="verified",
        family_agreement="given",
    )


def _asks_for(source: SourceFile, search: Search) -> Taken:
    return Taken("columns", f"Selects {', '.join(selected_columns(source, search))}.")


def _in_words(probe: Probe) -> str:
    told = " and ".join(map(_compared, probe.comparisons))
    return f"{told}: {'looked up by an index' if probe.indexed else 'by reading every row'}"


def _compared(one: Comparison) -> str:
    if one.how == "between":
        return f"{one.column.column} lies between two days"
    how, many = ("is", "values") if one.how == "one_of" else ("begins with", "letters")
    count = len(one.values)
    return f"{one.column.column} {how} " + (f"one of {count} {many}" if count > 1 else f"one {many[:-1]}")


async def _asked(connector: Connector, search: Search) -> str:
    found = await connector.candidates(search)
    return f"Rows read: {band(len(found.rows))}. Whose they are, and what of them may be shown, is not told."


async def _timed(step: str, work: Callable[[], Awaitable[str | None]]) -> Taken:
    began = time.perf_counter()
    try:
        said = await work()
    except SourceFault as fault:
        why = _TOO_LONG if isinstance(fault, SourceTimedOut) else _NOT_SO if step == "ask" else str(fault)
        return Taken(step, why, on_the_grid(time.perf_counter() - began), well=False)
    says = said or "Connected, the session proved read-only, every mapped column found."
    return Taken(step, says, on_the_grid(time.perf_counter() - began))


def on_the_grid(seconds: float) -> float:
    """Rounded up to the grid."""
    return math.ceil(seconds / GRID_SECONDS) * GRID_SECONDS


def band(rows: int) -> str:
    """How many rows, too coarse to tell of one."""
    return next((says for limit, says in _BANDS if rows < limit), _MOST)
