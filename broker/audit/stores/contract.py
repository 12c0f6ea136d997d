"""What the writer, the readers and verification need of a store, whichever database keeps it.

A store holds the entries by index with their leaf hashes; the roots of full subtrees of 256, 65,536, ... leaves;
an index of queries and one of tags; and the last signed checkpoint. All but entries and checkpoint can be made
again from the entries. Only the last checkpoint is kept: an older one would fit a log whose end was cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol

from broker.audit.entry import Entry, Listing
from broker.audit.tree import Frontier, leaf_hashes, perfect_root
from broker.audit.witness.kept import Kept

TILE_HEIGHT = 8
"""Roots of full subtrees are kept at every eighth height, as in C2SP tlog-tiles; the others are made of them."""


class UnsafeStore(Exception):
    """The store may not be used as it is; the sentence says what to do."""


class StoreInUse(UnsafeStore):
    """Somebody else writes the store."""


class StoreFault(Exception):
    """The store could not be read or written.

    The sentence quotes nothing that is in it. ``name`` is that of the database's own fault.
    """

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it is kept: ``filled`` are the roots of the perfect subtrees that it fills, its leaf first."""

    index: int
    entry: Entry
    filled: Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Appended:
    """Entries at their places, and the tree that ends with them."""

    written: Sequence[Written]
    frontier: Frontier


@dataclass(frozen=True, slots=True)
class IndexRows:
    """Rows of the index, and of the subtrees that are kept: those that entries have there."""

    queries: list[tuple[int, str, str, str]] = field(default_factory=list)
    tags: list[tuple[bytes, int]] = field(default_factory=list)
    subtrees: list[tuple[int, int, bytes]] = field(default_factory=list)

    @classmethod
    def of(cls, index: int, listing: Listing, filled: Sequence[bytes]) -> IndexRows:
        """Those of one entry. ``filled`` are the roots of the perfect subtrees that it fills."""
        rows = cls(subtrees=kept_of(index, filled))
        rows.add(index, listing)
        return rows

    @classmethod
    def together(cls, several: Iterable[IndexRows]) -> IndexRows:
        """Those of several."""
        whole = cls()
        for one in several:
            whole.queries.extend(one.queries)
            whole.tags.extend(one.tags)
            whole.subtrees.extend(one.subtrees)
        return whole

    def add(self, index: int, listing: Listing) -> None:
        """Those of one entry more, which fills no subtree that is kept."""
        query_id, kind, at, tags = listing
        if query_id:
            self.queries.append((index, query_id, kind, at))
        if tags:
            self.tags.extend([(tag, index) for tag in tags])

    def __len__(self) -> int:
        return len(self.queries) + len(self.tags) + len(self.subtrees)


@dataclass(frozen=True, slots=True)
class WrittenRows(IndexRows):
    """Those, and the entries' own."""

    entries: list[tuple[int, bytes, bytes]] = field(default_factory=list)


