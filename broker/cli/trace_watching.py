"""What entries of watching hold, line by line, in a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]
_DESTROYED = "can no longer be read: the key was destroyed"


def _found(facts: Facts) -> Iterator[str]:
    finding = facts["finding"]
    if finding is None:
        yield f"The finding {_DESTROYED}"
        return
    yield f"{finding['rule']}: {finding['sentence']}"
    yield f"Entries: {', '.join(map(str, finding['entries'])) or 'none'}"
    if finding["notify"]:
        yield f"To be told: {', '.join(finding['notify'])}"


def _decided(facts: Facts) -> Iterator[str]:
    decision = facts["decision"]
    if decision is None:
        yield f"The decision {_DESTROYED}"
        return
    yield f"{decision['who']} decided: {decision['verdict'].replace('_', ' ')}"
    yield f"Reason: {decision['reason']}"


def _notified(facts: Facts) -> Iterator[str]:
    notice = facts["notice"]
    if notice is None:
        yield f"Who was told {_DESTROYED}"
        return
    yield f"{notice['recipient']} was told by {notice['channel']}, at attempt {notice['attempts']}"


def _flag(facts: Facts) -> Iterator[str]:
    flag = facts["flag"]
    if flag is None:
        yield f"The flag {_DESTROYED}"
        return
    yield f"{flag['who']}: {flag['flag']}, of a {flag['of']}, {flag['state']}"
    yield f"Reason: {flag['reason']}"


LINES: Mapping[str, Callable[[Facts], Iterator[str]]] = {
    "review.found": _found,
    "review.decided": _decided,
    "review.notified": _notified,
    "flag.changed": _flag,
}
