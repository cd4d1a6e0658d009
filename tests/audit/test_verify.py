"""Each way to falsify a log is seen from its files alone; an honest one passes."""

import shutil

import pytest

from audit import merkle
from audit.checkpoint import Checkpoint, Signer
from audit.errors import Malformed
from audit.export import export_log
from audit.proof import Proof, prove, verify_proof
from audit.tiles import encode_entry
from audit.verify import verify_log


def flip(path, at=0, bits=1):
    data = bytearray(path.read_bytes())
    data[at] ^= bits
    path.write_bytes(data)


def append(path, more):
    path.write_bytes(path.read_bytes() + more)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 600, 66_000])
def test_an_honest_log_is_good(log, size):
    log.grow_to(size)
    report = verify_log(log.folder, log.signer.vkey)
    assert (report.good, report.size, report.checked_entries) == (True, size, size)
    assert report.root == log.frontier.root()
    assert report.independent_key


FALSIFICATIONS = {
    "a bit of an entry": lambda f: flip(f / "tile/entries/000", 10),
    "a bit of a partial entry bundle": lambda f: flip(f / "tile/entries/002.p/88", 10),
    "a bit of a hash": lambda f: flip(f / "tile/0/001", 100),
    "a bit of an upper hash": lambda f: flip(f / "tile/1/000.p/2", 40),
    "a removed bundle": lambda f: (f / "tile/entries/001").unlink(),
    "a removed tile": lambda f: (f / "tile/0/000").unlink(),
    "a removed upper tile": lambda f: (f / "tile/1/000.p/2").unlink(),
    "a cut tile": lambda f: (f / "tile/0/000").write_bytes(bytes(32)),
    "two bundles exchanged": lambda f: (
        (f / "tile/entries/000").rename(f / "x"),
        (f / "tile/entries/001").rename(f / "tile/entries/000"),
        (f / "x").rename(f / "tile/entries/001"),
    ),
    "a bit of the signature": lambda f: flip(f / "checkpoint", -5),
    "another size": lambda f: (f / "checkpoint").write_text((f / "checkpoint").read_text().replace("600", "599")),
    "another end of line in the checkpoint": lambda f: flip(f / "checkpoint", len("bureau.test/ledger"), 7),
    "an entry more in a bundle": lambda f: append(f / "tile/entries/000", encode_entry(b"{}")),
    "an entry more in a partial bundle": lambda f: append(f / "tile/entries/002.p/88", encode_entry(b"{}")),
    "hashes more in a partial tile": lambda f: append(f / "tile/0/002.p/88", bytes(32 * 168)),
    "another full bundle beside a partial one": lambda f: (f / "tile/entries/002").write_bytes(b"\0\2{}" * 256),
    "another full tile beside a partial one": lambda f: (f / "tile/0/002").write_bytes(bytes(32 * 256)),
    "a folder in the place of a tile": lambda f: ((f / "tile/0/000").unlink(), (f / "tile/0/000").mkdir()),
    "a link without end in the place of a bundle": lambda f: (
        (f / "tile/entries/000").unlink(),
        (f / "tile/entries/000").symlink_to("000"),
    ),
    "an empty checkpoint": lambda f: (f / "checkpoint").write_text(""),
    "a binary checkpoint": lambda f: (f / "checkpoint").write_bytes(b"\xff\xfe"),
}


@pytest.mark.parametrize("falsify", FALSIFICATIONS.values(), ids=FALSIFICATIONS)
def test_every_falsification_is_seen(log, falsify):
    log.grow_to(600)
    falsify(log.folder)
    report = verify_log(log.folder, log.signer.vkey)
    assert not report.good
    assert report.problems[0].fr
    assert report.problems[0].en


def test_an_entry_changed_with_all_its_hashes_contradicts_the_signature(log):
    log.grow(b"first", b"second")
    forged = [b"first", b"changed"]
    (log.folder / "tile/entries/000.p/2").write_bytes(b"".join(map(encode_entry, forged)))
    (log.folder / "tile/0/000.p/2").write_bytes(b"".join(map(merkle.hash_leaf, forged)))
    assert [problem.where for problem in verify_log(log.folder, log.signer.vkey).problems] == ["checkpoint"]


