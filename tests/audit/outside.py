"""Programs of others as functions: each takes questions and returns what the program said to each."""

import base64
import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sigstore._internal.merkle import _chain_border_right, _chain_inner, _decomp_inclusion_proof, _hash_leaf
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote
from sigstore.errors import VerificationError

from audit.proof import Proof

from .grown_log import Question
from .verifiers.programs import ROOT, fetched, installed

VERIFIERS = Path(__file__).parent / "verifiers"
Verifier = Callable[[list[Question], Path], list[bool]]


def spicy(asked: list[Question], folder: Path) -> list[bool]:
    """Debian trixie's litetlog: the file, its ``.spicy`` beside it, and the key."""
    program = fetched("bin/spicy-litetlog")
    answers = []
    for number, one in enumerate(asked):
        file = folder / f"entry-{number}"
        file.write_bytes(one.entry)
        proof = Proof(one.index, one.path, one.note).text()
        file.with_name(file.name + ".spicy").write_text(proof.partition("\n")[2])
        command = [program, "-verify", one.vkey, str(file)]
        answers.append(subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 0)
    return answers


def sigstore_python(asked: list[Question], _folder: Path) -> list[bool]:
    """PyPI's sigstore: its notes and its Merkle tree; the signature by ``cryptography`` on what its parser took out."""
    return [_sigstore_accepts(one) for one in asked]


def _sigstore_accepts(one: Question) -> bool:
    try:
        note = SignedNote.from_text(one.note)
        name, key_id, key = one.vkey.split("+", 2)
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        ours = [each for each in note.signatures if (each.name, each.sig_hash.hex()) == (name, key_id)]
        if not ours:
            return False
        public.verify(base64.b64decode(ours[0].signature), note.note.encode())
        checkpoint = LogCheckpoint.from_text(note.note)
    except (VerificationError, InvalidSignature, ValueError):
        return False
    if one.index >= checkpoint.log_size:  # sigstore leaves this to its caller
        return False
    inner, border = _decomp_inclusion_proof(one.index, checkpoint.log_size)
    path = list(one.path)
    root = _chain_border_right(_chain_inner(_hash_leaf(one.entry), path[:inner], one.index), path[inner:])
    return inner + border == len(path) and root.hex() == checkpoint.log_hash


def sigstore_js(asked: list[Question], _folder: Path) -> list[bool]:
    """npm's @sigstore/verify: the checkpoint's signature, then inclusion."""
    lines = [
        {
            "leaf": one.entry.hex(),
            "index": one.index,
            "path": [node.hex() for node in one.path],
            "note": one.note,
            "key": one.vkey,
        }
        for one in asked
    ]
    return _ask([installed("node", "nodejs"), str(VERIFIERS / "sigstore.mjs")], lines)


def rekor(asked: list[Question], _folder: Path) -> list[bool]:
    """PyPI's rekor-verifier: inclusion under a size and a root; it reads no signature."""
    lines = [
        {
            "leaf": one.entry.hex(),
            "index": one.index,
            "size": one.checkpoint.size,
            "root": one.checkpoint.root.hex(),
            "path": [node.hex() for node in one.path],
        }
        for one in asked
    ]
    return rekor_ask(lines)


def rekor_ask(lines: Iterable[dict[str, object]]) -> list[bool]:
    """Ask rekor-verifier, which lives in a venv of its own."""
    return _ask([fetched("rekor/bin/python"), str(VERIFIERS / "rekor.py")], lines)


def _ask(command: list[str], lines: Iterable[dict[str, object]]) -> list[bool]:
    asked = [json.dumps(line) for line in lines]
    done = subprocess.run(
        command, input="\n".join(asked) + "\n", capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(asked)
    return answers


#: Every one of them, by name; rekor-verifier is the one that checks no signature.
ENTRY_VERIFIERS: dict[str, Verifier] = {
    "spicy-litetlog": spicy,
    "rekor-verifier": rekor,
    "sigstore": sigstore_python,
    "@sigstore/verify": sigstore_js,
}
