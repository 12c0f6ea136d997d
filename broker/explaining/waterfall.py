"""A waterfall chart as SVG: how bit after bit the odds come about. The table beside it has the same figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from html import escape
from itertools import accumulate, pairwise

from broker.explaining.words import bits, odds

_WIDTH, _MARGIN = 360, 8  # narrow, so that its letters can be read on a phone
_STEP, _BAR, _TOP = 44, 14, 24

STYLE = """
.waterfall { display: block; width: 100%; max-width: 34rem; height: auto; margin: 0 0 1rem; break-inside: avoid; }
.waterfall text { font: 14px system-ui, "Segoe UI", Arial, sans-serif; fill: #0b0c0c;
                  paint-order: stroke; stroke: #fff; stroke-width: 4px; }
.waterfall .for { fill: #00703c; } .waterfall .against { fill: #d4351c; } .waterfall .sum { fill: #0b0c0c; }
.waterfall .even { stroke: #505a5f; stroke-dasharray: 4 3; } .waterfall .link { stroke: #b1b4b6; }
"""


def waterfall(name: str, called: str, steps: Sequence[tuple[str, float]]) -> Iterator[str]:
    """The chart's lines. ``name`` is unique in the page; ``steps`` are bits, and add up to the odds."""
    reached = [0.0, *accumulate(value for _, value in steps)]
    at = _scale(min(reached), max(reached))
    height = _TOP + _STEP * (len(steps) + 1)
    labelled = f'role="img" aria-labelledby="{name}-title {name}-says"'
    yield f'<svg class="waterfall" viewBox="0 0 {_WIDTH} {height}" {labelled}>'
    yield f'<title id="{name}-title">{escape(called)}, from even odds to {escape(odds(reached[-1]))}</title>'
    yield f'<desc id="{name}-says">{escape(_says(steps))}</desc>'
    yield f'<text x="{_label_at(at(0.0)):.1f}" y="14" text-anchor="middle">even odds</text>'
    yield f'<path class="even" d="M{at(0.0):.1f} 18V{height}"/>'
    for row, ((label, value), (before, after)) in enumerate(zip(steps, pairwise(reached), strict=True)):
        kind = "for" if value >= 0 else "against"  # the sign beside the bar says it without colour
        yield from _bar(_TOP + _STEP * row, label, bits(value), (at(before), at(after)), kind)
        yield f'<path class="link" d="M{at(after):.1f} {_TOP + _STEP * row + 34}v{_STEP - _BAR}"/>'
    total = f"{bits(reached[-1])} = {odds(reached[-1])}"
    yield from _bar(height - _STEP, "Odds", total, (at(0.0), at(reached[-1])), "sum")
    yield "</svg>"


def _scale(least: float, most: float) -> Callable[[float], float]:
    """Where so many bits stand, from left to right."""
    per_bit = (_WIDTH - 2 * _MARGIN) / max(most - least, 1.0)
    return lambda value: _MARGIN + (value - least) * per_bit


def _label_at(place: float) -> float:
    """Even odds may stand at an edge; their label stays inside."""
    return min(max(place, 40.0), _WIDTH - 40.0)


def _bar(top: float, label: str, value: str, ends: tuple[float, float], kind: str) -> Iterator[str]:
    left, width = min(ends), max(abs(ends[1] - ends[0]), 1.0)
    yield f'<text x="{_MARGIN}" y="{top + 14}">{escape(label)}</text>'
    yield f'<text x="{_WIDTH - _MARGIN}" y="{top + 14}" text-anchor="end">{escape(value)}</text>'
    yield f'<rect class="{kind}" x="{left:.1f}" y="{top + 20}" width="{width:.1f}" height="{_BAR}"/>'


def _says(steps: Sequence[tuple[str, float]]) -> str:
    return "; ".join(f"{label} {bits(value)}" for label, value in steps)
