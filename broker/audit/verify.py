"""Verifying the log: every entry's hash, the tree over them, the signed checkpoint of it, and the index.

What a check of the log alone cannot show is history that was changed and then signed again with the real key:
that shows against a checkpoint that somebody kept elsewhere (``older``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, Verifier, opened
from broker.audit.entry import indexed
from broker.audit.stores.contract import Store, StoreFault, Written, rows_of
from broker.audit.tree import Frontier, frontier_of, leaf_hash

TOLD_EVERY = 1000
READ_AGAIN_AT_START = 65_536

Progress = Callable[[int, int], None]


class LogBroken(Exception):
    """The log is not what it was; the sentence says where it shows."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a whole check found. ``fault`` is a sentence, None when all is well.

    ``checkpoint_size`` is how many of the ``size`` entries were signed; the others are younger than a second.
    """

    size: int
    root: bytes
    checkpoint_size: int
    fault: str | None

    @property
    def good(self) -> bool:
        return self.fault is None


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where a writer goes on. ``signed_size`` is None for a log that was never begun."""

    frontier: Frontier
    signed_size: int | None


@dataclass(slots=True)
class _Walk:
    """A tree that grows entry by entry, and the checkpoints that it must agree with on its way."""

    frontier: Frontier
    checkpoints: Sequence[Checkpoint]
    filled: tuple[bytes, ...] = field(default=())

    def __post_init__(self) -> None:
        self._agree()

    def take(self, index: int, leaf: bytes, raw: bytes) -> None:
        if index != self.frontier.size:
            raise LogBroken(f"{_named(self.frontier.size, index)} missing.")
        if leaf_hash(raw) != leaf:
            raise LogBroken(f"Entry {index} was changed.")
        self.filled = self.frontier.filled_by(leaf)
        self.frontier = self.frontier.with_filled(self.filled)
        self._agree()

    def end(self) -> None:
        longest = max((one.size for one in self.checkpoints), default=0)
        if longest > self.frontier.size:
            raise LogBroken(f"{_named(self.frontier.size, longest)} missing at the end.")

    def _agree(self) -> None:
        for one in self.checkpoints:
            if one.size == self.frontier.size and one.root != self.frontier.root():
                raise LogBroken(f"The first {one.size} entries are not those that were signed.")


def verified(
    store: Store,
    verifier: Verifier,
    older: str | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Verification:
    """Check everything. ``older`` is a checkpoint that somebody kept: the log must have grown from it."""
    size = signed_size = 0
    try:
        with store.as_of_now():
            size = store.size()
            last = _last_checkpoint(store, verifier, size)
            signed_size = last.size if last else 0
            kept = [_checkpoint(older, verifier, "that was kept")] if older is not None else []
            frontier = _walked(store, [*([last] if last else []), *kept], progress)
    except LogBroken as fault:
        return Verification(size, b"", signed_size, str(fault))
    except StoreFault as fault:
        return Verification(size, b"", signed_size, _damaged(fault))
    return Verification(size, frontier.root(), signed_size, None)


def starting_point(store: Store, verifier: Verifier, *, in_passing: bool = False) -> StartingPoint:
    """The right edge of a log, checked from its last 65,536 entries on. Raises LogBroken.

    ``in_passing``: only from those on that are not signed yet.
    What is older is taken by its subtrees' roots, which the signed checkpoint proves: so a broker starts in a
    second, however long its log is.
    """
    try:
        with store.as_of_now():
            return _starting_point(store, verifier, 0 if in_passing else READ_AGAIN_AT_START)
    except StoreFault as fault:
        raise LogBroken(_damaged(fault)) from None


def _damaged(fault: StoreFault) -> str:
    return f"It cannot be read, or is damaged. {fault}"


def _starting_point(store: Store, verifier: Verifier, read_again: int) -> StartingPoint:
    size = store.size()
    last = _last_checkpoint(store, verifier, size)
    if last is None:
        return StartingPoint(Frontier(), None)
    start = max(0, min(last.size, size - read_again))
    try:
        walk = _Walk(frontier_of(start, store.subtree), [last])
    except KeyError:
        raise LogBroken(f"Hashes of the first {start} entries are missing.") from None
    for index, leaf, raw in store.rows(start):
        walk.take(index, leaf, raw)
    walk.end()
    _agree_on_the_end(store, walk.frontier)
    return StartingPoint(walk.frontier, last.size)


def _walked(store: Store, checkpoints: Sequence[Checkpoint], progress: Progress) -> Frontier:
    """The tree over all entries, each compared with what is kept beside it."""
    walk, total, beside = _Walk(Frontier(), checkpoints), store.size(), _Beside(store)
    with beside.first():
        for index, leaf, raw in store.rows():
            walk.take(index, leaf, raw)
            beside.take(index, raw, walk.filled)
            if walk.frontier.size % TOLD_EVERY == 0:
                beside.compare()
                progress(walk.frontier.size, total)
        walk.end()
    beside.end()
    _agree_on_the_end(store, walk.frontier)
    progress(total, total)
    return walk.frontier


def _agree_on_the_end(store: Store, tree: Frontier) -> None:
    if not store.ends_with(tree):
        raise LogBroken("The head of the tree is not that of its entries.")


@dataclass(slots=True)
class _Beside:
    """The comparison of the index and the subtrees' roots with the entries that they were made from.

    A row too few hides an entry from whoever traces a query; a row too many puts one where it never was.
    """

    store: Store
    rows: int = 0
    waiting: list[Written] = field(default_factory=list)

    def take(self, index: int, raw: bytes, filled: Sequence[bytes]) -> None:
        try:
            one = Written(index, indexed(raw), filled)
        except (ValueError, KeyError, TypeError):
            raise LogBroken(f"Entry {index} is not written as an entry.") from None
        self.waiting.append(one)
        self.rows += rows_of(one)

    def compare(self) -> None:
        """Look up what was taken, all at once: a database may be a journey away."""
        if not self.store.lists(self.waiting):
            first = next(one.index for one in self.waiting if not self.store.lists([one]))
            raise LogBroken(f"The index does not list entry {first} as it is.")
        self.waiting.clear()

    @contextmanager
    def first(self) -> Iterator[None]:
        """What is wrong in here is told only when nothing before it is."""
        try:
            yield
        except LogBroken:
            self.compare()
            raise

    def end(self) -> None:
        self.compare()
        if self.store.listed() != self.rows:
            raise LogBroken("The index lists entries under what they don't have.")


def _last_checkpoint(store: Store, verifier: Verifier, size: int) -> Checkpoint | None:
    """The signed checkpoint; None for a log that was never begun. The first one is signed before any entry."""
    note = store.note()
    if note is not None:
        return _checkpoint(note, verifier, "in the file")
    if size:
        raise LogBroken("There are entries, but the signed checkpoint is missing.")
    return None


def _checkpoint(note: str, verifier: Verifier, which: str) -> Checkpoint:
    try:
        return opened(note, verifier)
    except NotACheckpoint:
        raise LogBroken(
            f"The checkpoint {which} is not signed with this log's key, or is of another log."
        ) from None


def _named(first: int, end: int) -> str:
    return f"Entry {first} is" if end - first == 1 else f"Entries {first} to {end - 1} are"
