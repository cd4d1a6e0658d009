"""What an inspector gives back: the tables and the text of a file, what is wrong with its form, its normalised bytes.

An inspector knows one format and no disclosure rule; the rules know tables and text and no format.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.grid import Grid


@dataclass(frozen=True)
class Normal:
    """The bytes that people see and that are released, and the suffix of their file (with its dot)."""

    suffix: str
    data: bytes


@dataclass
class Inspected:
    """The content of one file, taken apart. ``text`` is whatever else a reader could read in it."""

    grids: list[Grid] = field(default_factory=list)
    text: str = ""
    findings: list[Finding] = field(default_factory=list)
    normal: Normal | None = None
    arrays: list["NamedArray"] = field(default_factory=list)
    statements: tuple["Statement", ...] = ()
    interims: tuple["Interim", ...] = ()


@dataclass(frozen=True)
class NamedArray:
    """Numbers found in a model or an object: ``rows`` of equal length, to be matched against the project's data.

    ``numbers`` is the array itself, in its own type and shape, when it holds numbers.
    """

    where: str
    rows: tuple[tuple[str, ...], ...]
    numbers: Any = field(default=None, compare=False)


#: The folder beside its outputs in which a session of ACRO notes the SHA-256 of each, in ``<name>.txt``.
CHECKSUMS = "checksums"
_PLAIN_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,150}")


@dataclass(frozen=True)
class Statement:
    """What evidence in one file says of another: how it judged it, and in how many cells each check found fault."""

    file: str
    status: str
    failed: tuple[tuple[str, int], ...] = ()
    internal: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether the other file is named as one beside it, and not by a path to elsewhere."""
        return bool(_PLAIN_NAME.fullmatch(self.file)) and self.file not in {".", ".."}


@dataclass(frozen=True)
class Interim:
    """A table behind an output, as evidence names it: counts, sums or maxima."""

    output: str
    kind: str
    file: str


class Unreadable(Exception):
    """The content is not what its format requires; the file is blocked with *reason* (French, English)."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr, self.en = fr, en


Inspector = Callable[[Path, Policy], Inspected]