def test_a_log_forged_with_a_key_of_its_own_fools_only_who_takes_the_key_from_it(log, make_log):
    log.grow_to(10)
    forged = make_log("forged")
    forged.grow_to(9)
    assert verify_log(forged.folder).good
    assert not verify_log(forged.folder).independent_key
    assert not verify_log(forged.folder, log.signer.vkey).good


def test_a_continuation_a_rollback_and_a_fork_are_told_apart(log, make_log):
    log.grow_to(300)
    old = (log.folder / "checkpoint").read_text()
    log.grow_to(700)
    assert verify_log(log.folder, log.signer.vkey, old).continues == 300
    late = (log.folder / "checkpoint").read_text()
    back, fork = make_log("back"), make_log("fork")
    for other in (back, fork):
        other.signer = log.signer
    back.grow_to(500)
    report = verify_log(back.folder, log.signer.vkey, late)
    assert "rolled back" in report.problems[0].en
    fork.grow(b"another first entry")
    fork.grow_to(800)
    report = verify_log(fork.folder, log.signer.vkey, late)
    assert "forked" in report.problems[-1].en
    assert verify_log(log.folder, log.signer.vkey, late).continues == 700


def test_a_same_size_fork_is_a_fork(log, make_log):
    note = log.grow(b"a", b"b")
    other = make_log("other")
    other.signer = log.signer
    other.grow(b"a", b"c")
    assert "forked" in verify_log(other.folder, log.signer.vkey, note).problems[0].en


def test_an_old_checkpoint_that_this_log_never_signed_cannot_be_compared(log):
    log.grow_to(5)
    stranger = Signer.generate(log.signer.name).sign(Checkpoint(log.signer.name, 1, bytes(32)).text())
    with pytest.raises(Malformed):
        verify_log(log.folder, log.signer.vkey, stranger)


def test_what_is_no_log_is_told(tmp_path, log):
    with pytest.raises(Malformed, match="no log"):
        verify_log(tmp_path)
    log.grow_to(1)
    (log.folder / "log.vkey").unlink()
    with pytest.raises(Malformed, match=r"log\.vkey"):
        verify_log(log.folder)


@pytest.mark.parametrize("size", [1, 256, 257, 600])
def test_proofs_come_out_of_the_tiles_and_fit_their_entry_only(log, size):
    log.grow_to(size)
    for index in {0, size // 2, size - 1}:
        entry = b'{"n":%d}' % index
        text = prove(log.folder, index, extra=b"who knows")
        assert Proof.parse(text).text() == text
        assert verify_proof(text, entry, log.signer.vkey).size == size
        with pytest.raises(Malformed):
            verify_proof(text, entry + b" ", log.signer.vkey)
        with pytest.raises(Malformed):
            verify_proof(text.replace(f"index {index}", f"index {index + 1}"), entry, log.signer.vkey)
    with pytest.raises(ValueError, match="no entry"):
        prove(log.folder, size)


@pytest.mark.parametrize(
    "text",
    ["", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 01\n\nx", "c2sp.org/tlog-proof@v1\nindex 1\n?\n\nx"],
)
def test_what_is_no_proof_is_refused(text):
    with pytest.raises(Malformed):
        Proof.parse(text)


def test_a_copy_is_whole_verifies_and_grows(log, tmp_path):
    copy = tmp_path / "copy"
    log.grow_to(300)
    assert export_log(log.folder, copy).good
    log.grow_to(1000)
    report = export_log(log.folder, copy, log.signer.vkey)
    assert (report.good, report.size, report.continues) == (True, 1000, 300)
    shutil.rmtree(log.folder)
    assert verify_log(copy, log.signer.vkey).checked_entries == 1000


def test_a_copy_of_another_history_is_refused_and_left_alone(log, make_log, tmp_path):
    copy = tmp_path / "copy"
    note = log.grow_to(300)
    export_log(log.folder, copy)
    fork = make_log("fork")
    fork.signer = log.signer
    (fork.folder / "log.vkey").write_text(log.signer.vkey)
    fork.grow(b"other")
    fork.grow_to(400)
    with pytest.raises(Malformed, match="forked"):
        export_log(fork.folder, copy)
    assert (copy / "checkpoint").read_text() == note
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("x")
    with pytest.raises(Malformed, match="not empty"):
        export_log(log.folder, full)
