"""The tree against RFC 6962's reference vectors, and against pymerkle."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from broker.audit.tree import (
    EMPTY_ROOT,
    Frontier,
    Subtree,
    consistency_proof,
    consistent,
    frontier_of,
    included,
    inclusion_proof,
    leaf_hash,
    perfect_root,
)

# The leaves, roots and proofs that the Certificate Transparency implementations test with.
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
BESIDE_5_OF_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
FROM_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
FROM_1_TO_8 = [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]


def subtree_over(entries: Sequence[bytes]) -> Subtree:
    hashes = [leaf_hash(entry) for entry in entries]
    return lambda height, number: perfect_root(hashes[number << height : (number + 1) << height])


def grown(entries: Sequence[bytes]) -> Frontier:
    frontier = Frontier()
    for entry in entries:
        frontier = frontier.with_leaf(leaf_hash(entry))
    return frontier


def their_tree(entries: Sequence[bytes]) -> InmemoryTree:
    tree = InmemoryTree(algorithm="sha256")
    for entry in entries:
        tree.append_entry(entry)
    return tree


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_vectors(size: int) -> None:
    assert grown(LEAVES[:size]).root().hex() == ROOTS[size - 1]


def test_proofs_are_those_of_the_reference_vectors() -> None:
    subtree = subtree_over(LEAVES)
    assert [step.hex() for step in inclusion_proof(5, 8, subtree)] == BESIDE_5_OF_8
    assert [step.hex() for step in consistency_proof(6, 8, subtree)] == FROM_6_TO_8
    assert [step.hex() for step in consistency_proof(1, 8, subtree)] == FROM_1_TO_8


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=70), st.data())
def test_roots_and_audit_paths_are_pymerkles(entries: list[bytes], data: st.DataObject) -> None:
    theirs, subtree = their_tree(entries), subtree_over(entries)
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = inclusion_proof(index, len(entries), subtree)
    root = grown(entries).root()
    assert root == theirs.get_root(len(entries))
    their_path = theirs.prove_inclusion(index + 1, len(entries)).serialize()["path"]
    assert [step.hex() for step in proof] == their_path[1:]
    assert included(leaf_hash(entries[index]), index, len(entries), proof, root)


@given(st.lists(st.binary(max_size=8), min_size=2, max_size=70), st.data())
def test_consistency_proofs_lead_from_one_of_pymerkles_roots_to_the_other(
    entries: list[bytes], data: st.DataObject
) -> None:
    theirs = their_tree(entries)
    older = data.draw(st.integers(1, len(entries) - 1))
    proof = consistency_proof(older, len(entries), subtree_over(entries))
    assert consistent(older, len(entries), proof, theirs.get_root(older), theirs.get_root(len(entries)))


@given(st.integers(1, 40), st.data())
def test_a_changed_inclusion_proof_does_not_hold(size: int, data: st.DataObject) -> None:
    entries = [bytes([number]) for number in range(size)]
    index = data.draw(st.integers(0, size - 1))
    proof = list(inclusion_proof(index, size, subtree_over(entries)))
    root, leaf = grown(entries).root(), leaf_hash(entries[index])
    changed = data.draw(st.sampled_from(["leaf", "index", "longer", *(["shorter", "step"] if proof else [])]))
    if changed == "leaf":
        assert not included(leaf_hash(b"forged"), index, size, proof, root)
    elif changed == "index":
        other = data.draw(st.integers(-2, size + 2).filter(lambda at: at != index))
        assert not included(leaf, other, size, proof, root)
    elif changed == "longer":
        assert not included(leaf, index, size, [*proof, root], root)
    elif changed == "shorter":
        assert not included(leaf, index, size, proof[:-1], root)
    else:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not included(leaf, index, size, [*proof[:at], EMPTY_ROOT, *proof[at + 1 :]], root)


@given(st.integers(2, 40), st.data())
def test_history_that_was_rewritten_has_no_consistency_proof(size: int, data: st.DataObject) -> None:
    entries = [bytes([number]) for number in range(size)]
    older = data.draw(st.integers(1, size - 1))
    rewritten = data.draw(st.integers(0, older - 1))
    other = [*entries[:rewritten], b"rewritten", *entries[rewritten + 1 :]]
    proof = consistency_proof(older, size, subtree_over(other))
    assert not consistent(older, size, proof, grown(entries[:older]).root(), grown(other).root())


def test_a_consistency_proof_without_growth_needs_equal_roots() -> None:
    root = grown(LEAVES).root()
    assert consistent(8, 8, (), root, root)
    assert not consistent(8, 8, (), EMPTY_ROOT, root)
    assert not consistent(8, 8, (root,), root, root)
    assert not consistent(0, 8, (root,), EMPTY_ROOT, root)
    assert not consistent(9, 8, (root,), root, root)


@given(st.integers(0, 600))
def test_a_frontier_is_the_same_grown_leaf_by_leaf_or_taken_from_subtrees(size: int) -> None:
    entries = [number.to_bytes(2, "big") for number in range(size)]
    assert frontier_of(size, subtree_over(entries)) == grown(entries)


def test_a_leaf_that_fills_subtrees_names_their_roots_by_height() -> None:
    assert [root.hex() for root in grown(LEAVES[:7]).filled_by(leaf_hash(LEAVES[7]))][3] == ROOTS[7]
    assert grown(LEAVES[:6]).filled_by(leaf_hash(LEAVES[6])) == (leaf_hash(LEAVES[6]),)


@given(size=st.integers(0, 70), count=st.integers(0, 70))
def test_leaves_that_come_together_fill_what_each_fills_alone(size: int, count: int) -> None:
    _, tree = Frontier().grown_by(leaf_hash(b"%d" % number) for number in range(size))
    leaves, alone, filled = [leaf_hash(b"later %d" % number) for number in range(count)], tree, []
    for leaf in leaves:
        filled.append(list(alone.filled_by(leaf)))
        alone = alone.with_leaf(leaf)
    assert tree.grown_by(leaves) == (filled, alone)
