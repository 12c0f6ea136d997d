"""Verifying the log: every entry's hash, the tree over them, and the signed checkpoints of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from broker.audit.checkpoint import NotACheckpoint, opened
from broker.audit.store import Store
from broker.audit.tree import Frontier, leaf_hash

TOLD_EVERY = 1000


class LogBroken(Exception):
    """The log is not what it was; the sentence says where it shows."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What a whole check found. ``fault`` is a sentence, None when all is well."""

    size: int
    root: bytes
    checkpoint_size: int
    fault: str | None

    @property
    def good(self) -> bool:
        return self.fault is None


def verified(
    store: Store,
    origin: str,
    public: bytes,
    older: str | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Verification:
    """Check every entry. ``older`` is a checkpoint that somebody kept: the log must have grown from it."""
    try:
        frontier, signed_size = _walk(store, origin, public, older, progress)
    except LogBroken as fault:
        return Verification(store.size(), b"", 0, str(fault))
    return Verification(frontier.size, frontier.root(), signed_size, None)


def verified_frontier(store: Store, origin: str, public: bytes) -> Frontier:
    """The right edge of a log that was checked. Raises LogBroken."""
    return _walk(store, origin, public, None, lambda _done, _total: None)[0]


def _walk(
    store: Store, origin: str, public: bytes, older: str | None, progress: Callable[[int, int], None]
) -> tuple[Frontier, int]:
    """The tree over all entries, and the size that was signed last."""
    expected = dict(_signed(store, origin, public, older))
    total, frontier = store.size(), Frontier()
    for index, leaf, raw in store.rows():
        if index != frontier.size:
            raise LogBroken(f"Entry {frontier.size} is missing.")
        if leaf_hash(raw) != leaf:
            raise LogBroken(f"Entry {index} was changed.")
        frontier = frontier.with_leaf(leaf)
        if expected.pop(frontier.size, frontier.root()) != frontier.root():
            raise LogBroken(f"The first {frontier.size} entries are not those that were signed.")
        if frontier.size % TOLD_EVERY == 0:
            progress(frontier.size, total)
    progress(frontier.size, total)
    if expected:
        raise LogBroken(f"A checkpoint of {max(expected)} entries was signed, but there are {frontier.size}.")
    return frontier, frontier.size


def _signed(store: Store, origin: str, public: bytes, older: str | None) -> list[tuple[int, bytes]]:
    """Sizes and roots of the last checkpoint and of the one that somebody kept."""
    notes = [note for note in (store.last_note(), older) if note is not None]
    try:
        checkpoints = [opened(note, origin, public) for note in notes]
    except NotACheckpoint:
        raise LogBroken("A checkpoint's signature does not hold, or it is of another log.") from None
    return [(one.size, one.root) for one in checkpoints]
