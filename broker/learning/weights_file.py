"""The weights of a source, as they stand in a partnership's ``weights/``: the file in use, and every version.

``weights/school.yaml`` is in use; ``weights/school/3.yaml`` is version 3, kept. Both are written by ``broker match
learn``, and have ``m`` alone: what is not learnt comes from the default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

import handwritten
from broker.learning.evaluate import Tables
from broker.learning.labels import Version
from broker.learning.learn import LARGEST_MOVE, Lesson, with_m
from broker.matching.weights import DEFAULT_WEIGHTS, Weights

_HEADER = "# Written by broker match learn. broker match rollback goes back to the parent.\n"


class HeldOut(BaseModel):
    """How the version did on labels that it had not seen, and its parent on the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pairs: int
    log_loss_before: float
    log_loss_after: float
    wrong_shown_before: int
    wrong_shown_after: int


class WeightsFile(BaseModel):
    """One version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["match-weights/1"]
    source: str
    version: Version
    parent: Version
    learnt_from: int
    held_out: HeldOut
    m: Mapping[str, Mapping[str, Annotated[float, Field(gt=0, le=1)]]]

    @model_validator(mode="after")
    def _near_the_default(self) -> WeightsFile:
        for table, levels in self.m.items():
            known = DEFAULT_WEIGHTS.evidence.get(table)
            if known is None:
                raise ValueError(f"there is no table {table}")
            for level, m in levels.items():
                if level not in known:
                    raise ValueError(f"{table} has no level {level}")
                if not 1 / _ONE_BIT <= m / known[level].chances.m <= _ONE_BIT:
                    raise ValueError(f"{table}.{level} is more than one bit from the default")
        if not self.version.startswith(f"{self.source}/"):
            raise ValueError("the version is the source and a number")
        return self

    def weights(self) -> Weights:
        return replace(with_m(DEFAULT_WEIGHTS, self.m), version=self.version)

    @property
    def number(self) -> int:
        return int(self.version.rpartition("/")[2])


_ONE_BIT = LARGEST_MOVE * 1.0001  # figures are written with six digits


def in_use(directory: Path, source: str) -> WeightsFile | None:
    """What a source's file says; None where it has none, and the default is used. Raises handwritten.Faults."""
    path = directory / "weights" / f"{source}.yaml"
    return handwritten.read(path, WeightsFile) if path.is_file() else None


def weights_of(directory: Path, source: str) -> Weights:
    found = in_use(directory, source)
    return found.weights() if found else DEFAULT_WEIGHTS


def versions(directory: Path, source: str) -> list[WeightsFile]:
    """Every version that is kept, oldest first. Raises handwritten.Faults."""
    kept = (directory / "weights" / source).glob("*.yaml")
    return sorted((handwritten.read(path, WeightsFile) for path in kept), key=lambda one: one.number)


def kept_tables(directory: Path, source: str) -> Tables:
    """The weights of any version that a label may name. Raises KeyError for one that is not kept."""
    known = {one.version: one.weights() for one in versions(directory, source)}
    return ({DEFAULT_WEIGHTS.version: DEFAULT_WEIGHTS} | known).__getitem__


def next_version(directory: Path, source: str) -> str:
    kept = versions(directory, source)
    return f"{source}/{kept[-1].number + 1 if kept else 1}"


def put_in_use(directory: Path, source: str, lesson: Lesson, parent: Weights) -> Path:
    """Keep the lesson as a version, and use it from the next start."""
    if lesson.before is None or lesson.after is None:
        raise ValueError("a lesson that was refused is not put in use")
    made = WeightsFile(
        format="match-weights/1",
        source=source,
        version=lesson.weights.version,
        parent=parent.version,
        learnt_from=lesson.confirmed,
        held_out=HeldOut(
            pairs=lesson.after.pairs,
            log_loss_before=round(lesson.before.log_loss, 6),
            log_loss_after=round(lesson.after.log_loss, 6),
            wrong_shown_before=lesson.before.wrong_shown,
            wrong_shown_after=lesson.after.wrong_shown,
        ),
        m=_m_of(lesson.weights),
    )
    _write(directory / "weights" / source / f"{made.number}.yaml", made)
    return _write(directory / "weights" / f"{source}.yaml", made)


def roll_back(directory: Path, source: str) -> str | None:
    """Use the parent of what is in use. The version now in use, or None where there is nothing to go back from."""
    now = in_use(directory, source)
    if now is None:
        return None
    path = directory / "weights" / f"{source}.yaml"
    parent = next((one for one in versions(directory, source) if one.version == now.parent), None)
    if parent is None:
        path.unlink()
        return DEFAULT_WEIGHTS.version
    _write(path, parent)
    return parent.version


def _m_of(weights: Weights) -> dict[str, dict[str, float]]:
    """What differs from the default, table by table."""
    return {
        table: {str(level): round(one.chances.m, 6) for level, one in levels.items()}
        for table, levels in weights.evidence.items()
        if any(one.chances != DEFAULT_WEIGHTS.evidence[table][level].chances for level, one in levels.items())
    }


def _write(path: Path, made: WeightsFile) -> Path:
    """Whole or not at all, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = _HEADER + yaml.safe_dump(made.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    beside = path.with_suffix(".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return path
