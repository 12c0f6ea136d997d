"""The log as files (C2SP tlog-tiles): which a tree of a size has, and what stands in them.

    checkpoint               the signed checkpoint
    tile/<L>/<N>             the hashes of level L, 256 a file: leaves at level 0, above it roots of 256 below
    tile/entries/<N>         the entries themselves: 256 a file, each behind its length (two bytes, big-endian)

``<N>`` counts from 0, in groups of three digits, all but the last with an x: 1234067 is ``x001/x234/067``. What is
not full yet ends in ``.p/<W>``, and holds W. Pure: nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

CHECKPOINT, TILES = "checkpoint", "tile"
WIDTH = 256
_LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """One file. ``level`` None holds entries, another number the hashes at eight times that height of the tree."""

    level: int | None
    number: int
    width: int

    @property
    def full(self) -> bool:
        return self.width == WIDTH

    @property
    def first(self) -> int:
        """The number of its first hash, on its level; the index of its first entry."""
        return self.number * WIDTH

    @property
    def partials(self) -> str:
        """The directory of what it was before it was full."""
        return f"{self._whole}.p"

    @property
    def path(self) -> str:
        """Where it stands, below the log's directory or address."""
        return self._whole if self.full else f"{self.partials}/{self.width}"

    @property
    def _whole(self) -> str:
        kind = "entries" if self.level is None else str(self.level)
        return f"{TILES}/{kind}/{grouped(self.number)}"


def grouped(number: int) -> str:
    """A number as a path: ``067``, ``x001/x234/067``."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{one}" for one in groups[:-1]), groups[-1]])


def tiles(size: int, since: int = 0) -> Iterator[Tile]:
    """The files of a tree of ``size`` that one of ``since`` did not have: entries first, then level by level."""
    yield from _on_level(None, since, size)
    level = 0
    while size:
        yield from _on_level(level, since, size)
        level, since, size = level + 1, since // WIDTH, size // WIDTH


def _on_level(level: int | None, since: int, count: int) -> Iterator[Tile]:
    """The tiles over ``count`` hashes of a level that those over ``since`` did not have."""
    if since == count:
        return
    for number in range(since // WIDTH, -(-count // WIDTH)):
        yield Tile(level, number, min(WIDTH, count - number * WIDTH))


def bundle(entries: Iterable[bytes]) -> bytes:
    """The bytes of a file of entries. Raises OverflowError for one of more than 65,535 bytes."""
    return b"".join(len(one).to_bytes(_LENGTH_BYTES, "big") + one for one in entries)
