"""What a project leaves on disk, and its inventory: every file with its size and hash, before anything is deleted.

The folders were written by people from inside workspaces, so they are walked and opened beneath their root, no link
followed. The inventory's hash goes into the ledger's public part, the inventory itself is sealed there for auditors:
file names may say something about persons.
"""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.orm import Session

from project_spaces.beneath import Entry, delete_beneath, walk_beneath
from project_spaces.errors import NotFound, Refused
from project_spaces.layout import Layout

CHUNK = 1 << 20


class Desk(Protocol):
    """A desk that holds copies of a project's files; *place* is what the inventory calls them."""

    @property
    def place(self) -> str:
        """The desk's name in the inventory."""

    def held(self, project: str) -> Sequence[Path]:
        """Return the files that go with *project*, each under the SHA-256 of its bytes."""

    def settle(self, project: str, now: datetime) -> None:
        """Give up what still waits there, with its record; doing it again changes nothing."""

    def drop(self, project: str) -> None:
        """Delete what ``held`` names."""


@dataclass(frozen=True)
class Remains:
    """Where a project's things lie, and what other rooms know of it.

    Parameters
    ----------
    keys
        folder of the projects' pseudonym keys.
    archives
        folder of sealed archives; no workspace mounts it.
    busy
        tells how many of a project's requests for export are still being answered.
    desks
        where copies of its files wait that never left, or never came in.
    """

    layout: Layout
    keys: Path
    archives: Path
    busy: Callable[[Session, str], int]
    desks: tuple[Desk, ...] = ()

    def folders(self, project: str) -> dict[str, Path]:
        """Return every folder of *project*, by the name that inventory and archive give it."""
        layout = self.layout
        return {
            "project": layout.project_dir(project),
            "homes": layout.homes_dir(project),
            "imports": layout.imports_dir(project),
        }

    def archive(self, project: str) -> Path:
        """Where its sealed archive is, whether or not it exists."""
        return self.archives / f"{self.layout.project_dir(project).name}.tar"

    def delete_folders(self, project: str) -> None:
        """Delete the project's folders, and its members' private ones in it."""
        for folder in self.folders(project).values():
            delete_beneath(folder)
            sync_folder(folder.parent)

    def delete_key(self, project: str) -> None:
        """Delete the key of its pseudonyms: nobody can link them with new data any more."""
        (self.keys / self.layout.project_dir(project).name).unlink(missing_ok=True)
        if self.keys.is_dir():
            sync_folder(self.keys)


@dataclass(frozen=True)
class Inventory:
    """Every file of a project; *manifest* is one JSON object a line, *places* says how many files are where."""

    files: int
    total_bytes: int
    manifest: bytes
    places: Mapping[str, int]

    @property
    def sha256(self) -> str:
        """Hash of the manifest."""
        return hashlib.sha256(self.manifest).hexdigest()


def inventory(remains: Remains, project: str) -> Inventory:
    """List what *project* holds on disk now, in its folders and at the desks."""
    lines, places, size = [], dict[str, int](), 0
    for place, name, fact in _found(remains, project):
        lines.append(json.dumps({"path": f"{place}/{name}", **fact}, sort_keys=True).encode() + b"\n")
        places[place] = places.get(place, 0) + 1
        size += int(fact.get("size", 0))
    return Inventory(len(lines), size, b"".join(lines), places)


def _found(remains: Remains, project: str) -> Iterator[tuple[str, str, Mapping[str, str | int]]]:
    for place, folder in remains.folders(project).items():
        for entry in walk_beneath(folder):
            fact = _fact(entry)
            if fact is not None:
                yield place, entry.path, fact
    for desk in remains.desks:
        for file in desk.held(project):
            with file.open("rb") as stream:
                yield desk.place, file.name, _hashed(stream.fileno())


def _fact(entry: Entry) -> dict[str, str | int] | None:
    if stat.S_ISDIR(entry.status.st_mode):
        return None
    if not stat.S_ISREG(entry.status.st_mode):
        return {"kind": "link" if stat.S_ISLNK(entry.status.st_mode) else "special"}
    try:
        with os.fdopen(entry.open(), "rb") as stream:
            return _hashed(stream.fileno())
    except (NotFound, Refused):
        return {"kind": "special"}


def _hashed(descriptor: int) -> dict[str, str | int]:
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(descriptor):
        digest.update(chunk)
        size += len(chunk)
    return {"size": size, "sha256": digest.hexdigest()}


def chunks(descriptor: int) -> Iterator[bytes]:
    """Read a file piece by piece."""
    while chunk := os.read(descriptor, CHUNK):
        yield chunk


def sync_folder(folder: Path) -> None:
    """Have a folder's names on disk."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
