"""How likely it is that an honest aggregate agrees with the project's rows as closely as an export does.

An aggregate may agree with a person by construction twice over: its classes hold at least as many persons as the rule
asks (a group), and a median is one person's value. What agrees beyond that is either chance or a person. So a row of an
aggregate finds a person who fits all its columns with a chance of about

    exp(−(information of all columns − log(rows / threshold) − information of the most telling number))

where columns that depend on one another (an age and a birth date) tell together what a tree of their strongest
dependences says (Chow and Liu 1968), counted in the table itself with the row found left out. The likelihood ratio of
"these rows left the project" against "chance" must pay for the readings that were tried and leave an error of at most
:data:`ERROR`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.rows.joining import MISSING
from hub_extensions.exports.checks.rows.pairing import Pairing

#: Chance of taking an aggregate for rows, for each table that it is compared with: the promise is 1 in 100.
ERROR = 1e-2
#: Least chance of agreement that the model is believed to know: a single row never decides.
LEAST = 1e-4
#: Rows that the dependence of two columns must outweigh: a handful of persons proves none.
DOUBT = 4.0


@dataclass(frozen=True)
class Weighed:
    """``alone``: share of the rows that fit at least one and fewer project rows than the threshold; ``found``: any."""

    found: float
    alone: float
    evidence: float
    needed: float

    @property
    def beyond_chance(self) -> bool:
        """Whether chance is excluded."""
        return self.evidence >= self.needed


def _informations(counts: Any, pairs: Any, total: int, left_out: int) -> tuple[Any, Any]:
    """Return what each column tells of one row (nats), and how much of it each other column tells already."""
    import numpy as np

    chance = np.clip((np.diag(pairs) - left_out + 1) / (total - left_out + 1), 1 / total, 1.0)
    given = (pairs - left_out + DOUBT * chance[None, :]) / (counts[:, None] - left_out + DOUBT)
    shared = np.log(np.clip(given, 1e-12, 1.0) / chance[None, :])
    return -np.log(chance), np.clip(shared, 0.0, None)


def _tree(shared: Any) -> list[tuple[int, int]]:
    """Return the (parent, child) edges of the tree of the strongest dependences."""
    import numpy as np

    strength = np.minimum(shared, shared.T)
    inside, edges = {0}, []
    while len(inside) < len(strength):
        parent, child = max(
            ((a, b) for a in inside for b in range(len(strength)) if b not in inside), key=lambda edge: strength[edge]
        )
        inside.add(child)
        edges.append((parent, child))
    return edges


@dataclass(frozen=True)
class _Row:
    persons: int
    told: Any
    shared: Any


def _row(mapping: Sequence[Pairing], row: int, total: int) -> _Row:
    """Count the project's rows behind each cell of one row, behind each two of them, and behind all."""
    import numpy as np

    used = [reading for reading in mapping if not reading.free[row]]
    bits = np.full((len(mapping), (total + 7) // 8), 255, dtype=np.uint8)
    for number, reading in enumerate(mapping):
        if not reading.free[row]:
            bits[number] = np.packbits(reading.fits(row))
    joint = np.bitwise_and.reduce(bits, axis=0)
    persons = int(np.bitwise_count(joint).sum()) if used else total
    pairs = np.zeros((len(mapping), len(mapping)))
    for one in range(len(mapping)):
        both = np.bitwise_count(bits[one] & bits[one:]).sum(axis=1, dtype=np.int64)
        pairs[one, one:] = pairs[one:, one] = both
    pairs = np.minimum(pairs, total)
    told, shared = _informations(np.diag(pairs), pairs, total, 1 if persons else 0)
    return _Row(persons, told, shared)


def weigh(mapping: Sequence[Pairing], count: int, readings: Sequence[Pairing], threshold: int) -> Weighed:
    """Weigh one way to read the export's columns.

    Args:
        mapping: the readings that belong together.
        count: sampled rows of the export.
        readings: every reading that was tried: each column is charged for its alternatives.
        threshold: persons from which a group no longer singles out.
    """
    import numpy as np

    total = mapping[0].column.rows
    rows = [_row(mapping, row, total) for row in range(count)]
    edges = _tree(np.mean([row.shared for row in rows], axis=0))
    numbers = [n for n, reading in enumerate(mapping) if reading.column.kind != "text"]
    evidence = 0.0
    for row in rows:
        whole = float(row.told.sum()) - sum(min(row.shared[edge], row.shared[edge[::-1]]) for edge in edges)
        statistic = max((float(row.told[n]) for n in numbers), default=0.0)
        beyond = whole - math.log(max(1.0, total / threshold)) - statistic
        luck = min(1 - MISSING, max(LEAST, math.exp(min(0.0, -beyond))))
        evidence += math.log((1 - MISSING) / luck) if row.persons else math.log(MISSING / (1 - luck))
    tried = {reading.values.index: 0 for reading in mapping}
    for reading in readings:
        if reading.values.index in tried:
            tried[reading.values.index] += 1
    needed = -math.log(ERROR) + sum(math.log(max(1, times)) for times in tried.values())
    found = [row.persons for row in rows]
    return Weighed(
        sum(persons > 0 for persons in found) / count,
        sum(0 < persons < threshold for persons in found) / count,
        evidence,
        needed,
    )
