"""Loading ``watching.yaml``, or the rules that are shipped where a partnership has none of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from broker.audit.watching.model import OutOfHours, Retries, WatchingRules, thresholds
from handwritten import Fault, Faults, Positions, fault_at, read_with_digest, schema_of

FILE = "watching.yaml"


@dataclass(frozen=True, slots=True)
class LoadedWatching:
    """Watching rules as they were read. ``digest`` is the SHA-256 of the file's bytes, in hexadecimal."""

    rules: WatchingRules
    digest: str
    positions: Positions = field(repr=False)
    path: Path


def load_watching(directory: Path) -> LoadedWatching:
    """The rules of a partnership's directory, else the shipped ones. Raises handwritten.Faults, with all of
    them.
    """
    own = directory / FILE
    path = own if own.exists() else shipped_path()
    rules, digest, positions = read_with_digest(path, WatchingRules)
    if faults := list(_that_can_never_fire(rules, positions)):
        raise Faults(faults)
    return LoadedWatching(rules, digest, positions, path)


def shipped_path() -> Path:
    """The rules that hold where there is no watching.yaml: a text to copy."""
    return _shipped("watching.yaml")


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``watching.yaml``, for completion in an editor."""
    return schema_of(WatchingRules)


def measured() -> Mapping[str, Mapping[str, Any]]:
    """What ``make bench-watching`` measured of the shipped rules, by rule."""
    found: Mapping[str, Mapping[str, Any]] = json.loads(_shipped("measured.json").read_bytes())
    return found


def as_measured(name: str, rules: WatchingRules) -> Mapping[str, Any] | None:
    """What was measured of this rule; None where its thresholds are not those that were measured."""
    figures = measured().get(name)
    if figures is None or figures["thresholds"] != thresholds(rules.rules[name]):
        return None
    return figures


def _shipped(name: str) -> Path:
    return Path(str(files("broker.audit.watching").joinpath("shipped", name)))


def _that_can_never_fire(rules: WatchingRules, positions: Positions) -> Iterator[Fault]:
    """Rules that can never find anything: somebody believes that they watch."""
    for name, rule in rules.rules.items():
        if isinstance(rule, OutOfHours) and rule.opens >= rule.closes:
            sentence = "This is not after the time that it opens. Write the later one here."
            yield fault_at(positions, ("rules", name, "closes"), sentence)
        if isinstance(rule, Retries) and rule.ways > rule.times:
            sentence = "One person can't be typed in more ways than times. Write at most what times says."
            yield fault_at(positions, ("rules", name, "ways"), sentence)
