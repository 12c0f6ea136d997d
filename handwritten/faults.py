"""A fault in a handwritten file: where it is, what it is in plain English, and what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

Steps = tuple[str | int, ...]
"""The way to a place in a file: keys, and places in lists counted from 0."""

_WIDEST = 120
_BEFORE_THE_CARET = 60


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``line`` and ``column`` count from 1; ``excerpt`` is the line itself, as it stands."""

    path: Path
    line: int
    column: int
    sentence: str
    hint: str | None = None
    excerpt: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        said = [f"{self.path}:{self.line}:{self.column}: {self.sentence}"]
        if self.excerpt is not None:
            said += self._pointed_at(self.excerpt)
        if self.hint:
            said.append(f"    {self.hint}")
        return "\n".join(_harmless(line) for line in said)

    def _pointed_at(self, excerpt: str) -> tuple[str, str]:
        """The line and the caret below it; of a long line, the piece around the caret."""
        cut = max(0, self.column - 1 - _BEFORE_THE_CARET) if len(excerpt) > _WIDEST else 0
        return f"    {excerpt[cut : cut + _WIDEST]}", " " * (4 + self.column - 1 - cut) + "^"


class Faults(Exception):
    """Everything that is wrong with one file or several, in the order in which it stands there."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda one: (str(one.path), one.line, one.column)))
        super().__init__("\n".join(str(one) for one in self.faults))


@dataclass(frozen=True, slots=True)
class Positions:
    """Where everything stands in one file: for faults that show only when files are compared."""

    path: Path
    lines: tuple[str, ...] = field(repr=False)
    values: Mapping[Steps, tuple[int, int]] = field(repr=False)
    keys: Mapping[Steps, tuple[int, int]] = field(repr=False)

    def of(self, steps: Steps, *, key: bool = False) -> tuple[int, int]:
        """Line and column of a value (or of its key); of the nearest place around it when it is not there."""
        known = self.keys if key else self.values
        while steps and steps not in known:
            steps = steps[:-1]
        return known.get(steps) or self.values.get(steps) or (1, 1)

    def fault(self, at: tuple[int, int], sentence: str, hint: str | None = None) -> Fault:
        """A fault at a line and column."""
        line, column = at
        excerpt = self.lines[line - 1] if line <= len(self.lines) else None
        return Fault(self.path, line, column, sentence, hint, excerpt)


def fault_at(positions: Positions, steps: Steps, sentence: str, hint: str | None = None) -> Fault:
    """A fault at the value that ``steps`` lead to."""
    return positions.fault(positions.of(steps), sentence, hint)


def _harmless(text: str) -> str:
    """Without characters that would move a terminal's cursor, colour it or turn the text round."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)
