"""Which regions the tables determine, the ones that nobody published included.

Whatever the equations determine and is a product of blocks depends on the columns of one of the tables only (its
dimensions and its filter): so the products over each table's own columns are all that need to be asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.together.derivation import ZERO, System, TooLarge, open_within_classes
from hub_extensions.exports.checks.together.labels import Column
from hub_extensions.exports.checks.together.partition import Partition
from hub_extensions.exports.checks.together.population import Population
from hub_extensions.exports.checks.together.published import Region, Release

#: Products asked at most for the columns of one table.
MOST_REGIONS = 1_500_000
Key = frozenset[tuple[str, frozenset[str]]]


@dataclass(frozen=True)
class Ground:
    """What tables are judged on: the columns that they speak of, the data when at hand, the thresholds, and the groups
    already reported (added to)."""

    columns: Mapping[str, Column]
    population: Population | None
    policy: Policy
    told: set[Key]


@dataclass(frozen=True)
class Derived:
    """A region of few persons and what the published numbers say of it. ``key`` names it by its base labels."""

    key: Key
    region: Region
    value: float


def key_of(region: Region, partition: Partition) -> Key:
    """Return a region's name, the same for equal regions: columns that hold everybody are left out."""
    return frozenset(
        (name, allowed)
        for name, allowed in region.items()
        if allowed is not None and len(partition.chosen(name, allowed)) < len(partition.blocks[name])
    )


def _options(partition: Partition, name: str, sets: Sequence[frozenset[str]]) -> list[frozenset[str] | None]:
    """Return what a region may say of one column: nothing, a block, a set that a table names, or all but that set."""
    blocks = partition.blocks[name]
    whole = frozenset().union(*blocks)
    found: dict[frozenset[int], frozenset[str]] = {}
    for allowed in (*blocks, *sets, *(whole - each for each in (*sets, *blocks))):
        chosen = frozenset(partition.chosen(name, allowed))
        if 0 < len(chosen) < len(blocks):
            found.setdefault(chosen, frozenset().union(*(blocks[number] for number in chosen)))
    return [None, *found.values()]


def _sets(releases: Sequence[Release]) -> dict[str, list[frozenset[str]]]:
    found: dict[str, dict[frozenset[str], None]] = {}
    for release in releases:
        for said in release.statements:
            for name, allowed in said.region.items():
                if allowed:
                    found.setdefault(name, {})[allowed] = None
    return {name: list(sets) for name, sets in found.items()}


def _implied(partition: Partition, name: str, sets: Mapping[str, Sequence[frozenset[str]]]) -> list[frozenset[str]]:
    """Return the labels of one column that lie in a set of another which follows from it: a region's départements."""
    import numpy as np

    axis, found = partition.names.index(name), []
    for at, other in enumerate(partition.names):
        if at == axis:
            continue
        met = partition.possible.any(axis=tuple(each for each in range(len(partition.names)) if each not in {axis, at}))
        met = met if axis < at else met.T
        if not (met.sum(axis=1) <= 1).all():
            continue
        for allowed in sets.get(other, []):
            inside = met[:, partition.chosen(other, allowed)].any(axis=1)
            found.append(frozenset().union(*(partition.blocks[name][number] for number in np.flatnonzero(inside))))
    return [each for each in found if each]


def _column_sets(releases: Sequence[Release], partition: Partition) -> list[frozenset[str]]:
    """Return the columns of each table, those of others that hold them left out."""
    all_sets = {
        frozenset({*release.sidecar.dimensions, *release.sidecar.filter} & set(partition.names)) for release in releases
    }
    return sorted((one for one in all_sets if not any(one < other for other in all_sets)), key=sorted)


def _summed(table: Any, axes: Sequence[int], choices: Sequence[Any], dimensions: int) -> Any:
    """Sum a table of atoms over every product of *choices*; the other axes are summed whole.

    Args:
        table: one value for each atom, with or without one more axis of probes.
        axes: the axes that a product chooses on, ascending.
        choices: for each of them, which blocks each option holds (options by blocks).
        dimensions: how many axes the atoms have.
    """
    import numpy as np

    made = table.sum(axis=tuple(axis for axis in range(dimensions) if axis not in axes))
    for number, choice in enumerate(choices):
        made = np.moveaxis(np.tensordot(choice, made, axes=(1, number)), 0, number)
    return made


def small_regions(
    system: System, releases: Sequence[Release], population: Population | None, threshold: int
) -> Iterator[Derived]:
    """Yield the regions of 1 to *threshold* − 1 persons that the tables determine.

    With the data at hand, regions that are small in truth; else those that the numbers say are small.

    Raises:
        TooLarge: there are more regions than can be asked.
    """
    import numpy as np

    partition, seen = system.partition, set()
    if partition.rows is None and releases[0].sidecar.measure != "count":
        return
    sets = _sets(releases)
    sets |= {name: [*sets.get(name, []), *_implied(partition, name, sets)] for name in partition.names}
    spread = system.over_atoms(np.column_stack([system.solution, system.probes]))
    tables = (spread[..., 0], spread[..., 1:], open_within_classes(system))
    for columns in _column_sets(releases, partition):
        axes = [axis for axis, name in enumerate(partition.names) if name in columns]
        options = [_options(partition, partition.names[axis], sets.get(partition.names[axis], [])) for axis in axes]
        if np.prod([float(len(each)) for each in options]) > MOST_REGIONS:
            raise TooLarge
        choices = [_membership(partition, axis, each) for axis, each in zip(axes, options, strict=True)]
        values, probed, cut = (_summed(table, axes, choices, len(partition.names)) for table in tables)
        fixed = (np.abs(probed).max(axis=-1) < ZERO) & (np.abs(cut).max(axis=-1) < ZERO)
        small = (values > 0.5) & (values < threshold - 0.5)
        if partition.rows is not None:
            held = _summed(partition.rows, axes, choices, len(partition.names))
            small = (held > 0) & ((held < threshold) | (small if not _repeats(population) else held < 60 * threshold))
        for place in np.argwhere(fixed & small):
            region = {
                partition.names[axis]: allowed
                for axis, at, each in zip(axes, place, options, strict=True)
                if (allowed := each[at]) is not None
            }
            key = key_of(region, partition)
            if key not in seen and _few(region, population if partition.rows is not None else None, threshold):
                seen.add(key)
                yield Derived(key, region, float(values[tuple(place)]))


def _membership(partition: Partition, axis: int, options: Sequence[frozenset[str] | None]) -> Any:
    import numpy as np

    name = partition.names[axis]
    made = np.zeros((len(options), len(partition.blocks[name])))
    for number, allowed in enumerate(options):
        made[number, partition.chosen(name, allowed)] = 1.0
    return made


def _repeats(population: Population | None) -> bool:
    """Whether one person may have several rows."""
    return population is not None and population.repeats


def _few(region: Region, population: Population | None, threshold: int) -> bool:
    if population is None or not population.repeats:
        return True
    mask = population.mask(region)
    return mask is None or 0 < population.persons_in(mask) < threshold
