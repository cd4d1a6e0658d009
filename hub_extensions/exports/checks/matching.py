"""Recognises rows of the project's data in what is about to leave, whatever was done to hide them.

Names of columns stripped, columns shuffled, numbers rounded to two digits, dates moved by a day: a row keeps its
combination of values. Columns of the export are mapped to columns of the project, the most selective first; what
counts is
the share of its rows whose combination belongs to fewer project rows than the threshold, against the same share
after each
column is shuffled on its own. An aggregate's combinations belong to many rows or to none, shuffled or not.

Not found: rows with added noise, rescaled or recoded values, and single columns of values that many persons share.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.cells import Cell, Kind, parse_cell
from hub_extensions.exports.checks.findings import Finding, block
from hub_extensions.exports.checks.projectdata import Column, ProjectTable

#: Rows of the export that are looked for; a larger export is sampled evenly.
SAMPLE = 30
#: Fewest rows that can be told from chance.
FEWEST = 3
SHARE = 0.6
#: Candidate pairs (row of the export, row of the project) that are followed at most.
MOST_PAIRS = 400_000
#: First columns tried before the search gives up.
ANCHORS = 8
_ISO = re.compile(r"^\s*((?:19|20)\d{2})[-/.]?(\d{2})[-/.]?(\d{2})")
_FRENCH = re.compile(r"^\s*(\d{1,2})[/.\-](\d{1,2})[/.\-]((?:19|20)\d{2})")


@dataclass(frozen=True)
class Values:
    """One column of the export: for each sampled row its text, and its number or day when it has one."""

    index: int
    texts: tuple[str, ...]
    cells: tuple[Cell, ...]
    digits: int

    def day(self, row: int) -> int | None:
        """Return the day of a cell since 1970, or ``None``."""
        return day_of(self.texts[row])


def day_of(text: str) -> int | None:
    """Return the days since 1970-01-01 of a date written as in ISO 8601, ``YYYYMMDD`` or ``DD/MM/YYYY``."""
    import datetime as dt

    found = _ISO.match(text)
    parts = found.groups() if found else None
    if parts is None:
        french = _FRENCH.match(text)
        parts = (french.group(3), french.group(2), french.group(1)) if french else None
    if parts is None:
        return None
    try:
        return (dt.date(int(parts[0]), int(parts[1]), int(parts[2])) - dt.date(1970, 1, 1)).days
    except ValueError:
        return None


def _significant(cell: Cell) -> int:
    digits = re.sub(r"[^0-9]", "", cell.text.lower().split("e")[0].replace("−", "-")).lstrip("0")
    return max(1, len(digits.rstrip("0")))


def columns_of(rows: Sequence[Sequence[str]]) -> list[Values]:
    """Return the columns of the sampled rows."""
    width = max((len(row) for row in rows), default=0)
    found = []
    for index in range(width):
        texts = tuple(row[index].strip() if index < len(row) else "" for row in rows)
        cells = tuple(parse_cell(text) for text in texts)
        numbers = [cell for cell in cells if cell.kind is Kind.NUMBER]
        found.append(Values(index, texts, cells, max(2, *(_significant(cell) for cell in numbers)) if numbers else 2))
    return found


def _interval(values: Values, row: int) -> tuple[float, float] | None:
    """Return the numbers that the shown digits may stand for."""
    cell = values.cells[row]
    if cell.kind is not Kind.NUMBER:
        return None
    if cell.value == 0:
        return -1e-9, 1e-9
    quantum = 10.0 ** (math.floor(math.log10(abs(cell.value))) - values.digits + 1)
    half = max(0.5 * quantum, 0.0 if cell.is_whole else abs(cell.value) * 1e-7) * (1 + 1e-9)
    return cell.value - half, cell.value + half


@dataclass
class Pairing:
    """One column of the export read as one column of the project: intervals of ranks, empty ones where nothing fits."""

    values: Values
    column: Column
    low: Any
    high: Any
    free: Any

    @property
    def found(self) -> float:
        """Share of filled cells whose value the project's column has."""
        filled = ~self.free
        return float(((self.high > self.low) & filled).sum() / filled.sum()) if filled.any() else 0.0

    @property
    def rows(self) -> float:
        """Mean number of project rows behind a found value."""
        sizes = self.column.before[self.high] - self.column.before[self.low]
        hit = sizes > 0
        return float(sizes[hit].mean()) if hit.any() else math.inf


def pair(values: Values, column: Column) -> Pairing | None:
    """Return *values* read as *column*, or ``None`` when their kinds differ."""
    import numpy as np

    count = len(values.texts)
    low, high = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    free = np.array([cell.kind in {Kind.EMPTY, Kind.MASKED} for cell in values.cells])
    if column.kind == "text":
        import pyarrow as pa
        import pyarrow.compute as pc

        codes = pc.index_in(pa.array(values.texts, pa.string()), value_set=column.values)
        where = np.asarray(pc.fill_null(codes, -1))
        low, high = np.maximum(where, 0).astype(np.int64), (where + 1).astype(np.int64)
        low[where < 0] = high[where < 0] = 0
    else:
        bounds = [_bounds(values, row, column.kind) for row in range(count)]
        if sum(bound is not None for bound in bounds) < 0.8 * max(1, int((~free).sum())):
            return None
        for row, bound in enumerate(bounds):
            if bound is not None:
                low[row] = np.searchsorted(column.values, bound[0], "left")
                high[row] = np.searchsorted(column.values, bound[1], "right")
    return Pairing(values, column, low, high, free)


