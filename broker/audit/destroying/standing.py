"""What the log says of destruction: proposals that wait, holds that stand, and certificates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from broker.audit.entry import opened
from broker.audit.key_events import DestructionProposed, KeyDestroyed, KeyHeld, KeyReleased, Signed, What
from broker.audit.keys import Keys
from broker.audit.stores.contract import Store
from broker.audit.tags import lasting_tag
from connectors.contract import Identifiers

_IDENTIFIERS = TypeAdapter(Identifiers)
_SIGNED = TypeAdapter(Signed)


@dataclass(frozen=True, slots=True)
class Certificate:
    """That keys are destroyed: by which entry, and when. ``period``: the keystore's at that moment."""

    index: int
    id: str
    at: datetime
    what: What
    names: tuple[str, ...]
    period: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What somebody proposed to destroy. ``reason`` and the rest are None where they can no longer be read."""

    id: str
    at: datetime
    what: What
    names: tuple[str, ...]
    reason: str | None = field(repr=False)
    basis: str | None = field(repr=False)
    proposed: Signed | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold that stands. ``epoch`` is that of its own entry, which is kept for as long.

    ``case_reference`` and ``person`` are None where it is of something else, or they can no longer be read.
    """

    id: str
    at: datetime
    what: str
    names: tuple[str, ...]
    epoch: str
    reason: str | None = field(repr=False)
    case_reference: str | None = field(repr=False)
    person: Identifiers | None = field(repr=False)


def certificates(store: Store, keys: Keys) -> list[Certificate]:
    """Every certificate, oldest first. Raises StoreFault."""
    return [
        Certificate(index, said["query_id"], _at(said), said["what"], tuple(said["names"]), said["period"])
        for index, said in _entries(KeyDestroyed.kind, store, keys)
    ]


def proposals(store: Store, keys: Keys) -> list[Proposal]:
    """What was proposed and is not done, oldest first. Raises StoreFault."""
    done = {one.id for one in certificates(store, keys)}
    return [
        _proposal(said)
        for _, said in _entries(DestructionProposed.kind, store, keys)
        if said["query_id"] not in done
    ]


def holds(store: Store, keys: Keys) -> list[Hold]:
    """The holds that stand, oldest first. Raises StoreFault."""
    over = {said["query_id"] for _, said in _entries(KeyReleased.kind, store, keys)}
    return [_hold(said) for _, said in _entries(KeyHeld.kind, store, keys) if said["query_id"] not in over]


def _entries(kind: str, store: Store, keys: Keys) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Those of one type, whatever became of their epoch, oldest first."""
    found = list(store.bearing(lasting_tag(kind)))
    return ((index, said) for index, raw in reversed(found) if (said := opened(raw, keys))["type"] == kind)


def _proposal(said: Mapping[str, Any]) -> Proposal:
    of = said["proposal"] or {}
    return Proposal(
        id=said["query_id"],
        at=_at(said),
        what=said["what"],
        names=tuple(said["names"]),
        reason=of.get("reason"),
        basis=of.get("basis"),
        proposed=_SIGNED.validate_python(of["proposed"]) if of else None,
    )


def _hold(said: Mapping[str, Any]) -> Hold:
    of, whom = said["hold"] or {}, said.get("person 1")
    return Hold(
        id=said["query_id"],
        at=_at(said),
        what=said["what"],
        names=tuple(said["names"]),
        epoch=said["epoch"],
        reason=of.get("reason"),
        case_reference=of.get("case_reference"),
        person=_IDENTIFIERS.validate_python(whom["identifiers"]) if whom else None,
    )


def _at(said: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(said["at"])
