"""The checklist of the suite, ``quality.yaml``: which engine does what, and why another need not.

A new kind of connector is listed among ENGINES (conftest) and here: then every row of the list is asked of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import BaseModel, ConfigDict, Field

import handwritten

FILE = Path(__file__).with_name("quality.yaml")
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "connectors.md"

Reason = Annotated[str, Field(min_length=10)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Engine(Part):
    """A kind of connector, of one dialect where it has several. ``not_run``: why no machine of ours can run it."""

    kind: str
    dialect: str | None = None
    not_run: Reason | None = None
    instead: tuple[str, ...] = ()


class Row(Part):
    """What every connector does. ``tests`` prove it, each on every engine that is neither exempt nor to do yet."""

    says: str
    tests: Annotated[tuple[str, ...], Field(min_length=1)]
    exempt: dict[str, Reason] = {}
    todo: dict[str, Reason] = {}


class Quality(Part):
    format: str = Field(pattern=r"^quality/1$")
    engines: dict[str, Engine]
    rows: dict[str, Row]

    def run(self) -> tuple[str, ...]:
        """The engines that are run."""
        return tuple(name for name, one in self.engines.items() if one.not_run is None)

    def done(self, row: str) -> tuple[str, ...]:
        """The engines that do this."""
        left_out = {**self.rows[row].exempt, **self.rows[row].todo}
        return tuple(name for name in self.run() if name not in left_out)


@cache
def quality() -> Quality:
    """The checklist. Raises handwritten.Faults."""
    return handwritten.read(FILE, Quality)


def on_engines_of(row: str) -> pytest.MarkDecorator:
    """The engines that a row of the checklist is asked of: a test of that row runs on each of them."""
    return pytest.mark.parametrize("engine", quality().done(row), indirect=True)


def page() -> str:
    """The checklist as a page for readers."""
    listed = quality()
    names = listed.run()
    lines = [
        "# What every connector does",
        "",
        "<!-- Written by `python -m tests.spec.connectors.quality` from tests/spec/connectors/quality.yaml. -->",
        "",
        "Each line is tested on every engine that bears a tick, with the same tests: readable tables in,",
        "candidates out (`tests/spec/connectors`). A number leads to the reason why it is not asked of an engine.",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    reasons: list[str] = []
    lines += [_line(row, names, reasons) for row in listed.rows.values()]
    lines += ["", *(f"{number}. {reason}" for number, reason in enumerate(reasons, 1)), ""]
    lines += ["## Not run here", ""]
    lines += [f"- **{name}**: {one.not_run}" for name, one in listed.engines.items() if one.not_run]
    return "\n".join(lines) + "\n"


def _line(row: Row, names: tuple[str, ...], reasons: list[str]) -> str:
    return f"| {row.says} | {' | '.join(_mark(row, name, reasons) for name in names)} |"


def _mark(row: Row, name: str, reasons: list[str]) -> str:
    reason = row.exempt.get(name) or row.todo.get(name)
    if reason is None:
        return "✓"
    if reason not in reasons:
        reasons.append(reason)
    return str(reasons.index(reason) + 1)


if __name__ == "__main__":
    PAGE.write_text(page())
