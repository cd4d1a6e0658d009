"""Asks rekor-verifier about many proofs: one JSON object a line in, true or false a line out. Runs in its own venv."""

import json
import sys

from rekor_verifier.merkle_proof import DEFAULT_HASHER, RootMismatchError, verify_consistency, verify_inclusion


def accepts(asked: dict) -> bool:
    """Tell whether rekor-verifier accepts an inclusion (it has a ``leaf``) or a consistency proof."""
    try:
        if "leaf" in asked:
            leaf = DEFAULT_HASHER.hash_leaf(bytes.fromhex(asked["leaf"])).hex()
            verify_inclusion(
                DEFAULT_HASHER, asked["index"], asked["size"], leaf, asked["path"], asked["root"], debug=False
            )
        else:
            sizes = asked["old_size"], asked["size"]
            verify_consistency(DEFAULT_HASHER, *sizes, asked["path"], asked["old_root"], asked["root"])
    except (ValueError, RootMismatchError):
        return False
    return True


for line in sys.stdin:
    print(json.dumps(accepts(json.loads(line))))
