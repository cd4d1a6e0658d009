"""Cells that no equation determines, yet can take one value only, because nobody is less than zero people.

Bounds are linear programmes (HiGHS). Most cells need none: whatever differs between two populations that fit
everything
published is not pinned, so a few such populations are made first, and only what they agree on is solved for.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from hub_extensions.exports.checks.together.derivation import System

#: Populations made to tell cells apart before single cells are solved.
SAMPLES = 6
#: Seconds that one programme may take.
ONE_SECONDS = 10.0


class _Programme:
    """The published numbers as a linear programme over classes of people."""

    def __init__(self, system: System) -> None:
        import numpy as np
        from scipy.sparse import csr_matrix

        exact = [number for number, equation in enumerate(system.equations) if equation.exact]
        loose = [number for number, equation in enumerate(system.equations) if not equation.exact]
        bounded = [number for number in loose if system.equations[number].high is not None]
        self.equal = csr_matrix(system.matrix[exact])
        self.values = np.array([system.equations[number].said.value for number in exact], dtype=float)
        self.under = csr_matrix(np.concatenate([system.matrix[bounded], -system.matrix[loose]]))
        self.limits = np.array(
            [system.equations[number].high for number in bounded] + [-system.equations[number].low for number in loose],
            dtype=float,
        )

    def solve(self, aim: Any, seconds: float) -> tuple[float, Any] | None:
        """Return the least that *aim* can be and a population that reaches it; ``None`` without an answer in time."""
        from scipy.optimize import linprog

        result = linprog(
            aim,
            A_eq=self.equal if self.equal.shape[0] else None,
            b_eq=self.values if self.equal.shape[0] else None,
            A_ub=self.under if self.under.shape[0] else None,
            b_ub=self.limits if self.under.shape[0] else None,
            bounds=(0, None),
            method="highs",
            options={"time_limit": max(0.1, seconds)},
        )
        return (float(result.fun), result.x) if result.status == 0 else None


def pinned(system: System, targets: Sequence[Any], truth: Any, seconds: float) -> Iterator[tuple[int, float | None]]:
    """Yield (target, its only value) for each that has one, and (target, ``None``) for each not settled in time.

    Args:
        system: everything published.
        targets: vectors over classes, one for each cell asked about.
        truth: how many people each class holds, when that is known; any population that fits serves.
        seconds: time for all.
    """
    import numpy as np

    deadline = time.monotonic() + seconds
    programme = _Programme(system)
    asked = np.stack(targets) if len(targets) else np.zeros((0, system.matrix.shape[1]))
    lowest, highest = np.full(len(asked), np.inf), np.full(len(asked), -np.inf)

    def seen(population: Any) -> None:
        np.minimum(lowest, asked @ population, out=lowest)
        np.maximum(highest, asked @ population, out=highest)

    if truth is not None:
        seen(truth)
    source = np.random.default_rng(17)
    for _ in range(SAMPLES if len(asked) > 2 * SAMPLES else 0):
        weights = source.standard_normal(len(asked)) * (highest - lowest < 1)
        found = programme.solve(weights @ asked, min(ONE_SECONDS, deadline - time.monotonic()))
        if found is not None:
            seen(found[1])
        elif time.monotonic() > deadline:
            break
    for number in np.flatnonzero(highest - lowest < 1):
        if highest[number] - lowest[number] >= 1:
            continue
        yield int(number), _only(programme, asked[number], deadline, seen)


def _only(programme: _Programme, aim: Any, deadline: float, seen: Any) -> float | None:
    """Return the only value of one cell, infinity when it has several, ``None`` when that isn't known in time."""
    import numpy as np

    ends = []
    for sign in (1.0, -1.0):
        left = deadline - time.monotonic()
        found = programme.solve(sign * aim, min(ONE_SECONDS, left)) if left > 0 else None
        if found is None:
            return None
        seen(found[1])
        ends.append(sign * found[0])
    low, high = np.ceil(ends[0] - 1e-6), np.floor(ends[1] + 1e-6)
    return float(low) if high - low < 1 else float("inf")
