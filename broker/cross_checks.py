"""Source files, sharing policies and purpose rules held against each other: every disagreement, with its place.

They are written by different people, and share only the words of this project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from connectors.live_columns import columns_of
from connectors.source_file import SourceFile
from consent_rules.load import LoadedPurposes
from consent_rules.model import Relation
from handwritten import Fault, Positions, Steps, fault_at
from policy.load import LoadedPolicy

_RELATIONS = frozenset(get_args(Relation))


@dataclass(frozen=True, slots=True)
class LoadedSource:
    """A source file, and where everything stands in it."""

    path: Path
    source: SourceFile
    positions: Positions


def pairing(
    sources: Sequence[LoadedSource], policies: Sequence[LoadedPolicy], unread: set[str]
) -> Iterator[Fault]:
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
    for_source = "Another {} is for this source already."
    yield from _said_twice(
        [(one.positions, one.policy.source) for one in policies], "source", for_source.format("policy")
    )
    yield from _said_twice(
        [(one.positions, one.source.source) for one in sources], "source", for_source.format("source file")
    )
    called = (
        "Another source's policy is called so already, and its owner could sign this one. Call it otherwise."
    )
    one_each = {one.policy.source: one for one in policies}.values()
    yield from _said_twice([(one.positions, one.policy.policy) for one in one_each], "policy", called)
    governed = {one.policy.source for one in policies} | unread
    for source in sources:
        if source.source.source not in governed:
            yield fault_at(
                source.positions,
                ("source",),
                "No sharing policy is for this source, so nothing of it may be shared.",
            )


def _said_twice(named: Sequence[tuple[Positions, str]], key: str, sentence: str) -> Iterator[Fault]:
    seen: set[str] = set()
    for positions, name in named:
        if name in seen:
            yield fault_at(positions, (key,), sentence)
        seen.add(name)


def disagreements(policy: LoadedPolicy, source: LoadedSource, purposes: LoadedPurposes) -> Iterator[Fault]:
    """Where a policy names what neither its source nor the purpose rules have."""
    yield from against_source(policy, source.source)
    yield from purposes_and_roles(policy, purposes)


def against_source(policy: LoadedPolicy, source: SourceFile) -> Iterator[Fault]:
    """Where a policy names what its source file does not map."""
    yield from _gates(policy, source)
    yield from _columns(policy, source)
    yield from _status_codes(policy, source)
    if policy.policy.roster and not source.case_system:
        yield _fault_at_key(policy.positions, ("roster",), "The source file describes no case system.")


def case_systems(sources: Sequence[LoadedSource]) -> Iterator[Fault]:
    """One source at most is the requesters' case system, and its links are relations that purposes know."""
    described = [(one, one.source.case_system) for one in sources if one.source.case_system]
    for one, section in described:
        for code, relation in section.linked_as.codes.items():
            if relation not in _RELATIONS:
                steps: Steps = ("case_system", "linked_as", "codes", code)
                yield fault_at(
                    one.positions, steps, "There is no such relation.", _near(relation, set(_RELATIONS))
                )
    for one, _ in described[1:]:
        yield _fault_at_key(one.positions, ("case_system",), "Another source is the case system already.")


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
    if any(columns_of(source.contact)):
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


def purposes_and_roles(policy: LoadedPolicy, purposes: LoadedPurposes) -> Iterator[Fault]:
    """Where a policy names a purpose or role that the purpose rules have not."""
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


def sources_of_nobody(purposes: LoadedPurposes, sources: Iterable[str]) -> Iterator[str]:
    """A sentence for each source that purposes name and that is not there: a slip may leave one open."""
    known, rules = set(sources), purposes.rules.purposes
    named = {name for one in rules.values() for name in (*(one.sources.only or ()), *one.sources.never)}
    for name in sorted(named - known):
        by = [
            title for title, one in rules.items() if name in (*(one.sources.only or ()), *one.sources.never)
        ]
        near = _near(name, known)
        yield f"{', '.join(by)}: there is no source {name}.{f' {near}' if near else ''}"


def _fault_at_key(positions: Positions, steps: Steps, sentence: str, hint: str | None = None) -> Fault:
    """A fault at what a gate, field or status is called: what stands under it may begin lines further down."""
    return positions.fault(positions.of(steps, key=True), sentence, hint)


def _near(name: str, known: Mapping[str, object] | set[str]) -> str | None:
    near = get_close_matches(name, list(known), n=1)
    return f"Did you mean {near[0]}?" if near else None
