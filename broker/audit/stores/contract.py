"""What the writer, the readers and verification need of a store, whichever database keeps it.

A store holds the entries by index with their leaf hashes; the roots of full subtrees of 256, 65,536, ... leaves;
an index of queries and one of tags; and the last signed checkpoint. All but entries and checkpoint can be made
again from the entries. Only the last checkpoint is kept: an older one would fit a log whose end was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from broker.audit.entry import Entry

TILE_HEIGHT = 8
"""Roots of full subtrees are kept at every eighth height, as in C2SP tlog-tiles; the others are made of them."""


class UnsafeStore(Exception):
    """The store may not be used as it is; the sentence says what to do."""


class StoreInUse(UnsafeStore):
    """Somebody else writes the store."""


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as it is kept: ``filled`` are the roots of the perfect subtrees that it fills, its leaf first."""

    index: int
    entry: Entry
    filled: Sequence[bytes]


class Store(Protocol):
    """An open store. One thread at a time may use it."""

    def append(self, entries: Sequence[Written]) -> None:
        """Write entries in one durable transaction."""

    def keep_note(self, note: str) -> None:
        """Keep a signed checkpoint instead of the last one, durably."""

    def note(self) -> str | None:
        """The last signed checkpoint."""

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
        """Queries that were begun and have no end, in order."""

    def asked_about(self, tag: bytes, requester: bytes, since: datetime) -> set[str]:
        """The ids of a requester's queries from ``since`` on that bear a tag.

        Without details that were opened, and feedback: both are about a search that counts already.
        """

    def tagged(self, tag: bytes) -> Iterator[bytes]:
        """The bytes of the entries that bear a tag, newest first."""

    def bearing(self, tag: bytes) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of the entries that bear a tag, newest first."""

    def as_of_now(self) -> AbstractContextManager[None]:
        """Everything that is read inside is of one moment, also while a broker writes."""

    def close(self) -> None: ...


def query_row(index: int, entry: Entry) -> tuple[int, str, str, str] | None:
    """The row of the index of queries; None for an entry that belongs to no query."""
    return (index, entry.query_id, entry.kind, entry.at) if entry.query_id else None


def kept_of(index: int, filled: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
    """Height, number and root of those subtrees that an entry fills and that are kept."""
    return [
        (height, index >> height, filled[height]) for height in range(TILE_HEIGHT, len(filled), TILE_HEIGHT)
    ]
