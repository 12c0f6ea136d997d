"""How often what is held for so likely is so: a PNG beside the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from bench.matching.linkage import Pair

_BINS = 10
_FEWEST = 5


def calibration(pairs: Mapping[str, Sequence[Pair]], path: Path) -> None:
    """Chance told against share true, in tenths; a tenth with fewer than five pairs is left out."""
    figure, axes = plt.subplots(figsize=(6, 6))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, label="as told")
    for name, some in pairs.items():
        told = [points for tenth in range(_BINS) if (points := _point(some, tenth))]
        axes.plot(*zip(*told, strict=True), marker="o", label=name)
    axes.set(xlabel="chance that was told", ylabel="share that was true", title="Calibration, as weighed")
    axes.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})
    plt.close(figure)


def _point(pairs: Sequence[Pair], tenth: int) -> tuple[float, float] | None:
    within = [pair for pair in pairs if min(int(pair.chance * _BINS), _BINS - 1) == tenth]
    if len(within) < _FEWEST:
        return None
    told = sum(pair.chance for pair in within) / len(within)
    return told, sum(pair.true for pair in within) / len(within)
