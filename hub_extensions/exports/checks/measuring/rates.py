"""Counts what the match against the data finds and what it takes for rows by mistake, with the time and the memory.

Each check is the product's own: one extract or aggregate against one indexed table; one more goes through the confined
worker, from the files on disk, so that reading and indexing the data is in the time.
"""

import json
import math
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.measuring.aggregates import aggregates
from hub_extensions.exports.checks.measuring.extracts import extracts, singles_out
from hub_extensions.exports.checks.measuring.invented import SHAPES
from hub_extensions.exports.checks.policy import DEFAULT
from hub_extensions.exports.checks.rows.matching import check_against
from hub_extensions.exports.checks.rows.projectdata import load_table
from hub_extensions.exports.checks.runner import COMMAND, policy_on_the_wire

#: What is promised: share of extracts found, share of aggregates flagged, seconds and MiB of one check.
FOUND, FLAGGED, SECONDS, MEMORY_MB = 0.95, 0.01, 10.0, 2048


@dataclass(frozen=True)
class Rate:
    """How many of how many, of one kind in one table."""

    table: str
    kind: str
    hits: int
    tried: int

    @property
    def share(self) -> float:
        """The share of hits."""
        return self.hits / self.tried if self.tried else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share (Wilson 1927)."""
        if not self.tried:
            return 0.0, 1.0
        z, n, p = 1.96, self.tried, self.share
        middle, half = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, (middle - half) / (1 + z * z / n)), min(1.0, (middle + half) / (1 + z * z / n))

    def as_json(self) -> dict[str, Any]:
        """Return the rate with its interval."""
        low, high = self.interval
        ends = [round(low, 4), round(high, 4)]
        return {"table": self.table, "kind": self.kind, "hits": self.hits, "tried": self.tried, "interval": ends}


def _sum(rates: Sequence[Rate], kind: str) -> Rate:
    return Rate("all", kind, sum(rate.hits for rate in rates), sum(rate.tried for rate in rates))


@dataclass(frozen=True)
class Whole:
    """One check through the worker: a file of five rows against a table on disk."""

    table: str
    suffix: str
    seconds: float
    memory_mb: int


@dataclass(frozen=True)
class Measured:
    """Everything that one run measured. ``seconds`` are those of single checks against an indexed table."""

    rows: int
    found: tuple[Rate, ...]
    flagged: tuple[Rate, ...]
    common: int
    seconds: tuple[float, ...]
    wholes: tuple[Whole, ...]

    @property
    def good(self) -> bool:
        """Whether the promise holds."""
        rates = _sum(self.found, "").share >= FOUND and _sum(self.flagged, "").share <= FLAGGED
        return rates and all(whole.seconds < SECONDS and whole.memory_mb < MEMORY_MB for whole in self.wholes)

    def as_json(self) -> dict[str, Any]:
        """Return one object."""
        totals = {"found": _sum(self.found, "extracts"), "flagged": _sum(self.flagged, "aggregates")}
        return {
            "good": self.good,
            "rows": self.rows,
            **{name: rate.as_json() for name, rate in totals.items()},
            "by_kind": [rate.as_json() for rate in (*self.found, *self.flagged)],
            "common_extracts": self.common,
            "check_s": {"p50": _middle(self.seconds), "max": max(self.seconds, default=0.0)},
            "whole": [vars(whole) for whole in self.wholes],
        }


def _middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def whole_check(data: Path, rows: Sequence[Sequence[str]]) -> Whole:
    """Check five rows against *data* in a worker of its own; return how long it took and how much memory it held."""
    with tempfile.TemporaryDirectory(prefix="bv-whole-") as scratch:
        path = Path(scratch) / "cinq.csv"
        path.write_text("\n".join(";".join(row) for row in rows) + "\n", "utf-8")
        request = {
            "files": [[0, str(path), path.name]],
            "skip": [],
            "policy": policy_on_the_wire(DEFAULT),
            "data": [str(data)],
            "released": None,
            "out_dir": scratch,
        }
        started = time.monotonic()
        done = subprocess.run(list(COMMAND), input=json.dumps(request).encode(), capture_output=True, check=True)
        seconds = time.monotonic() - started
    end = json.loads(done.stdout.splitlines()[-1])
    return Whole(data.stem, data.suffix, seconds, int(end["peak_mb"]))


class _Count:
    """Adds up hits."""

    def __init__(self) -> None:
        self.hits: dict[str, int] = {}
        self.tried: dict[str, int] = {}

    def add(self, kind: str, *, hit: bool) -> None:
        self.tried[kind] = self.tried.get(kind, 0) + 1
        self.hits[kind] = self.hits.get(kind, 0) + hit

    def rates(self, table: str) -> Iterator[Rate]:
        yield from (Rate(table, kind, self.hits[kind], tried) for kind, tried in self.tried.items())


def measure(
    rows: int = 1_000_000,
    seeds: Sequence[int] = (1, 2),
    each: int = 10,
    *,
    shapes: Sequence[str] = tuple(SHAPES),
    whole: Sequence[str] = tuple(SHAPES),
    progress: Callable[[str, int, int], None] = lambda *_: None,
) -> Measured:
    """Measure the match on invented tables.

    Args:
        rows: rows of each table.
        seeds: one table of each shape for each seed.
        each: extracts in each disguise; half as many aggregates of each kind.
        shapes: names of :data:`SHAPES`.
        whole: those of which one extract is checked from the files, by the worker.
        progress: told the table, how many are done and how many there are.
    """
    found: list[Rate] = []
    flagged: list[Rate] = []
    wholes: list[Whole] = []
    seconds: list[float] = []
    common = 0
    jobs = [(shape, seed) for seed in seeds for shape in shapes]
    for number, (shape, seed) in enumerate(jobs):
        progress(f"{shape} {seed}", number, len(jobs))
        with tempfile.TemporaryDirectory(prefix="bv-measure-") as scratch:
            one = _One(Path(scratch), shape, seed, rows)
            common += one.check(each, seconds, whole=seed == seeds[0] and shape in whole)
        found += one.extract.rates(one.table.name)
        flagged += one.aggregate.rates(one.table.name)
        wholes += one.wholes
    return Measured(rows, tuple(found), tuple(flagged), common, tuple(seconds), tuple(wholes))


class _One:
    """One invented table, and what was found in it and taken for its rows."""

    def __init__(self, scratch: Path, shape: str, seed: int, rows: int) -> None:
        import numpy as np

        self.seed, self.path = seed, scratch / f"{shape}-{seed}.parquet"
        self.frame = SHAPES[shape](np.random.default_rng(seed), rows)
        self.frame.to_parquet(self.path)
        self.table = load_table(self.path)
        self.extract, self.aggregate = _Count(), _Count()
        self.wholes: list[Whole] = []

    def check(self, each: int, seconds: list[float], *, whole: bool) -> int:
        """Check extracts and aggregates; return how many extracts single nobody out and were left out."""
        common = 0
        for disguise, made, names in extracts(self.frame, self.seed, each):
            if not singles_out(self.table, made, names, DEFAULT.min_persons):
                common += 1
                continue
            self.extract.add(disguise.name, hit=self._hit(made, seconds))
            if whole and disguise.columns and not self.wholes:
                self.wholes += [whole_check(file, made) for file in (self.path, _csv(self.frame, self.path))]
        for kind, made in aggregates(self.frame, self.seed + 1000, max(1, each // 2)):
            self.aggregate.add(kind, hit=self._hit(made, seconds))
        return common

    def _hit(self, rows: Sequence[Sequence[str]], seconds: list[float]) -> bool:
        started = time.monotonic()
        said = any(check_against(rows, (), "", [self.table], DEFAULT.min_persons))
        seconds.append(time.monotonic() - started)
        return said


def _csv(frame: Any, path: Path) -> Path:
    import pyarrow as pa
    import pyarrow.csv as pc

    target = path.with_suffix(".csv")
    pc.write_csv(pa.Table.from_pandas(frame, preserve_index=False), target)
    return target


def report(result: Measured) -> str:
    """Return the rates with their 95 % intervals, the time and the memory, as lines."""
    lines = [f"{result.rows} rows x 20 columns; tables: {', '.join(sorted({rate.table for rate in result.found}))}"]
    for title, rates in (("found", result.found), ("flagged", result.flagged)):
        groups = [*dict.fromkeys(rate.kind for rate in rates), *dict.fromkeys(rate.table for rate in rates)]
        lines += [_line(title, _sum([r for r in rates if group in {r.kind, r.table}], group)) for group in groups]
        lines.append(_line(title, _sum(rates, "ALL")))
    lines.append(f"{result.common} extracts left out: each of their rows fits {DEFAULT.min_persons} persons or more")
    lines.append(
        f"one check, table indexed: median {_middle(result.seconds):.2f} s, longest {max(result.seconds):.2f} s"
    )
    lines += [
        f"from the files: {whole.table}{whole.suffix} {whole.seconds:.1f} s, {whole.memory_mb} MiB"
        for whole in result.wholes
    ]
    return "\n".join([*lines, "good" if result.good else "NOT GOOD"])


def _line(title: str, rate: Rate) -> str:
    low, high = rate.interval
    return f"{title:>8} {rate.hits:>5} of {rate.tried:<5} {rate.share:6.1%} [{low:.1%}, {high:.1%}]  {rate.kind}"