def _bounds(values: Values, row: int, kind: str) -> tuple[float, float] | None:
    if kind == "date":
        day = values.day(row)
        return None if day is None else (day - 1, day + 1)
    return _interval(values, row)


@dataclass
class _Search:
    """Candidate pairs: ``rows`` of the export, ``at`` of the project, one entry for each pair."""

    rows: Any
    at: Any

    def kept(self, pairing: Pairing) -> Any:
        """Return which pairs agree with one more column."""
        ranks = pairing.column.ranks[self.at]
        return pairing.free[self.rows] | ((ranks >= pairing.low[self.rows]) & (ranks < pairing.high[self.rows]))


def _start(anchor: Pairing) -> _Search | None:
    """Return every pair that agrees on the first column, or ``None`` when there are too many."""
    import numpy as np

    order = np.flatnonzero((anchor.high > anchor.low) & ~anchor.free)
    total = int((anchor.column.before[anchor.high[order]] - anchor.column.before[anchor.low[order]]).sum())
    if not len(order) or total > MOST_PAIRS:
        return None
    lowest, highest = int(anchor.low[order].min()), int(anchor.high[order].max())
    near = np.flatnonzero((anchor.column.ranks >= lowest) & (anchor.column.ranks < highest))
    ranks = anchor.column.ranks[near]
    by_rank = np.argsort(ranks, kind="stable")
    sorted_ranks, near = ranks[by_rank], near[by_rank]
    rows, at = [], []
    for row in order:
        first, last = np.searchsorted(sorted_ranks, [anchor.low[row], anchor.high[row]], "left")
        at.append(near[first:last])
        rows.append(np.full(last - first, row, dtype=np.int32))
    return _Search(np.concatenate(rows), np.concatenate(at))


def _alone(search: _Search, count: int, threshold: int) -> float:
    """Return the share of the export's rows that stand for at least one and fewer than *threshold* project rows."""
    import numpy as np

    if not len(search.rows):
        return 0.0
    times = np.bincount(search.rows, minlength=count)
    return float(((times > 0) & (times < threshold)).sum() / count)


def _follow(search: _Search, pairings: list[Pairing], anchor: Pairing) -> tuple[list[Pairing], _Search]:
    """Add columns one by one: each time the one that keeps the rows and drops the most pairs."""
    import numpy as np

    used, mapping = {anchor.values.index}, [anchor]
    taken = {id(anchor.column)}
    while True:
        alive = len(np.unique(search.rows))
        best: tuple[float, Pairing, Any] | None = None
        for pairing in pairings:
            if pairing.values.index in used or id(pairing.column) in taken or not len(search.rows):
                continue
            kept = search.kept(pairing)
            share = float(kept.mean())
            if len(np.unique(search.rows[kept])) >= 0.8 * alive and (best is None or share < best[0]):
                best = (share, pairing, kept)
        if best is None:
            return mapping, search
        _, pairing, kept = best
        mapping.append(pairing)
        used.add(pairing.values.index)
        taken.add(id(pairing.column))
        search = _Search(search.rows[kept], search.at[kept])


def _shuffled(mapping: list[Pairing], threshold: int, count: int, seed: int) -> float:
    """Return the share found when each column is shuffled on its own: what chance would find."""
    import numpy as np

    random = np.random.default_rng(seed)
    moved = []
    for pairing in mapping:
        order = random.permutation(count)
        moved.append(
            Pairing(pairing.values, pairing.column, pairing.low[order], pairing.high[order], pairing.free[order])
        )
    search = _start(moved[0])
    if search is None:
        return 1.0
    for pairing in moved[1:]:
        kept = search.kept(pairing)
        search = _Search(search.rows[kept], search.at[kept])
    return _alone(search, count, threshold)


def _groups(mapping: list[Pairing], sample: Sequence[Sequence[str]], threshold: int) -> bool:
    """Whether the export counts: a column left over holds counts from the threshold up, and too few others were
    recognised.

    The median of a small group is one person's value, so a few of an aggregate's columns may agree with single rows.
    """
    columns = columns_of(sample)
    left = [values for values in columns if values.index not in {pairing.values.index for pairing in mapping}]
    counts = any(all(cell.is_whole and cell.value >= threshold for cell in values.cells) for values in left)
    return counts and len(mapping) <= 0.6 * len(columns)


@dataclass(frozen=True)
class Match:
    """What was recognised: the project's table, how many columns, the share of rows, and the share by chance."""

    table: str
    columns: int
    share: float
    chance: float


