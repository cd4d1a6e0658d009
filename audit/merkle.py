"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs and their verification.

Nothing here reads files. ``Frontier`` is what a writer keeps (a hash per set bit of the size); proofs are computed
over any function that returns the hash of a complete subtree, which the tiles provide.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

#: Hash of the complete subtree at (level, index): leaves index*2**level up to (index+1)*2**level.
Node = Callable[[int, int], bytes]

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_SIZE = 32
_sha256 = hashlib.sha256


def hash_leaf(data: bytes) -> bytes:
    """Return the leaf hash: SHA-256(0x00 ‖ data)."""
    return _sha256(b"\x00" + data).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return the node hash: SHA-256(0x01 ‖ left ‖ right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root."""

    __slots__ = ("_stack", "size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            msg = f"a tree of {size} has {size.bit_count()} complete subtrees, not {len(hashes)}"
            raise ValueError(msg)
        self.size = size
        self._stack = list(hashes)

    @classmethod
    def of(cls, size: int, node: Node) -> "Frontier":
        """Read the right edge of a stored tree of *size* leaves."""
        return cls(size, [node(level, index) for level, index in subtrees(0, size)])

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Complete subtrees from left to right, largest first."""
        return tuple(self._stack)

    def encode(self) -> bytes:
        """Return size and subtrees: as telling as the root, without hashing them together."""
        return b"".join((self.size.to_bytes(8, "big"), *self._stack))

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf."""
        size, stack = self.size, self._stack
        while size & 1:
            leaf_hash = _sha256(b"\x01" + stack.pop() + leaf_hash).digest()
            size >>= 1
        stack.append(leaf_hash)
        self.size += 1

    def root(self) -> bytes:
        """Return the Merkle Tree Hash of everything appended."""
        return _fold(self._stack) if self._stack else EMPTY_ROOT

    def copy(self) -> "Frontier":
        """Return an independent copy, for a batch that may still fail."""
        return Frontier(self.size, self._stack)


def subtrees(start: int, end: int) -> list[tuple[int, int]]:
    """Split the leaves [start, end) into complete subtrees (level, index), from left to right."""
    parts = []
    while start < end:
        level = (start & -start).bit_length() - 1 if start else (end - start).bit_length() - 1
        while start + (1 << level) > end:
            level -= 1
        parts.append((level, start >> level))
        start += 1 << level
    return parts


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root of a list of leaf hashes."""
    frontier = Frontier()
    for leaf_hash in leaf_hashes:
        frontier.append(leaf_hash)
    return frontier.root()


def root_at(size: int, node: Node) -> bytes:
    """Return the root that a stored tree had at *size* leaves."""
    return Frontier.of(size, node).root()


def prove_inclusion(index: int, size: int, node: Node) -> list[bytes]:
    """Return the audit path of leaf *index* in the tree of *size* leaves, leaf's sibling first (RFC 6962 2.1.1)."""
    if not 0 <= index < size:
        msg = f"no entry {index} in a tree of {size}"
        raise ValueError(msg)
    path: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [_range(start, end, node) for start, end in reversed(path)]


def prove_consistency(old: int, size: int, node: Node) -> list[bytes]:
    """Return the proof that the tree of *old* leaves is a prefix of that of *size* (RFC 6962 2.1.2)."""
    if not 0 <= old <= size:
        msg = f"no tree of {old} before one of {size}"
        raise ValueError(msg)
    if old in {0, size}:
        return []
    path: list[tuple[int, int]] = []
    start, end, whole = 0, size, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start, whole = middle, False
    if not whole:
        path.append((start, end))
    return [_range(start, end, node) for start, end in reversed(path)]


def root_from_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes]) -> bytes | None:
    """Return the root that *proof* leads to, None when the proof's shape is wrong (RFC 9162 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    node, last, result = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return None
        if node & 1 or node == last:
            result = hash_children(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = hash_children(result, sibling)
        node, last = node >> 1, last >> 1
    return result if last == 0 else None


def verify_inclusion(index: int, size: int, root: bytes, leaf_hash: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether *proof* shows that *leaf_hash* is entry *index* of the tree with *root*."""
    return root_from_inclusion(index, size, leaf_hash, proof) == root


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether *proof* shows that the old tree is a prefix of the new one (RFC 9162 2.1.4.2)."""
    if not 0 <= old <= size:
        return False
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    return _climb(old, size, old_root, root, path)


def _climb(old: int, size: int, old_root: bytes, root: bytes, path: list[bytes]) -> bool:
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    if not path:
        return False
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            first, second = hash_children(sibling, first), hash_children(sibling, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = hash_children(second, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and first == old_root and second == root


def _split(size: int) -> int:
    """Largest power of two smaller than *size*."""
    return 1 << (size - 1).bit_length() - 1


def _range(start: int, end: int, node: Node) -> bytes:
    return _fold([node(level, index) for level, index in subtrees(start, end)])


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Join complete subtrees, largest first, into one root."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = hash_children(left, result)
    return result
