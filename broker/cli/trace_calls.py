"""The entries of requests to ring back, as an auditor reads them in a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]
_DESTROYED = "can no longer be read: the key was destroyed"


def _requested(facts: Facts) -> Iterator[str]:
    request, call = facts["request"], facts["call"]
    yield f"{facts['source']} is asked to ring back"
    if request:
        yield f"Asked by {request['requester']['name']} ({request['requester']['subject']})"
    yield f"Ring {call['phone']}" if call else f"How they are reached {_DESTROYED}"
    for label, name in (("Best times", "times"), ("Note", "note")):
        if call and call[name]:
            yield f"{label}: {call[name]}"
    yield f"After the answer to {facts['opened_from']}"


def _delivered(facts: Facts) -> Iterator[str]:
    how = facts["delivery"]
    yield f"{facts['source']}: the desk has it"
    if how:
        yield f"By {how['channel']}, at attempt {how['attempts']}"


def _undelivered(facts: Facts) -> Iterator[str]:
    yield f"{facts['source']}: nobody at the desk has it ({facts['why'].replace('_', ' ')})"


def _acknowledged(facts: Facts) -> Iterator[str]:
    yield f"{facts['source']}: the desk says that it has taken it up"


LINES: Mapping[str, Callable[[Facts], Iterator[str]]] = {
    "call_back.requested": _requested,
    "call_back.delivered": _delivered,
    "call_back.undelivered": _undelivered,
    "call_back.acknowledged": _acknowledged,
}
