"""The tree against RFC 6962 written down naively, and against a verifier that is not ours (sigstore)."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore._internal.merkle import _chain_border_right, _chain_inner, _decomp_inclusion_proof

from audit import merkle


def mth(leaves):
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def tree(size):
    leaves = [b"entry %d" % n for n in range(size)]
    return leaves, lambda level, index: mth(leaves[index << level : (index + 1) << level])


sizes = st.integers(1, 130)


@given(sizes, st.data())
def test_roots_and_inclusion_agree_with_the_rfc_and_with_sigstore(size, data):
    leaves, node = tree(size)
    index = data.draw(st.integers(0, size - 1))
    root, leaf_hash = mth(leaves), merkle.hash_leaf(leaves[index])
    assert merkle.root_of(map(merkle.hash_leaf, leaves)) == merkle.root_at(size, node) == root
    proof = merkle.prove_inclusion(index, size, node)
    assert merkle.verify_inclusion(index, size, root, leaf_hash, proof)
    inner, border = _decomp_inclusion_proof(index, size)
    assert inner + border == len(proof)
    assert _chain_border_right(_chain_inner(leaf_hash, proof[:inner], index), proof[inner:]) == root


@given(sizes, st.data())
def test_any_change_to_an_inclusion_proof_is_refused(size, data):
    leaves, node = tree(size)
    index = data.draw(st.integers(0, size - 1))
    root, leaf_hash = mth(leaves), merkle.hash_leaf(leaves[index])
    proof = merkle.prove_inclusion(index, size, node)
    bad = bytes([leaf_hash[0] ^ 1]) + leaf_hash[1:]
    assert not merkle.verify_inclusion(index, size, root, bad, proof)
    assert not merkle.verify_inclusion(index, size, root, leaf_hash, [*proof, bad])
    assert not merkle.verify_inclusion(size, size, root, leaf_hash, proof)
    assert not merkle.verify_inclusion(-1, size, root, leaf_hash, proof)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.verify_inclusion(index, size, root, leaf_hash, proof[:at] + proof[at + 1 :])
        assert not merkle.verify_inclusion(index, size, root, leaf_hash, [*proof[:at], bad, *proof[at + 1 :]])


@given(sizes, st.data())
def test_consistency_holds_between_prefixes_and_for_nothing_else(size, data):
    leaves, node = tree(size)
    old = data.draw(st.integers(1, size))
    proof = merkle.prove_consistency(old, size, node)
    root, old_root = mth(leaves), mth(leaves[:old])
    assert merkle.verify_consistency(old, size, old_root, root, proof)
    forked = hashlib.sha256(old_root).digest()
    assert not merkle.verify_consistency(old, size, forked, root, proof)
    assert not merkle.verify_consistency(old, size, old_root, forked, proof)
    assert not merkle.verify_consistency(size + 1, size, old_root, root, proof)
    if 0 < old < size:
        at = data.draw(st.integers(0, len(proof) - 1))
        assert not merkle.verify_consistency(old, size, old_root, root, proof[:at] + proof[at + 1 :])
        assert not merkle.verify_consistency(old, size, old_root, root, [*proof, forked])


@given(st.lists(st.binary(max_size=8), max_size=70), st.integers(0, 70))
@settings(max_examples=60)
def test_a_frontier_can_be_put_down_and_taken_up(leaves, cut):
    whole = merkle.Frontier()
    for leaf in leaves[:cut]:
        whole.append(merkle.hash_leaf(leaf))
    again = merkle.Frontier(whole.size, whole.hashes)
    for leaf in leaves[cut:]:
        again.append(merkle.hash_leaf(leaf))
    assert again.root() == mth(leaves)
    assert whole.root() == mth(leaves[:cut])


def test_a_frontier_with_the_wrong_number_of_hashes_is_refused():
    with pytest.raises(ValueError, match="complete subtrees"):
        merkle.Frontier(3, [bytes(32)])


def test_there_is_no_proof_for_what_is_not_there():
    with pytest.raises(ValueError, match="no entry"):
        merkle.prove_inclusion(3, 3, tree(3)[1])
    with pytest.raises(ValueError, match="no tree"):
        merkle.prove_consistency(4, 3, tree(3)[1])
