"""Freezing: the bytes that were there, whole, under their hash; or one clear sentence and nothing left behind."""

import errno
import hashlib
import os
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from hub_extensions.exports import storage
from hub_extensions.exports.storage import Vault
from project_spaces.errors import BureauError, Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable

LIMIT = 1 << 20


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "exports")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def left_behind(vault: Vault) -> list[Path]:
    """Every file in the vault."""
    return [path for path in vault.root.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_its_hash(vault: Vault, folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"n\n120\n")
    frozen = vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    assert frozen.sha256 == hashlib.sha256(b"n\n120\n").hexdigest()
    assert vault.path(frozen.sha256).read_bytes() == b"n\n120\n"
    assert vault.path(frozen.sha256).stat().st_mode & 0o777 == 0o400
    assert vault.freeze(folder, "a.csv", max_bytes=LIMIT) == frozen, "again: nothing doubled"
    assert len(left_behind(vault)) == 1


def test_an_empty_file(vault: Vault, folder: Path) -> None:
    (folder / "empty.csv").touch()
    with pytest.raises(Invalid, match=r"empty \(0 bytes\)"):
        vault.freeze(folder, "empty.csv", max_bytes=LIMIT)
    assert left_behind(vault) == []


def test_two_gigabytes_are_refused_before_a_byte_is_copied(vault: Vault, folder: Path) -> None:
    with (folder / "huge.csv").open("wb") as stream:
        stream.truncate(2 << 30)
    with pytest.raises(TooLarge, match="larger than 16 MiB"):
        vault.freeze(folder, "huge.csv", max_bytes=16 << 20)
    assert left_behind(vault) == []


@pytest.mark.parametrize(
    ("path", "error"),
    [("gone.csv", NotFound), ("link.csv", Refused), ("sub/x.csv", Refused), ("pipe", Refused), ("sub", Refused)],
)
def test_only_ordinary_files_beneath_the_folder(
    vault: Vault, folder: Path, tmp_path: Path, path: str, error: type[BureauError]
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x.csv").write_bytes(b"secret")
    (folder / "link.csv").symlink_to(secret / "x.csv")
    (folder / "sub").symlink_to(secret)
    os.mkfifo(folder / "pipe")
    with pytest.raises(error):
        vault.freeze(folder, path, max_bytes=LIMIT)
    assert left_behind(vault) == []


class Meddled:
    """A file that something happens to after its first chunk was read."""

    def __init__(self, stream: BinaryIO, meddle: Any) -> None:
        self._stream, self._meddle = stream, meddle

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        meddle, self._meddle = self._meddle, lambda: None
        meddle()
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> "Meddled":
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def meddling(monkeypatch: pytest.MonkeyPatch, meddle: Any) -> None:
    """Let *meddle* happen in the middle of the next copy."""
    opened = os.fdopen
    monkeypatch.setattr(storage.os, "fdopen", lambda fd, mode: Meddled(opened(fd, mode), meddle))


def test_a_file_that_is_being_written_is_not_frozen(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "a.csv"
    file.write_bytes(b"n\n120\n")

    def rewrite() -> None:
        file.write_bytes(b"n\n4\n444")
        os.utime(file, ns=(1, 1))

    meddling(monkeypatch, rewrite)
    with pytest.raises(Conflict, match="changed while it was copied"):
        vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    assert left_behind(vault) == []


def test_a_file_that_grows_beyond_the_limit_while_it_is_copied(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "a.csv"
    file.write_bytes(b"n" * 1000)
    meddling(monkeypatch, lambda: file.open("ab").write(b"m" * (4 << 20)))
    with pytest.raises(TooLarge):
        vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    assert left_behind(vault) == []


@pytest.mark.parametrize("step", ["write", "fsync", "replace"])
def test_a_full_disk_is_said_and_leaves_nothing(
    vault: Vault, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    (folder / "a.csv").write_bytes(b"n" * 1000)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if step == "write":
            meddling(patch, full)
        elif step == "fsync":
            patch.setattr(storage.os, "fsync", full)
        else:
            patch.setattr(Path, "replace", full)
        with pytest.raises(Unavailable, match="disk is full"):
            vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    assert left_behind(vault) == []
    vault.freeze(folder, "a.csv", max_bytes=LIMIT)


def test_freezing_again_mends_a_damaged_copy(vault: Vault, folder: Path) -> None:
    (folder / "a.csv").write_bytes(b"n\n120\n")
    frozen = vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    vault.path(frozen.sha256).chmod(0o600)
    vault.path(frozen.sha256).write_bytes(b"n\n4\n")
    assert not vault.intact(frozen.sha256)
    vault.freeze(folder, "a.csv", max_bytes=LIMIT)
    assert vault.intact(frozen.sha256)


def test_forgotten_copies_are_swept_after_a_day_and_no_other(vault: Vault, folder: Path) -> None:
    kept, lost = (vault.path(freeze(vault, folder, data).sha256) for data in (b"kept", b"lost"))
    part = vault.root / "incoming" / "1.part"
    part.write_bytes(b"half")
    unpacked = vault.scratch / "check-1"
    (unpacked / "in").mkdir(parents=True)
    for file in (kept, lost, part, unpacked):
        os.utime(file, (1000, 1000))
    assert vault.sweep(lambda sha256: sha256 == kept.name, now_s=1000 + storage.STALE_AFTER_S) == 0
    assert vault.sweep(lambda sha256: sha256 == kept.name, now_s=1001 + storage.STALE_AFTER_S) == 3
    assert not unpacked.exists()
    assert left_behind(vault) == [kept]


def freeze(vault: Vault, folder: Path, data: bytes) -> storage.Frozen:
    """Freeze a file with these bytes."""
    (folder / "f.csv").write_bytes(data)
    return vault.freeze(folder, "f.csv", max_bytes=LIMIT)
