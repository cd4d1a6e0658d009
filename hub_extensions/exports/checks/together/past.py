"""What a project let out before, or is about to, read for comparison: whatever kind of file its tables left in.

When a file was asked for is when it was last modified: who lays the folder out sets it so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checks.filetypes import ALLOWED
from hub_extensions.exports.checks.findings import Finding, flag
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.sidecar import SUFFIX, Sidecar, read_sidecar
from hub_extensions.exports.checks.tables.grid import Grid

#: Folder, inside that of what left, of what other requests ask for at this moment: compared alike, called so.
WAITING = "waiting"
#: Files read at most, the last ones in the order of their paths: the others are said not to have been compared.
MOST_FILES = 1000
#: Types that may show a table.
_SHOW_TABLES = frozenset({"csv", "text", "json", "notebook", "html", "xlsx", "parquet", "docx", "pptx", "pdf"})


@dataclass(frozen=True)
class PastFile:
    """One file that left or waits to, with its tables and the population that it was judged with."""

    name: str
    grids: Sequence[Grid]
    sidecar: Sidecar | None
    waiting: bool = False
    #: When it was asked for, in seconds since 1970.
    asked: float = 0.0


@dataclass
class Past:
    """What was read, and how many files could not be."""

    files: list[PastFile] = field(default_factory=list)
    unread: int = 0

    def check_read(self) -> Iterator[Finding]:
        """Yield a flag when a subtraction may have been missed."""
        if self.unread:
            yield flag(
                "difference.unread",
                str(self.unread),
                f"{self.unread} fichier(s) déjà sortis n'ont pas été comparés (trop nombreux, illisibles).",
                f"{self.unread} file(s) released before were not compared with this one (too many, or unreadable).",
            )


def read_past(folder: Path | None, policy: Policy) -> Past:
    """Read the tables in *folder*; without one nothing left."""
    past = Past()
    if folder is None:
        return past
    kinds = {
        file: kind
        for file in sorted(folder.rglob("*"))
        if (kind := ALLOWED.get(file.suffix.lower().lstrip("."))) in _SHOW_TABLES
        and not file.name.endswith(SUFFIX)
        and file.is_file()
        and not file.is_symlink()
    }
    past.unread = max(0, len(kinds) - MOST_FILES)
    for file, kind in list(kinds.items())[-MOST_FILES:]:
        waiting = file.relative_to(folder).parts[0] == WAITING
        try:
            grids, sidecar = inspect(str(kind), file, policy).grids, read_sidecar(file)
            past.files.append(PastFile(file.name, grids, sidecar, waiting, file.stat().st_mtime))
        except Unreadable:
            past.unread += 1
    return past
