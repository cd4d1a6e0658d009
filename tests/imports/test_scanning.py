"""ClamAV itself, with signatures that we write: it finds, it passes, and whenever it can't say, nothing passes."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
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


STRICT = "AlertExceedsMax yes\nAlertEncrypted yes\n"


@pytest.fixture
def daemon(clamav: ClamAV, tmp_path: Path) -> Iterator[Callable[[str], ClamAV]]:
    """The system's resident scanner on a socket of its own, configured as asked."""
    assert shutil.which("clamd"), "ClamAV's daemon is not installed: apt-get install clamav-daemon clamdscan"
    # A socket's address is short.
    with tempfile.TemporaryDirectory(prefix="bvclam", dir="/tmp") as home:
        started: list[subprocess.Popen[bytes]] = []

        def started_with(rules: str) -> ClamAV:
            config, user = tmp_path / "clamd.conf", pwd.getpwuid(os.geteuid()).pw_name
            place = f"LocalSocket {home}/clamd.sock\nDatabaseDirectory {clamav.signatures}\n"
            config.write_text(f"{place}User {user}\nForeground yes\n{rules}")
            process = subprocess.Popen(["clamd", f"--config-file={config}"], stdout=subprocess.PIPE)
            started.append(process)
            while not Path(home, "clamd.sock").exists():
                assert process.poll() is None, "clamd did not start"
                time.sleep(0.02)
            return ClamAV("clamdscan", clamav.signatures, daemon=config)

        yield started_with
        for process in started:
            process.kill()
            process.communicate()


def test_the_resident_scanner_finds_and_passes_the_same(daemon: Callable[[str], ClamAV], tmp_path: Path) -> None:
    scanner = daemon(STRICT)
    bad, good = written(tmp_path, "a", EICAR), written(tmp_path, "b", b"age,n\n40,12\n")
    assert [scan.found for scan in scanner([bad, good], NOW)] == [("Eicar.Site.UNOFFICIAL",), ()]


def test_what_the_resident_scanner_can_not_look_into_is_found_not_passed(
    daemon: Callable[[str], ClamAV], tmp_path: Path
) -> None:
    large = written(tmp_path, "large", b"x" * (3 << 20) + b"SITE-MARK-42")
    assert daemon(f"{STRICT}MaxFileSize 1M\n")([large], NOW)[0].found[0].startswith("Heuristics.Limits.Exceeded")


@pytest.mark.parametrize(
    "rules", ["", "AlertExceedsMax yes\n", "AlertEncrypted yes\n", f"{STRICT}AlertExceedsMax no\n"]
)
def test_a_resident_scanner_that_passes_over_what_it_can_not_read_is_not_asked(
    daemon: Callable[[str], ClamAV], tmp_path: Path, rules: str
) -> None:
    """Debian's own configuration says « OK » of a file beyond its limits."""
    scanner = daemon(f"{rules}MaxFileSize 1M\n")
    large = written(tmp_path, "large", b"x" * (3 << 20) + b"SITE-MARK-42")
    said = subprocess.run(
        ["clamdscan", "--fdpass", f"--config-file={scanner.daemon}", str(large)], capture_output=True, check=False
    )
    if "AlertExceedsMax yes" not in rules:
        assert said.returncode == 0, "the daemon did pass it"
    with pytest.raises(Unavailable) as refused:
        scanner([large], NOW)
    assert "AlertE" in refused.value.text.fr


def test_a_resident_scanner_with_other_signatures_or_that_is_away_is_no_scanner(
    daemon: Callable[[str], ClamAV], tmp_path: Path
) -> None:
    scanner, file = daemon(STRICT), written(tmp_path, "a", b"n\n1\n")
    elsewhere = tmp_path / "other"
    shutil.copytree(scanner.signatures, elsewhere)
    with pytest.raises(Unavailable, match="DatabaseDirectory"):
        replace(scanner, signatures=elsewhere)([file], NOW)
    with pytest.raises(Unavailable):
        replace(scanner, daemon=tmp_path / "none.conf")([file], NOW)
    gone = tmp_path / "gone.conf"
    gone.write_text(scanner.daemon.read_text().replace("clamd.sock", "gone.sock"))
    with pytest.raises(Unavailable):
        replace(scanner, daemon=gone)([file], NOW)


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
