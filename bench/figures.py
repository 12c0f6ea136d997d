"""Figures: what a benchmark measured, held against its target, printed and written down."""

from __future__ import annotations

import json
import operator
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

BENCH = Path(__file__).parent
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}
_VERSIONS = ("aiohttp", "asyncpg", "apsw", "jellyfish", "pydantic", "SQLAlchemy")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``met`` is computed from the target, None where there is none."""

    figure: str
    value: float
    unit: str
    target: str | None = None
    met: bool | None = None


def held(measured: Mapping[str, tuple[float, str]]) -> list[Figure]:
    """The figures of a run (name to value and unit), each with its target."""
    targets: Mapping[str, str] = yaml.safe_load((BENCH / "targets.yaml").read_text(encoding="utf-8"))
    return [
        Figure(name, value, unit, targets.get(name), _met(value, targets.get(name)))
        for name, (value, unit) in measured.items()
    ]


def report(name: str, figures: Sequence[Figure], facts: Mapping[str, Any]) -> bool:
    """Print the figures, write them to ``bench/NAME.json``; whether every target was met."""
    table = Table(
        title=f"{name}: {', '.join(f'{key} {value}' for key, value in facts.items())}", title_justify="left"
    )
    for heading in ("Figure", "Value", "Unit", "Target", ""):
        # A figure's name is looked for, whole.
        table.add_column(heading, justify="right" if heading == "Value" else "left", overflow="fold")
    for one in figures:
        mark = {True: "[green]met[/green]", False: "[bold red]missed[/bold red]", None: ""}[one.met]
        table.add_row(one.figure, f"{one.value:,.4g}", one.unit, one.target or "", mark)
    Console().print(table)
    content = {
        "machine": _machine(),
        "commit": commit(),
        "facts": dict(facts),
        "figures": [asdict(one) for one in figures],
    }
    (BENCH / f"{name}.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return all(one.met is not False for one in figures)


def _met(value: float, target: str | None) -> bool | None:
    if target is None:
        return None
    sign, bound = target.split()
    return _COMPARE[sign](value, float(bound))


def _machine() -> Mapping[str, Any]:
    versions = {name: version(name) for name in _VERSIONS}
    return {
        "system": platform.system(),
        "processor": platform.machine(),
        "python": platform.python_version(),
        **versions,
    }


def commit() -> str:
    """The commit that is checked out, short; "unknown" where git does not say."""
    which = ["git", "rev-parse", "--short", "HEAD"]
    told = subprocess.run(which, capture_output=True, text=True, check=False)  # noqa: S603 -- whoever's git it is
    return told.stdout.strip() or "unknown"
