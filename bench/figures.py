"""Figures: what a benchmark measured, held against its target, printed and written down."""

from __future__ import annotations

import json
import operator
import platform
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table

BENCH = Path(__file__).parent
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}
_WIDE = 132  # columns: where output is not a terminal, it would be taken for a narrow one
_VERSIONS = ("aiohttp", "asyncpg", "apsw", "jellyfish", "pydantic", "SQLAlchemy")


@dataclass(frozen=True, slots=True)
class Peer:
    """What another system reached on the same, in the same run."""

    peer: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. ``met`` is computed from the target, None where there is none.

    ``ratio`` is the value over the peer's.
    """

    figure: str
    value: float
    unit: str
    target: str | None = None
    met: bool | None = None
    peer: str | None = None
    peer_value: float | None = None
    ratio: float | None = None


def held(measured: Mapping[str, tuple[float, str]], peers: Mapping[str, Peer] | None = None) -> list[Figure]:
    """The figures of a run (name to value and unit), each with its target and its peer, if it has them."""
    targets: Mapping[str, str] = yaml.safe_load((BENCH / "targets.yaml").read_text(encoding="utf-8"))
    return [
        _beside(
            Figure(name, value, unit, targets.get(name), _met(value, targets.get(name))),
            (peers or {}).get(name),
        )
        for name, (value, unit) in measured.items()
    ]


def _beside(one: Figure, peer: Peer | None) -> Figure:
    if peer is None:
        return one
    ratio = one.value / peer.value if peer.value else None
    return replace(one, peer=peer.peer, peer_value=peer.value, ratio=ratio)


def report(name: str, figures: Sequence[Figure], facts: Mapping[str, Any], *, written: bool = True) -> bool:
    """Print the figures, write them to ``bench/NAME.json``; whether every target was met."""
    table = Table(
        title=f"{name}: {', '.join(f'{key} {value}' for key, value in facts.items())}", title_justify="left"
    )
    headings = ["Figure", "Value", "Unit", "Target", ""]
    if any(one.peer for one in figures):
        headings += ["Peer"]
    for heading in headings:
        # A figure's name is looked for, whole.
        table.add_column(heading, justify="right" if heading == "Value" else "left", overflow="fold")
    for one in figures:
        mark = {True: "[green]met[/green]", False: "[bold red]missed[/bold red]", None: ""}[one.met]
        peer = [f"{one.peer_value:,.5g} {one.peer}"] if one.peer else []
        table.add_row(one.figure, f"{one.value:,.5g}", one.unit, one.target or "", mark, *peer)
    console = Console()
    console.width = max(console.width, _WIDE)
    console.print(table)
    if not written:
        return all(one.met is not False for one in figures)
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
