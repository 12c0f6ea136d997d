"""The second half of a long log, walked in a process of its own: two cores verify it in half the time.

The other process takes for its beginning what the kept subtrees say of the first half. Whoever walks that half
compares: when its tree ends as the other's began, the two are one walk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection

from broker.audit.checkpoint import Checkpoint
from broker.audit.stores.contract import Store, StoreFault
from broker.audit.tree import Frontier, frontier_of
from broker.audit.walk import BLOCK, LogBroken, Walk

HALVED_FROM = 100_000
"""Entries from which on a second process is worth its start, which takes a second."""


@dataclass(frozen=True, slots=True)
class Half:
    """A walk of the second half: from which tree to which, and how many rows the index has to list of it.

    ``fault``: what is wrong with it, when the beginning is the right one.
    """

    beginning: Frontier
    end: Frontier
    rows: int
    fault: str | None


@dataclass(frozen=True, slots=True)
class _Task:
    """What the other process is given."""

    open_store: Callable[[], Store]
    first: int
    size: int
    checkpoints: Sequence[Checkpoint]


@contextmanager
def second_half(
    store: Store, size: int, checkpoints: Sequence[Checkpoint]
) -> Iterator[tuple[int, Callable[[], Half | None]]]:
    """Begin with the second half of a log of ``size`` entries elsewhere.

    Gives where it begins, and what waits for its end: None, where nobody could walk it. It begins at the end of a
    log that is too short for it, or whose store can't be opened twice.
    """
    again = store.again() if size >= HALVED_FROM else None
    if again is None:
        yield size, lambda: None
        return
    task = _Task(again, size // 2 // BLOCK * BLOCK, size, checkpoints)
    context = get_context("spawn")
    receiving, sending = context.Pipe(duplex=False)
    other = context.Process(target=_walked, args=(task, sending), daemon=True)
    other.start()
    sending.close()  # it is the other's alone now: when that dies, whoever waits is told
    try:
        yield task.first, lambda: _received(receiving)
    finally:
        receiving.close()
        other.terminate()
        other.join()


def _received(receiving: Connection) -> Half | None:
    try:
        half: Half | None = receiving.recv()
    except EOFError:
        return None
    return half


def _walked(task: _Task, sending: Connection) -> None:
    """What the other process does."""
    half = None
    with closing(task.open_store()) as store, suppress(KeyError, StoreFault), store.as_of_now():
        half = _half(store, task)
    sending.send(half)  # without one, whoever waits looks for itself, and says what is wrong


def _half(store: Store, task: _Task) -> Half:
    beginning = frontier_of(task.first, store.subtree)
    later = [one for one in task.checkpoints if one.size > task.first]
    walk = Walk(store, beginning, later, beside=True)
    try:
        walk.on_to(task.size)
    except LogBroken as fault:
        return Half(beginning, walk.frontier, 0, str(fault))
    return Half(beginning, walk.frontier, walk.rows, None)
