"""Counts how many of the small groups that ten clean tables give away are found, and what is taken for one by mistake.

The truth is computed another way than the rule computes it: every product of labels, merged classes and their
complements is written as a vector over all atoms, and exact elimination modulo a prime says whether the shown cells
combine
to it; the data say how many persons it holds.
"""

import itertools
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks import Verdict, run_checks
from hub_extensions.exports.checks.formats.delimited import inspect_delimited
from hub_extensions.exports.checks.measuring.published import COLUMNS, independent, people, related, write
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.sidecar import read_sidecar
from hub_extensions.exports.checks.tables.counts import rounding_of
from hub_extensions.exports.checks.tables.settling import table_of
from hub_extensions.exports.checks.together.declared import judge_declared
from hub_extensions.exports.checks.together.derived import Key
from hub_extensions.exports.checks.together.labels import OTHER
from hub_extensions.exports.checks.together.published import Release, release_of

TABLES = 10
PRIME = 2_147_483_629
#: Tables of which no two speak of the same people: one a département.
MOST_APART = 8
#: Times that tables are drawn until ten pass alone.
ROUNDS = 4


@dataclass(frozen=True)
class Ten:
    """What was found in ten tables: ``derivable`` groups of few persons by brute force, ``found`` of them,
    ``pinned`` more that follow because nobody is less than zero people, and ``false`` ones."""

    seed: int
    kind: str
    data: bool
    derivable: int
    found: int
    pinned: int
    false: int
    late: int
    cells: int
    seconds: float


@dataclass(frozen=True)
class Subtracted:
    """Everything that one run measured."""

    tens: tuple[Ten, ...]

    @property
    def good(self) -> bool:
        """Whether every derivable group was found and none was made up."""
        return bool(self.tens) and all(ten.found == ten.derivable and not ten.false for ten in self.tens)

    def as_json(self) -> dict[str, Any]:
        """Return one object."""
        return {"good": self.good, "tens": [vars(ten) for ten in self.tens]}


def ten_tables(frame: Any, seed: int, folder: Path, *, apart: bool) -> list[Path]:
    """Write ten tables that each pass alone."""
    source = random.Random(seed)
    wanted = MOST_APART if apart else TABLES
    paths: list[Path] = []
    earlier: list[dict[str, Any]] = []
    for _ in range(ROUNDS):
        first = len(list(folder.glob("*.csv")))
        drawn = [
            write(
                frame,
                independent(frame, source, number) if apart else related(frame, source, earlier),
                folder / f"t{first + number:02d}.csv",
            )
            for number in range(2 * TABLES if not apart else MOST_APART)
        ]
        judged = run_checks(drawn, DEFAULT, apart=True)
        paths += [verdict.file for verdict in judged if verdict.verdict is not Verdict.BLOCK]
        if apart or len(paths) >= wanted:
            break
    return paths[:wanted]


def releases_of(paths: Sequence[Path]) -> list[Release]:
    """Return written tables as the checks read them, in order."""
    found = []
    for number, path in enumerate(paths):
        grid, sidecar = inspect_delimited(path, DEFAULT).grids[0], read_sidecar(path)
        if sidecar is not None:
            rounding = rounding_of(table_of(grid), DEFAULT, surely=True)
            found.append(release_of(path.name, number, grid, sidecar, rounding))
    return found


