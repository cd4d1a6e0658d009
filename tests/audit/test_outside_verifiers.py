"""What a running recorder publishes, checked by programs that are not ours: sigstore's notes and Merkle proofs.

The signature is checked with ``cryptography`` on what sigstore's parser took out of the note.
"""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sigstore._internal.merkle import _chain_border_right, _chain_inner, _decomp_inclusion_proof, _hash_leaf
from sigstore._internal.rekor.checkpoint import LogCheckpoint, SignedNote

from audit.proof import prove
from audit.tiles import TileReader

from .recorder_process import event


def accepts(proof: str, entry: bytes, vkey: str) -> bool:
    """Verify a tlog-proof without any line of ours."""
    head, _, note_text = proof.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    index, path = int(lines[1].removeprefix("index ")), [base64.b64decode(line) for line in lines[2:]]
    note = SignedNote.from_text(note_text)
    name, key_id, key = vkey.strip().split("+", 2)
    (signature,) = note.signatures
    assert (signature.name, signature.sig_hash.hex()) == (name, key_id)
    public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
    public.verify(base64.b64decode(signature.signature), note.note.encode())
    checkpoint = LogCheckpoint.from_text(note.note)
    inner, border = _decomp_inclusion_proof(index, checkpoint.log_size)
    root = _chain_border_right(_chain_inner(_hash_leaf(entry), path[:inner], index), path[inner:])
    return inner + border == len(path) and root.hex() == checkpoint.log_hash


@pytest.fixture
def published(recorder):
    client = recorder.client()
    client.append(*[event(n, content=None) for n in range(600)])
    recorder.stop()
    return recorder.places.log


def test_every_proof_of_a_recorded_log_is_accepted(published):
    vkey = (published / "log.vkey").read_text()
    reader = TileReader(published, 601)
    for index in (0, 1, 255, 256, 257, 511, 512, 599, 600):
        assert accepts(prove(published, index), reader.entry(index), vkey)


def test_a_changed_entry_is_refused(published):
    entry = TileReader(published, 601).entry(300)
    assert not accepts(
        prove(published, 300), entry.replace(b"kernel.message", b"kernel.massage"), (published / "log.vkey").read_text()
    )
