"""Ours and the stock counterpart in turn, so that a noisy neighbour disturbs both; medians, p99, and their ratio."""

import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Case:
    """Durations of one case, in seconds, in the order they were measured; ``others`` are further paths and floors."""

    name: str
    ours: tuple[float, ...]
    stock: tuple[float, ...]
    others: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def paths(self) -> dict[str, tuple[float, ...]]:
        """Everything measured, by name."""
        return {"ours": self.ours, "stock": self.stock, **self.others}


def interleave(
    name: str, ours: Callable[[], None], stock: Callable[[], None], rounds: int, done: Callable[[int], None]
) -> Case:
    """Time both in turn, *rounds* times each, after one unmeasured round; who starts changes each time."""
    ours()
    stock()
    times: dict[Callable[[], None], list[float]] = {ours: [], stock: []}
    for number in range(rounds):
        for work in (ours, stock) if number % 2 == 0 else (stock, ours):
            start = time.perf_counter()
            work()
            times[work].append(time.perf_counter() - start)
        done(number + 1)
    return Case(name, tuple(times[ours]), tuple(times[stock]))


def p99(values: Sequence[float]) -> float:
    """Nearest-rank 99th percentile; with fewer than 100 values it is the largest."""
    ordered = sorted(values)
    return ordered[-(-99 * len(ordered) // 100) - 1]


def summary(values: Sequence[float]) -> dict[str, float | int]:
    """Return p50, p99 and how many."""
    return {"p50": round(median(values), 6), "p99": round(p99(values), 6), "n": len(values)}


def machine(versions: Mapping[str, str]) -> dict[str, Any]:
    """Say what the figures were measured on."""
    return {
        "system": platform.platform(),
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "load": [round(value, 2) for value in os.getloadavg()],
        "versions": dict(versions),
    }


def as_json(cases: Sequence[Case], versions: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the document that ``--json`` prints (DESIGN section 9); ratios are ours over stock, below 1 is faster."""
    return [
        {
            "case": case.name,
            **{name: summary(durations) for name, durations in case.paths.items()},
            "ratio": {
                "p50": round(median(case.ours) / median(case.stock), 4),
                "p99": round(p99(case.ours) / p99(case.stock), 4),
            },
            "machine": machine(versions),
        }
        for case in cases
    ]


def show(cases: Sequence[Case]) -> str:
    """Return the same as a table for a terminal; the last columns are ours over the path of the line."""
    table = Table("case", "path", "p50 ms", "p99 ms", "n", "ours/it p50", "ours/it p99")
    for case in cases:
        for path, durations in case.paths.items():
            measured = summary(durations)
            ratios = (median(case.ours) / median(durations), p99(case.ours) / p99(durations))
            table.add_row(
                case.name if path == "ours" else "",
                path,
                f"{measured['p50'] * 1000:,.2f}",
                f"{measured['p99'] * 1000:,.2f}",
                str(measured["n"]),
                *("" if path == "ours" else f"{ratio:.2f}" for ratio in ratios),
            )
        table.add_section()
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table)
    return captured.get().rstrip()