class Truth:
    """The atoms of the data, what the tables show of them, and what follows.

    With *data*, the attacker knows which département lies in which region, as the check does that has the data.
    """

    def __init__(self, frame: Any, releases: Sequence[Release], *, data: bool) -> None:
        import numpy as np

        self.labels = {name: sorted({str(label).casefold() for label in frame[name]}) for name in COLUMNS}
        held = frame[list(COLUMNS)].astype(str).apply(lambda column: column.str.casefold())
        follows = dict(zip(held["dep"], held["region"], strict=True))
        atoms = [dict(zip(COLUMNS, each, strict=True)) for each in itertools.product(*self.labels.values())]
        self.atoms = [atom for atom in atoms if not data or follows[atom["dep"]] == atom["region"]]
        counts = held.groupby(list(COLUMNS)).size().to_dict()
        self.count = np.array([counts.get(tuple(atom.values()), 0) for atom in self.atoms])
        self.at = {name: np.array([atom[name] for atom in self.atoms]) for name in COLUMNS}
        self.named = {name: frozenset[str]() for name in self.labels}
        self.sets = {name: {frozenset({label}) for label in labels} for name, labels in self.labels.items()}
        shown = [self._row(said.region) for table in releases for said in table.statements if said.value is not None]
        for name, sets in self.sets.items():
            sets.update([frozenset(self.labels[name]) - each for each in sets if len(each) > 1])
        matrix = np.stack(shown)
        _, self.first, self.classes = np.unique(matrix, axis=1, return_index=True, return_inverse=True)
        self.pivots = _eliminated(matrix[:, self.first])

    def _row(self, region: Any) -> Any:
        import numpy as np

        inside = np.ones(len(self.atoms), dtype=bool)
        for name, allowed in region.items():
            if allowed is not None:
                stated = frozenset().union(*(self._base(name, label) for label in allowed))
                self.sets[name].add(stated)
                self.named[name] |= stated
                inside &= np.isin(self.at[name], sorted(stated))
        return inside

    def _base(self, name: str, label: str) -> frozenset[str]:
        merged = {"0-30": {"0-20", "21-30"}, "51+": {"51-70", "71+"}, "d0 + d1": {"d0", "d1"}}
        merged |= {"[71 ; …[": {"71+"}, "[51 ; …[": merged["51+"]}  # as the checks name classes without an end
        return frozenset(merged.get(label, {label})) if name in {"age", "dep"} else frozenset({label})

    def derivable(self, threshold: int) -> set[frozenset[int]]:
        """Return the groups of few persons that follow, as sets of atoms that hold somebody."""
        import numpy as np

        options = [
            [
                frozenset(self.labels[name]),
                *(each for each in sorted(self.sets[name], key=sorted) if 0 < len(each) < len(self.labels[name])),
            ]
            for name in COLUMNS
        ]
        inside = [
            np.array([np.isin(self.at[name], sorted(each)) for each in some])
            for name, some in zip(COLUMNS, options, strict=True)
        ]
        inside.sort(key=len)  # the two longest lists are multiplied at once
        groups: set[bytes] = set()
        for head in itertools.product(*(range(len(some)) for some in inside[:-2])):
            first = np.logical_and.reduce([inside[column][at] for column, at in enumerate(head)])
            persons = (inside[-2] * (self.count * first)) @ inside[-1].T
            for one, other in np.argwhere((persons > 0) & (persons < threshold)):
                group = first & inside[-2][one] & inside[-1][other]
                if (group == group[self.first][self.classes]).all():
                    groups.add(group.tobytes())
        vectors = [np.frombuffer(group, dtype=bool) for group in sorted(groups)]
        if not vectors:
            return set()
        follows = self.follows(np.stack(vectors))
        return {self._people(vectors[at]) for at in np.flatnonzero(follows)}

    def _people(self, inside: Any) -> frozenset[int]:
        """Return the atoms of a group that hold anybody: two names of the same people are one group."""
        import numpy as np

        return frozenset(np.flatnonzero(inside & (self.count > 0)).tolist())

    def follows(self, vectors: Any) -> Any:
        """Return which vectors over atoms are combinations of what is shown."""
        import numpy as np

        rest = vectors[:, self.first].astype(np.int64)
        for place, row in self.pivots:
            touched = rest[:, place] != 0
            rest[touched] = (rest[touched] - rest[touched][:, [place]] * row) % PRIME
        return ~rest.any(axis=1)

    def atoms_of(self, key: Key) -> frozenset[int]:
        """Return the atoms, of those that hold somebody, of a group that was found."""
        import numpy as np

        inside = np.ones(len(self.atoms), dtype=bool)
        for name, allowed in key:
            held = frozenset().union(*(self._base(name, label) for label in allowed))
            if OTHER in allowed:  # without the data, whoever no table names
                held |= frozenset(self.labels[name]) - self.named[name]
            inside &= np.isin(self.at[name], sorted(held))
        return self._people(inside)


