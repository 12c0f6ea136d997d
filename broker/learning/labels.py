"""Labels: pairs of records of which somebody said whether they are of one person. No identifier can stand in one.

A line of a label file has the month, the weights' version, the grade, the odds in bits, and how each identifier
compared ("exact", "one_edit"): words from closed lists, so that nothing about a person can slip in.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from broker.matching.evidence import Comparison
from broker.matching.grades import Grade
from broker.matching.levels import REASONS

IDENTIFIERS = frozenset(Comparison._fields)
_MONTH = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Version = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}/\d{1,6}$")]
"""Of weights: the source (or ``default``) and a number."""


class LabelsUnfit(ValueError):
    """A file of labels has a line that is none. The sentence names the line, and never quotes it."""


class Label(BaseModel):
    """One pair. ``levels`` leaves out what is missing on either side; ``bits`` are log2 odds, before rivals."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month: _MONTH
    weights: Version
    grade: Grade
    bits: Annotated[float, Field(ge=-200, le=200)]
    levels: Mapping[str, str]
    same: bool

    @field_validator("levels")
    @classmethod
    def _from_the_lists(cls, levels: Mapping[str, str]) -> Mapping[str, str]:
        if not (levels.keys() <= IDENTIFIERS and set(levels.values()) <= REASONS.keys()):
            raise ValueError("identifiers and levels are words of the weights' table")
        return levels


def append(path: Path, label: Label) -> None:
    """Add a label to a file, durably. The folder is made when it isn't there; nobody else may read it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, (label.model_dump_json() + "\n").encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def read(path: Path) -> list[Label]:
    """The labels of a file. Raises LabelsUnfit."""
    return [_label(number, line) for number, line in enumerate(_lines(path), start=1) if line.strip()]


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        raise LabelsUnfit(f"{path} cannot be read as a text file.") from None


def _label(number: int, line: str) -> Label:
    try:
        return Label.model_validate_json(line)
    except ValidationError as fault:
        places = ", ".join(".".join(map(str, _place(one))) or "the line" for one in fault.errors())
        raise LabelsUnfit(f"Line {number} is no label: {places} is not as it should be.") from None


def _place(fault: Any) -> tuple[Any, ...]:
    """Where a fault is, without a key that is not ours: it could be anything."""
    return tuple(part for part in fault["loc"][:1] if part in Label.model_fields)
