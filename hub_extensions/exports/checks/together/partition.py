"""People sorted by everything that the tables of one data set say of them: the unknowns of an attacker's equations.

Per column, labels that no table tells apart become one block; a cell of the product of all blocks is an atom. A
published
number speaks of a product of blocks, so a table of atoms answers for a region without listing it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from hub_extensions.exports.checks.together.labels import Column
from hub_extensions.exports.checks.together.population import MISSING, Population
from hub_extensions.exports.checks.together.published import Region, Release

#: Atoms that are held at most; beyond, the tables go to a person.
MOST_ATOMS = 600_000
Blocks = tuple[frozenset[str], ...]


def _blocks(sets: Sequence[frozenset[str]], base: frozenset[str]) -> Blocks:
    """Return the labels of one column grouped by the sets that they belong to."""
    whole = base.union(*sets)
    by_kind: dict[tuple[bool, ...], set[str]] = {}
    for label in sorted(whole):
        by_kind.setdefault(tuple(label in each for each in sets), set()).add(label)
    return tuple(frozenset(labels) for labels in by_kind.values())


@dataclass(frozen=True)
class Partition:
    """Blocks by column, which atoms can hold anybody, and, with the data at hand, how many rows each holds."""

    blocks: Mapping[str, Blocks]
    possible: Any
    rows: Any

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, in the order of the axes."""
        return tuple(self.blocks)

    def chosen(self, name: str, allowed: frozenset[str] | None) -> list[int]:
        """Return which blocks of one column *allowed* holds."""
        return [number for number, block in enumerate(self.blocks[name]) if allowed is None or block <= allowed]

    def place(self, region: Region) -> Any:
        """Return the index of a region's atoms in a table of atoms."""
        import numpy as np

        return np.ix_(*(self.chosen(name, region.get(name)) for name in self.blocks))


def partition_of(
    releases: Sequence[Release], columns: Mapping[str, Column], population: Population | None
) -> Partition | None:
    """Return how the tables tell people apart; ``None`` when that is more than can be held."""
    import numpy as np

    sets: dict[str, dict[frozenset[str], None]] = {name: {} for name in columns}
    for release in releases:
        for said in release.statements:
            for name, allowed in said.region.items():
                if allowed is not None:
                    sets[name][allowed] = None
    blocks = {name: _blocks(list(sets[name]), column.base) for name, column in columns.items()}
    shape = tuple(len(held) for held in blocks.values())
    if not blocks or np.prod(np.array(shape, dtype=float)) > MOST_ATOMS:
        return None
    if population is None or not population.knows({name: frozenset().union(*held) for name, held in blocks.items()}):
        return Partition(blocks, np.ones(shape, dtype=bool), None)
    codes = [_block_codes(population, name, held) for name, held in blocks.items()]
    rows = np.bincount(np.ravel_multi_index(codes, shape), minlength=int(np.prod(shape))).reshape(shape)
    return Partition(blocks, _possible(codes, shape), rows)


def _block_codes(population: Population, name: str, blocks: Blocks) -> Any:
    import numpy as np

    labels = population.labels[name]
    translate = np.zeros(len(labels) + 1, dtype=np.int64)
    for number, block in enumerate(blocks):
        for label in block:
            if label == MISSING:
                translate[-1] = number
            elif label in labels:
                translate[labels[label]] = number
    return translate[population.codes[name]]


def _possible(codes: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Return which atoms can hold anybody: none where a column that follows from another says otherwise."""
    import numpy as np

    possible = np.ones(shape, dtype=bool)
    for one, other in _pairs(len(shape)):
        if shape[one] <= shape[other] or shape[other] < 2:
            continue
        met = np.bincount(codes[one] * shape[other] + codes[other], minlength=shape[one] * shape[other])
        met = met.reshape(shape[one], shape[other]) > 0
        if (met.sum(axis=1) == 1).all():
            order = (1,) * len(shape)
            wide = list(order)
            wide[one], wide[other] = shape[one], shape[other]
            possible &= (met if one < other else met.T).reshape(wide)
    return possible


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    for one, other in combinations(range(count), 2):
        yield one, other
        yield other, one
