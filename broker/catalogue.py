"""The partnership's files, read together and held against each other before the broker starts.

Source files, sharing policies and purpose rules are written by different people and share only the words of
this project. Here each is checked against the others; every fault of every file is named at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TypeVar

import handwritten
from connectors.source_file import SourceFile
from consent_rules.load import LoadedPurposes, load_purposes
from handwritten import Fault, Faults, Positions, Steps, fault_at
from policy.compile import CompiledPolicy, compile_policy
from policy.load import LoadedPolicy, load_policy

Read = TypeVar("Read")
_SOURCE_NAMED = re.compile(r"^source: *([a-z0-9_]+) *(?:#|$)", re.ASCII | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Service:
    """One source with the policy of its data owner."""

    source: SourceFile
    loaded: LoadedPolicy
    policy: CompiledPolicy

    @property
    def sensitive(self) -> bool:
        """Either file may say so; neither can take it back."""
        return self.source.sensitive or self.policy.sensitive


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every service by its source's name, in the order of the files, and the purpose rules."""

    services: Mapping[str, Service]
    purposes: LoadedPurposes


@dataclass(frozen=True, slots=True)
class LoadedSource:
    """A source file that could be read, and where everything stands in it."""

    path: Path
    source: SourceFile
    positions: Positions


@dataclass(frozen=True, slots=True)
class Files:
    """What could be read of a partnership's files, and everything that is wrong with all of them."""

    sources: tuple[LoadedSource, ...]
    policies: tuple[LoadedPolicy, ...]
    purposes: LoadedPurposes | None
    faults: tuple[Fault, ...]


def load_catalogue(directory: Path) -> Catalogue:
    """Read and cross-check a partnership's files. Raises handwritten.Faults with all that is wrong."""
    files = read_files(directory)
    if files.faults or files.purposes is None:
        raise Faults(files.faults)
    by_source = {one.policy.source: one for one in files.policies}
    services = {
        one.source.source: _service(one.source, by_source[one.source.source]) for one in files.sources
    }
    return Catalogue(services, files.purposes)


def read_files(directory: Path) -> Files:
    """Read and cross-check a partnership's files as far as they go: one that is wrong hides no other's faults."""
    faults: list[Fault] = []
    purposes = _kept(faults, partial(load_purposes, directory / "purposes.yaml"))
    sources = _each(directory / "sources", _source, faults)
    policies = _each(directory / "policies", load_policy, faults)
    # A file that could not be read may be the one that seems to be missing: it is asked for its name alone.
    unread = {_named_in(one.path) for one in faults}
    faults.extend(_pairing(sources, policies, unread))
    by_source = {one.policy.source: one for one in policies}
    for one in sources:
        if one.source.source in by_source and purposes:
            faults.extend(_disagreements(by_source[one.source.source], one, purposes))
    return Files(tuple(sources), tuple(policies), purposes, tuple(faults))


def _service(source: SourceFile, loaded: LoadedPolicy) -> Service:
    return Service(source, loaded, compile_policy(loaded))


def _kept(faults: list[Fault], read: Callable[[], Read]) -> Read | None:
    """What ``read`` gives; its faults are kept, so that the other files are still read."""
    try:
        return read()
    except Faults as found:
        faults.extend(found.faults)
        return None


def _each(folder: Path, load: Callable[[Path], Read], faults: list[Fault]) -> list[Read]:
    """Every YAML file of a folder, in the order of their names; without the ones that are wrong."""
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        faults.append(
            Fault(folder, 1, 1, f"There is no file in {folder.name}/: a partnership has one per service.")
        )
    faults.extend(
        Fault(path, 1, 1, "Name it .yaml: a file of another name is not read.")
        for path in folder.glob("*.yml")
    )
    loaded = (_kept(faults, partial(load, path)) for path in paths)
    return [one for one in loaded if one is not None]


