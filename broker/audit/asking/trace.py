"""One query through every source that it asked: when, under which policy, what was shown, and where else it
stands.

Made of the entries alone, which are the same whether a record was withheld or was not there: so this is the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from broker.audit.events import ASKED, CASE_CHECKED, OPENED, Disclosure
from broker.audit.reader import Trace, TracedEntry
from connectors.marks import where_marked
from connectors.source_file import SourceFile

Facts = Mapping[str, Any]
_NO_OWN_LOG = "none: a source of this kind keeps no log of who reads it"
_UNKNOWN = "not known: the partnership has no source file of this name any more"


@dataclass(frozen=True, slots=True)
class AtSource:
    """What one source's consultation came to.

    ``waited`` is in milliseconds: from the intent to the entry that lets the answer leave; ``took`` is what of it
    the source itself took. Where the key of the part was destroyed, ``took``, ``policy_version`` and ``view`` are
    None and ``outcomes`` are empty. ``own_log``: what to look for in the source's own log.
    """

    entry: int
    source: str
    what: str
    recorded: str
    waited: int | None
    took: int | None
    policy_digest: str
    policy_version: int | None
    view: str | None
    outcomes: tuple[str, ...] = field(repr=False)
    own_log: str

    def as_json(self) -> Facts:
        """For programs."""
        return {
            "entry": self.entry,
            "source": self.source,
            "type": self.what,
            "recorded_at": self.recorded,
            "milliseconds_after_the_intent": self.waited,
            "milliseconds_at_the_source": self.took,
            "policy_digest": self.policy_digest,
            "policy_version": self.policy_version,
            "view": self.view,
            "outcomes": list(self.outcomes),
            "in_the_sources_own_log": self.own_log,
        }


def through_sources(found: Trace, sources: Mapping[str, SourceFile]) -> tuple[AtSource, ...]:
    """Every consultation of a query, in the order of the log. ``sources``: the partnership's files, by name."""
    return tuple(_at_sources(found.entries, found.query_id, sources))


def _at_sources(
    entries: Sequence[TracedEntry], query_id: str, sources: Mapping[str, SourceFile]
) -> Iterator[AtSource]:
    begun = next((one.at for one in entries if one.kind in (ASKED, OPENED)), None)
    for one in entries:
        if one.kind not in (Disclosure.kind, CASE_CHECKED):
            continue
        told = one.facts["disclosed" if one.kind == Disclosure.kind else "case"] or {}
        name = one.facts["source"]
        yield AtSource(
            entry=one.index,
            source=name,
            what=one.kind,
            recorded=one.at,
            waited=_milliseconds(begun, one.at) if begun else None,
            took=told.get("milliseconds"),
            policy_digest=one.facts["policy_digest"],
            policy_version=told.get("policy_version"),
            view=told.get("view"),
            outcomes=tuple(_outcomes(told)),
            own_log=_own_log(sources.get(name), query_id),
        )


def _outcomes(told: Facts) -> Iterator[str]:
    if "state" in told:
        yield f"the case is {told['state']}"
    for one in told.get("outcomes", ()):
        shown = "; ".join(", ".join(_shown(levels)) for levels in one["levels"])
        yield f"person {one['number']}: {one['outcome']}" + (f" ({shown})" if shown else "")


def _shown(levels: Mapping[str, str]) -> Iterator[str]:
    return (f"{name} {level}" for name, level in levels.items() if level != "nothing")


def _own_log(source: SourceFile | None, query_id: str) -> str:
    if source is None:
        return _UNKNOWN
    return where_marked(source, query_id) or _NO_OWN_LOG


def _milliseconds(begun: str, until: str) -> int:
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(begun)).total_seconds() * 1000)
