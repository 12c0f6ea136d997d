"""A walk over the entries of a log: each hashed again, put into the tree, and held against the index.

It goes in blocks of 256 entries, which are hashed, and looked up in the index, all at once. Where something in a
block is wrong it goes through that block entry by entry, to say where it shows first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeAlias

from broker.audit.checkpoint import Checkpoint
from broker.audit.entry import listing
from broker.audit.stores.contract import TILE_HEIGHT, IndexRows, Store, kept_of
from broker.audit.tree import Frontier, leaf_hash, leaf_hashes

BLOCK = 1 << TILE_HEIGHT

Row: TypeAlias = tuple[int, bytes, bytes]


class LogBroken(Exception):
    """The log is not what it was; the sentence says where it shows."""


@dataclass(slots=True)
class Walk:
    """A tree that grows by the store's entries, and the checkpoints that it must agree with on its way.

    ``beside``: also the index and the kept subtrees are compared, and ``rows`` counts what they have to list.
    """

    store: Store
    frontier: Frontier
    checkpoints: Sequence[Checkpoint]
    beside: bool
    rows: int = 0
    _are_next: Callable[[IndexRows], bool] | None = None

    def __post_init__(self) -> None:
        self._agree()

    def on_to(self, end: int, told: Callable[[int], None] = lambda _done: None) -> None:
        """Take the entries up to before ``end``; ``told`` is how many were taken. Raises LogBroken."""
        if self.frontier.size == end:
            return
        if self.beside:
            self._are_next = self.store.in_order(self.frontier.size, end)
        for block in _blocks(self.store.rows(self.frontier.size, end), self.frontier.size):
            if not self._take_whole(block):
                self._take_each(block)
            told(self.frontier.size)
        if self.frontier.size < end:
            beyond = next((index for index, _, _ in self.store.rows(end)), end)
            raise missing(self.frontier.size, beyond)

    def _take_whole(self, block: Sequence[Row]) -> bool:
        """Take a full block that is as it should be; False, and nothing taken, for any other."""
        first, (indexes, leaves, raws) = self.frontier.size, zip(*block, strict=True)
        if (
            len(block) != BLOCK
            or any(first < one.size < first + BLOCK for one in self.checkpoints)
            or indexes != tuple(range(first, first + BLOCK))
            or leaf_hashes(raws) != list(leaves)
        ):
            return False
        filled = self.frontier.filled_by_all(leaves)
        if self.beside and not self._listed(indexes, raws, filled):
            return False
        self.frontier = self.frontier.with_filled(filled, BLOCK)
        self._agree()
        return True

    def _listed(self, indexes: Sequence[int], raws: Sequence[bytes], filled: Sequence[bytes]) -> bool:
        """Whether the index lists a block as it is; its rows are counted then."""
        rows = IndexRows(subtrees=kept_of(indexes[-1], filled))  # of all of them, the last alone fills one
        try:
            for index, raw in zip(indexes, raws, strict=True):
                rows.add(index, listing(raw))
        except (ValueError, KeyError, TypeError):
            return False
        if not self._lists(rows):
            return False
        self.rows += len(rows)
        return True

    def _lists(self, rows: IndexRows) -> bool:
        """Whether the index lists these rows: in its order as long as nothing else stood in it."""
        if self._are_next is not None and self._are_next(rows):
            return True
        self._are_next = None
        return self.store.lists(rows)

    def _take_each(self, block: Sequence[Row]) -> None:
        """Take entry by entry. What is wrong with one is told only when nothing before it is. Raises LogBroken."""
        taken: list[tuple[int, IndexRows]] = []
        try:
            for index, leaf, raw in block:
                filled = self._take(index, leaf, raw)
                if self.beside:
                    taken.append((index, _rows(index, raw, filled)))
        finally:
            self._compare(taken)

    def _take(self, index: int, leaf: bytes, raw: bytes) -> Sequence[bytes]:
        if index != self.frontier.size:
            raise missing(self.frontier.size, index)
        if leaf_hash(raw) != leaf:
            raise LogBroken(f"Entry {index} was changed.")
        filled = self.frontier.filled_by(leaf)
        self.frontier = self.frontier.with_filled(filled)
        self._agree()
        return filled

    def _compare(self, taken: Sequence[tuple[int, IndexRows]]) -> None:
        """Hold entries against the index, all at once: a database may be a journey away. Raises LogBroken."""
        together = IndexRows.together(rows for _, rows in taken)
        if not self._lists(together):
            first = next(index for index, rows in taken if not self.store.lists(rows))
            raise LogBroken(f"The index does not list entry {first} as it is.") from None
        self.rows += len(together)

    def _agree(self) -> None:
        for one in self.checkpoints:
            if one.size == self.frontier.size and one.root != self.frontier.root():
                raise LogBroken(f"The first {one.size} entries are not those that were signed.")


def _rows(index: int, raw: bytes, filled: Sequence[bytes]) -> IndexRows:
    try:
        return IndexRows.of(index, listing(raw), filled)
    except (ValueError, KeyError, TypeError):
        raise LogBroken(f"Entry {index} is not written as an entry.") from None


def missing(first: int, end: int, where: str = "") -> LogBroken:
    """That the entries from ``first`` to before ``end`` are not there."""
    which = f"Entry {first} is" if end - first == 1 else f"Entries {first} to {end - 1} are"
    return LogBroken(f"{which} missing{where}.")


def _blocks(rows: Iterator[Row], first: int) -> Iterator[list[Row]]:
    """The rows in blocks that end where a tile does."""
    while block := list(islice(rows, BLOCK - first % BLOCK)):
        yield block
        first += len(block)
