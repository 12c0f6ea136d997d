"""What entries of keys hold, line by line, in a trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Facts = Mapping[str, Any]


def _rotated(facts: Facts) -> Iterator[str]:
    yield f"New {facts['what']}: {facts['new']} (before: {facts['old']})"
    if request := facts["request"]:
        yield f"By {request['who']}"


def _proposed(facts: Facts) -> Iterator[str]:
    yield _of(facts)
    if said := facts["proposal"]:
        yield from _signed("Proposed", said["proposed"])
        yield from _why(said)


def _destroyed(facts: Facts) -> Iterator[str]:
    yield _of(facts)
    if said := facts["certificate"]:
        yield from _signed("Proposed", said["proposed"])
        yield from _signed("Approved", said["approved"])
        yield from _why(said)


def _held(facts: Facts) -> Iterator[str]:
    yield f"Held: a {facts['what']}" + "".join(f" {name}" for name in facts["names"])
    if said := facts["hold"]:
        yield f"By {said['who']}" + (f", of case {said['case_reference']}" if said["case_reference"] else "")
        yield f"Reason: {said['reason']}"


def _released(facts: Facts) -> Iterator[str]:
    if said := facts["release"]:
        yield f"By {said['who']}"
        yield f"Reason: {said['reason']}"


def _of(facts: Facts) -> str:
    whose = "epoch" if facts["what"] == "epoch" else "the keys of one person:"
    return f"Of {whose} {', '.join(facts['names'])}"


def _signed(what: str, said: Facts) -> Iterator[str]:
    yield f"{what} by {said['by']} ({said['who']}) at {said['at'][:19].replace('T', ' ')}"


def _why(said: Facts) -> Iterator[str]:
    yield f"Reason: {said['reason']}"
    yield f"Legal basis: {said['basis']}"


LINES: Mapping[str, Callable[[Facts], Iterator[str]]] = {
    "key.rotated": _rotated,
    "key.destruction_proposed": _proposed,
    "key.destroyed": _destroyed,
    "key.held": _held,
    "key.released": _released,
}
