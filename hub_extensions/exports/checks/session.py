"""The files of one request, seen together: each file's own checks, then what they give away side by side.

Tables released earlier stand before the files of the request, which stand in the author's order: a difference is
charged
to the later table, the one that must not leave yet.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from hub_extensions.exports.checks.contributed import check_contributed
from hub_extensions.exports.checks.counts import rounding_of
from hub_extensions.exports.checks.declared import judge_declared
from hub_extensions.exports.checks.evidence import check_control, contradicted, controls_beside, has_sums, is_control_of
from hub_extensions.exports.checks.filetypes import ALLOWED
from hub_extensions.exports.checks.findings import Finding, Verdict, block, verdict_of
from hub_extensions.exports.checks.grid import Grid
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.loose import compare, numbers_of
from hub_extensions.exports.checks.onefile import Checked, check_file, write_normal
from hub_extensions.exports.checks.projectdata import ProjectTable, load_tables
from hub_extensions.exports.checks.published import Release, release_of
from hub_extensions.exports.checks.request import Request
from hub_extensions.exports.checks.roles import table_of
from hub_extensions.exports.checks.sidecar import SUFFIX, Sidecar, read_sidecar

#: Tables released earlier that are read at most, the newest names last.
MOST_RELEASED = 500


class Session:
    """Keeps what was read, so that tables can be compared when every file has been seen."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._checked: dict[int, Checked] = {}
        self._sidecars: dict[int, Sidecar] = {}
        self._names = {index: name for index, _, name in request.files}
        self._tables: list[ProjectTable] | None = None

    def check(self, index: int, path: Path, name: str) -> tuple[str, Path | None, list[Finding]]:
        """Check one file; return its type, its normalised copy and its findings."""
        checked = self._read(index, path, name)
        checked.findings += self._against_data(checked)
        return checked.kind, write_normal(checked, self._request.out_dir, index), list(dict.fromkeys(checked.findings))

    def _read(self, index: int, path: Path, name: str) -> Checked:
        """Check the file itself, with the control and the declaration that lie beside it."""
        policy = self._request.policy
        beside = controls_beside(path)
        checked = check_file(path, name, policy, controlled=bool(beside) or self._controlled(name))
        self._checked[index] = checked
        try:
            for control in beside:
                grids = inspect(ALLOWED[control.suffix.lower().lstrip(".")], control, policy).grids
                mine = checked.inspected.grids if checked.inspected is not None else []
                checked.findings += check_control(mine, grids, control.name, policy)
            sidecar = read_sidecar(path)
        except Unreadable as refusal:
            checked.findings.append(block("sidecar.unreadable", name, refusal.fr, refusal.en))
            return checked
        if sidecar is not None:
            self._sidecars[index] = sidecar
        return checked

    def _controlled(self, name: str) -> bool:
        """Whether another file of the request is named as a control."""
        return not self._request.apart and any(is_control_of(other, name) for other in self._names.values())

    def _against_data(self, checked: Checked) -> list[Finding]:
        """Return rows and values of *checked* that are the project's own."""
        if not self._request.data or checked.inspected is None:
            return []
        from hub_extensions.exports.checks.matching import check_against

        if self._tables is None:
            self._tables = [table for table in load_tables(self._request.data) if not table.describes_codes]
        threshold = self._request.policy.min_persons
        found: list[Finding] = []
        for grid in checked.inspected.grids:
            if grid.rows:
                found += check_against(
                    grid.rows, grid.header if grid.has_header else (), grid.where, self._tables, threshold
                )
        for array in checked.inspected.arrays:
            found += check_against(array.rows, (), array.where, self._tables, threshold)
        return found

    def across(self) -> dict[int, list[Finding]]:
        """Return the findings that need several files or earlier releases."""
        if self._request.apart:
            return {}
        self._read_skipped()
        found: dict[int, list[Finding]] = {index: [] for index in self._checked}
        for index, said in [*self._declared(), *self._loose(), *self._controls(), *self._forged()]:
            found[index].append(said)
        return {index: list(dict.fromkeys(said)) for index, said in found.items() if said}

    def _read_skipped(self) -> None:
        """Read again what another worker had checked before it died on a later file."""
        for index, path, name in self._request.files:
            if index not in self._checked:
                self._read(index, path, name)

    def _released(self) -> list[tuple[str, list[Grid], Sidecar | None]]:
        folder = self._request.released
        if folder is None:
            return []
        found = []
        files = [
            file
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.is_symlink() and not file.name.endswith(SUFFIX)
        ]
        for file in files[-MOST_RELEASED:]:
            kind = ALLOWED.get(file.suffix.lower().lstrip("."))
            if kind not in {"csv", "xlsx", "parquet", "html", "json"}:
                continue
            try:
                found.append((file.name, inspect(kind, file, self._request.policy).grids, read_sidecar(file)))
            except Unreadable:
                found.append((file.name, [], None))
        return found

    def _releases(self) -> list[Release]:
        """Return every table with a declared population, the released ones first."""
        policy, found = self._request.policy, []
        for name, grids, sidecar in self._released():
            if sidecar is not None and grids:
                found.append(
                    release_of(name, -1, grids[0], sidecar, rounding_of(table_of(grids[0]), policy, surely=True))
                )
        for index, sidecar in sorted(self._sidecars.items()):
            inspected = self._checked[index].inspected
            if inspected is not None and inspected.grids:
                grid = inspected.grids[0]
                found.append(
                    release_of(
                        self._names[index], index, grid, sidecar, rounding_of(table_of(grid), policy, surely=True)
                    )
                )
        return found

    def _declared(self) -> list[tuple[int, Finding]]:
        """Return what tables with declared populations give away."""
        releases = self._releases()
        evidence = [
            (release.order, said)
            for release in releases
            if release.order >= 0
            for said in check_contributed(release, self._request.policy)
        ]
        return [*evidence, *judge_declared(releases, self._request.data, self._request.policy).findings]

    def _loose(self) -> list[tuple[int, Finding]]:
        """Return what tables without a declared population give away next to one another."""
        before: list[tuple[str, bool, Mapping[frozenset[tuple[str, str]], float], str]] = []
        found: list[tuple[int, Finding]] = []
        for name, grids, sidecar in self._released():
            before += [(name, sidecar is not None, cells, what) for what, cells in map(numbers_of, grids) if cells]
        for index, checked in sorted(self._checked.items()):
            if checked.inspected is None or len(checked.inspected.grids) > 20:
                continue
            mine = [(what, cells) for what, cells in map(numbers_of, checked.inspected.grids) if cells]
            declared = index in self._sidecars
            for what, cells in mine:
                for name, other_declared, other, measure in before:
                    if not (declared and other_declared):
                        found += [
                            (index, said)
                            for said in compare((what, cells), (measure, other), name, self._request.policy)
                        ]
            before += [(self._names[index], declared, cells, what) for what, cells in mine]
        return found

    def _controls(self) -> list[tuple[int, Finding]]:
        """Return a block for each sum whose control file in the request shows a dominant contributor."""
        found = []
        for number, control in self._checked.items():
            if control.inspected is None:
                continue
            for index, checked in self._checked.items():
                mine = checked.inspected.grids if checked.inspected is not None else []
                if is_control_of(self._names[number], self._names[index]) and has_sums(mine):
                    said = check_control(mine, control.inspected.grids, self._names[number], self._request.policy)
                    found += [(index, finding) for finding in said]
        return found

    def _forged(self) -> list[tuple[int, Finding]]:
        """Return a block for ACRO evidence that calls a file of the request, or one that lies beside it, safe."""
        declared = {
            index: checked
            for index, checked in self._checked.items()
            if any(said.rule == "evidence.acro" for said in checked.findings)
        }
        blocked = [
            self._names[index]
            for index, checked in self._checked.items()
            if index not in declared and verdict_of(checked.findings) is Verdict.BLOCK
        ]
        found = [(index, contradicted(name)) for index in declared for name in blocked]
        for index, checked in declared.items():
            found += [(index, contradicted(name)) for name in self._praised(checked)]
        return found

    def _praised(self, checked: Checked) -> list[str]:
        """Return the names of blocked tables that a declaration names and that lie beside it."""
        text = checked.inspected.text if checked.inspected is not None else ""
        found = []
        for name in sorted(set(re.findall(r"^[\w.-]{1,100}\.csv$", text, re.MULTILINE)))[:20]:
            path = checked.path.parent / name
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
                said = check_file(path, name, self._request.policy).findings
                found += [name] if verdict_of(said) is Verdict.BLOCK else []
        return found
