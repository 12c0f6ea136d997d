"""Writing a new service's two files: never over anything, and only when both are valid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import handwritten
from connectors.source_file import Coverage, Desk, IdentifierColumns, InvolvementColumns, SourceFile
from consent_rules.load import load_purposes
from policy.model import SharingPolicy


class AlreadyThere(Exception):
    """A file of that name is there already: nothing was written."""


def connection_alone(name: str, kind: str, connection: Mapping[str, str | int]) -> SourceFile:
    """A source file of which only the connection is known, to look at its database. Raises ValidationError."""
    unknown = IdentifierColumns.model_validate({"given_name": "unknown", "family_name": "unknown"})
    return SourceFile(
        format="source/1",
        source=name,
        service=name,
        system=name,
        kind=kind,
        connection=dict(connection),
        table="unknown",
        local_key="unknown",
        identifiers=unknown,
        involvement=InvolvementColumns(),
        desk=Desk(name=name, phone="00000"),
        coverage=Coverage(area=name, since=date(2000, 1, 1)),
        as_of="extract" if kind == "extract" else "live",
        population=1,
    )


def paths_for(directory: Path, name: str) -> tuple[Path, Path]:
    """Where source file and policy belong. Raises AlreadyThere when one of them is there."""
    paths = directory / "sources" / f"{name}.yaml", directory / "policies" / f"{name}.yaml"
    for path in paths:
        if path.exists():
            raise AlreadyThere(f"{path} is there already, and is never overwritten. Choose another name.")
    return paths


def write_both(directory: Path, name: str, source: str, policy: str) -> tuple[Path, Path]:
    """Write both, each whole. Raises handwritten.Faults and AlreadyThere."""
    paths = paths_for(directory, name)
    handwritten.read_bytes(source.encode(), SourceFile, paths[0])
    handwritten.read_bytes(policy.encode(), SharingPolicy, paths[1])
    for path, text in zip(paths, (source, policy), strict=True):
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return paths


def purposes_of(directory: Path) -> Mapping[str, str]:
    """The partnership's purposes, each with a role that may ask for it; none when its rules can't be read."""
    try:
        rules = load_purposes(directory / "purposes.yaml").rules
    except handwritten.Faults:
        return {}
    return {name: one.who_may_ask[0] for name, one in rules.purposes.items() if one.who_may_ask}
