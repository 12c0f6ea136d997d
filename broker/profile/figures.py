"""What may be published of counts, so that nobody can be found out by them.

As the Office for National Statistics does with counts of people (Government Statistical Service, "Disclosure
control guidance for tables produced from administrative sources"): primary suppression, complementary suppression
and rounding. Counts are rounded to five, and small ones are not told. Here small is below ten, none included:
"fewer than 10" is all that is said.

A small count must not be worked out from a total either. The answers to one question add up to the number of
records. So the largest of them is never rounded from its own count: it is what the others leave of the published
total. The figures of every question then add up to one and the same total, exactly, whatever the small counts are,
and say nothing of them. There is no other total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

SMALL = 10
ROUNDED_TO = 5
LEAST_RECORDS = 20
"""Of fewer records nothing is published: of two answers both could be small."""


class State(StrEnum):
    """How a figure is told."""

    COUNT = "count"
    FEW = "fewer_than_10"
    HELD_BACK = "held_back"
    BAND = "band"


@dataclass(frozen=True, slots=True)
class Figure:
    """A published figure. ``count`` is rounded, and None unless its state is COUNT; ``band`` is for BAND only."""

    state: State
    count: int | None = None
    band: str = ""

    def text(self) -> str:
        """As people read it."""
        if self.count is not None:
            return f"{self.count:,}"
        return {State.FEW: f"fewer than {SMALL}", State.BAND: self.band}.get(self.state, "not shown")


FEW, HELD_BACK = Figure(State.FEW), Figure(State.HELD_BACK)

_BANDS = ((0.01, "fewer than 1 in 100"), (0.02, "1 to 2 in 100"), (0.05, "2 to 5 in 100"),
          (0.1, "5 to 10 in 100"), (0.5, "10 to 50 in 100"))  # fmt: skip


def rounded(count: int) -> int:
    """To the nearest five, halves up."""
    return (count + ROUNDED_TO // 2) // ROUNDED_TO * ROUNDED_TO


def lone(count: int) -> Figure:
    """A count that is no part of a total."""
    return FEW if count < SMALL else Figure(State.COUNT, rounded(count))


def banded(count: int, total: int) -> Figure:
    """A share that is told roughly: of people who are shielded, a count would say too much."""
    if count < SMALL:
        return FEW
    share = count / total
    return Figure(State.BAND, band=next((name for most, name in _BANDS if share < most), "more than half"))


def parts(counts: Sequence[int], total: int) -> tuple[Figure, ...]:
    """The figures of answers that add up to all records, of which ``total`` are published; in the same order.

    Held back altogether where the largest can't hide the small ones.
    """
    figures = [lone(count) for count in counts]
    largest = max(range(len(counts)), key=lambda place: counts[place])
    others = sum(figure.count or 0 for place, figure in enumerate(figures) if place != largest)
    rest = total - others
    if counts[largest] < SMALL or rest < SMALL:
        return (HELD_BACK,) * len(figures)
    figures[largest] = Figure(State.COUNT, rest)
    return tuple(figures)


def in_words(count: int, total: int) -> str:
    """A share of published figures: "1 in 8", "6 in 10", "nearly all"."""
    share = count / total if total else 0.0
    for least, words in (
        (0.995, "all, or nearly all"),
        (0.9, "more than 9 in 10"),
        (0.55, f"{share * 10:.0f} in 10"),
    ):
        if share >= least:
            return words
    if share >= 0.45:  # noqa: PLR2004 -- around a half
        return "about half"
    return f"1 in {round(1 / share):,}" if share else "hardly any"


def percent(count: int, total: int) -> str:
    """Of published figures, in whole per cent."""
    share = 100 * count / total if total else 0.0
    return "under 1%" if 0 < share < 1 else f"{share:.0f}%"


def summed(figures: Mapping[str, Figure], answers: Sequence[str]) -> int:
    """The published counts of some answers together; what is not published counts as none."""
    return sum(figures[answer].count or 0 for answer in answers if answer in figures)
