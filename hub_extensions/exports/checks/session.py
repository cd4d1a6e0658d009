"""The files of one request, seen together: each file's own checks, then what they give away side by side.

Tables released earlier stand before the files of the request, which stand in the author's order: a difference is
charged
to the later table, the one that must not leave yet.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from hub_extensions.exports.checks.evidence import as_evidence, check_control, controls_beside, is_control_of, is_read
from hub_extensions.exports.checks.federated import judge_interims
from hub_extensions.exports.checks.filetypes import ALLOWED
from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.inspection import Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.onefile import Checked, check_file, write_normal
from hub_extensions.exports.checks.request import Request
from hub_extensions.exports.checks.rows.projectdata import ProjectTable, load_tables
from hub_extensions.exports.checks.sidecar import Sidecar, read_sidecar
from hub_extensions.exports.checks.tables.counts import rounding_of
from hub_extensions.exports.checks.tables.roles import Table
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.together.accumulated import check_accumulated
from hub_extensions.exports.checks.together.contributed import check_contributed
from hub_extensions.exports.checks.together.declared import judge_declared
from hub_extensions.exports.checks.together.loose import Beside
from hub_extensions.exports.checks.together.past import Past, read_past
from hub_extensions.exports.checks.together.published import Release, release_of
from hub_extensions.exports.checks.vouched import judge_statements


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
        """Check the file itself, with its controls and the declaration that lies beside it."""
        policy = self._request.policy
        try:
            controls, refused = self._controls(index, path, name), None
        except Unreadable as refusal:
            controls, refused = {}, block("control.unreadable", name, refusal.fr, refusal.en)
        evidence = index in self._request.supporting
        checked = check_file(path, name, policy, controls=[table for tables in controls.values() for table in tables])
        self._checked[index] = checked
        if evidence:
            checked.findings = list(as_evidence(checked.findings))
            return checked
        checked.findings += [refused] if refused else []
        mine = checked.inspected.grids if checked.inspected is not None else []
        for control, tables in controls.items():
            checked.findings += check_control(mine, tables, control, policy)
        try:
            sidecar = read_sidecar(path)
        except Unreadable as refusal:
            checked.findings.append(block("sidecar.unreadable", name, refusal.fr, refusal.en))
            return checked
        if sidecar is not None:
            self._sidecars[index] = sidecar
        return checked

    def _controls(self, index: int, path: Path, name: str) -> dict[str, list[Table]]:
        """Return the tables of the controls beside a file and in its request, by their names.

        Raises:
            Unreadable: one of them can't be read.
        """
        found = {control.name: control for control in controls_beside(path)}
        if not self._request.apart:
            found |= {
                other: place
                for at, place, other in self._request.files
                if (at in self._request.supporting or is_control_of(other, name)) and at != index and is_read(place)
            }
        policy, tables = self._request.policy, {}
        for control, place in found.items():
            kind = ALLOWED.get(Path(control).suffix.lower().lstrip("."), "")
            tables[control] = [table_of(grid) for grid in inspect(kind, place, policy).grids]
        return tables

    def _against_data(self, checked: Checked) -> list[Finding]:
        """Return rows and values of *checked* that are the project's own."""
        if not self._request.data or checked.inspected is None:
            return []
        from hub_extensions.exports.checks.models.arrays.matching import check_arrays
        from hub_extensions.exports.checks.rows.matching import check_against

        if self._tables is None:
            self._tables = [table for table in load_tables(self._request.data) if not table.describes_codes]
        threshold = self._request.policy.min_persons
        found: list[Finding] = []
        for grid in checked.inspected.grids:
            if grid.rows:
                found += check_against(
                    grid.rows, grid.header if grid.has_header else (), grid.where, self._tables, threshold
                )
        arrays = checked.inspected.arrays
        for array in arrays:
            found += check_against(array.rows, (), array.where, self._tables, threshold) if array.rows else ()
        if arrays and not any(said.rule == "rows.matched" for said in found):
            found += check_arrays(arrays, self._tables, threshold)
        return found

    def across(self) -> dict[int, list[Finding]]:
        """Return the findings that need several files or earlier releases."""
        if self._request.apart:
            return {}
        self._read_skipped()
        found: dict[int, list[Finding]] = {index: [] for index in self._checked}
        leaving = {index: each for index, each in self._checked.items() if index not in self._request.supporting}
        vouched = judge_statements(self._checked, self._names, self._request.policy)
        interims = judge_interims(self._checked, self._names, self._request.policy)
        together = [*self._declared(), *self._loose(leaving), *self._accumulated(leaving)]
        for index, said in [*together, *vouched, *interims]:
            found[index].append(said)
        return {index: list(dict.fromkeys(said)) for index, said in found.items() if said}

    def _read_skipped(self) -> None:
        """Read again what another worker had checked before it died on a later file."""
        for index, path, name in self._request.files:
            if index not in self._checked:
                self._read(index, path, name)

    @cached_property
    def _past(self) -> Past:
        return read_past(self._request.released, self._request.policy)

    def _releases(self) -> list[Release]:
        """Return every table with a declared population, those of other requests first: a file's first one has it."""
        policy = self._request.policy
        declared = [(past.name, -1, past.grids, past.sidecar) for past in self._past.files]
        for index, sidecar in sorted(self._sidecars.items()):
            inspected = self._checked[index].inspected
            declared.append((self._names[index], index, inspected.grids if inspected else [], sidecar))
        return [
            release_of(name, order, grids[0], sidecar, rounding_of(table_of(grids[0]), policy, surely=True))
            for name, order, grids, sidecar in declared
            if sidecar is not None and grids
        ]

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

    def _accumulated(self, leaving: Mapping[int, Checked]) -> list[tuple[int, Finding]]:
        """Return what makes a week's tables too many; without a clock nobody can tell."""
        now, policy = self._request.now, self._request.policy
        grids = {index: each.inspected.grids for index, each in leaving.items() if each.inspected is not None}
        return [] if now is None else list(check_accumulated(self._past.files, grids, policy, now))

    def _loose(self, leaving: Mapping[int, Checked]) -> list[tuple[int, Finding]]:
        """Return what tables without a declared population give away next to one another, in one file too."""
        beside = Beside(self._request.policy)
        for past in self._past.files:
            same_data = self._request.data_since is not None and self._request.data_since <= past.asked
            declared = past.sidecar is not None
            beside.lay(past.name, past.grids, declared=declared, waiting=past.waiting, same_data=same_data)
        found: list[tuple[int, Finding]] = []
        for index, checked in sorted(leaving.items()):
            grids = checked.inspected.grids if checked.inspected is not None else []
            said = beside.judge(self._names[index], grids, declared=index in self._sidecars)
            found += [(index, finding) for finding in (*said, *self._past.check_read())]
        return found