def _eliminated(rows: Any) -> list[tuple[int, Any]]:
    """Return reduced rows with their pivots, modulo a prime."""
    import numpy as np

    left = np.unique(rows, axis=0).astype(np.int64)
    pivots = []
    while len(left):
        row, left = left[0], left[1:]
        places = np.flatnonzero(row)
        if not len(places):
            continue
        place = int(places[0])
        row = row * pow(int(row[place]), -1, PRIME) % PRIME
        pivots.append((place, row))
        touched = left[:, place] != 0
        left[touched] = (left[touched] - left[touched][:, [place]] * row) % PRIME
    return pivots


def _one(seed: int, kind: str, rows: int, scratch: Path) -> list[Ten]:
    frame = people(seed, rows)
    data = scratch / "personnes.parquet"
    frame.to_parquet(data)
    folder = scratch / kind
    folder.mkdir()
    releases = releases_of(ten_tables(frame, seed, folder, apart=kind == "independent"))
    return [
        _judged(seed, kind, releases, Truth(frame, releases, data=known), data=[data] if known else [])
        for known in (False, True)
    ]


def _judged(seed: int, kind: str, releases: Sequence[Release], truth: Truth, *, data: list[Path]) -> Ten:
    expected = truth.derivable(DEFAULT.min_persons)
    started = time.monotonic()
    judged = judge_declared(releases, data, DEFAULT)
    seconds = time.monotonic() - started
    groups = {truth.atoms_of(key) for key in judged.groups}
    more = groups - expected
    small = {each for each in more if 0 < truth.count[sorted(each)].sum() < DEFAULT.min_persons}
    late = sum(said.rule in {"difference.unbounded", "difference.contradiction"} for _, said in judged.findings)
    cells = sum(len(release.statements) for release in releases)
    return Ten(
        seed, kind, bool(data), len(expected), len(groups & expected), len(small), len(more - small), late, cells,
        round(seconds, 2),
    )  # fmt: skip


def measure(
    rows: int, seeds: Sequence[int], *, progress: Callable[[str, int, int], None] = lambda *_: None
) -> Subtracted:
    """Measure the differencing on ten clean tables for each seed, related and independent ones.

    Args:
        rows: persons in the data.
        seeds: one data set and two sets of tables for each.
        progress: told what is being judged, how many are done and how many there are.
    """
    tens: list[Ten] = []
    jobs = [(seed, kind) for seed in seeds for kind in ("related", "independent")]
    for number, (seed, kind) in enumerate(jobs):
        progress(f"{kind} {seed}", number, len(jobs))
        with tempfile.TemporaryDirectory(prefix="bv-subtraction-") as scratch:
            tens += _one(seed, kind, rows, Path(scratch))
    return Subtracted(tuple(tens))


def report(result: Subtracted) -> str:
    """Return one line for each ten tables, and the sums."""
    lines = [
        f"seed {ten.seed:>3} {ten.kind:<11} {'with data' if ten.data else 'tables only':<11} {ten.cells:>4} cells  "
        f"found {ten.found} of {ten.derivable} derivable, {ten.pinned} more by non-negativity, {ten.false} false, "
        f"{ten.late} undecided, {ten.seconds:.1f} s"
        for ten in result.tens
    ]
    found, derivable, false = (
        sum(getattr(ten, name) for ten in result.tens) for name in ("found", "derivable", "false")
    )
    lines.append(f"ALL found {found} of {derivable}, {false} false")
    return "\n".join([*lines, "good" if result.good else "NOT GOOD"])
