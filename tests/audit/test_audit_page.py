"""``docs/audit.md`` typed word by word by somebody who has Debian's tools, the copy and the keys: nothing of ours."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from audit import merkle
from audit.checkpoint import Checkpoint, Signer
from audit.deletions import Deletions, Loss
from audit.events import Kind
from audit.private import PrivateStore
from audit.records import BlobKind, Packed
from audit.retention import as_written, months_before
from audit.sealed_files import SealedFiles
from audit.tiles import ENTRIES, decode_bundle, encode_entry, tile_path
from audit.wire import INLINE_BLOB
from hub_extensions.commands.ledger import command
from hub_extensions.portal.handlers.audit import proof_archive
from hub_extensions.portal.ledger_view import PublishedLedger

from .conftest import Log
from .test_anchors import NOW, Site
from .verifiers.programs import fetched

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"
SIZE = 600
#: An entry whose message was deleted, one whose message is a file of its own.
GONE, LONG = 305, 310
#: When sealed entries were made: exactly twelve months before.
OLD = as_written(months_before(NOW, 12) - timedelta(microseconds=1))


def commands() -> list[str]:
    """Return the blocks that the auditor types, in the page's order; the first installs packages."""
    section = PAGE.read_text().partition("\n## Verify a whole log without our programs\n")[2].partition("\n## ")[0]
    found = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found[0].startswith("apt install openssl python3 litetlog ")
    assert len(found) == 5
    return found[1:]


