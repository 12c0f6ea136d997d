"""Verifying the log: every entry's hash, the tree over them, the signed checkpoint of it, and the index.

What a check of the log alone cannot show is history that was changed and then signed again with the real key:
that shows against a checkpoint that somebody kept elsewhere (``older``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from broker.audit.checkpoint import Checkpoint, NotACheckpoint, Verifier, opened
from broker.audit.halves import second_half
from broker.audit.stores.contract import Store, StoreFault
from broker.audit.tree import Frontier, frontier_of
from broker.audit.walk import LogBroken, Walk, missing

__all__ = ["LogBroken", "StartingPoint", "Verification", "starting_point", "verified"]

READ_AGAIN_AT_START = 65_536

Progress = Callable[[int, int], None]


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
            seen = [*_cosigned(store, verifier.name), *kept]
            frontier = _walked(store, [*([last] if last else []), *seen], progress)
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
    start, seen = max(0, min(last.size, size - read_again)), _cosigned(store, verifier.name)
    try:
        walk = Walk(store, frontier_of(start, store.subtree), [last, *seen], beside=False)
        for one in seen:
            if one.size < start and frontier_of(one.size, store.subtree).root() != one.root:
                raise LogBroken(_NOT_THOSE.format(size=one.size))
    except KeyError:
        raise LogBroken(f"Hashes of the first {start} entries are missing.") from None
    walk.on_to(size)
    _all_there(size, [last, *seen])
    _agree_on_the_end(store, walk.frontier)
    return StartingPoint(walk.frontier, last.size)


def _walked(store: Store, checkpoints: Sequence[Checkpoint], progress: Progress) -> Frontier:
    """The tree over all entries, each compared with what is kept beside it."""
    walk, total = Walk(store, Frontier(), checkpoints, beside=True), store.size()
    with second_half(store, total, checkpoints) as (first, its_end):
        walk.on_to(first, lambda done: progress(done * total // first, total))
        other = its_end()
    end, rows = walk.frontier, walk.rows
    if other is not None and other.beginning == end:
        if other.fault is not None:
            raise LogBroken(other.fault)
        end, rows = other.end, rows + other.rows
    else:
        walk.on_to(total, lambda done: progress(done, total))
        end, rows = walk.frontier, walk.rows
    _all_there(total, checkpoints)
    if store.listed() != rows:
        raise LogBroken("The index lists entries under what they don't have.")
    _agree_on_the_end(store, end)
    progress(total, total)
    return end


def _all_there(size: int, checkpoints: Sequence[Checkpoint]) -> None:
    longest = max((one.size for one in checkpoints), default=0)
    if longest > size:
        raise missing(size, longest, " at the end")


def _agree_on_the_end(store: Store, tree: Frontier) -> None:
    if not store.ends_with(tree):
        raise LogBroken("The head of the tree is not that of its entries.")


def _last_checkpoint(store: Store, verifier: Verifier, size: int) -> Checkpoint | None:
    """The signed checkpoint; None for a log that was never begun. The first one is signed before any entry."""
    note = store.note()
    if note is not None:
        return _checkpoint(note, verifier, "in the file")
    if size:
        raise LogBroken("There are entries, but the signed checkpoint is missing.")
    return None


def _cosigned(store: Store, origin: str) -> Sequence[Checkpoint]:
    """What witnesses cosigned: the log must have grown from each."""
    return [Checkpoint(origin, one.size, one.root) for one in store.cosignatures()]


_NOT_THOSE = "The first {size} entries are not those that were signed."


def _checkpoint(note: str, verifier: Verifier, which: str) -> Checkpoint:
    try:
        return opened(note, verifier)
    except NotACheckpoint:
        raise LogBroken(
            f"The checkpoint {which} is not signed with this log's key, or is of another log."
        ) from None
