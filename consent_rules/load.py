"""Load a partnership's purpose rules, with every fault at once, each where it stands in the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from consent_rules.checks import findings
from consent_rules.model import PurposeRules
from handwritten import Faults, Positions, fault_at, read_with_digest, schema_of


@dataclass(frozen=True, slots=True)
class LoadedPurposes:
    """Purpose rules as they were read. ``digest`` is the SHA-256 of the file's bytes, in hexadecimal: the
    audit log says with it which rules a query was permitted under.
    """

    rules: PurposeRules
    digest: str
    positions: Positions = field(repr=False)
    path: Path


def load_purposes(path: Path) -> LoadedPurposes:
    """The purpose rules in a file. Raises handwritten.Faults, with every fault of the file."""
    rules, digest, positions = read_with_digest(path, PurposeRules)
    faults = [
        fault_at(positions, found.path, found.sentence, found.meant and f"Did you mean {found.meant}?")
        for found in findings(rules)
    ]
    if faults:
        raise Faults(faults)
    return LoadedPurposes(rules, digest, positions, path)


def shipped_path() -> Path:
    """The purpose rules that are shipped, for England: a text to copy, to be checked before it is used."""
    return Path(str(files("consent_rules").joinpath("shipped", "england.yaml")))


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of ``purposes.yaml``, for completion in an editor."""
    return schema_of(PurposeRules)
