"""What an inspector gives back: the tables and the text of a file, what is wrong with its form, its normalised bytes.

An inspector knows one format and no disclosure rule; the rules know tables and text and no format.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.grid import Grid
from hub_extensions.exports.checks.policy import Policy


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


@dataclass(frozen=True)
class NamedArray:
    """Numbers found in a model or an object: ``rows`` of equal length, to be matched against the project's data."""

    where: str
    rows: tuple[tuple[str, ...], ...]


class Unreadable(Exception):
    """The content is not what its format requires; the file is blocked with *reason* (French, English)."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.fr, self.en = fr, en


Inspector = Callable[[Path, Policy], Inspected]
