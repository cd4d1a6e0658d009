"""The persons behind each cell, when the project's data are at hand: what was counted is counted again.

A table says 40; the data say 40 stays of two persons, or 40 persons of whom one makes up most of the sum. Neither
can be
read off the table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hub_extensions.exports.checks.findings import Finding, block, flag
from hub_extensions.exports.checks.policy import Policy
from hub_extensions.exports.checks.rows.projectfiles import data_files, encoded_words, read_arrow, stem_of
from hub_extensions.exports.checks.tables.dominance import dominant, dominated
from hub_extensions.exports.checks.together.published import Region, Release, Statement
from hub_extensions.exports.checks.together.tidy import label_key

#: Label of the rows that have no value in a column.
MISSING = "\0missing"


@dataclass
class Population:
    """A data set with the columns that tables speak of: codes of labels, codes of persons, numbers to be summed."""

    name: str
    codes: dict[str, Any]
    labels: dict[str, dict[str, int]]
    persons: Any
    numbers: dict[str, Any]

    def mask(self, region: Region) -> Any:
        """Return which rows a region holds; ``None`` when it speaks of a column that the data set lacks."""
        import numpy as np

        kept = np.ones(len(self.persons), dtype=bool)
        for name, allowed in region.items():
            if allowed is None:
                continue
            if name not in self.codes:
                return None
            known = {**self.labels[name], MISSING: -1}
            wanted = [known[label] for label in allowed if label in known]
            kept &= np.isin(self.codes[name], wanted)
        return kept

    def labels_of(self, name: str) -> frozenset[str]:
        """Return the labels of a column, with one for the rows that have none when there are such rows."""
        return frozenset(self.labels[name]) | ({MISSING} if (self.codes[name] < 0).any() else frozenset())

    def knows(self, region: Region) -> bool:
        """Whether the data have every column and every label that a region speaks of."""
        return all(
            allowed is None or (name in self.labels and allowed <= self.labels_of(name))
            for name, allowed in region.items()
        )

    @cached_property
    def repeats(self) -> bool:
        """Whether one person may have several rows."""
        import numpy as np

        return len(np.unique(self.persons)) < len(self.persons)

    def persons_in(self, mask: Any) -> int:
        """Return how many distinct persons a mask holds."""
        import numpy as np

        return len(np.unique(self.persons[mask]))


def find_data(dataset: str, paths: Sequence[Path]) -> Path | None:
    """Return the table whose stem is *dataset*; the only one there is when just one was given."""
    files = data_files(paths)
    named = [file for file in files if stem_of(file) == dataset]
    return named[0] if named else files[0] if len(files) == 1 else None


def load_population(
    dataset: str, releases: Sequence[Release], paths: Sequence[Path], policy: Policy
) -> Population | None:
    """Read the columns that *releases* speak of, or ``None`` when their data set is not among *paths*."""
    import numpy as np
    import pyarrow.compute as pc

    path = find_data(dataset, paths)
    if path is None:
        return None
    spoken = {name for release in releases for name in (*release.sidecar.dimensions, *release.sidecar.filter)}
    summed = {column for release in releases if (column := release.sidecar.column)}
    persons_in = [*(release.sidecar.person_column for release in releases), policy.person_column]
    table = read_arrow(path, {*spoken, *summed, *(name for name in persons_in if name)})
    codes, labels = {}, {}
    for name in spoken & set(table.column_names):
        encoded = encoded_words(table.column(name))
        keys = [label_key(str(value)) for value in encoded.dictionary.to_pylist()]
        order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
        translate = np.array([*(order[key] for key in keys), -1])
        codes[name], labels[name] = translate[np.asarray(pc.fill_null(encoded.indices, -1))], order
    person = next((name for name in persons_in if name and name in table.column_names), None)
    persons = (
        np.asarray(encoded_words(table.column(person)).indices.fill_null(-1)) if person else np.arange(table.num_rows)
    )
    numbers = {
        column: np.nan_to_num(
            np.asarray(pc.cast(table.column(column), "float64").combine_chunks().fill_null(0), dtype=float)
        )
        for column in summed & set(table.column_names)
    }
    return Population(stem_of(path), codes, labels, persons, numbers)


def check_population(release: Release, population: Population, policy: Policy) -> Iterator[Finding]:
    """Yield cells of few persons, and sums that one person dominates, counted in the data themselves."""
    disagreed, least = False, policy.least_behind(release.sidecar.measure)
    for said in release.statements:
        if not said.own or said.value is None or said.value == 0:
            continue
        mask = population.mask(said.region)
        where = release.table.grid.place(said.row, said.column)
        if mask is None:
            yield flag(
                "population.unknown",
                where,
                "La fiche parle d'une colonne que le jeu de données n'a pas.",
                "The sidecar speaks of a column that the data set lacks.",
            )
            return
        persons = population.persons_in(mask)
        if not disagreed and _disagrees(said, release, persons, int(mask.sum())):
            disagreed = True
            yield flag(
                "population.disagrees",
                where,
                "Les données ne donnent pas cet effectif pour la population déclarée : la fiche, ou la version des "
                "données, est inexacte, et la comparaison avec les autres tableaux ne vaut rien.",
                "The data don't give this count for the declared population: the sidecar, or the version of the data, "
                "is wrong, and the comparison with other tables is worth nothing.",
            )
        if 0 < persons < least:
            yield block(
                "population.few_persons",
                where,
                f"Cette case concerne moins de {least} personnes dans les données, quel que soit le nombre de lignes.",
                f"This cell stands for fewer than {least} persons in the data, however many rows.",
            )
        elif release.sidecar.measure.startswith("sum"):
            yield from _dominated(said, mask, population, release, policy)


def _disagrees(said: Statement, release: Release, persons: int, rows: int) -> bool:
    """Whether an exact count is neither that of the persons nor that of the rows behind its cell."""
    exact = release.sidecar.measure == "count" and release.rounding.base <= 1
    return exact and said.value not in {float(persons), float(rows)}


def _dominated(
    said: Statement, mask: Any, population: Population, release: Release, policy: Policy
) -> Iterator[Finding]:
    import numpy as np

    numbers = population.numbers.get(release.sidecar.column or "")
    if numbers is None:
        return
    values = np.abs(numbers[mask])
    if values.sum() <= 0:
        return
    per_person = np.bincount(np.unique(population.persons[mask], return_inverse=True)[1], weights=values)
    top = np.sort(per_person)[-2:] / values.sum()
    who = dominant(float(top[-1]), float(top.sum()), policy)
    if who is not None:
        where = release.table.grid.place(said.row, said.column)
        yield dominated(who, where, policy, fr=" dans les données", en=" in the data")
