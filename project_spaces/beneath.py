"""Opens files that people inside a workspace could have replaced by anything: beneath a root, or not at all.

Each component is opened from the descriptor of the one before it with ``O_NOFOLLOW``, so a symbolic link anywhere in
the path, also one put there between two steps, is refused instead of followed (DESIGN section 3, rule 4; TRAPS C3).
Only ordinary files are handed out: no folder, pipe, socket or device.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from project_spaces.errors import NotFound, Refused
from project_spaces.text import Text

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: What the kernel answers when a component is a symbolic link, or not a folder where one is needed.
_LINK = frozenset({errno.ELOOP, errno.ENOTDIR, errno.EMLINK})
#: What it answers for a pipe without a reader or a socket.
_SPECIAL = frozenset({errno.ENXIO, errno.ENODEV, errno.EISDIR, errno.EOPNOTSUPP})


def open_beneath(root: Path, relative: str, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """Open the ordinary file *relative* below *root* and return its descriptor; the caller closes it.

    Parameters
    ----------
    relative
        parts separated by ``/``; no empty part, ``.`` or ``..``, not absolute.
    flags, mode
        as for ``os.open``. ``O_NOFOLLOW``, ``O_NONBLOCK`` and ``O_CLOEXEC`` are always added.

    Raises
    ------
    NotFound
        there is no such file.
    Refused
        the path could leave *root*, passes through a symbolic link, or does not name an ordinary file.
    """
    *folders, name = _parts(relative)
    with _folder(root, folders, relative) as folder:
        try:
            descriptor = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, mode, dir_fd=folder)
        except OSError as error:
            raise _explain(error, relative) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_ordinary(relative)
    return descriptor


def names_beneath(root: Path, relative: str, most: int) -> list[str]:
    """Return the names of at most *most* entries of the folder *relative*; who fills it with others hides his own.

    Raises
    ------
    NotFound, Refused
        as ``open_beneath``.
    """
    with _folder(root, _parts(relative), relative) as folder, os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, most)]


def remove_beneath(root: Path, relative: str) -> None:
    """Remove the file or link *relative*, never what a link points to; nothing there is what was wanted.

    Raises
    ------
    Refused
        as ``open_beneath``.
    """
    *folders, name = _parts(relative)
    with suppress(NotFound), _folder(root, folders, relative) as folder:
        try:
            os.unlink(name, dir_fd=folder)
        except OSError as error:
            explained = _explain(error, relative)
            if not isinstance(explained, NotFound):
                raise explained from None


def link_beneath(root: Path, folder: str, present: str, new: str) -> None:
    """Give the file *present* of *folder* a second name there, *new*, all at once; a link is not followed.

    Raises
    ------
    NotFound, Refused
        as ``open_beneath``.
    FileExistsError
        something has the new name.
    """
    with _folder(root, _parts(folder), folder) as place:
        os.link(present, new, src_dir_fd=place, dst_dir_fd=place, follow_symlinks=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder that is walked: *folder* is the open descriptor of where it lies, for the next moment."""

    path: str
    name: str
    folder: int
    status: os.stat_result

    def open(self) -> int:
        """Open it, if it is an ordinary file still; raises ``Refused`` for anything else."""
        try:
            descriptor = os.open(
                self.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=self.folder
            )
        except OSError as error:
            raise _explain(error, self.path) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise _not_ordinary(self.path)
        return descriptor


def walk_beneath(root: Path) -> Iterator[Entry]:
    """Give everything below *root*, in one order, folders before what is in them; no symbolic link is followed.

    Nothing when there is no such folder, or something else stands in its place.
    """
    if not root.is_dir():
        return
    for folder, folders, files, descriptor in os.fwalk(root, follow_symlinks=False):
        folders.sort()
        below = Path(folder).relative_to(root)
        for name in sorted([*folders, *files]):
            with suppress(FileNotFoundError):
                status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                yield Entry(str(below / name), name, descriptor, status)


def delete_beneath(root: Path) -> None:
    """Delete *root* and everything below it; a symbolic link is deleted, never followed. Doing it again is no error."""
    if root.is_symlink():
        root.unlink()
        return
    with suppress(FileNotFoundError):
        shutil.rmtree(root)


def _parts(relative: str) -> list[str]:
    parts = relative.split("/")
    if "\0" in relative or any(part in {"", ".", ".."} for part in parts):
        raise Refused(
            Text(
                f"Le chemin « {relative[:200]!a} » sort du dossier du projet.",
                f"The path “{relative[:200]!a}” leaves the project's folder.",
            )
        )
    return parts


@contextmanager
def _folder(root: Path, parts: list[str], relative: str) -> Iterator[int]:
    try:
        current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise _explain(error, relative) from None
    try:
        for part in parts:
            try:
                below = os.open(part, _FOLDER, dir_fd=current)
            except OSError as error:
                raise _explain(error, relative) from None
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


def _explain(error: OSError, relative: str) -> NotFound | Refused | OSError:
    if error.errno in {errno.ENOENT, errno.ENAMETOOLONG}:
        return NotFound(Text(f"Il n'y a pas de fichier « {relative[:200]} ».", f"There is no file “{relative[:200]}”."))
    if error.errno in _LINK:
        return Refused(
            Text(
                f"« {relative[:200]} » passe par un lien symbolique : il n'est pas suivi.",
                f"“{relative[:200]}” passes through a symbolic link: it is not followed.",
            )
        )
    return _not_ordinary(relative) if error.errno in _SPECIAL else error


def _not_ordinary(relative: str) -> Refused:
    return Refused(
        Text(f"« {relative[:200]} » n'est pas un fichier ordinaire.", f"“{relative[:200]}” is not an ordinary file.")
    )