class Auditor:
    """An empty directory, a PATH with Debian's programs, and what was handed over."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        programs = folder.parent / "litetlog"
        programs.mkdir()
        (programs / "spicy-litetlog").symlink_to(fetched("bin/spicy-litetlog"))
        self.environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}

    @property
    def copy(self) -> Path:
        return self.folder / "copy"

    def types(self, block: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["/bin/sh", "-eu"],
            input=block,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def seal(site: Site, place: int, message: bytes) -> None:
    """Record an entry with a sealed message."""
    digest = hashlib.sha256(message).hexdigest()
    site.log.grow(b'{"at":"%s","n":%d,"sealed":"%s"}' % (OLD.encode(), place, digest.encode()))
    with closing(PrivateStore(site.places)) as store:
        store.add(place, [Packed(bytes(16), 0, BlobKind.INLINE, b"", b"", message, b"")])


def retention(site: Site, number: str = "ab" * 16, *, place: int = GONE, at: datetime = NOW, months: int = 12) -> bytes:
    """Delete the message of one entry, recorded as retention does it; return the list."""
    with closing(Deletions(site.places)) as deletions:
        deletions.plan_entries(number, None, months, at, [Loss(place, facts=False, blob=True)])
        (planned,) = deletions.all(unfinished=True)
        subject = dict(planned.event().subject)
        leaf = {"at": as_written(at), "id": number, "kind": Kind.AUDIT_DELETED.value, "subject": subject}
        site.log.grow(json.dumps(leaf, separators=(",", ":")).encode())
        deletions.carry_out(planned, lambda: None)
        return deletions.text(number)


@pytest.fixture
def site(tmp_path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.elsewhere.mkdir()
    made.log.grow_to(300)
    for place in range(300, 320):
        seal(made, place, b"ciphertext %d" % place if place != LONG else b"x" * (INLINE_BLOB + 1))
    retention(made)
    made.log.grow_to(SIZE)
    made.set(NOW)
    yield made
    made.lite.close()
    made.authority.close()


@pytest.fixture
def auditor(site, tmp_path) -> Auditor:
    made = Auditor(tmp_path / "auditor")
    shutil.copytree(site.elsewhere, made.copy)
    (made.folder / "trusted.vkey").write_text(site.log.signer.vkey + "\n")
    (made.folder / "w1.vkey").write_text(site.lite.vkey + "\n")
    (made.folder / "tsa.pem").write_bytes(site.authority.chain)
    return made


def test_the_page_works_word_by_word(auditor):
    said = ""
    for block in commands():
        done = auditor.types(block)
        assert done.returncode == 0, block[-200:] + done.stdout + done.stderr
        said += done.stdout
    assert "good: 19 sealed messages, the others were deleted and recorded so\n" in said
    assert (auditor.folder / "entry-431.json").read_bytes() == b'{"n":431}'
    assert shutil.which("bureau", path=auditor.environment["PATH"]) is None
    assert not os.environ["PATH"].startswith(auditor.environment["PATH"])


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def swap(copy: Path) -> None:
    bundle = copy / tile_path(ENTRIES, 1)
    entries = decode_bundle(bundle.read_bytes())
    entries[3], entries[4] = entries[4], entries[3]
    bundle.write_bytes(b"".join(map(encode_entry, entries)))


def cut(copy: Path) -> None:
    bundle = copy / tile_path(ENTRIES, 0)
    bundle.write_bytes(bundle.read_bytes()[:-1])


def rewrite(copy: Path, signer: Signer, size: int, *, first: bytes = b'{"n":"other"}') -> None:
    """Put a whole other log in the place of the copy, signed with *signer*."""
    shutil.rmtree(copy / "tile")
    log = Log(copy)
    log.signer = signer
    log.grow(first)
    log.grow_to(size)


def bring_back(copy: Path) -> None:
    files = SealedFiles(copy)
    files.put_bundle(1, files.bundle(1) | {GONE: b"ciphertext %d" % GONE})


def edit(copy: Path, size: int, root: bytes | None = None) -> None:
    note = (copy / "checkpoint").read_text()
    text, _, signatures = note.rpartition("\n\n")
    old = Checkpoint.parse(text + "\n")
    (copy / "checkpoint").write_text(Checkpoint(old.origin, size, root or old.root).text() + "\n" + signatures)


TAMPERINGS: dict[str, Callable[[Path], object]] = {
    "a flipped byte in an entry": lambda copy: flip(copy / tile_path(ENTRIES, 1), 700),
    "a flipped byte in a tile": lambda copy: flip(copy / tile_path(0, 1), 33),
    "a flipped byte in an upper tile": lambda copy: flip(copy / tile_path(1, 0, 2), 5),
    "a flipped byte in the signature": lambda copy: flip(copy / "checkpoint", -9),
    "swapped entries": swap,
    "a bundle cut short": cut,
    "a missing bundle": lambda copy: (copy / tile_path(ENTRIES, 0)).unlink(),
    "a missing tile": lambda copy: (copy / tile_path(0, 1)).unlink(),
    "a missing upper tile": lambda copy: (copy / tile_path(1, 0, 2)).unlink(),
    "a smaller size": lambda copy: edit(copy, SIZE - 1),
    "another root": lambda copy: edit(copy, SIZE, merkle.EMPTY_ROOT),
    "a flipped byte in a sealed message": lambda copy: flip(copy / "sealed/001", 12),
    "a sealed message that is missing": lambda copy: (copy / "sealed/001").unlink(),
    "a long sealed message that is missing": lambda copy: next((copy / "sealed/large").rglob("*/*")).unlink(),
    "a flipped byte in a long sealed message": lambda copy: flip(next((copy / "sealed/large").rglob("*/*")), 5),
    "a deleted message that is back": bring_back,
    "another list of what was deleted": lambda copy: (copy / "deleted" / ("ab" * 16)).write_text("306 b\n"),
    "another log under another key of the same name": lambda copy: rewrite(
        copy, Signer.generate("bureau.test/ledger"), SIZE
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
def test_the_script_of_the_page_refuses(what, auditor):
    assert auditor.types(commands()[0]).returncode == 0
    TAMPERINGS[what](auditor.copy)
    done = auditor.types("python3 check.py copy trusted.vkey")
    assert done.returncode != 0
    assert "good: " not in done.stdout


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"months": 36}, "covers entry 306, which was not due"),
        ({"at": NOW - timedelta(seconds=1)}, "covers entry 306, which was not due"),
        ({"months": 1}, "is not what its entry says"),
        ({"place": SIZE + 1}, "covers entry 601, which was not due"),
    ],
)
def test_a_deletion_that_was_not_due_is_refused_by_the_script(asked, why, site, auditor):
    assert auditor.types(commands()[0]).returncode == 0
    number, place = "cd" * 16, asked.get("place", GONE + 1)
    listed = retention(site, number, **{"place": place, **asked})
    site.log.grow_to(SIZE + 10)
    shutil.copytree(site.places.log, auditor.copy, dirs_exist_ok=True)
    files = SealedFiles(auditor.copy)
    files.put_list(number, listed)
    files.put_bundle(1, {index: held for index, held in files.bundle(1).items() if index != place})
    done = auditor.types("python3 check.py copy trusted.vkey")
    assert done.returncode == 1
    assert why in done.stderr


@pytest.mark.parametrize(("size", "why"), [(SIZE - 1, "rolled back"), (SIZE, "forked"), (SIZE + 40, "forked")])
def test_a_log_that_its_own_key_signed_anew_is_refused_by_what_was_remembered(size, why, site, auditor):
    for block in commands()[:2]:
        assert auditor.types(block).returncode == 0
    rewrite(auditor.copy, site.log.signer, size)
    assert auditor.types("python3 check.py copy trusted.vkey").returncode == 0
    for given in ("remembered", "w1.vkey", f"copy/timestamp/{SIZE}.checkpoint"):
        done = auditor.types(f"python3 check.py copy trusted.vkey {given}")
        assert done.returncode == 1
        assert why in done.stderr


def test_a_witness_that_did_not_cosign_is_missed(site, auditor):
    assert auditor.types(commands()[0]).returncode == 0
    shutil.copyfile(auditor.copy / "checkpoint", auditor.copy / "witnessed")
    done = auditor.types("python3 check.py copy trusted.vkey w1.vkey")
    assert done.returncode == 1
    assert "no signature of witness.test/w1" in done.stderr


def test_litetlog_refuses_a_changed_entry_and_openssl_a_changed_stamp(auditor):
    blocks = commands()
    for block in blocks[:2]:
        assert auditor.types(block).returncode == 0
    flip(auditor.copy / f"timestamp/{SIZE}.tsr", -5)
    assert auditor.types(blocks[2]).returncode == 1
    assert auditor.types(blocks[3]).returncode == 0
    flip(auditor.folder / "entry-431.json", 3)
    check, litetlog, _ = blocks[3].splitlines()
    assert check.startswith("python3 check.py ")
    assert auditor.types(litetlog).returncode != 0


@pytest.mark.parametrize("size", [1, 255, 256, 257, 70_000])
def test_the_script_of_the_page_accepts_every_size(size, log, tmp_path):
    log.grow_to(size)
    auditor = Auditor(tmp_path / "auditor")
    shutil.copytree(log.folder, auditor.copy)
    (auditor.folder / "trusted.vkey").write_text(log.signer.vkey)
    done = auditor.types(commands()[0])
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"good: {size} entries\n"


def test_one_entry_is_handed_over_as_the_page_says(site, auditor):
    section = PAGE.read_text().partition("\n## Hand over one entry\n")[2].partition("\n## ")[0]
    ours, theirs = re.search(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)[1].splitlines()
    (auditor.folder / "log.vkey").write_text((auditor.folder / "trusted.vkey").read_text())
    words = ours.partition("#")[0].replace("FOLDER", str(auditor.folder / "FOLDER")).split()
    assert words[:2] == ["bureau", "ledger"]
    done = CliRunner().invoke(command, [*words[2:], "--dir", str(site.places.log)])
    assert done.exit_code == 0, done.output
    assert auditor.types(theirs).returncode == 0
    flip(auditor.folder / "FOLDER" / "entry-431.json", 3)
    assert auditor.types(theirs).returncode != 0


def test_the_proof_that_the_portal_hands_out_is_checked_as_its_own_note_says(site, auditor):
    view = PublishedLedger(site.places.root, auditor.folder / "remembered")
    proved = view.prove(431)
    found = {name: getattr(proved, name) for name in ("index", "proof", "spicy", "vkey")}
    with zipfile.ZipFile(io.BytesIO(proof_archive({**found, "entry": proved.entry.decode()}))) as archive:
        archive.extractall(auditor.folder)
    note = (auditor.folder / "LISEZMOI.txt").read_text()
    install, check = [line for line in note.splitlines() if line.startswith(("apt ", "spicy-"))]
    assert install == "apt install litetlog"
    assert auditor.types(check).returncode == 0
    flip(auditor.folder / "entry-431.json", 3)
    assert auditor.types(check).returncode != 0
