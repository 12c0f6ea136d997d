"""The Merkle tree of RFC 6962, section 2.1: SHA-256, leaves prefixed with 0, nodes with 1.

All functions are pure. Hashes are 32 bytes. The right edge of a growing tree is kept as its *frontier*: the
roots of the perfect subtrees that it is made of, from the largest to the smallest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry's bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees beside each other."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of ``size`` leaves, by the roots of its perfect subtrees."""

    size: int = 0
    roots: tuple[bytes, ...] = ()

    def with_leaf(self, leaf: bytes) -> Frontier:
        """The tree with one leaf more. Costs O(log n) hashes at most, one on average."""
        roots, count = (*self.roots, leaf), self.size
        while count & 1:
            roots = (*roots[:-2], node_hash(roots[-2], roots[-1]))
            count >>= 1
        return Frontier(self.size + 1, roots)

    def root(self) -> bytes:
        """The root of the whole tree."""
        if not self.roots:
            return EMPTY_ROOT
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = node_hash(left, root)
        return root


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree of these leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    at = _split(len(leaves))
    return node_hash(root_of(leaves[:at]), root_of(leaves[at:]))


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The audit path of one leaf, from the leaf upwards (RFC 6962, section 2.1.1)."""
    if len(leaves) == 1:
        return ()
    at = _split(len(leaves))
    if index < at:
        return (*inclusion_proof(leaves[:at], index), root_of(leaves[at:]))
    return (*inclusion_proof(leaves[at:], index - at), root_of(leaves[:at]))


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


def consistency_proof(leaves: Sequence[bytes], older: int) -> tuple[bytes, ...]:
    """That the tree of the first ``older`` leaves is the beginning of this one (RFC 6962, section 2.1.2)."""
    return _subproof(leaves, older, whole=True) if 0 < older < len(leaves) else ()


def _subproof(leaves: Sequence[bytes], older: int, *, whole: bool) -> tuple[bytes, ...]:
    if older == len(leaves):
        return () if whole else (root_of(leaves),)
    at = _split(len(leaves))
    if older <= at:
        return (*_subproof(leaves[:at], older, whole=whole), root_of(leaves[at:]))
    return (*_subproof(leaves[at:], older - at, whole=False), root_of(leaves[:at]))


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
