"""Signed notes and checkpoints as C2SP says, and nothing else accepted."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checkpoint import Checkpoint, Signer, Verifier, read_checkpoint
from audit.errors import Malformed

# The example of the specification (golang.org/x/mod/sumdb/note): a note that another program signed.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_signed_by_another_program_opens():
    assert Verifier(PETER).open(NOTE).startswith("If you think")


def test_a_changed_note_does_not():
    with pytest.raises(Malformed, match="false"):
        Verifier(PETER).open(NOTE.replace("answer", "Answer"))


def test_checkpoints_come_back_and_keys_too():
    signer = Signer.generate("bureau.test/ledger")
    checkpoint = Checkpoint(signer.name, 70_000, b"\7" * 32, ("extension line",))
    note = Signer.load(signer.dump()).sign(checkpoint.text())
    assert read_checkpoint(note, Verifier(signer.vkey)) == checkpoint


def test_other_signatures_are_ignored_and_ours_is_required():
    ours, other = Signer.generate("a/log"), Signer.generate("w/witness")
    text = Checkpoint("a/log", 1, bytes(32)).text()
    both = other.sign(text) + ours.sign(text).rpartition("\n\n")[2]
    assert read_checkpoint(both, Verifier(ours.vkey)).size == 1
    with pytest.raises(Malformed, match="no signature"):
        read_checkpoint(other.sign(text), Verifier(ours.vkey))


def test_a_checkpoint_of_another_log_is_refused():
    signer = Signer.generate("a/log")
    with pytest.raises(Malformed, match="not of a/log"):
        read_checkpoint(signer.sign(Checkpoint("b/log", 1, bytes(32)).text()), Verifier(signer.vkey))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        "o\n01\nAAAA\n",
        "o\n-1\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1\nAAAA\n",
        "o\n\u0661\n" + base64.b64encode(bytes(32)).decode() + "\n",
        "o\n1\n" + base64.b64encode(bytes(32)).decode(),
        "o\n1\n\n" + base64.b64encode(bytes(32)).decode() + "\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(Malformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "vkey", ["", "a", "a+b+c", PETER.replace("c74f20a3", "c74f20a4"), PETER + "A", PETER.replace("Peter", "Pe ter")]
)
def test_what_is_no_key_is_refused(vkey):
    with pytest.raises(Malformed):
        Verifier(vkey)


@given(st.text(max_size=80))
def test_any_text_is_refused_politely(text):
    with pytest.raises(Malformed):
        Verifier(PETER).open(text)
