"""The files of a project folder, listed for an export request: names and sizes, no symbolic link followed, no content.

People write in that folder from inside their workspaces, so it is never believed: only ordinary files are listed, the
walk goes by descriptors (``os.fwalk``), and it ends after so many entries however the folder was filled.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

#: Files shown, and entries looked at before the walk gives up.
MOST_FILES = 500
MOST_ENTRIES = 20_000
DEEPEST = 8


@dataclass(frozen=True)
class ProjectFile:
    """One ordinary file: path below the project folder, bytes, last change in seconds since 1970."""

    path: str
    size: int
    modified_s: float


@dataclass(frozen=True)
class Listing:
    """What was found, the newest first; *complete* is False when there is more than is shown."""

    files: tuple[ProjectFile, ...]
    complete: bool


def list_files(folder: Path) -> Listing:
    """List the ordinary files below *folder*, hidden ones and sidecars apart."""
    found: list[ProjectFile] = []
    seen = 0
    if not folder.is_dir():
        return Listing((), complete=True)
    for here, folders, names, descriptor in os.fwalk(folder, follow_symlinks=False):
        relative = os.path.relpath(here, folder)
        depth = 0 if relative == "." else relative.count("/") + 1
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if depth < DEEPEST else []
        for name in names:
            seen += 1
            file = _ordinary(name, relative, descriptor)
            if file is not None:
                found.append(file)
        if seen > MOST_ENTRIES:
            break
    found.sort(key=lambda file: (-file.modified_s, file.path))
    return Listing(tuple(found[:MOST_FILES]), complete=len(found) <= MOST_FILES and seen <= MOST_ENTRIES)


def _ordinary(name: str, relative: str, descriptor: int) -> ProjectFile | None:
    if name.startswith(".") or name.endswith(".table.json") or not name.isprintable():
        return None
    try:
        status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except OSError:  # it went away between the two steps
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    path = name if relative == "." else f"{relative}/{name}"
    return ProjectFile(path, status.st_size, status.st_mtime)