def sampled(rows: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return at most :data:`SAMPLE` rows, evenly spread, rows with masked cells last."""
    clear = [row for row in rows if not any(parse_cell(text).kind is Kind.MASKED for text in row)] or list(rows)
    step = max(1, len(clear) // SAMPLE)
    return list(clear[::step][:SAMPLE])


def match_rows(rows: Sequence[Sequence[str]], table: ProjectTable, threshold: int) -> Match | None:
    """Return the match of an export's rows with one table of the project, or ``None``.

    Args:
        rows: the rows of the export, without its header.
        table: an indexed table of the project.
        threshold: persons from which a combination no longer singles out.
    """
    sample = sampled(rows)
    if len(sample) < FEWEST:
        return None
    pairings = [
        found
        for values in columns_of(sample)
        for column in table.columns
        if (found := pair(values, column)) is not None and found.found >= 0.8
    ]
    anchors = sorted(pairings, key=lambda pairing: (pairing.column.kind == "number", pairing.rows))
    for anchor in anchors[:ANCHORS]:
        search = _start(anchor)
        if search is None:
            continue
        mapping, search = _follow(search, pairings, anchor)
        share = _alone(search, len(sample), threshold)
        if share < SHARE or len(mapping) < 2 or _groups(mapping, sample, threshold):
            continue
        chance = (
            max(_shuffled(mapping, threshold, len(sample), seed) for seed in range(3))
            if len(sample) < 8
            else _shuffled(mapping, threshold, len(sample), 1)
        )
        if chance <= share / 4:
            return Match(table.name, len(mapping), share, chance)
    return None


def lone_values(rows: Sequence[Sequence[str]], table: ProjectTable, threshold: int) -> Iterator[tuple[int, str]]:
    """Yield (column, project column) where an export's values are those of a column in which each singles people
    out."""
    sample = sampled(rows)
    for values in columns_of(sample):
        if len(set(values.texts)) < FEWEST:
            continue
        for column in table.columns:
            found = pair(values, column)
            if found is None or column.kind == "date" or found.found < SHARE or found.rows >= threshold:
                continue
            short = column.kind == "text" and sum(len(text) for text in values.texts) < 5 * len(values.texts)
            if not short and (column.kind == "text" or _beyond_chance(found)):
                yield values.index, column.name
                break


#: Digits from which a whole number is taken for an identifier rather than a count.
LONG_NUMBER = 6
#: Probability under which agreement is no longer put down to chance.
CHANCE = 1e-3


def _beyond_chance(pairing: Pairing) -> bool:
    """Whether the numbers found are more than numbers nearby would be: whole numbers of a filled range always are."""
    import numpy as np

    shares: list[float] = []
    hits = 0
    for row, cell in enumerate(pairing.values.cells):
        bound = _interval(pairing.values, row)
        if bound is None:
            continue
        hits += bool(pairing.high[row] > pairing.low[row])
        shares.append(_density(pairing.column.values, cell))
    count, share = len(shares), float(np.mean(shares)) if shares else 1.0
    tail = sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(hits, count + 1))
    return count >= FEWEST and tail < CHANCE


def _density(values: Any, cell: Cell) -> float:
    """Return the chance that a whole number with as many digits as *cell* is among *values*.

    Serial numbers fill their own range, so that only their length tells them from counts. Short numbers and decimals
    prove nothing alone: counts, ages and means look the same.
    """
    import numpy as np

    digits = len(str(int(abs(cell.value))))
    if not cell.is_whole or digits < LONG_NUMBER:
        return 1.0
    inside = np.searchsorted(values, [10 ** (digits - 1), 10**digits])
    return min(1.0, float(inside[1] - inside[0]) / (9 * 10 ** (digits - 1)))


def check_against(
    rows: Sequence[Sequence[str]], header: Sequence[str], where: str, tables: Sequence[ProjectTable], threshold: int
) -> Iterator[Finding]:
    """Yield a block for rows, or columns of near-unique values, that are the project's own."""
    for table in tables:
        for column, _ in lone_values(rows, table, threshold):
            name = header[column] if column < len(header) else f"colonne {column + 1}"
            place = f"{where} · {name}" if where else name
            yield block(
                "data.values",
                place,
                f"Ces valeurs sont celles d'une colonne de « {table.name} » où chacune désigne une personne.",
                f"These values are those of a column of {table.name} in which each singles out a person.",
            )
            break
        match = match_rows(rows, table, threshold)
        if match is not None:
            yield block(
                "rows.matched",
                where or f"{len(rows)} lignes",
                f"{match.share:.0%} des lignes se retrouvent dans « {table.name} » ({match.columns} colonnes "
                f"reconnues, {match.chance:.0%} par hasard) : ce sont des personnes.",
                f"{match.share:.0%} of the rows are found in {table.name} ({match.columns} columns recognised, "
                f"{match.chance:.0%} by chance): these are persons.",
            )
            return
