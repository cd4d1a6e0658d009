"""Tables of one thing at two grains: a total or a coarser class shown elsewhere solves a mask, or leaves a few persons.

``IDF, hommes`` is masked here and ``IDF`` is 127 there; ``0-39`` was 410 and its two halves are 406 now. That both are
of one thing is seen where everything is shown and agrees exactly; where nothing can agree a person decides. Columns
that were renamed are known by their labels.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise, product
from math import prod

from hub_extensions.exports.checks.together.labels import span_of

Key = frozenset[tuple[str, str]]
#: Share of labels that two columns of other names must have in common, and how many at least, to be one column.
ALIKE, FEWEST_LABELS = 0.8, 2
#: Numbers that must all end in 0 or 5 before they are taken for rounded.
FEWEST_ROUNDED = 4


def labels_by_name(keys: Iterable[Key]) -> dict[str, set[str]]:
    """Return the labels of each column that *keys* speak of."""
    found: dict[str, set[str]] = {}
    for key in keys:
        for name, label in key:
            found.setdefault(name, set()).add(label)
    return found


def renamed(ours: Iterable[Key], theirs: Iterable[Key]) -> dict[str, str]:
    """Return what our columns are called in the other table, where only their labels tell."""
    mine, other = labels_by_name(ours), labels_by_name(theirs)
    names: dict[str, str] = {}
    for name, labels in mine.items():
        if name in other or not _tell(labels):
            continue
        fits = [
            found
            for found, held in other.items()
            if found not in mine
            and found not in names.values()
            and len(labels & held) >= max(FEWEST_LABELS, ALIKE * len(labels | held))
        ]
        if len(fits) == 1:
            names[name] = fits[0]
    return names


def _tell(labels: set[str]) -> bool:
    """Whether labels are more than numbers, which any column may have."""
    return any(not label.replace(".", "").replace(",", "").isdigit() for label in labels)


def called(key: Key, names: Mapping[str, str]) -> Key:
    """Return *key* with its columns called as in the other table."""
    return frozenset((names.get(name, name), label) for name, label in key)


@dataclass(frozen=True)
class Group:
    """A number of the coarser table and what the finer one shows of it."""

    key: Key
    gap: float
    masked: int
    split: bool


def groups(coarse: Mapping[Key, float], fine: Mapping[Key, float | None]) -> Iterator[Group]:
    """Yield each number of *coarse* that cells of *fine* (``None`` where masked) make up."""
    known = labels_by_name(fine)
    summed: dict[frozenset[str], _Summed] = {}
    within: dict[tuple[str, str], frozenset[str]] = {}
    for key, whole in coarse.items():
        names = frozenset(name for name, _ in key)
        if key in fine or not names <= known.keys():
            continue
        within.update((pair, _within(pair[1], known[pair[0]])) for pair in key if pair not in within)
        allowed = {pair[0]: within[pair] for pair in key}
        if not all(allowed.values()):
            continue
        if names not in summed:
            summed[names] = _Summed(names, fine)
        shown, count, masked = summed[names].over(allowed)
        if count >= 2 and masked < count:
            split = any(len(labels) > 1 for labels in allowed.values())
            yield Group(key, whole - shown, masked, split)


class _Summed:
    """The cells of a table summed by the labels of some of its columns, once for all numbers that ask for these."""

    def __init__(self, names: frozenset[str], cells: Mapping[Key, float | None]) -> None:
        self._sums: dict[Key, tuple[float, int, int]] = {}
        for cell, value in cells.items():
            key = frozenset(pair for pair in cell if pair[0] in names)
            shown, count, masked = self._sums.get(key, (0.0, 0, 0))
            self._sums[key] = (shown + (value or 0), count + 1, masked + (value is None))
        #: Columns that some cell does not speak of: it belongs to each of their labels.
        self._absent = {name for name in names if any(all(name != each for each, _ in key) for key in self._sums)}

    def over(self, allowed: Mapping[str, frozenset[str]]) -> tuple[float, int, int]:
        """Return the sum of the shown cells with *allowed* labels, how many cells these are, how many are masked."""
        found = [self._sums[key] for key in self._keys(allowed) if key in self._sums]
        return sum(shown for shown, _, _ in found), sum(count for _, count, _ in found), sum(each[2] for each in found)

    def _keys(self, allowed: Mapping[str, frozenset[str]]) -> Iterable[Key]:
        choices = [
            [*((name, label) for label in labels), *([None] if name in self._absent else [])]
            for name, labels in allowed.items()
        ]
        if prod(map(len, choices)) > len(self._sums):
            return [key for key in self._sums if all(label in allowed[name] for name, label in key)]
        return (frozenset(pair for pair in chosen if pair is not None) for chosen in product(*choices))


def _within(label: str, labels: set[str]) -> frozenset[str]:
    """Return which of *labels* make up *label*: itself, or ranges that follow one another from end to end."""
    if label in labels:
        return frozenset({label})
    whole = span_of(label)
    if whole is None:
        return frozenset()
    spans = sorted(
        (span, each)
        for each in labels
        if (span := span_of(each)) is not None and whole[0] <= span[0] and span[1] <= whole[1]
    )
    tiled = bool(spans) and spans[0][0][0] == whole[0] and spans[-1][0][1] == whole[1]
    joined = all(_touch(before[1], after[0]) for (before, _), (after, _) in pairwise(spans))
    return frozenset(each for _, each in spans) if tiled and joined else frozenset()


def _touch(end: tuple[float, int], start: tuple[float, int]) -> bool:
    """Whether a range begins where the one before it ended."""
    return start == end or (start[0] - end[0] == 1 and not start[1])


@dataclass(frozen=True)
class Told:
    """What two tables at two grains tell: a key, whether it solves a mask, whether they are surely of one thing."""

    key: Key
    solved: bool
    sure: bool


def told(coarse: Mapping[Key, float], fine: Mapping[Key, float | None], threshold: int) -> Iterator[Told]:
    """Yield the few persons that *coarse* and *fine* give away together."""
    numbers = [value for value in (*coarse.values(), *fine.values()) if value is not None]
    if len(numbers) >= FEWEST_ROUNDED and all(value % 5 == 0 for value in numbers):
        return
    found = list(groups(coarse, fine))
    complete = [group for group in found if not group.masked]
    shared = [value - coarse[key] for key, value in fine.items() if value is not None and key in coarse]
    gaps = [*(group.gap for group in complete), *shared]
    equal = sum(gap == 0 for gap in gaps)
    strange = sum(abs(gap) >= threshold for gap in gaps)
    if strange > equal:
        return
    for group in found:
        solved = group.masked == 1 and 0 < group.gap < threshold
        apart = not group.masked and group.split and 0 < abs(group.gap) < threshold
        if solved or (apart and equal):
            yield Told(group.key, solved, sure=bool(equal))
