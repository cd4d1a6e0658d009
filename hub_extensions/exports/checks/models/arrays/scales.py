"""Finds by which scale and shift numbers could be a column of the project: ``number = scale × value + shift``.

A scaler keeps order and ratios of differences, and a column of persons has the values that it has: two of its numbers,
paired with two values, fix scale and shift, and all others must then fall on values too. Weights never do. Pairs are
tried at the ends of both (a sample's extremes lie near the table's), or along the grid on which both lie.
"""

from dataclasses import dataclass
from typing import Any

#: Values at each end of the project's column that the sample's extremes are paired with: so many times as many as lie
#: between two of the sample's on average, within bounds.
ENDS, FEWEST_ENDS, MOST_ENDS = 6, 8, 300
#: Numbers that must fall on values: a few to sort out, then more; the share of them that may miss (filled-in means).
FIRST, THEN, MISSED = 4, 40, 0.1
#: Scales and shifts kept of one pair of columns, the likeliest first; how many are looked at more closely, and by how
#: many rows.
KEPT, MOST_CLOSER = 8, 300
ROUGHLY, CLOSER = 8, 120
#: Shifts along a grid that are tried.
MOST_SHIFTS = 40_000
#: Steps of the table's grid that one step of a sample's may be.
STRIDES = (1, 2, 5)


@dataclass(frozen=True)
class Support:
    """The numbers of a column of the project, sorted: ``values`` each once, ``ordered`` one for each row."""

    values: Any
    ordered: Any

    def mass(self, low: Any, high: Any) -> Any:
        """Return the share of rows with a number from *low* to *high*."""
        held = self.ordered.searchsorted(high, "right") - self.ordered.searchsorted(low, "left")
        return held / max(1, len(self.ordered))


@dataclass(frozen=True)
class Scale:
    """One way to read a column: ``value = (number − shift) / scale``; ``likely`` is its logarithm, for comparison."""

    scale: float
    shift: float
    likely: float


