"""Arrays that are persons and no weights, seen without the project's data: by their name, their digits, their columns.

Training leaves numbers with all of their digits and of one size; what was measured on persons has few digits, or one
size for each column; a standard scaler leaves columns of mean 0 and deviation 1.
"""

import re
from typing import Any

#: Names that programs give to the rows that they were fitted to.
_NAMED = re.compile(
    r"(?:^|[._/])(?:x|y|data|features?|inputs?|samples?)_?(?:train|test|val|valid|fit|all|full)(?:ing)?$|(?:^|[._/])(?:train|test|val)\w*_(?:x|y|data|features?|rows|set)$"
    r"|(?:^|[._/])(?:_fit_x|support_vectors_?|patients|rows|records|cohort|dataset)$",
    re.IGNORECASE,
)
#: Columns beyond which a table of persons is none; digits behind the point that a measure has at most.
WIDEST, FEW_DIGITS = 60, 3
#: Rows for each column of tall arrays; how much larger one column is than another in a table of measures.
TALL, UNEQUAL = 5, 20.0
_EXACT = 1e-6


def holds_rows(name: str, array: Any, fewest: int) -> bool:
    """Whether *array*, called *name*, holds a row for each of *fewest* persons or more."""
    import numpy as np

    if array.dtype.kind != "f" or array.ndim not in {1, 2} or array.shape[0] < fewest:
        return False
    table = array.reshape(array.shape[0], -1).astype("f8")
    if table.shape[1] > WIDEST or not np.isfinite(table).all():
        return False
    return bool(_NAMED.search(name)) or _rounded(np, array, table) or _scaled(np, table) or _measured(np, array, table)


def _varied(np: Any, table: Any) -> Any:
    """Return the columns that are neither constant nor flags."""
    return table[:, [len(np.unique(column)) > FEW_DIGITS for column in table.T]]


def _rounded(np: Any, array: Any, table: Any) -> bool:
    """Whether every number of a column has few digits behind the point, as something measured has."""
    varied = _varied(np, table)
    slack = 1e-9 if array.dtype.itemsize == 8 else 1e-5
    short = np.abs(varied - np.round(varied, FEW_DIGITS)) <= slack * np.maximum(1.0, np.abs(varied))
    large = np.abs(varied).max(axis=0, initial=0) > 1
    return bool(varied.shape[1]) and bool(np.any(short.all(axis=0) & large))


def _scaled(np: Any, table: Any) -> bool:
    """Whether the columns were brought to mean 0 and deviation 1."""
    varied = _varied(np, table)
    return varied.shape[1] > 0 and bool(
        np.all(np.abs(varied.mean(axis=0)) < _EXACT) and np.all(np.abs(varied.std(axis=0) - 1) < _EXACT)
    )


def _measured(np: Any, array: Any, table: Any) -> bool:
    """Whether a tall array in double precision has columns of unlike size."""
    varied = _varied(np, table)
    tall = array.dtype.itemsize == 8 and table.shape[1] > 1 and table.shape[0] >= TALL * table.shape[1]
    spread = varied.std(axis=0)
    return tall and varied.shape[1] > 1 and bool(spread.max() > UNEQUAL * spread.min())
