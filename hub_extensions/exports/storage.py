"""Frozen files: each is kept under the SHA-256 of its bytes, so whoever opens it can prove that it is the one approved.

A file is copied under a temporary name, flushed to disk and only then renamed to its hash: a full disk, a kill or a
file that its author is still writing leaves nothing that could be taken for a frozen file. Sources in a project folder
are opened beneath that folder with no symbolic link followed, because people write there from inside workspaces.
"""

import errno
import hashlib
import os
import shutil
import stat
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from project_spaces.beneath import open_beneath
from project_spaces.errors import Conflict, Invalid, TooLarge, Unavailable
from project_spaces.text import Text

CHUNK = 1 << 20
#: Temporary files older than this belong to no running copy (seconds): the longest copy takes minutes.
STALE_AFTER_S = 24 * 3600

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True)
class Frozen:
    """A file in the vault: its SHA-256 in hexadecimal and its size in bytes."""

    sha256: str
    size: int


class Vault:
    """The folder of frozen files; nothing outside the exports desk writes in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._objects = root / "objects"
        self._incoming = root / "incoming"
        self.scratch = root / "scratch"
        for folder in (root, self._objects, self._incoming, self.scratch):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def aside(self) -> Iterator["Vault"]:
        """Give a vault that is gone afterwards, for what is looked at and not submitted: asking again fills no disk."""
        with tempfile.TemporaryDirectory(prefix="aside-", dir=self.scratch) as folder:
            yield Vault(Path(folder))

    def path(self, sha256: str) -> Path:
        """Where the file with that hash is, whether or not it exists."""
        return self._objects / sha256[:2] / sha256

    def freeze(self, folder: Path, relative: str, *, max_bytes: int) -> Frozen:
        """Copy the file *relative* beneath *folder* into the vault.

        Raises
        ------
        Invalid
            it is empty.
        TooLarge
            it has more than *max_bytes* bytes.
        Conflict
            it changed while it was being copied.
        Unavailable
            the disk is full or can't be written; nothing is left behind.
        NotFound, Refused
            as ``open_beneath``: no such file, or a path that leaves the folder.
        """
        descriptor = open_beneath(folder, relative, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as source:
            before = os.fstat(source.fileno())
            _check_size(before, relative, max_bytes)
            return self._keep(source, relative, max_bytes, lambda: _check_same(source, before, relative))

    def adopt(self, file: Path, *, max_bytes: int) -> Frozen:
        """Copy a file that a program of ours wrote (a normalised file, a package); errors as ``freeze``."""
        with file.open("rb") as source:
            _check_size(os.fstat(source.fileno()), file.name, max_bytes)
            return self._keep(source, file.name, max_bytes, lambda: None)

    def intact(self, sha256: str) -> bool:
        """Read the file again: are these the bytes that were frozen?"""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    def open_intact(self, sha256: str) -> BinaryIO:
        """Open the file after proving its bytes, through the one descriptor that is returned.

        Raises
        ------
        Unavailable
            the file is gone or is no longer the one that was frozen.
        """
        try:
            stream = self.path(sha256).open("rb")
        except FileNotFoundError:
            raise Unavailable(_damaged(sha256)) from None
        if hashlib.file_digest(stream, "sha256").hexdigest() != sha256:
            stream.close()
            raise Unavailable(_damaged(sha256))
        stream.seek(0)
        return stream

    def sweep(self, keep: Callable[[str], bool], *, now_s: float) -> int:
        """Delete what no request refers to (``keep``) and no running copy can still own; return how many files."""
        found = [*self._incoming.iterdir(), *(file for file in self._objects.glob("??/*") if not keep(file.name))]
        found += self.scratch.iterdir()
        stale = [file for file in found if file.stat().st_mtime < now_s - STALE_AFTER_S]
        for file in stale:
            if file.is_dir():
                shutil.rmtree(file)
            else:
                file.unlink(missing_ok=True)
        return len(stale)

    def _keep(self, source: BinaryIO, name: str, max_bytes: int, check: Callable[[], None]) -> Frozen:
        with self._temporary() as (part, target):
            digest, size = hashlib.sha256(), 0
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(_too_large(name, max_bytes))
                digest.update(chunk)
                target.write(chunk)
            check()
            target.flush()
            os.fsync(target.fileno())
            frozen = Frozen(digest.hexdigest(), size)
            self._place(part, frozen.sha256)
            return frozen

    def _place(self, part: Path, sha256: str) -> None:
        """Rename over whatever carries that name: were it damaged, it is mended."""
        final = self.path(sha256)
        final.parent.mkdir(exist_ok=True, mode=0o700)
        part.chmod(0o400)
        part.replace(final)
        for folder in (final.parent, self._objects):
            _sync_folder(folder)

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, BinaryIO]]:
        part = self._incoming / f"{uuid.uuid4().hex}.part"
        try:
            with on_disk(), part.open("xb") as target:
                yield part, target
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def on_disk() -> Iterator[None]:
    """Turn what a disk answers (full, read-only, broken) into ``Unavailable`` with one sentence."""
    try:
        yield
    except OSError as error:
        raise Unavailable(_disk(error)) from error


def _check_size(status: os.stat_result, name: str, max_bytes: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Invalid(Text(f"« {name} » n'est pas un fichier ordinaire.", f"“{name}” is not an ordinary file."))
    if status.st_size == 0:
        raise Invalid(Text(f"Le fichier « {name} » est vide (0 octet).", f"The file “{name}” is empty (0 bytes)."))
    if status.st_size > max_bytes:
        raise TooLarge(_too_large(name, max_bytes))


def _check_same(source: BinaryIO, before: os.stat_result, name: str) -> None:
    after = os.fstat(source.fileno())
    if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        raise Conflict(
            Text(
                f"Le fichier « {name} » a changé pendant sa copie : attendez la fin de son écriture, puis déposez.",
                f"The file “{name}” changed while it was copied: wait until it is written, then submit.",
            )
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _too_large(name: str, max_bytes: int) -> Text:
    limit = max_bytes >> 20
    return Text(
        f"Le fichier « {name} » dépasse {limit} Mio, la taille maximale d'une sortie.",
        f"The file “{name}” is larger than {limit} MiB, the most that may leave.",
    )


def _disk(error: OSError) -> Text:
    if error.errno in _FULL:
        return Text(
            "Le disque du sas est plein : rien n'a été déposé ni perdu. Prévenez l'administrateur.",
            "The export desk's disk is full: nothing was submitted and nothing is lost. Tell the administrator.",
        )
    return Text(
        f"Le disque du sas ne peut pas être écrit ({error.strerror}) : rien n'a été déposé ni perdu.",
        f"The export desk's disk can't be written ({error.strerror}): nothing was submitted and nothing is lost.",
    )


def _damaged(sha256: str) -> Text:
    return Text(
        f"Le fichier figé {sha256[:12]}… n'est plus celui qui a été vérifié : rien n'est transmis.",
        f"The frozen file {sha256[:12]}… is no longer the one that was reviewed: nothing is handed out.",
    )