def scales(sample: Any, numbers: Any, support: Support, error: float) -> list[Scale]:
    """Return the likeliest ways in which *numbers* are values of *support*, scaled.

    Args:
        sample: the numbers of a column.
        numbers: the same, sorted, each once.
        support: the project's column.
        error: how far a number may lie from where it belongs (its type's precision).
    """
    import numpy as np

    if len(numbers) < 3 or len(support.values) < 3 or len(numbers) > 1.05 * len(support.values) + 1:
        return _of_two(numbers, support)
    ends = min(max(FEWEST_ENDS, ENDS * len(support.values) // len(numbers)), MOST_ENDS)
    pairs = [_by_ends(numbers, support, ends)]
    if len(support.values) > ends:
        pairs.append(_along_grid(numbers, support, error))
    scale, shift = (np.concatenate(part) for part in zip(*pairs, strict=True))
    for tried, missed in ((FIRST, 0.0), (THEN, MISSED)):
        scale, shift = _fitting(_spread(numbers, tried), scale, shift, support, error=error, missed=missed)
    return _likeliest(sample, scale, shift, support, error)


def _of_two(numbers: Any, support: Support) -> list[Scale]:
    """Two numbers are two values, either way round."""
    if len(numbers) != 2 or len(support.values) != 2:
        return []
    (low, high), (first, last) = map(float, numbers), map(float, support.values)
    return [
        Scale(scale := (high - low) / (other - one), low - scale * one, 0.0)
        for one, other in ((first, last), (last, first))
    ]


def _spread(numbers: Any, count: int) -> Any:
    """Return a few numbers, evenly spread, without the extremes."""
    import numpy as np

    return numbers[np.unique(np.linspace(1, len(numbers) - 2, count).astype(int))]


def _by_ends(numbers: Any, support: Support, ends: int) -> tuple[Any, Any]:
    """Return the scales and shifts that put the extremes of *numbers* on values near the ends of *support*."""
    import numpy as np

    values = support.values
    low, high = np.arange(min(ends, len(values))), np.arange(max(0, len(values) - ends), len(values))
    first, last = (part.ravel() for part in np.meshgrid(low, high, indexing="ij"))
    wide = last - first >= 0.95 * (len(numbers) - 1)
    first, last = first[wide], last[wide]
    scale = (numbers[-1] - numbers[0]) / (values[last] - values[first])
    return scale, numbers[0] - scale * values[first]


def _along_grid(numbers: Any, support: Support, error: float) -> tuple[Any, Any]:
    """Return the scales and shifts that put a grid of *numbers* on the grid of *support*."""
    import numpy as np

    step, unit = _step(numbers, error), _unit(support.values)
    if step is None or unit is None:
        return np.zeros(0), np.zeros(0)
    found: list[tuple[Any, Any]] = []
    for stride in STRIDES:
        scale = step / (unit * stride)
        first = support.values[support.values + (numbers[-1] - numbers[0]) / scale <= support.values[-1] + unit / 2]
        if 0 < len(first) <= MOST_SHIFTS:
            found.append((np.full(len(first), scale), numbers[0] - scale * first))
    return (
        np.concatenate([part for part, _ in found]) if found else np.zeros(0),
        np.concatenate([part for _, part in found]) if found else np.zeros(0),
    )


def _step(numbers: Any, error: float) -> float | None:
    """Return the step of the grid on which *numbers* lie, made finer from its nearest points outward."""
    import numpy as np

    gaps = np.diff(numbers)
    clear = gaps[gaps > 8 * error]
    if len(clear) < 3:
        return None
    step = float(clear.min())
    away = numbers - numbers[0]
    reach = 4.0 * step
    while True:
        near = away[(away > 8 * error) & (away <= reach)]
        if len(near):
            counts = np.round(near / step)
            if np.any(np.abs(near - counts * step) > 0.2 * step + 4 * error):
                return None
            step = float((near * counts).sum() / (counts * counts).sum())
        if reach >= away[-1]:
            return step
        reach *= 3


def _unit(values: Any) -> float | None:
    """Return the last decimal that *values* are written with, ``None`` for those that have many."""
    import numpy as np

    sample = values[:: max(1, len(values) // 2000)]
    for digits in range(4):
        scaled = sample * 10.0**digits
        if np.all(np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(1.0, np.abs(scaled))):
            return float(10.0**-digits)
    return None


def _window(numbers: Any, scale: Any, shift: Any, error: float) -> tuple[Any, Any]:
    """Return the values that each of *numbers* may be, for each scale and shift."""
    import numpy as np

    middle = (numbers[None, :] - shift[:, None]) / scale[:, None]
    half = np.abs(error / scale)[:, None] + 1e-9 * np.abs(middle)
    return middle - half, middle + half


def _fitting(numbers: Any, scale: Any, shift: Any, support: Support, *, error: float, missed: float) -> tuple[Any, Any]:
    """Keep the scales and shifts by which all but a share of *numbers* fall on values."""
    import numpy as np

    misses = np.zeros(len(scale))
    for number in numbers:
        middle, half = (number - shift) / scale, np.abs(error / scale)
        half += 1e-9 * np.abs(middle)
        low, high = middle - half, middle + half
        at = np.searchsorted(support.values, low, "left")
        misses += support.values[np.minimum(at, len(support.values) - 1)] > high
        misses += (at == len(support.values)) & (support.values[-1] <= high)
        kept = misses <= missed * len(numbers)
        scale, shift, misses = scale[kept], shift[kept], misses[kept]
        if not len(scale):
            break
    return scale, shift


def _likeliest(sample: Any, scale: Any, shift: Any, support: Support, error: float) -> list[Scale]:
    """Return the ways by which a sample of rows is the likeliest to come from the project's column."""
    import numpy as np

    scale, shift = _once(scale, shift)
    told = np.zeros(len(scale))
    for rows, kept in ((ROUGHLY, MOST_CLOSER), (CLOSER, KEPT)):
        if not len(scale):
            return []
        low, high = _window(sample[:: max(1, len(sample) // rows)][:rows], scale, shift, error)
        told = np.log(np.maximum(support.mass(low, high), 1e-9)).sum(axis=1)
        best = np.argsort(-told)[:kept]
        scale, shift, told = scale[best], shift[best], told[best]
    return [Scale(*map(float, each)) for each in zip(scale, shift, told, strict=True)]


def _once(scale: Any, shift: Any) -> tuple[Any, Any]:
    """Return pairs that are alike to twelve digits once: both searches find the true one."""
    import numpy as np

    if not len(scale):
        return scale, shift
    apart = np.round(scale / np.abs(scale).max(), 11) + 1j * np.round(shift / max(np.abs(shift).max(), 1e-300), 11)
    _, first = np.unique(apart, return_index=True)
    return scale[first], shift[first]
