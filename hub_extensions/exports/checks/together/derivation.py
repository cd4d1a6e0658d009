"""What follows from published numbers by adding and subtracting them, for every region of the tables at once.

A region is determined by linear equations exactly when every vector that all equations take for zero is zero on it.
Some
random such vectors are drawn, laid over the atoms and summed over all products of blocks: a region on which all of
them
vanish is a combination of what was published (the chance of an error is that of eight random reals all meeting zero).
One
particular solution, summed the same way, gives the value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub_extensions.exports.checks.together.partition import Partition
from hub_extensions.exports.checks.together.published import Release, Statement

#: Random vectors of the null space.
PROBES = 8
ZERO = 1e-5
#: Equations and unknowns of one system at most; beyond, the tables go to a person.
MOST_EQUATIONS = 4000
MOST_ENTRIES = 24_000_000
#: Rounds in which cells found empty empty others.
ROUNDS = 4


@dataclass(frozen=True)
class Equation:
    """One published cell, and the table that it stands in. ``low`` and ``high`` bound it when it isn't exact."""

    release: Release
    said: Statement
    exact: bool
    low: float
    high: float | None


def equations_of(releases: Sequence[Release]) -> list[Equation]:
    """Return what the tables say: exact numbers, and intervals for rounded and masked ones."""
    found = []
    for release in releases:
        for said in release.statements:
            if not said.own:
                continue
            if said.value is None:
                found.append(Equation(release, said, exact=False, low=said.low, high=said.high))
            elif release.rounding.base > 1:
                low, high = release.rounding.interval(said.value)
                found.append(Equation(release, said, exact=False, low=float(low), high=float(high)))
            else:
                found.append(Equation(release, said, exact=True, low=said.value, high=said.value))
    return found


@dataclass
class System:
    """Equations over classes of atoms that no equation tells apart."""

    partition: Partition
    equations: list[Equation]
    classes: Any
    sizes: Any
    matrix: Any
    solution: Any = field(default=None)
    probes: Any = field(default=None)

    def over_atoms(self, by_class: Any) -> Any:
        """Spread totals of classes evenly over their atoms; impossible atoms hold nothing."""
        import numpy as np

        spread = np.zeros((self.partition.possible.size, *by_class.shape[1:]))
        inside = self.classes >= 0
        held = self.classes[inside]
        spread[inside.ravel()] = by_class[held] / self.sizes[held].reshape(-1, *(1,) * (by_class.ndim - 1))
        return spread.reshape(*self.partition.possible.shape, *by_class.shape[1:])


class TooLarge(Exception):
    """There is more than can be solved; nothing was shown to be safe."""


class Contradiction(Exception):
    """The tables can't all be true of the same people."""


def system_of(partition: Partition, equations: list[Equation], *, counts: bool) -> System:
    """Return the equations over classes, with a particular solution and probes of what they leave open.

    Args:
        partition: how the tables tell people apart.
        equations: what they say.
        counts: whether the numbers count people, so that a published zero empties its atoms.

    Raises:
        TooLarge: the system is beyond what can be solved here.
        Contradiction: no numbers fulfil all exact equations.
    """

    possible = partition.possible.copy()
    if counts:
        for equation in equations:
            if equation.exact and equation.said.value == 0:
                possible[partition.place(equation.said.region)] = False
    for _ in range(ROUNDS):
        system = _solved(partition, equations, possible)
        empty = _emptied(system) if counts else None
        if empty is None or not empty.any():
            return system
        possible &= ~empty
    return system


def _emptied(system: System) -> Any:
    """Return the atoms of classes whose total is known to be zero."""
    import numpy as np

    known = (np.abs(system.probes).max(axis=1, initial=0) < ZERO) & (np.abs(system.solution) < 0.25)
    return (system.classes >= 0) & np.append(known, False)[system.classes]


def _solved(partition: Partition, equations: list[Equation], possible: Any) -> System:
    import numpy as np

    if len(equations) > MOST_EQUATIONS:
        raise TooLarge
    source = np.random.default_rng(11)
    marks = np.zeros(possible.shape, dtype=np.uint64)
    for equation, mark in zip(equations, source.integers(1, 1 << 63, len(equations), dtype=np.uint64), strict=True):
        marks[partition.place(equation.said.region)] += mark
    found, first, inverse, sizes = np.unique(
        marks[possible], return_index=True, return_inverse=True, return_counts=True
    )
    if len(found) * len(equations) > MOST_ENTRIES:
        raise TooLarge
    classes = np.full(possible.shape, -1, dtype=np.int64)
    classes[possible] = inverse
    places = (
        np.stack([axis[first] for axis in np.nonzero(possible)]) if len(found) else np.zeros((possible.ndim, 0), int)
    )
    matrix = np.zeros((len(equations), len(found)))
    for number, equation in enumerate(equations):
        inside = np.ones(len(found), dtype=bool)
        for axis, name in enumerate(partition.names):
            allowed = equation.said.region.get(name)
            if allowed is not None:
                inside &= np.isin(places[axis], partition.chosen(name, allowed))
        matrix[number] = inside
    system = System(partition, equations, classes, sizes, matrix)
    _solve(system, source)
    return system


def _solve(system: System, source: Any) -> None:
    """Fill in a particular solution of the exact equations, and random vectors that they all take for zero."""
    import numpy as np
    from scipy.linalg import lapack, solve_triangular

    exact = [number for number, equation in enumerate(system.equations) if equation.exact]
    values = np.array([system.equations[number].said.value for number in exact], dtype=float)
    rows, at = np.unique(system.matrix[exact], axis=0, return_index=True) if exact else (system.matrix[:0], [])
    chosen = values[at] if exact else values
    probes = source.standard_normal((system.matrix.shape[1], PROBES))
    if not len(rows):
        system.solution, system.probes = np.zeros(system.matrix.shape[1]), probes
        return
    gram = rows @ rows.T
    lower, pivots, rank, _ = lapack.dpstrf(gram, tol=1e-9 * max(1.0, gram.diagonal().max()), lower=1)
    kept = pivots[:rank] - 1
    basis, lower = rows[kept], np.tril(lower[:rank, :rank])

    def weights(target: Any) -> Any:
        return solve_triangular(lower, solve_triangular(lower, target, lower=True), lower=True, trans=1)

    solution = basis.T @ weights(chosen[kept])
    solution += basis.T @ weights(chosen[kept] - basis @ solution)
    for _ in range(2):
        probes = probes - basis.T @ weights(basis @ probes)
    slack = 0.25 + 1e-9 * np.abs(values).max(initial=0)
    if np.abs(system.matrix[exact] @ solution - values).max(initial=0) > slack:
        raise Contradiction
    system.solution, system.probes = solution, probes


def open_within_classes(system: System) -> Any:
    """Return, per atom, random vectors that sum to nothing over each class: regions that cut a class meet them."""
    import numpy as np

    source = np.random.default_rng(13)
    inside = (system.classes >= 0).ravel()
    held = system.classes.ravel()[inside]
    drawn = np.zeros((inside.size, PROBES))
    drawn[inside] = source.standard_normal((len(held), PROBES))
    for probe in range(PROBES):
        mean = np.bincount(held, weights=drawn[inside, probe], minlength=len(system.sizes)) / system.sizes
        drawn[inside, probe] -= mean[held]
    return drawn.reshape(*system.classes.shape, PROBES)