class Store(Protocol):
    """An open store. One thread at a time may use it; its methods raise StoreFault."""

    @property
    def alive(self) -> bool:
        """Whether it is worth trying to write: False once the way to the database is known to be lost."""

    def append(self, entries: Sequence[Entry], after: Frontier) -> Appended:
        """Write entries in one durable transaction, one behind the other at the end of the tree.

        ``after`` is the tree as the writer last saw it. Where others write the same tree it may have grown since:
        the entries then follow what it has become.
        """

    def afterwards(self) -> None:
        """What ``append`` leaves to be done once its callers were told."""

    def keep_note(self, note: str) -> None:
        """Keep a signed checkpoint instead of the last one, durably."""

    def note(self) -> str | None:
        """The last signed checkpoint."""

    def keep_cosignatures(self, found: Sequence[Kept]) -> None:
        """Keep each witness's cosignature instead of its last, durably; never one of fewer entries."""

    def cosignatures(self) -> list[Kept]:
        """The last cosignature of each witness."""

    def size(self) -> int:
        """How many entries there are, when none is missing."""

    def rows(self, start: int = 0, end: int | None = None) -> Iterator[tuple[int, bytes, bytes]]:
        """Index, leaf hash and bytes of the entries from ``start`` to before ``end``, in order."""

    def subtree(self, height: int, number: int) -> bytes:
        """The root of a full subtree (``tree.Subtree``). Raises KeyError when a hash under it is not there."""

    def kept_hashes(self, height: int, first: int, count: int) -> list[bytes]:
        """Roots kept at a height that is a multiple of TILE_HEIGHT; leaf hashes at height 0."""

    def of_query(self, query_id: str) -> list[tuple[int, bytes]]:
        """Index and bytes of a query's entries, in order."""

    def unclosed(self) -> list[str]:
        """Queries that were begun and have no end, in order; not those of a broker that still lives."""

    def orphans(self) -> AbstractContextManager[list[str]]:
        """The same, for whoever will close them: nobody else is told them until the context ends."""

    def asked_about(
        self, tags: Collection[bytes], requester: bytes, since: datetime
    ) -> list[tuple[str, str, bool]]:
        """Of every query from ``since`` on that bears one of these tags: its id, time, and whether it bears the
        requester's too. A query may be there more than once.

        Without details that were opened, and feedback: both are about a search that counts already.
        """

    def asked_by(
        self, requester: Collection[bytes], since: datetime, up_to: int
    ) -> list[tuple[str, str, bytes]]:
        """Type, time and bytes of the entries that hold what a requester asked from ``since`` on, and about whom:
        those up to that index, in order. ``requester``: their tag in each epoch.
        """

    def tagged(self, tag: bytes) -> Iterator[bytes]:
        """The bytes of the entries that bear a tag, newest first."""

    def bearing(self, tag: bytes) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of the entries that bear a tag, newest first."""

    def ends_with(self, tree: Frontier) -> bool:
        """Whether this is the tree that a writer would go on from, where the store itself says which it is."""

    def lists(self, rows: IndexRows) -> bool:
        """Whether the index and the kept subtrees have all of these rows."""

    def in_order(self, start: int, end: int) -> Callable[[IndexRows], bool] | None:
        """What ``lists`` tells, faster, for whoever asks for the rows of the entries in their order.

        It says whether the next rows of the index, from those of entry ``start`` on, are these and no others;
        after one that were not it says nothing that counts. None where ``lists`` is as fast.
        """

    def listed(self) -> int:
        """How many rows the index and the kept subtrees have in all."""

    def again(self) -> Callable[[], Store] | None:
        """What opens it once more to read, in another process too; None where that is not worth it."""

    def as_of_now(self) -> AbstractContextManager[None]:
        """Everything that is read inside is of one moment, also while a broker writes."""

    def close(self) -> None: ...


CLOCKS_DIFFER_BY, OUT_OF_ORDER = timedelta(minutes=1), 1000
"""As far as the clocks of brokers on one log may differ: entries need not be in the order of their times. And by
how many entries they may be out of it, where nothing was written for a while.
"""


class Place(Protocol):
    """Where a log is kept: named in sentences, looked at and opened. All three raise UnsafeStore."""

    def __str__(self) -> str: ...

    def check(self) -> None:
        """Look whether a log could be kept there, as far as that shows without a log. Nothing is made."""

    def open_to_write(self) -> Store:
        """Open it, made when there is none yet, checked to keep what is acknowledged."""

    def open_to_read(self) -> Store:
        """Open it beside whoever writes it. Nothing is made."""


def placed(entries: Sequence[Entry], frontier: Frontier) -> Appended:
    """The entries at their places behind a tree, and the tree with them."""
    filled, grown = frontier.grown_by(leaf_hashes(entry.raw for entry in entries))
    return Appended(list(map(Written, count(frontier.size), entries, filled)), grown)


def root_of_subtree(store: Store, height: int, number: int) -> bytes:
    """A full subtree's root, of those below it that are kept. Raises KeyError when one is not there."""
    kept = height - height % TILE_HEIGHT
    count = 1 << (height - kept)
    hashes = store.kept_hashes(kept, number * count, count)
    if len(hashes) != count:
        raise KeyError(height, number)
    return perfect_root(hashes)


def rows_of(written: Sequence[Written]) -> WrittenRows:
    """The rows that entries have in each table."""
    rows = WrittenRows()
    for one in written:
        entry = one.entry
        rows.entries.append((one.index, one.filled[0], entry.raw))
        rows.add(one.index, (entry.query_id, entry.kind, entry.at, entry.tags))
        rows.subtrees.extend(kept_of(one.index, one.filled))
    return rows


def kept_of(index: int, filled: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """Height, number and root of those subtrees that an entry fills and that are kept."""
    if len(filled) <= TILE_HEIGHT:  # of 255 entries in 256
        return []
    return [
        (height, index >> height, filled[height]) for height in range(TILE_HEIGHT, len(filled), TILE_HEIGHT)
    ]


def as_stored(at: datetime) -> str:
    """A time as the index has it: in the order of times."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds")