def _source(path: Path) -> LoadedSource:
    source, _, positions = handwritten.read_with_digest(path, SourceFile)
    return LoadedSource(path, source, positions)


def _named_in(path: Path) -> str:
    """The source that a faulty file seems to be for: as it says itself, or else as it is called."""
    try:
        found = _SOURCE_NAMED.search(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = None
    return found[1] if found else path.stem


def _pairing(sources: list[LoadedSource], policies: list[LoadedPolicy], unread: set[str]) -> Iterator[Fault]:
    """Every source has one policy, and every policy one source; those of ``unread`` may have what is missing."""
    names = {one.source.source for one in sources} | unread
    for one in policies:
        if one.policy.source not in names:
            yield fault_at(
                one.positions,
                ("source",),
                "There is no source file for this source.",
                _near(one.policy.source, names),
            )
    yield from _said_twice([(one.positions, one.policy.source) for one in policies], "policy")
    yield from _said_twice([(one.positions, one.source.source) for one in sources], "source file")
    governed = {one.policy.source for one in policies} | unread
    for source in sources:
        if source.source.source not in governed:
            yield fault_at(
                source.positions,
                ("source",),
                "No sharing policy is for this source, so nothing of it may be shared.",
            )


def _said_twice(named: list[tuple[Positions, str]], what: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for positions, name in named:
        if name in seen:
            yield fault_at(positions, ("source",), f"Another {what} is for this source already.")
        seen.add(name)


def _disagreements(policy: LoadedPolicy, source: LoadedSource, purposes: LoadedPurposes) -> Iterator[Fault]:
    """Where a policy names what neither its source nor the purpose rules have."""
    yield from _gates(policy, source.source)
    yield from _columns(policy, source.source)
    yield from _status_codes(policy, source.source)
    yield from _purposes_and_roles(policy, purposes)


def _gates(policy: LoadedPolicy, source: SourceFile) -> Iterator[Fault]:
    for gate in policy.policy.gates:
        if gate not in source.gates:
            yield _fault_at_key(
                policy.positions,
                ("gates", gate),
                "The source file maps no such gate.",
                _near(gate, source.gates),
            )


def _columns(policy: LoadedPolicy, source: SourceFile) -> Iterator[Fault]:
    mapped = {name for name, column in source.involvement if column is not None} | {"involved"}
    if any(column is not None for _, column in source.contact):
        mapped.add("lead_practitioner")
    for field in policy.policy.shared_fields():
        if field not in mapped:
            yield _fault_at_key(
                policy.positions, ("fields", field), "The source file maps no column for this field."
            )
    if policy.policy.record_date not in mapped:
        yield _fault_at_key(
            policy.positions, ("record_date",), "The source file maps no column for this date."
        )


def _status_codes(policy: LoadedPolicy, source: SourceFile) -> Iterator[Fault]:
    known = set(source.status_codes.values())
    for code in policy.policy.status_codes():
        if known and code not in known:
            yield _fault_at_key(
                policy.positions,
                ("fields", "status", "codes", code),
                "The source file has no such status.",
                _near(code, known),
            )


def _purposes_and_roles(policy: LoadedPolicy, purposes: LoadedPurposes) -> Iterator[Fault]:
    rules = purposes.rules
    for path, name in policy.policy.named_purposes():
        if name not in rules.purposes:
            yield fault_at(
                policy.positions, path, "The purpose rules have no such purpose.", _near(name, rules.purposes)
            )
    for path, name in policy.policy.named_roles():
        if name not in rules.roles:
            yield fault_at(
                policy.positions, path, "The purpose rules have no such role.", _near(name, rules.roles)
            )


def _fault_at_key(positions: Positions, steps: Steps, sentence: str, hint: str | None = None) -> Fault:
    """A fault at what a gate, field or status is called: what stands under it may begin lines further down."""
    return positions.fault(positions.of(steps, key=True), sentence, hint)


def _near(name: str, known: Mapping[str, object] | set[str]) -> str | None:
    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else None
