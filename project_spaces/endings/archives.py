"""The sealed archive of a project: one tar file, its hash in the ledger, out of every workspace's reach.

Sealed means closed and provable, not encrypted: where archives must be encrypted at rest, the disk is (docs). It is
written under a temporary name and renamed when it is whole; opening it again proves the hash first.
"""

import hashlib
import os
import stat
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from project_spaces.beneath import Entry, delete_beneath, walk_beneath
from project_spaces.endings.remains import CHUNK, Remains, sync_folder
from project_spaces.errors import Unavailable
from project_spaces.text import Text


@dataclass(frozen=True, slots=True)
class Sealed:
    """An archive that is whole."""

    sha256: str
    size: int


class _Hashing:
    """A file that knows the hash of what was written."""

    def __init__(self, target: BinaryIO) -> None:
        self.target, self.digest, self.size = target, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self.target.write(data)


def seal(remains: Remains, project: str) -> Sealed:
    """Write the archive of *project*, over one that a stop left behind."""
    final = remains.archive(project)
    final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = final.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "wb") as stream:
        hashing = _Hashing(stream)
        with tarfile.open(fileobj=cast("BinaryIO", hashing), mode="w|", format=tarfile.PAX_FORMAT) as archive:
            for place, folder in remains.folders(project).items():
                for entry in walk_beneath(folder):
                    _add(archive, f"{place}/{entry.path}", entry)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(final)
    sync_folder(final.parent)
    return Sealed(hashing.digest.hexdigest(), hashing.size)


def unseal(remains: Remains, project: str, sha256: str) -> None:
    """Put the archive's files back where they were, and delete it.

    Raises
    ------
    Unavailable
        it is not the archive that was sealed: nothing was touched.
    """
    file = remains.archive(project)
    if not file.exists():  # a stop came after everything was in place
        return
    if _sha256(file) != sha256:
        raise Unavailable(
            Text(
                f"L'archive du projet {project} n'est plus celle qui a été scellée : rien n'est rouvert.",
                f"The archive of project {project} is no longer the one that was sealed: nothing is reopened.",
            )
        )
    fresh = file.with_suffix(".reopened")
    delete_beneath(fresh)
    remains.delete_folders(project)
    with tarfile.open(file, "r:") as archive:
        archive.extraction_filter = _put_back
        archive.extractall(fresh, members=map(_put_back, archive), numeric_owner=True)  # noqa: S202 - each member is looked at
    for place, folder in remains.folders(project).items():
        (fresh / place).mkdir(exist_ok=True, mode=0o700, parents=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        (fresh / place).rename(folder)
        sync_folder(folder.parent)
    delete_beneath(fresh)
    file.unlink()
    sync_folder(file.parent)


def _put_back(member: tarfile.TarInfo, _to: str = "") -> tarfile.TarInfo:
    """Return *member* as it may be put back: below its folder, without special rights.

    Given twice to ``tarfile``, since Debian 12's Python (3.11.2) knows no filters yet and later ones want one.
    """
    if member.name.startswith("/") or ".." in PurePosixPath(member.name).parts:
        msg = f"{member.name} lies outside"
        raise tarfile.ReadError(msg)
    member.mode &= 0o755
    return member


def _add(archive: tarfile.TarFile, name: str, entry: Entry) -> None:
    mode = entry.status.st_mode
    if stat.S_ISREG(mode):
        with os.fdopen(entry.open(), "rb") as stream:
            archive.addfile(archive.gettarinfo(arcname=name, fileobj=stream), stream)
        return
    info = tarfile.TarInfo(name)
    info.mode, info.uid, info.gid = stat.S_IMODE(mode), entry.status.st_uid, entry.status.st_gid
    info.mtime = int(entry.status.st_mtime)
    if stat.S_ISDIR(mode):
        info.type = tarfile.DIRTYPE
    elif stat.S_ISLNK(mode):
        info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry.name, dir_fd=entry.folder)
    else:
        return
    archive.addfile(info)


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
