"""The Merkle tree of RFC 6962, section 2.1: SHA-256, leaves prefixed with 0, nodes with 1.

All functions are pure, and hashes are 32 bytes. A *perfect subtree* of height h is the one over the 2^h leaves
that begin at a multiple of 2^h; by height and number it never changes once it is full. Whoever can name those
(``Subtree``) can make the root and the proofs of any size. The right edge of a growing tree is its *frontier*:
the roots of the perfect subtrees that it is made of, from the largest to the smallest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()

Subtree = Callable[[int, int], bytes]
"""The root of the perfect subtree of a height and a number (0 is the leftmost). Height 0: a leaf's hash."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry's bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The same of many, a third faster."""
    sha256 = hashlib.sha256
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of ``size`` leaves, by the roots of its perfect subtrees."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def grown_by(self, leaves: Iterable[bytes]) -> tuple[list[list[bytes]], Frontier]:
        """The tree with these leaves more; and of each what ``filled_by`` tells, without a tree made of each."""
        size, roots, filled_by = self.size, list(self.roots), []
        for leaf in leaves:
            filled, number = [leaf], size
            while number & 1:
                filled.append(node_hash(roots.pop(), filled[-1]))
                number >>= 1
            roots.append(filled[-1])
            filled_by.append(filled)
            size += 1
        return filled_by, Frontier(size, tuple(roots))

    def filled_by(self, leaf: bytes) -> tuple[bytes, ...]:
        """The roots of the perfect subtrees that a next leaf fills, by height: the leaf's own hash first."""
        return self.filled_by_all([leaf])

    def filled_by_all(self, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
        """Those that the last of the next leaves fills, whose count is a power of two that divides the size."""
        filled = right_edge(leaves)
        number = self.size >> len(filled) - 1
        for left in reversed(self.roots):
            if not number & 1:
                break
            filled.append(node_hash(left, filled[-1]))
            number >>= 1
        return tuple(filled)

    def with_leaf(self, leaf: bytes) -> Frontier:
        """The tree with one leaf more. Costs O(log n) hashes at most, one on average."""
        return self.with_filled(self.filled_by(leaf))

    def with_filled(self, filled: Sequence[bytes], count: int = 1) -> Frontier:
        """The tree with the leaf more whose ``filled_by`` this is, or so many more by their ``filled_by_all``."""
        kept = len(self.roots) - len(filled) + count.bit_length()
        return Frontier(self.size + count, (*self.roots[:kept], filled[-1]))

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.roots:
            return EMPTY_ROOT
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes of one height, whose count is a power of two."""
    return right_edge(hashes)[-1]


def right_edge(hashes: Sequence[bytes]) -> list[bytes]:
    """The last hash, and the roots of the perfect subtrees that it ends, up to the one over all of them."""
    sha256, level, edge = hashlib.sha256, list(hashes), [hashes[-1]]
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
        edge.append(level[-1])
    return edge


def frontier_of(size: int, subtree: Subtree) -> Frontier:
    """The frontier of the first ``size`` leaves."""
    heights = [height for height in reversed(range(size.bit_length())) if size >> height & 1]
    return Frontier(size, tuple(subtree(height, (size >> height) - 1) for height in heights))


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << ((count - 1).bit_length() - 1)


def _root(start: int, end: int, subtree: Subtree) -> bytes:
    """The root over the leaves from ``start`` to before ``end``; ``start`` is where RFC 6962 would split."""
    count = end - start
    if count & (count - 1) == 0:
        height = count.bit_length() - 1
        return subtree(height, start >> height)
    middle = start + _split(count)
    return node_hash(_root(start, middle, subtree), _root(middle, end, subtree))


def inclusion_proof(index: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """The audit path of one leaf, from the leaf upwards (RFC 6962, section 2.1.1)."""
    return tuple(_root(start, end, subtree) for start, end in _beside(index, 0, size))


def _beside(index: int, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of leaves beside the path from a leaf to the root, from the leaf upwards."""
    if end - start == 1:
        return
    middle = start + _split(end - start)
    if index < middle:
        yield from _beside(index, start, middle)
        yield middle, end
    else:
        yield from _beside(index, middle, end)
        yield start, middle


def included(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a proof shows that ``leaf`` stands at ``index`` of the tree with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(step, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, step)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def consistency_proof(older: int, size: int, subtree: Subtree) -> tuple[bytes, ...]:
    """That the tree of the first ``older`` leaves is the beginning of this one (RFC 6962, section 2.1.2).

    Empty where there is nothing to prove: for an older tree that was empty, or is this one.
    """
    if not 0 < older < size:
        return ()
    return tuple(_root(start, end, subtree) for start, end in _between(older, 0, size, whole=True))


def _between(older: int, start: int, end: int, *, whole: bool) -> Iterator[tuple[int, int]]:
    """The ranges of leaves of a consistency proof. ``whole``: the older root is known, and left out."""
    if older == end:
        if not whole:
            yield start, end
        return
    middle = start + _split(end - start)
    if older <= middle:
        yield from _between(older, start, middle, whole=whole)
        yield middle, end
    else:
        yield from _between(older, middle, end, whole=False)
        yield start, middle


def consistent(older: int, size: int, proof: Sequence[bytes], older_root: bytes, root: bytes) -> bool:
    """Whether a proof shows that the older tree is the beginning of the newer (RFC 9162, 2.1.4.2)."""
    if older == size:
        return not proof and older_root == root
    if not 0 < older < size or not proof:
        return False
    steps = [older_root, *proof] if older & (older - 1) == 0 else list(proof)
    at, last = older - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return last == 0 and (old, new) == (older_root, root)
