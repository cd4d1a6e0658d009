"""The files of one request, seen together: each file's own checks, then what they give away side by side."""

from pathlib import Path

from hub_extensions.exports.checks.findings import Finding
from hub_extensions.exports.checks.onefile import Checked, check_file, write_normal
from hub_extensions.exports.checks.request import Request


class Session:
    """Keeps what was read, so that tables can be compared when every file has been seen."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._checked: dict[int, Checked] = {}

    def check(self, index: int, path: Path, name: str) -> tuple[str, Path | None, list[Finding]]:
        """Check one file; return its type, its normalised copy and its findings."""
        checked = check_file(path, name, self._request.policy)
        self._checked[index] = checked
        return checked.kind, write_normal(checked, self._request.out_dir, index), checked.findings

    def across(self) -> dict[int, list[Finding]]:
        """Return the findings that need several files or earlier releases."""
        return {}
