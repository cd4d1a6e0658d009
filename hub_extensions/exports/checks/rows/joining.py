"""Finds which column of the project each column of the export is, when neither names nor order can be trusted.

The most telling columns are tried first. Each reading of one gives, for every row of the export, the project's rows
that may stand behind it; those that no reading of the other columns fits are dropped. Then columns are joined one by
one, always the reading whose agreement is the least likely to be luck: a reading that agrees because there are still
many candidates tells nothing, however selective it is.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.rows.pairing import Pairing

#: Rows of the export that are followed; all of the sample judges what they give.
FOLLOWED = 5
#: Pairs (row of the export, row of the project) that one reading may give.
MOST_PAIRS = 700_000
#: Pairs gone through in one table before the search gives up.
MOST_WORK = 4_000_000
#: Share of what all columns tell that a candidate may miss: columns that the author computed.
MISSED = 0.35
#: Candidates of one row that are joined.
MOST_CANDIDATES = 2000
#: Ways to read the columns that are followed side by side from one anchor.
WAYS = 24
#: What a column costs that is left out, in nats: one that the author computed.
LEFT = 1.0
#: Chance that a row which left the project misses one of its own columns (a recoded value, a number out of range).
MISSING = 0.05


@dataclass(frozen=True)
class Pairs:
    """Candidates: ``rows`` of the export and ``at`` of the project, one entry for each pair."""

    rows: Any
    at: Any

    def where(self, kept: Any) -> "Pairs":
        """Return some of the pairs."""
        return Pairs(self.rows[kept], self.at[kept])


def _started(anchor: Pairing, rows: Sequence[int]) -> Pairs:
    """Return every pair that one reading allows."""
    import numpy as np

    behind = [np.flatnonzero(anchor.fits(row)) if not anchor.free[row] else np.zeros(0, dtype=np.int64) for row in rows]
    return Pairs(np.repeat(np.array(rows), [len(found) for found in behind]), np.concatenate(behind))


def _told(readings: Sequence[Pairing], rows: Sequence[int]) -> float:
    """Return how much it tells (nats a row) that a project's row fits some reading of one column."""
    import numpy as np

    missed = np.ones(len(rows))
    for reading in readings:
        missed *= 1 - np.minimum(1.0, reading.sizes[list(rows)] / reading.column.rows)
    return float(-np.log(np.clip(1 - missed, 1e-9, 1.0)).mean())


def _plausible(pairs: Pairs, anchor: Pairing, by_column: dict[int, list[Pairing]], told: dict[int, float]) -> Pairs:
    """Keep the candidates that some reading of nearly every other column fits, the best of each row."""
    import numpy as np

    others = sorted((j for j in by_column if j != anchor.values.index), key=lambda j: -told[j])
    allowed = MISSED * sum(told[j] for j in others)
    missed = np.zeros(len(pairs.rows))
    for j in others:
        fits = np.zeros(len(pairs.rows), dtype=bool)
        for reading in by_column[j]:
            if reading.column is not anchor.column:
                fits |= reading.agrees(pairs.rows, pairs.at)
        missed += np.where(fits, 0.0, told[j])
        kept = missed <= allowed + 1e-9
        pairs, missed = pairs.where(kept), missed[kept]
    best = np.lexsort((missed, pairs.rows))
    first = np.searchsorted(pairs.rows[best], pairs.rows[best], "left")
    return pairs.where(best[np.arange(len(best)) - first < MOST_CANDIDATES])


def _surprise(reading: Pairing, pairs: Pairs, kept: Any, count: int) -> float:
    """Return how unlikely it is that chance leaves as many rows a candidate as *reading* does, in nats."""
    import numpy as np

    before = np.bincount(pairs.rows, minlength=count)
    after = np.bincount(pairs.rows[kept], minlength=count)
    alive = (before > 0) & ~reading.free
    chance = np.minimum(1.0, reading.sizes[alive] / reading.column.rows)
    luck = np.clip(1 - (1 - chance) ** before[alive], 1e-9, 1 - 1e-9)
    told = np.where(after[alive] > 0, np.log((1 - MISSING) / luck), np.log(MISSING / np.maximum(MISSING, 1 - luck)))
    return float(told.sum())


@dataclass(frozen=True)
class _Way:
    """Readings that belong together so far, the candidates that they leave, and how unlikely it is by chance."""

    mapping: tuple[Pairing, ...]
    pairs: Pairs
    score: float

    def grown(self, readings: Sequence[Pairing], count: int) -> "Iterator[_Way]":
        """Yield this way without one more column, and with each reading of it that leaves a candidate."""
        yield _Way(self.mapping, self.pairs, self.score - LEFT)
        taken = {id(reading.column) for reading in self.mapping}
        for reading in readings:
            if id(reading.column) not in taken:
                kept = reading.agrees(self.pairs.rows, self.pairs.at)
                if kept.any():
                    score = self.score + _surprise(reading, self.pairs, kept, count)
                    yield _Way((*self.mapping, reading), self.pairs.where(kept), score)


def _joined(
    pairs: Pairs, anchor: Pairing, by_column: dict[int, list[Pairing]], told: dict[int, float], count: int
) -> tuple[Pairing, ...]:
    """Return the readings that belong together, the anchor first: the best of a few ways followed side by side."""
    order = sorted(
        (j for j in by_column if j != anchor.values.index), key=lambda j: math.log(len(by_column[j])) - told[j]
    )
    ways = [_Way((anchor,), pairs, 0.0)]
    for j in order:
        grown = [longer for way in ways for longer in way.grown(by_column[j], count)]
        ways = sorted(grown, key=lambda way: -way.score)[:WAYS]
    return ways[0].mapping


def mappings(readings: Sequence[Pairing], count: int) -> Iterator[tuple[Pairing, ...]]:
    """Yield ways to read the export's columns as columns of one table, the likeliest first.

    Args:
        readings: every plausible reading of every column.
        count: sampled rows of the export.
    """
    step = max(1, count // FOLLOWED)
    rows = list(range(0, count, step))[:FOLLOWED]
    by_column: dict[int, list[Pairing]] = {}
    for reading in readings:
        by_column.setdefault(reading.values.index, []).append(reading)
    told = {j: _told(found, rows) for j, found in by_column.items()}
    spent = 0
    for j in sorted(by_column, key=lambda j: -told[j]):
        for anchor in sorted(by_column[j], key=lambda reading: reading.rows):
            cost = sum(int(anchor.sizes[row]) for row in rows if not anchor.free[row])
            if not cost or cost > MOST_PAIRS or spent + cost > MOST_WORK:
                continue
            spent += cost
            pairs = _plausible(_started(anchor, rows), anchor, by_column, told)
            if len(pairs.rows):
                yield _joined(pairs, anchor, by_column, told, count)
