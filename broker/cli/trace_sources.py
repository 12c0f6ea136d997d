"""A query's way through its sources, as a table: how long each took, under which policy, and what it showed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from broker.audit.asking.trace import AtSource
from broker.catalogue import read_files
from broker.cli.printing import table
from broker.cli.trace_table import printable
from connectors.source_file import SourceFile

_DIGEST = 15
"""Letters of a digest that are shown: enough to tell the versions of a policy apart."""


def sources_in(directory: Path) -> dict[str, SourceFile]:
    """The source files that can be read, by name: what is wrong with others does not keep an auditor from
    reading.
    """
    return {one.source.source: one.source for one in read_files(directory).sources}


def show_sources(through: Sequence[AtSource]) -> None:
    """Print the table. Nothing, where no source was asked."""
    if through:
        headings = ["Source", "After", "Took", "Policy", "View", "Outcomes", "In the source's own log"]
        table("Source by source", headings, [_row(one) for one in through])


def _row(one: AtSource) -> list[str | Text]:
    version = f"version {one.policy_version}\n" if one.policy_version is not None else ""
    cells = (
        one.source,
        _milliseconds(one.waited),
        _milliseconds(one.took),
        f"{version}{one.policy_digest[:_DIGEST]}",
        one.view or "",
        "\n".join(one.outcomes) or "can no longer be read",
        one.own_log,
    )
    return [Text("\n".join(map(printable, cell.split("\n")))) for cell in cells]


def _milliseconds(count: int | None) -> str:
    return "" if count is None else f"{count} ms"
