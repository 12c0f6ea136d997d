"""How a query's time grows with the number of sources: a PNG for the docs, of the benchmark's own figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from bench.fanout.growth import COUNTS, DELAY


def growth(figures: Mapping[str, tuple[float, str]], path: Path) -> None:
    """Milliseconds by sources, both on logarithmic scales, beside what asking one after the other would take."""
    figure, axes = plt.subplots(figsize=(7, 4.5))
    in_turn = [count * figures["fanout.growth.memory.1_ms"][0] for count in COUNTS]
    axes.plot(COUNTS, in_turn, color="grey", linewidth=1, linestyle="--", label="one after the other")
    for kind, named in (("postgresql", "PostgreSQL"), ("memory", "in memory")):
        took = [figures[f"fanout.growth.{kind}.{count}_ms"][0] for count in COUNTS]
        axes.plot(COUNTS, took, marker="o", label=named)
    axes.axhline(DELAY * 1000, color="grey", linewidth=1, linestyle=":", label="the delay of each source")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="sources",
        ylabel="ms, in the middle",
        title="Time by number of sources",
    )
    axes.set_xticks(COUNTS, [str(count) for count in COUNTS])
    axes.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(figure)
