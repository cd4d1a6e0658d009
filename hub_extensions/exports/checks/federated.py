"""``evidence.json`` of ACRO's federated mode: no verdict at all, but the counts, sums and maxima behind each output.

ACRO writes these tables and ships no program that reads them. Read here, they say of a sum what its own table can't:
on how many persons it rests and how much of it one or two contributors make. They accuse and never acquit, and the
tables of maxima are for who controls: they stay inside.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.inspection import Interim, Unreadable
from hub_extensions.exports.checks.inspectors import inspect
from hub_extensions.exports.checks.onefile import Checked
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.tables.cells import Kind
from hub_extensions.exports.checks.tables.dominance import dominant, dominated
from hub_extensions.exports.checks.tables.grid import Grid
from hub_extensions.exports.checks.together.tidy import label_key

#: Interim tables that show values of one or a few persons.
SUPPORTING = frozenset({"max", "min", "top_2_sum", "top_n_sum", "num_negative"})
MOST_OUTPUTS = 200
LARGEST_BESIDE = 1 << 20

#: Cells of a table by their labels, that of the column among them.
Cells = Mapping[tuple[str, ...], float]
Charge = tuple[int, Finding]
_Name = Annotated[str, Field(pattern=r"^[^/\\\x00-\x1f\x7f]{1,150}$")]


class _Output(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    interim_tables: dict[Annotated[str, Field(pattern="^[a-z0-9_]{1,40}$")], _Name] = {}


class _Evidence(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    outputs: Annotated[dict[str, _Output], Field(max_length=MOST_OUTPUTS)]


def interims_of(value: Mapping[str, Any]) -> tuple[Interim, ...]:
    """Return the tables that an evidence file names; none when it is of another form."""
    try:
        read = _Evidence.model_validate(value)
    except ValidationError:
        return ()
    return tuple(
        Interim(uid, kind, file)
        for uid, output in read.outputs.items()
        for kind, file in output.interim_tables.items()
        if file not in {".", ".."}
    )


@dataclass(frozen=True)
class _Found:
    """The cells of one interim table, and its place in the request when it is a file of it."""

    cells: Cells
    place: int | None


@dataclass(frozen=True)
class _Request:
    """The files of a request, what they are called, and the rules."""

    files: Mapping[int, Checked]
    by_name: Mapping[str, int]
    policy: Policy

    @cached_property
    def shown(self) -> dict[int, tuple[Cells, ...]]:
        """The numbers of each table of each file, read once for all outputs."""
        return {
            index: tuple(_cells(grid) for grid in (checked.inspected.grids if checked.inspected is not None else ()))
            for index, checked in self.files.items()
        }


def judge_interims(files: Mapping[int, Checked], names: Mapping[int, str], policy: Policy) -> Iterator[Charge]:
    """Yield (place in the request, finding) for what evidence in a request shows of its files."""
    request = _Request(files, {Path(name).name: index for index, name in names.items()}, policy)
    for place, evidence in files.items():
        interims = evidence.inspected.interims if evidence.inspected is not None else ()
        for uid in dict.fromkeys(each.output for each in interims):
            mine = {each.kind: each.file for each in interims if each.output == uid}
            yield from _one_output(place, mine, request)


def _one_output(place: int, mine: Mapping[str, str], request: _Request) -> Iterator[Charge]:
    """Charge what the tables behind one output show to the files that show it, or to the evidence itself."""
    folder = request.files[place].path.parent
    found = {kind: _table(file, folder, request) for kind, file in mine.items()}
    missing = [mine[kind] for kind, table in found.items() if table is None]
    if missing:
        yield place, _missing(missing[0])
    tables = {kind: table for kind, table in found.items() if table is not None}
    for kind, table in tables.items():
        if table.place is not None and kind in SUPPORTING:
            yield table.place, _supporting(mine[kind])
    shown = [table.cells for kind, table in tables.items() if kind not in SUPPORTING]
    concerned = {index for index, own in request.shown.items() if any(_shows(own, cells) for cells in shown)}
    for said in _told({kind: table.cells for kind, table in tables.items()}, request.policy):
        yield from ((index, said) for index in concerned or {place})


def _table(name: str, folder: Path, request: _Request) -> _Found | None:
    """Return an interim table: a file of the request, or one beside the evidence."""
    if name in request.by_name:
        place = request.by_name[name]
        return _Found(request.shown[place][0], place) if request.shown.get(place) else None
    path = folder / name
    if path.suffix.lower() != ".csv" or path.is_symlink() or not path.is_file():
        return None
    try:
        grids = inspect("csv", path, request.policy).grids if path.stat().st_size <= LARGEST_BESIDE else []
    except Unreadable:
        return None
    return _Found(_cells(grids[0]), None) if grids else None


def _cells(grid: Grid) -> Cells:
    """Return the numbers of a table that pandas wrote, the first columns its labels."""
    parsed = grid.cells
    width = len(grid.header)
    labels = [c for c in range(width) if c == 0 or not all(row[c].kind is Kind.NUMBER for row in parsed)]
    leading = next((c for c in range(width) if c not in labels), width)
    return {
        (*(label_key(text) for text in grid.rows[at][:leading]), label_key(grid.header[c])): row[c].value
        for at, row in enumerate(parsed)
        for c in range(leading, width)
        if row[c].kind is Kind.NUMBER
    }


def _shows(tables: Sequence[Cells], cells: Cells) -> bool:
    """Whether a file of *tables* shows the numbers of a table, all of those that it shows at these labels."""
    for own in tables:
        shared = [key for key in own if key in cells]
        if len(shared) * 2 > len(own) and all(
            abs(own[key] - cells[key]) <= 0.005 + abs(cells[key]) * 1e-3 for key in shared
        ):
            return True
    return False


def _told(tables: Mapping[str, Cells], policy: Policy) -> Iterator[Finding]:
    """Yield what the tables behind one output show, the first cell of each kind."""
    counts, sums = tables.get("count_table", {}), tables.get("sum", {})
    small = next((key for key, count in counts.items() if 0 < count < policy.min_persons), None)
    if small is not None:
        yield _small(small, policy)
    told = set()
    for kind in ("max", "top_2_sum"):
        for key, top in tables.get(kind, {}).items():
            share = top / sums[key] if sums.get(key, 0.0) > 0 else 0.0
            who = dominant(share if kind == "max" else 0.0, share, policy)
            if who is not None and who not in told:
                told.add(who)
                yield dominated(who, _at(key), policy, fr=", disent les tables d'ACRO", en=", say ACRO's tables")
    if any(number > 0 for number in tables.get("num_negative", {}).values()):
        yield flag(
            "evidence.negative",
            "num_negative",
            "Des contributions négatives rendent la dominance indéfinie : un vérificateur doit juger ces sommes.",
            "Negative contributions leave dominance undefined: a reviewer must judge these sums.",
        )


def _at(key: tuple[str, ...]) -> str:
    return " · ".join(re.sub(r"\s+", " ", part)[:40] for part in key)


def _small(key: tuple[str, ...], policy: Policy) -> Finding:
    return block(
        "evidence.small_count",
        _at(key),
        f"Les effectifs derrière ce résultat (ACRO) descendent sous {policy.min_persons} : masquez ou regroupez.",
        f"The counts behind this output (ACRO) fall under {policy.min_persons}: suppress or merge.",
    )


def _supporting(name: str) -> Finding:
    return block(
        "evidence.internal",
        name,
        "Cette table d'appui d'ACRO sert au contrôle et montre des valeurs de personnes : elle ne sort pas.",
        "This supporting table of ACRO is for the control and shows values of persons: it does not leave.",
    )


def _missing(name: str) -> Finding:
    return flag(
        "evidence.missing",
        name,
        "La pièce d'ACRO nomme une table qui n'est ni dans la demande ni à côté d'elle.",
        "ACRO's evidence names a table that is neither in the request nor beside it.",
    )
