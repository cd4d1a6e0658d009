"""ClamAV itself, with signatures that we write: it finds, it passes, and whenever it can't say, nothing passes."""

import os
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hub_extensions.imports import scanning
from hub_extensions.imports.scanning import ClamAV
from project_spaces.errors import Unavailable

NOW = datetime.now(UTC)
#: The test file of EICAR, in two halves, so that no scanner takes this module for it.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture
def clamav(tmp_path: Path) -> ClamAV:
    """The system's scanner with two signatures: EICAR's beginning, and a mark of our own."""
    assert shutil.which("clamscan"), "ClamAV is not installed: apt-get install clamav"
    folder = tmp_path / "signatures"
    folder.mkdir()
    (folder / "site.ndb").write_text(f"Eicar.Site:0:*:{EICAR.hex()}\nSite.Mark:0:*:{b'SITE-MARK-42'.hex()}\n")
    return ClamAV(signatures=folder)


def written(tmp_path: Path, name: str, data: bytes) -> Path:
    """A quarantined file."""
    file = tmp_path / name
    file.write_bytes(data)
    return file


def test_it_finds_what_is_marked_and_passes_what_is_not(clamav: ClamAV, tmp_path: Path) -> None:
    bad, good = written(tmp_path, "a", EICAR), written(tmp_path, "b", b"age,n\n40,12\n")
    inside = tmp_path / "c"
    with zipfile.ZipFile(inside, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", b"before SITE-MARK-42 after")
    scans = clamav([bad, good, inside], NOW)
    assert [scan.found for scan in scans] == [("Eicar.Site.UNOFFICIAL",), (), ("Site.Mark.UNOFFICIAL",)]
    assert scans[1].engine.startswith("ClamAV")


def test_an_encrypted_archive_is_found_not_passed(clamav: ClamAV, tmp_path: Path) -> None:
    file = tmp_path / "secret.zip"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", b"n\n1\n")
    data = bytearray(file.read_bytes())
    data[6] |= 1  # the flag of an encrypted member, in the member's header
    data[data.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    file.write_bytes(bytes(data))
    assert clamav([file], NOW)[0].found == ("Heuristics.Encrypted.Zip",)


@pytest.mark.parametrize(
    "cause", ["no program", "no signatures", "no folder", "old signatures", "bad signatures", "gone"]
)
def test_whatever_keeps_it_from_saying_is_never_a_pass(
    clamav: ClamAV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cause: str
) -> None:
    file = written(tmp_path, "a", b"n\n1\n")
    signatures = clamav.signatures / "site.ndb"
    match cause:
        case "no program":
            monkeypatch.setattr(scanning.shutil, "which", lambda _name: None)
        case "no signatures":
            signatures.unlink()
        case "no folder":
            shutil.rmtree(clamav.signatures)
        case "old signatures":
            then = (NOW - timedelta(days=8)).timestamp()
            os.utime(signatures, (then, then))
        case "bad signatures":
            signatures.write_text("not a signature\n")
        case _:
            file.unlink()
    with pytest.raises(Unavailable) as error:
        clamav([file], NOW)
    assert "quarantaine" in error.value.text.fr


@pytest.mark.parametrize(
    "said",
    ["exit 0", "echo $@: OK; exit 2", "exit 1", "echo $1: Eicar FOUND; exit 0", "sleep 9", "kill -9 $$"],
)
def test_a_scanner_that_answers_strangely_never_passes(
    clamav: ClamAV, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    """Silence with status 0, « OK » with an error, a finding with status 0, no end, a crash."""
    fake = tmp_path / "clamscan"
    fake.write_text(f'#!/bin/sh\nif [ "$1" = --version ]; then echo ClamAV 0; exit 0; fi\n{said}\n')
    fake.chmod(0o755)
    monkeypatch.setattr(scanning.shutil, "which", lambda _name: str(fake))
    short = ClamAV(signatures=clamav.signatures, timeout_s=0.5)
    with pytest.raises(Unavailable):
        short([written(tmp_path, "a", b"n\n1\n")], NOW)
