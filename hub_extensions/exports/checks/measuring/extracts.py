"""Rows that leave in disguise: names stripped, columns shuffled, numbers rounded, dates moved."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.rows.pairing import pairings_of
from hub_extensions.exports.checks.rows.projectdata import ProjectTable
from hub_extensions.exports.checks.rows.rowvalues import columns_of

Rows = list[list[str]]


@dataclass(frozen=True)
class Disguise:
    """What is done to the rows. ``digits`` are significant; ``days`` are added to every date; ``columns`` are kept."""

    name: str
    digits: int | None = None
    days: int = 0
    columns: int | None = None


DISGUISES = (
    Disguise("names stripped, columns shuffled"),
    Disguise("numbers to 2 digits", digits=2),
    Disguise("dates moved by a day", days=1),
    Disguise("numbers to 2 digits, dates moved by a day", digits=2, days=-1),
    Disguise("10 of 20 columns", columns=10),
    Disguise("10 of 20 columns, numbers to 2 digits, dates moved by a day", digits=2, days=1, columns=10),
)


def _written(value: Any, disguise: Disguise) -> str:
    import pandas as pd

    if pd.isna(value):
        return ""
    if isinstance(value, pd.Timestamp):
        moved = value + pd.Timedelta(days=disguise.days)
        return str(moved)[:10] if moved.hour == moved.minute == moved.second == 0 else str(moved)
    if hasattr(value, "item"):
        value = value.item()
    if disguise.digits and isinstance(value, int | float) and not isinstance(value, bool):
        rounded = float(f"{value:.{disguise.digits}g}")
        return str(int(rounded)) if isinstance(value, int) else str(rounded)
    return str(value)


def extract(frame: Any, source: random.Random, disguise: Disguise, rows: int = 5) -> tuple[Rows, list[str]]:
    """Return *rows* rows of *frame* in disguise, without a header, and the columns that they were taken from."""
    names = source.sample(list(frame.columns), disguise.columns or len(frame.columns))
    taken = frame.iloc[[source.randrange(len(frame)) for _ in range(rows)]][names]
    return [[_written(value, disguise) for value in record] for record in taken.itertuples(index=False)], names


def extracts(frame: Any, seed: int, each: int) -> Iterator[tuple[Disguise, Rows, list[str]]]:
    """Yield *each* extracts in every disguise, with the columns that they were taken from."""
    source = random.Random(seed)
    for disguise in DISGUISES:
        for _ in range(each):
            yield disguise, *extract(frame, source, disguise)


def singles_out(table: ProjectTable, rows: Rows, names: Sequence[str], threshold: int) -> bool:
    """Whether most of the rows, as disguised, fit fewer than *threshold* rows of the table, columns being known."""
    import numpy as np

    read = pairings_of(columns_of(rows), table)
    known = [reading for reading in read if names[reading.values.index] == reading.column.name]
    lonely = 0
    for row in range(len(rows)):
        persons = int(np.logical_and.reduce([reading.fits(row) for reading in known if not reading.free[row]]).sum())
        lonely += persons < threshold
    return lonely * 2 > len(rows)
