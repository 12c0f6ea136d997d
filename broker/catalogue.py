"""The partnership's files, read together and held against each other before the broker starts.

Source files, sharing policies and purpose rules are written by different people and share only the words of
this project. Here each is checked against the others; every fault of every file is named at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import handwritten
from broker.cross_checks import LoadedSource, case_systems, disagreements, pairing
from broker.learning.weights_file import weights_of
from broker.matching.weights import DEFAULT_WEIGHTS, Weights
from connectors.case_system import case_source
from connectors.source_file import CaseSystem, SourceFile
from consent_rules.load import LoadedPurposes, load_purposes
from handwritten import Fault, Faults
from policy.compile import CompiledPolicy, compile_policy
from policy.load import LoadedPolicy, load_policy

Read = TypeVar("Read")
_SOURCE_NAMED = re.compile(r"^source: *([a-z0-9_]+) *(?:#|$)", re.ASCII | re.MULTILINE)

Policies = Mapping[str, LoadedPolicy]
"""By the name of their source."""

CASES = "the case system"
"""The name of the connector that reads cases; no source can have it."""


def replica_of(source: str) -> str:
    """The name of the connector that reads a source's replica; no source can have it."""
    return f"{source}, replica"


@dataclass(frozen=True, slots=True)
class Service:
    """One source with the policy of its data owner, and the weights that its records are matched by."""

    source: SourceFile
    loaded: LoadedPolicy
    policy: CompiledPolicy
    weights: Weights = DEFAULT_WEIGHTS

    @property
    def sensitive(self) -> bool:
        """Either file may say so; neither can take it back."""
        return self.source.sensitive or self.policy.sensitive


@dataclass(frozen=True, slots=True)
class CaseService:
    """The service whose source is the requesters' case system too, and how its cases are read."""

    service: Service
    section: CaseSystem
    source: SourceFile


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every service by its source's name, in the order of the files, and the purpose rules."""

    services: Mapping[str, Service]
    purposes: LoadedPurposes
    case_system: CaseService | None = None

    def policies(self) -> Policies:
        """Every source's policy as it was read, by the source's name."""
        return {name: service.loaded for name, service in self.services.items()}

    def with_policies(self, changed: Policies) -> Catalogue:
        """The same with some policies in the place of those of their sources."""
        services = dict(self.services)
        for name, loaded in changed.items():
            services[name] = replace(services[name], loaded=loaded, policy=compile_policy(loaded))
        return replace(self, services=services, case_system=_case_service(services))

    def to_read(self) -> Mapping[str, SourceFile]:
        """What is read, a connector each, by name; a replica by that of its source (see ``replica_of``)."""
        sources = {name: service.source for name, service in self.services.items()}
        sources |= {
            replica_of(name): one.model_copy(update={"connection": one.asking.replica})
            for name, one in sources.items()
            if one.asking.replica
        }
        return sources | ({CASES: self.case_system.source} if self.case_system else {})


@dataclass(frozen=True, slots=True)
class Files:
    """What could be read of a partnership's files, and everything that is wrong with all of them."""

    sources: tuple[LoadedSource, ...]
    policies: tuple[LoadedPolicy, ...]
    purposes: LoadedPurposes | None
    faults: tuple[Fault, ...]
    weights: Mapping[str, Weights]


def load_catalogue(directory: Path) -> Catalogue:
    """Read and cross-check a partnership's files. Raises handwritten.Faults with all that is wrong."""
    files = read_files(directory)
    if files.faults or files.purposes is None:
        raise Faults(files.faults)
    by_source = {one.policy.source: one for one in files.policies}
    services = {
        one.source.source: Service(
            one.source,
            by_source[one.source.source],
            compile_policy(by_source[one.source.source]),
            files.weights.get(one.source.source, DEFAULT_WEIGHTS),
        )
        for one in files.sources
    }
    return Catalogue(services, files.purposes, _case_service(services))


def read_files(directory: Path) -> Files:
    """Read and cross-check a partnership's files as far as they go: one that is wrong hides no other's faults."""
    faults: list[Fault] = []
    purposes = _kept(faults, partial(load_purposes, directory / "purposes.yaml"))
    sources = _each(directory / "sources", _source, faults)
    policies = _each(directory / "policies", load_policy, faults)
    # A file that could not be read may be the one that seems to be missing: it is asked for its name alone.
    unread = {_named_in(one.path) for one in faults}
    faults.extend(pairing(sources, policies, unread))
    faults.extend(case_systems(sources))
    by_source = {one.policy.source: one for one in policies}
    learnt = {
        one.source.source: _kept(faults, partial(weights_of, directory, one.source.source)) for one in sources
    }
    faults.extend(_of_no_source(directory / "weights", {*learnt} | unread))
    for one in sources:
        if one.source.source in by_source and purposes:
            faults.extend(disagreements(by_source[one.source.source], one, purposes))
    weights = {name: one for name, one in learnt.items() if one is not None}
    return Files(tuple(sources), tuple(policies), purposes, tuple(faults), weights)


def _of_no_source(folder: Path, sources: set[str]) -> Iterator[Fault]:
    for path in sorted(folder.glob("*.yaml")):
        if path.stem not in sources:
            yield Fault(path, 1, 1, "There is no source of this name: weights are called as their source is.")


def _case_service(services: Mapping[str, Service]) -> CaseService | None:
    for service in services.values():
        if (section := service.source.case_system) is not None:
            return CaseService(service, section, case_source(service.source, section))
    return None


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
