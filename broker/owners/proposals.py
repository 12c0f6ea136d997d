"""Proposed versions of a policy: where they wait, who signed them, and what still keeps each out of force.

A version waits in the partnership's folder of drafts, or in ``policies/`` already, where nothing lets it in yet.
The files are the truth: what is told here is read from them each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import handwritten
from broker.activation import refused, signatures_beside, verdict
from broker.catalogue import Catalogue
from broker.cross_checks import against_source, purposes_and_roles
from broker.settings import Partnership
from handwritten import Fault
from policy.change_control import Refusal
from policy.load import LoadedPolicy, load_policy
from policy.sign import SUFFIX, SignatureUnfit, Statement
from policy.testing import run_tests

_LARGEST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """A version that waits in the file ``place``. ``signed``: each signature, and what it is worth in words.

    ``faults``: what of it is wrong, whoever signs. ``refusals``: why it may not come into force now.
    """

    loaded: LoadedPolicy
    place: str
    signed: tuple[tuple[Statement, str], ...]
    faults: tuple[str, ...]
    refusals: tuple[Refusal, ...]

    @property
    def digest(self) -> str:
        return self.loaded.digest

    @property
    def lacks_approval_alone(self) -> bool:
        """Whether a second person's signature is the one thing that is missing."""
        return not self.faults and {one.code for one in self.refusals} == {"not_approved"}


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that says which source it is for, and can't be read as a policy."""

    place: str
    faults: tuple[str, ...]


def waiting(
    of: Partnership, catalogue: Catalogue, source: str, now: datetime
) -> Iterator[Proposal | Unreadable]:
    """Every version of a source's policy that waits, by the names of the files; the one in force is none."""
    in_force = catalogue.services[source].loaded.digest
    named = re.compile(rf"^source: *{re.escape(source)} *(?:#|$)", re.MULTILINE)
    for place, path in _files(of):
        if not _names(path, named):
            continue
        try:
            loaded = load_policy(path)
        except handwritten.Faults as faults:
            yield Unreadable(place, tuple(map(said, faults.faults)))
            continue
        if loaded.digest != in_force and loaded.policy.source == source:
            yield proposal(loaded, place, of, catalogue, now)


def proposal(
    loaded: LoadedPolicy, place: str, of: Partnership, catalogue: Catalogue, now: datetime
) -> Proposal:
    """A version that was read, held against its source, the purposes, its tests and the version in force."""
    name = loaded.policy.source
    faults = [
        *map(said, against_source(loaded, catalogue.services[name].source)),
        *map(said, purposes_and_roles(loaded, catalogue.purposes)),
        *_failing(loaded),
    ]
    try:
        statements = signatures_beside(loaded.path)
    except SignatureUnfit as unfit:
        statements, faults = (), [*faults, f"{loaded.path.name}{SUFFIX}: {unfit}"]
    signed = tuple((one, verdict(one, loaded, of.settings.policies)) for one in statements)
    found = refused(catalogue.policies(), {name: loaded}, of, now)
    return Proposal(loaded, place, signed, tuple(faults), tuple(found))


def said(fault: Fault) -> str:
    """A fault in one sentence, without the line itself."""
    return f"Line {fault.line}: {fault.sentence}{f' {fault.hint}' if fault.hint else ''}"


def _failing(loaded: LoadedPolicy) -> Iterator[str]:
    for one in run_tests(loaded):
        if not one.passed:
            yield f"Line {one.line}: the test '{one.name}' expects {one.expected}, and got {one.got}"


def _files(of: Partnership) -> Iterator[tuple[str, Path]]:
    """What each file is called, and where it is."""
    for folder in (of.settings.policies.drafts, "policies"):
        for path in sorted(of.path(folder).glob("*.yaml")):
            yield f"{folder}/{path.name}", path


def _names(path: Path, named: re.Pattern[str]) -> bool:
    """Whether a file says that it is for the source; one that is too large to be a policy is not looked at."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            return False
        return named.search(path.read_text(encoding="utf-8", errors="replace")) is not None
    except OSError:
        return False
